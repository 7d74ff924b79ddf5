# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the NICs that a domain has to those that are wanted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import (
    Controller,
    topology,
    with_controllers,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import live as live_side
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import (
    Nic,
    check_conflicts,
    check_domain,
    desired_nics,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.identity import identified, with_identities
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import (
    Wanted,
    source_of,
    wanted_interfaces,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState, read_state
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rows
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range


@dataclass(frozen=True)
class Outcome:
    """The desired NICs, the PCI controllers that they need beyond those of the domain, and what the running domain
    can have of them at once (None: it does not run).

    One that is saved comes back with the NICs that it was saved with, and can have nothing at once.
    """

    nics: tuple[Nic, ...]
    controllers: tuple[Controller, ...]
    live: live_side.LivePlan | None


@dataclass(frozen=True)
class InterfaceResource:
    """The NICs of one domain with their desired state.

    :param state: present, absent or exact
    :param restart: whether the domain may be restarted where its NICs wait for that
    :param timeout: seconds for its guest to shut down
    """

    connection: Connection = field(repr=False)
    domain: str
    wanted: tuple[Wanted, ...]
    state: str
    restart: bool
    timeout: float

    def objects(self, host: Host) -> tuple[str, ...]:
        """The domain, and what its NICs are connected to as far as others could take it away meanwhile."""
        pfs = {pf for wanted in self.wanted for pf in _pf_of(host, wanted)}
        networks = {wanted.interface.source_network for wanted in self.wanted if wanted.interface.source_network}
        return (f"domain {self.domain}", *(f"PF {pf}" for pf in sorted(pfs)),
                *(f"network {network}" for network in sorted(networks)))

    def read(self, host: Host) -> NicState:
        """The domain's NICs, with what else the plan needs.

        :raises ValidationError: there is no such persistent domain, or nothing to connect a NIC to
        """
        return read_state(host, self.connection, self.domain, self.wanted, self.state, self.restart)

    def plan(self, current: NicState) -> Plan[NicState]:
        """The VFs, then one new definition with all NICs, what the running domain can have at once, and a restart.

        :raises InUse: something of it is in use, or the domain is on its way to another host
        """
        outcome = self._outcome(current)
        nics = tuple(nic.after for nic in outcome.nics)
        lines = self._lines(current, outcome)
        definition = with_controllers(current.definition, outcome.controllers)
        running = None if outcome.live is None else outcome.live.running
        kept = current.saved if current.running is None else current.running
        set_now = {vf.subject: {"vf": live_side.LIVE} for vf in current.vfs if vf.after() != vf}
        changes = _changes(kept, outcome, set_now)
        waits = live_side.needs_restart(nics, running) or any(
            live_side.NEEDS_RESTART in found.values() for found in changes.values())
        steps: list[Step] = []
        if lines or set_now or (outcome.live is not None and outcome.live.has_work()):
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.transition import (
                Definition,
                check_possible,
                steps_between,
            )

            check_possible(self.domain, current, outcome.nics, outcome.live)
            steps += steps_between(self.connection, self.domain, current, outcome.nics, outcome.live,
                                   Definition(definition, lines))
        if self.restart and waits:
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import restart

            steps += restart(self.connection, self.domain, current.power, self.timeout)
            running, waits = nics, False
        if steps:
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import check_stays

            check_stays(self.domain, current.definition)
        vfs = tuple(vf.after() for vf in current.vfs)
        return Plan(tuple(steps), replace(
            current, definition=definition, interfaces=nics, running=None if current.running is None else running,
            vfs=vfs, changes=changes, waits=waits))

    def show(self, state: NicState) -> dict[str, t.Any]:
        """All NICs of the definition, those of the running domain, and what is managed of the VFs."""
        shown: dict[str, t.Any] = {"interfaces": [_attributes(nic) for nic in state.interfaces]}
        if state.vfs:
            shown["vfs"] = {f"VF {vf.index} of {vf.pf.name}": vf.managed() for vf in state.vfs}
        if state.running is not None:
            shown["running"] = [_attributes(nic) for nic in state.running]
        return shown

    def result(self, state: NicState, plan: Plan[NicState]) -> dict[str, t.Any]:
        """``interfaces`` in the guest's order, ``needs_restart``, and ``warnings`` if there are any."""
        warnings = {"warnings": list(plan.after.warnings)} if plan.after.warnings else {}
        names = {item.interface.alias: item.name for item in self.wanted}
        place = topology(state.definition)
        nics = sorted(state.interfaces, key=lambda nic: place.position(nic.address) if nic.address else ())
        return {
            "interfaces": [{
                "name": names.get(nic.alias) or (nic.label() if nic.alias else None), "mac": nic.mac, "type": nic.type,
                "source": source_of(nic), "model": nic.model, "pci_address": nic.address,
                "changes": plan.after.changes.get((nic.alias, nic.mac), {}),
            } for nic in nics],
            "needs_restart": plan.after.waits or live_side.needs_restart(state.interfaces, state.running),
            **warnings,
        }

    def _outcome(self, current: NicState) -> Outcome:
        running = current.running or ()
        wanted = with_identities(current.wanted, [*current.interfaces, *running], current.uuid, current.ledger)
        nics, place = desired_nics(self.state, wanted, current.interfaces, running, topology(current.definition))
        if self.state != "absent":
            check_conflicts(nics, current.ledger, current.below)
            check_domain(nics, current.definition)
        if current.live is None or current.running is None:
            saved = None if current.saved is None else live_side.LivePlan((), (), (), (), current.saved)
            return Outcome(tuple(nics), place.added, saved)

        absent = self.state == "absent"
        meant = [identified(item.interface, [nic.after for nic in nics]) for item in wanted]
        gone = [found for found in current.interfaces if found not in [kept.before for kept in nics]]
        leave = [identified(found, running) for found in [*gone, *(item.interface for item in wanted)]]
        host = live_side.LiveHost(
            topology(current.live), current.pools, current.below, listed=lambda nic: not absent and nic.after in meant,
            unwanted=lambda nic: nic in leave if absent else self.state == "exact")
        return Outcome(tuple(nics), place.added, live_side.plan_live(nics, current.running, host))

    def _lines(self, current: NicState, outcome: Outcome) -> tuple[str, ...]:
        kept = [nic.before for nic in outcome.nics]
        lines = [f"NIC {nic.label()}: remove" for nic in current.interfaces if nic not in kept]
        lines += [controller.describe() for controller in outcome.controllers]
        for nic in outcome.nics:
            if nic.before is None:
                source = " ".join(source_of(nic.after).values())
                lines.append(f"NIC {nic.after.label()}: add {nic.after.type} {source}, mac {nic.after.mac}")
                continue
            lines += [f"NIC {nic.after.label()}: {line}" for line in rows.differences(ROWS, nic.before, nic.after)]
        return tuple(lines)


def _changes(running: tuple[Interface, ...] | None, outcome: Outcome, more: dict[str, dict[str, str]],
             ) -> dict[tuple[str | None, str | None], dict[str, str]]:
    """How each attribute of each NIC takes effect, by the NIC's alias and MAC.

    :param running: the NICs that the domain runs with, or comes back with where it is saved
    :param more: the same of what is not in the NICs themselves, by what messages call the NIC
    """
    pairs = live_side.paired(outcome.nics, running or ())
    return {(nic.after.alias, nic.after.mac): {
        **live_side.changes(nic, running, outcome.live, pairs.get(nic.after)), **more.get(nic.subject, {})}
        for nic in outcome.nics}


def _attributes(nic: Interface) -> dict[str, t.Any]:
    return {row.field: text for row, text in rows.shown(ROWS, nic)}


def _pf_of(host: Host, wanted: Wanted) -> t.Iterator[str]:
    """The PCI address of the PF whose VF a NIC is to have; none if there is none, which reading refuses."""
    nic = wanted.interface
    address = None if wanted.pf is None else pci.bus_address(host, wanted.pf)
    if nic.source_vf is not None:
        address = pci.pf_of(host, nic.source_vf)
    elif nic.type == "direct" and nic.source_dev is not None:
        address = pci.bus_address(host, nic.source_dev)
        address = pci.pf_of(host, address or "") or address
    if address is not None:
        yield address


def interface_resource(params: dict[str, t.Any]) -> InterfaceResource:
    """The resource of vm_interface's parameters.

    :raises ValidationError: a parameter is not valid
    """
    wanted = wanted_interfaces(params["interfaces"], identify_only=params["state"] == "absent")
    in_range("timeout", params.get("timeout", 120), 1)
    return InterfaceResource(connect(params["uri"]), params["domain"], wanted, params["state"],
                             params.get("restart") == "allowed", params.get("timeout", 120))
