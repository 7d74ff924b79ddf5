# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the desired and the current state of a PF to the state that is wanted.

What only some runs need is loaded by these: every file costs the host time, and most runs change nothing.
"""

from __future__ import annotations

import types
import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov import journal, users
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import check_known, is_met
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import FRESH, Holder, Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import desired_pf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import check_reported, read_pf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.result import pf_result, shown_vf, vf_result


class PfResource:
    """The VFs of one PF.

    :param desired: what sriov_vf is asked for
    :param in_use: ``allow`` takes VFs away from who uses them, ``fail`` refuses that
    :param timeout: seconds that the kernel may take to make the VFs
    :param uri: of the libvirt whose domains may use the VFs
    :param leaving: a domain that will have gone by then
    """

    def __init__(self, desired: Pf, in_use: str, timeout: int, uri: str, leaving: str | None = None) -> None:
        self.desired = desired
        self.in_use = in_use
        self.timeout = timeout
        self.uri = uri
        self.leaving = leaving

    def objects(self, host: Host) -> tuple[str, ...]:
        """:raises ValidationError: there is no such PF"""
        return (f"PF {pci.address_of_pf(host, self.desired.name)}",)

    def read(self, host: Host) -> Pf:
        """The PF as it is; who holds its VFs, its files and a killed resize only if the plan depends on them."""
        wanted = self.desired
        check_known(host, (vf.driver for vf in wanted.vfs.values() if vf.driver))
        current = read_pf(host, wanted.name)
        if current.numvfs or wanted.numvfs is not None:
            current = journal.read(host, current)
        if current.numvfs:
            current = self.read_users(host, current)
        if self.link_changes(current):
            current = replace(current, carried=pf_link().read_carried(host, current, wanted.mtu, self.uri))
        return current if wanted.persistent is None else kept_files().read(host, current, wanted.persistent)

    def read_users(self, host: Host, current: Pf) -> Pf:
        """The PF with the domains of its VFs, and with who would lose one."""
        domains, networks = users.read_uses(host, self.uri)
        domains = tuple(entry for entry in domains if entry.domain != self.leaving)
        vfs = {index: replace(vf, used_by=users.used_by(domains, vf)) for index, vf in current.vfs.items()}
        current = replace(current, vfs=vfs)
        if self.resized(current) or self.unbound(current) or self.given_back(current) or self.link_changes(current):
            from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders, present_holders

            found = (holders(host, current, domains, networks) if self.resized(current) and self.in_use == "fail"
                     else present_holders(host, current.vfs.values()))
            current = replace(current, holders=tuple(
                holder for holder in found if holder.domain is None or holder.domain != self.leaving))
        return current

    def resized(self, current: Pf) -> bool:
        """Whether the number of VFs has to change."""
        return self.desired.numvfs not in (None, current.numvfs)

    def link_changes(self, current: Pf) -> dict[str, int]:
        """What is to change of the PF itself that may take its link from somebody, unless that is allowed."""
        wanted = {"mtu": self.desired.mtu, "up": None if self.desired.up else self.desired.up,
                  "numvfs": self.desired.numvfs}
        return {name: value for name, value in wanted.items()
                if self.in_use == "fail" and value not in (None, getattr(current, name))}

    def unbound(self, current: Pf) -> list[int]:
        """The VFs that are to get another driver than they have."""
        return [index for index, vf in current.vfs.items()
                if not is_met(self.wanted_vf(vf, current).driver or "none", vf.driver)]

    def given_back(self, current: Pf) -> list[int]:
        """The VFs that are to get back what they had before a resize was killed; a resize creates all VFs again."""
        return [] if self.resized(current) else [
            index for index, before in current.interrupted.items() if index in current.vfs
            and not (is_met(before.driver or "none", current.vfs[index].driver)
                     and current.vfs[index].settings == current.vfs[index].settings.overlaid(before.settings))]

    def plan(self, current: Pf) -> Plan[Pf]:
        """What is wanted, and the steps to it.

        :raises ValidationError: more VFs, or a VF further on, than there are
        :raises NotSupported: the driver reports no such setting
        :raises InUse: it would take a VF from who uses it
        """
        wanted = self.desired
        numvfs = t.cast(int, first(wanted.numvfs, current.numvfs))
        self.refuse_impossible(current, numvfs)
        self.refuse_in_use(current)
        if link_changes := self.link_changes(current):
            pf_link().refuse_cut_off(current, link_changes)
        autoprobe = first(wanted.drivers_autoprobe, current.drivers_autoprobe)
        base = self.vfs_before_settings(current, numvfs, "default" if autoprobe is not False else None)
        after = replace(
            current, numvfs=numvfs, vfs={index: self.wanted_vf(vf, current) for index, vf in base.items()}, holders=(),
            carried=(), interrupted={}, overtaken=(), drivers_autoprobe=autoprobe,
            mtu=first(wanted.mtu, current.mtu), up=first(wanted.up, current.up),
        )
        if wanted.persistent is not None:
            after = replace(after, files=kept_files().wanted_files(wanted, after))
        if after == replace(current, holders=(), carried=()):
            return Plan((), after)
        from ansible_collections.nfv.kvm.plugins.module_utils.sriov.transition import release_steps, steps_between

        taken = sorted(current.vfs if self.resized(current) else self.unbound(current))
        release = release_steps(self.uri, current, taken, self.taken(current))
        return Plan((*release, *steps_between(current, base, after, self.timeout)), after)

    def vfs_before_settings(self, current: Pf, numvfs: int, driver: str | None) -> dict[int, Vf]:
        """The VFs as they are when their settings are made: those that stay through a resize keep theirs.

        :param driver: what new VFs are bound to
        """
        if not self.resized(current):
            return current.vfs
        new = {index: Vf(index, FRESH, driver, current.future_addresses[index]) for index in range(numvfs)}
        found = {index: replace(vf, settings=current.vfs[index].settings, driver=current.vfs[index].driver,
                                used_by=current.vfs[index].used_by) if index in current.vfs else vf
                 for index, vf in new.items()}
        return {index: replace(vf, settings=vf.settings.overlaid(before.settings), driver=before.driver)
                if (before := current.interrupted.get(index)) else vf for index, vf in found.items()}

    def wanted_vf(self, base: Vf, current: Pf) -> Vf:
        """A VF afterwards: what is managed, over what it had before a resize was killed, over what it has."""
        managed = self.desired.vfs.get(base.index, Vf(base.index))
        before = current.interrupted.get(base.index, base)
        driver = managed.driver or before.driver or "none"
        return replace(
            base, settings=base.settings.overlaid(before.settings).overlaid(managed.settings.whole_tag()),
            driver=base.driver if is_met(driver, base.driver) else None if driver == "none" else driver,
        )

    def refuse_impossible(self, current: Pf, numvfs: int) -> None:
        """:raises ValidationError, NotSupported: this PF cannot have what is asked for."""
        name = current.name
        rates = [index for index, vf in current.vfs.items() if vf.settings.max_tx_rate or vf.settings.min_tx_rate]
        if rates and self.resized(current) and numvfs > rates[0] and not (current.up or self.desired.up):
            raise ValidationError(
                "numvfs", f"{name} is down, and without a link its driver cannot restore the rates of VF {rates[0]}",
                numvfs, "Set up: true, or set the rates to 0 first",
            )
        if numvfs > current.totalvfs:
            raise ValidationError(
                "numvfs", f"{name} ({current.pci_address}) can have at most {current.totalvfs} VFs", numvfs,
                "Lower it, or raise the limit in the firmware of the NIC",
            )
        for index, vf in self.desired.vfs.items():
            if index >= numvfs:
                raise ValidationError(
                    "vfs.index", f"{name} would have {numvfs} VFs, and the first one is 0", index, "Raise numvfs"
                )
            if index in current.vfs:
                check_reported(current, index, vf.settings)

    def taken(self, current: Pf) -> list[Holder]:
        """Who loses a VF: all at a resize, else those whose driver changes."""
        unbound = self.unbound(current)
        return [holder for holder in current.holders if self.resized(current) or holder.vf in unbound]

    def refuse_in_use(self, current: Pf) -> None:
        """:raises InUse: somebody holds a VF that a resize, another driver or another MAC would take away."""
        taken, given_back = self.taken(current), self.given_back(current)
        if self.resized(current):
            why = f"a change of numvfs from {current.numvfs} to {self.desired.numvfs} temporarily removes all VFs"
        elif taken:
            why = "another driver removes them"
        else:
            why = "an interrupted change of numvfs must restore their settings"
        disturbed = [holder for holder in current.holders if holder in taken or holder.vf in given_back]
        if disturbed and self.in_use == "fail":
            raise InUse(f"VFs of {current.name}", f"{why}, and they are in use: {', '.join(map(str, disturbed))}",
                        remedy="Stop whatever uses them, or set in_use: allow")
        for index, vf in {**{index: current.interrupted[index] for index in given_back}, **self.desired.vfs}.items():
            users.refuse_other_mac(current, index, vf.settings.mac)
        let_go = {holder.by for holder in taken if current.unplugs_from(holder)}
        stuck = [holder for holder in taken if holder.kind == "process" and holder.by not in let_go]
        if stuck:
            raise InUse(f"VFs of {current.name}", f"{why}, and the kernel would wait indefinitely for the processes "
                        f"that have them open: {', '.join(map(str, stuck))}",
                        remedy=f"Stop these processes first; {self.uri} runs no domain that could release the VFs")

    def show(self, state: Pf) -> dict[str, t.Any]:
        """What is managed of the PF and its VFs."""
        shown: dict[str, t.Any] = {
            name: getattr(state, name)
            for name in ("numvfs", "drivers_autoprobe", "mtu", "up") if getattr(self.desired, name) is not None
        }
        shown["vfs"] = {index: shown_vf(state.vfs[index], wanted)
                        for index, wanted in self.desired.vfs.items() if index in state.vfs}
        if self.desired.persistent is not None:
            shown["files"] = state.files
        return shown

    def result(self, state: Pf, plan: Plan[Pf]) -> dict[str, t.Any]:
        """``pf``, ``vfs`` and ``kept`` as the module documents them."""
        return {
            "pf": pf_result(state),
            "vfs": [vf_result(vf) for vf in state.vfs.values()],
            "kept": kept_files().kept_by(state) if state.files else {},
        }


def pf_resource(params: dict[str, t.Any]) -> PfResource:
    """The resource of sriov_vf's parameters.

    :raises ValidationError: a parameter is not valid
    """
    return PfResource(desired_pf(params), params["in_use"], params["timeout"], params["uri"])


def kept_files() -> types.ModuleType:
    """What keeps a PF over reboots; a run that keeps nothing is the faster for not loading it."""
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov import persistent

    return persistent


def pf_link() -> types.ModuleType:
    """What a change of the PF itself would cut off."""
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov import link

    return link


Value = t.TypeVar("Value")


def first(wanted: Value | None, found: Value | None) -> Value | None:
    """What is wanted, or what is there where nothing is."""
    return found if wanted is None else wanted
