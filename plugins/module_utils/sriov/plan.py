# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the desired and the current state of a PF to the steps between them."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import FRESH, Pf, Vf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import holders, read_pf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.steps import Resize, SetAutoprobe, SetLink, SetVfs


class PfResource:
    """The VFs of one PF.

    :param desired: what sriov_vf is asked for
    :param in_use: ``allow`` takes VFs away from who uses them, ``fail`` refuses that
    :param timeout: seconds that the kernel may take to make the VFs
    """

    def __init__(self, desired: Pf, in_use: str, timeout: int) -> None:
        self.desired = desired
        self.in_use = in_use
        self.timeout = timeout

    def read(self, host: Host) -> Pf:
        """The PF as it is; who holds its VFs only where they would have to go."""
        current = read_pf(host, self.desired.name)
        if self.resized(current) and current.numvfs:
            current = replace(current, holders=holders(host, current))
        return current

    def resized(self, current: Pf) -> bool:
        """Whether the number of VFs has to change."""
        return self.desired.numvfs not in (None, current.numvfs)

    def plan(self, current: Pf) -> Plan[Pf]:
        """The PF's link first, since some drivers make VFs only on an up link; then the VFs, then their settings.

        :raises ValidationError: more VFs, or a VF further on, than there are
        :raises NotSupported: the driver reports no such setting
        :raises InUse: a resize would take a VF from who uses it
        """
        wanted = self.desired
        numvfs = t.cast(int, current.numvfs if wanted.numvfs is None else wanted.numvfs)
        self.refuse_impossible(current, numvfs)
        self.refuse_in_use(current)
        base = self.vfs_before_settings(current, numvfs)
        after_vfs = {
            index: replace(vf, settings=self.wanted_settings(vf)) for index, vf in base.items()
        }
        after = replace(
            current, numvfs=numvfs, vfs=after_vfs, holders=(),
            drivers_autoprobe=first(wanted.drivers_autoprobe, current.drivers_autoprobe),
            mtu=first(wanted.mtu, current.mtu), up=first(wanted.up, current.up),
        )
        steps: list[Step] = []
        if (after.mtu, after.up) != (current.mtu, current.up):
            steps.append(SetLink(current.name, current.mtu, after.mtu, current.up, after.up))
        if after.drivers_autoprobe != current.drivers_autoprobe:
            steps.append(SetAutoprobe(current.name, current.pci_address, bool(after.drivers_autoprobe)))
        if self.resized(current):
            steps.append(Resize(
                current.name, current.pci_address, current.driver or "", current.numvfs or 0, numvfs,
                {index: vf.settings for index, vf in current.vfs.items()}, self.timeout,
            ))
        changes = tuple(
            (index, base[index].settings, vf.settings)
            for index, vf in after_vfs.items() if vf.settings != base[index].settings
        )
        if changes:
            steps.append(SetVfs(current.name, current.pci_address, current.driver or "", changes))
        return Plan(tuple(steps), after)

    def vfs_before_settings(self, current: Pf, numvfs: int) -> dict[int, Vf]:
        """The VFs as they are when their settings are made: those that stay through a resize keep theirs."""
        if not self.resized(current):
            return current.vfs
        new = {index: Vf(index, FRESH, pci_address=current.future_addresses[index]) for index in range(numvfs)}
        return {index: replace(vf, settings=current.vfs.get(index, vf).settings) for index, vf in new.items()}

    def wanted_settings(self, base: Vf) -> VfSettings:
        """A VF's settings afterwards: what is managed, over what it has."""
        managed = self.desired.vfs.get(base.index, Vf(base.index)).settings
        if managed.vlan is not None:
            # The kernel sets tag, priority and protocol as one: what is not asked for falls to its default.
            managed = replace(
                managed, qos=managed.qos or 0, vlan_protocol=managed.vlan_protocol or "802.1Q"
            )
        return base.settings.overlaid(managed)

    def refuse_impossible(self, current: Pf, numvfs: int) -> None:
        """:raises ValidationError, NotSupported: this PF cannot have what is asked for."""
        name = current.name
        if numvfs > current.totalvfs:
            raise ValidationError(
                "numvfs", f"{name} ({current.pci_address}) can have at most {current.totalvfs} VFs", numvfs,
                "Lower it, or raise the limit in the NIC's firmware",
            )
        for index, vf in self.desired.vfs.items():
            if index >= numvfs:
                raise ValidationError(
                    "vfs.index", f"{name} would have {numvfs} VFs, counted from 0", index, "Raise numvfs"
                )
            if index not in current.vfs:
                continue
            reported = current.vfs[index].settings.managed()
            for setting in vf.settings.managed():
                if setting not in reported:
                    raise NotSupported(
                        f"VF {index} of {name}",
                        f"{setting} is not supported by {current.driver} ({current.pci_address})",
                    )

    def refuse_in_use(self, current: Pf) -> None:
        """:raises InUse: somebody holds a VF that a resize would take away."""
        if current.holders and self.in_use == "fail":
            raise InUse(
                f"VFs of {current.name}", f"a change of numvfs from {current.numvfs} to {self.desired.numvfs} removes "
                f"all VFs for a moment, and they are in use: {', '.join(map(str, current.holders))}",
                remedy="Stop who uses them, or set in_use: allow",
            )

    def show(self, state: Pf) -> dict[str, t.Any]:
        """What is managed of the PF and its VFs."""
        shown = {
            name: getattr(state, name)
            for name in ("numvfs", "drivers_autoprobe", "mtu", "up") if getattr(self.desired, name) is not None
        }
        shown["vfs"] = {
            index: {name: getattr(vf.settings, name) for name in self.desired.vfs[index].settings.managed()}
            for index, vf in state.vfs.items() if index in self.desired.vfs
        }
        return shown

    def result(self, state: Pf, plan: Plan[Pf]) -> dict[str, t.Any]:
        """``pf`` and ``vfs`` as the module documents them."""
        names = ("name", "pci_address", "driver", "numvfs", "totalvfs", "mtu", "up", "link_up", "numa_node")
        return {
            "pf": {name: getattr(state, name) for name in names},
            "vfs": [
                {
                    "index": vf.index, "pci_address": vf.pci_address, "netdev": vf.netdev, "driver": vf.driver,
                    "iommu_group": vf.iommu_group, **asdict(vf.settings),
                }
                for vf in state.vfs.values()
            ],
        }


Value = t.TypeVar("Value")


def first(wanted: Value | None, found: Value | None) -> Value | None:
    """What is wanted, or what is there where nothing is."""
    return found if wanted is None else wanted
