# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the NICs that a domain has to those that are wanted."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Define, Restart, check_reacts
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import live as live_side
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import (
    Nic,
    check_boot_order,
    check_conflicts,
    desired_nics,
    identified,
    with_macs,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS, Row, write_interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.networks import for_update
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import (
    Wanted,
    source_of,
    wanted_interfaces,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState, read_state
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.steps import (
    AttachLive,
    DetachLive,
    Replug,
    UpdateLive,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range


@dataclass(frozen=True)
class Outcome:
    """The desired NICs, and what the running domain can have of them at once (None: it does not run)."""

    nics: tuple[Nic, ...]
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

    def read(self, host: Host) -> NicState:
        """The domain's NICs, with what else the plan needs.

        :raises ValidationError: there is no such persistent domain, or nothing to connect a NIC to
        """
        return read_state(host, self.connection, self.domain, self.wanted, self.state == "absent", self.restart)

    def plan(self, current: NicState) -> Plan[NicState]:
        """One new definition with all NICs, then what the running domain can have at once, then a restart."""
        outcome = self._outcome(current)
        steps: list[Step] = []
        nics = tuple(nic.after for nic in outcome.nics)
        lines = self._lines(current, outcome.nics)
        elements = _elements(current, outcome.nics)
        if lines:
            text = xml.serialise(_redefined(current.definition, list(elements.values())))
            steps.append(Define(self.connection, self.domain, text, lines))
        if outcome.live is not None and current.live is not None:
            devices = dict(zip(current.running or (), current.live.findall("devices/interface")))
            steps.extend(self._live_steps(devices, outcome.nics, outcome.live, elements))
        running = None if outcome.live is None else outcome.live.running
        pairs = live_side.paired(outcome.nics, current.running or ())
        changes = {
            (nic.after.alias, nic.after.mac):
                live_side.changes(nic, current.running, outcome.live, pairs.get(nic.after)) for nic in outcome.nics}
        waits = live_side.needs_restart(nics, running) or any(
            live_side.NEEDS_RESTART in found.values() for found in changes.values())
        if self.restart and waits:
            check_reacts(self.domain, current.power or "running")
            steps.append(Restart(self.connection, self.domain, self.timeout))
            running, waits = nics, False
        return Plan(tuple(steps), replace(current, interfaces=nics, running=running, changes=changes, waits=waits))

    def show(self, state: NicState) -> dict[str, t.Any]:
        """All NICs of the definition, and those of the running domain."""
        shown = {"interfaces": [_attributes(nic) for nic in state.interfaces]}
        if state.running is not None:
            shown["running"] = [_attributes(nic) for nic in state.running]
        return shown

    def result(self, state: NicState, plan: Plan[NicState]) -> dict[str, t.Any]:
        """``interfaces`` in the guest's order, and ``needs_restart``."""
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
        }

    def _outcome(self, current: NicState) -> Outcome:
        wanted = with_macs(current.wanted, current.interfaces, current.uuid, current.ledger)
        running = current.running or ()
        nics = desired_nics(self.state, wanted, current.interfaces, running, topology(current.definition))
        if self.state != "absent":
            check_conflicts(nics, current.ledger)
            check_boot_order(nics, bool(current.definition.findall("os/boot")))
        if current.live is None or current.running is None:
            return Outcome(tuple(nics), None)

        def unwanted(nic: Interface) -> bool:
            if self.state == "absent":
                gone = [found for found in current.interfaces if found not in [kept.before for kept in nics]]
                return any(identified(found, [nic]) for found in [*gone, *(item.interface for item in wanted)])
            return self.state == "exact"

        def listed(nic: Nic) -> bool:
            return self.state != "absent" and any(identified(item.interface, [nic.after]) for item in wanted)

        host = live_side.LiveHost(topology(current.live), current.pools, listed, unwanted)
        return Outcome(tuple(nics), live_side.plan_live(nics, current.running, host))

    def _lines(self, current: NicState, nics: t.Sequence[Nic]) -> tuple[str, ...]:
        kept = [nic.before for nic in nics]
        lines = [f"NIC {nic.label()}: remove" for nic in current.interfaces if nic not in kept]
        for nic in nics:
            if nic.before is None:
                source = " ".join(source_of(nic.after).values())
                lines.append(f"NIC {nic.after.label()}: add {nic.after.type} {source}, mac {nic.after.mac}")
                continue
            lines += [f"NIC {nic.after.label()}: {row.parameter} {_text(row.meant(nic.before))} → "
                      f"{_text(row.meant(nic.after))}"
                      for row in ROWS if row.meant(nic.before) != row.meant(nic.after)]
        return tuple(lines)

    def _live_steps(self, devices: dict[Interface, Element], nics: t.Sequence[Nic], plan: live_side.LivePlan,
                    elements: dict[Interface, Element]) -> list[Step]:
        steps: list[Step] = [
            DetachLive(self.connection, self.domain, nic.label(), xml.serialise(devices[nic])) for nic in plan.detach]
        for nic, after in plan.replug:
            # The device of a network's NIC is the VF; to have it again it must be asked for at the network.
            back = xml.serialise(write_interface(nic, devices[nic]))
            rows = next(live_side.late(one, nic) for one in nics if one.after == after)
            steps.append(Replug(self.connection, self.domain, after.label(), xml.serialise(elements[after]),
                                xml.serialise(devices[nic]), back, _changed(rows, nic, after)))
        for nic in plan.attach:
            steps.append(AttachLive(self.connection, self.domain, nic.label(), xml.serialise(elements[nic])))
        for nic, after in plan.update:
            device, rows = for_update(devices[nic]), live_side.at_once(after, nic)
            for row in rows:
                row.place.write(device, getattr(after, row.field))
            steps.append(UpdateLive(self.connection, self.domain, after.label(), xml.serialise(device),
                                    _changed(rows, nic, after)))
        return steps


def _elements(current: NicState, nics: t.Sequence[Nic]) -> dict[Interface, Element]:
    found = dict(zip(current.interfaces, current.definition.findall("devices/interface")))
    return {nic.after: write_interface(nic.after, None if nic.before is None else found[nic.before]) for nic in nics}


def _redefined(definition: Element, interfaces: t.Sequence[Element]) -> Element:
    root = copy.deepcopy(definition)
    devices = xml.child(root, "devices")
    xml.remove(devices, "interface")
    devices.extend(interfaces)
    return root


def _attributes(nic: Interface) -> dict[str, t.Any]:
    return {row.field: _text(value) for row in ROWS
            if (value := getattr(nic, row.field)) not in (None, row.default)}


def _changed(rows: t.Sequence[Row], before: Interface, after: Interface) -> str:
    return ", ".join(f"{row.parameter} {_text(row.meant(before))} → {_text(row.meant(after))}" for row in rows)


def _text(value: t.Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


def interface_resource(params: dict[str, t.Any]) -> InterfaceResource:
    """The resource of vm_interface's parameters.

    :raises ValidationError: a parameter cannot be meant as it was given
    """
    wanted = wanted_interfaces(params["interfaces"], identify_only=params["state"] == "absent")
    in_range("timeout", params.get("timeout", 120), 1)
    return InterfaceResource(connect(params["uri"]), params["domain"], wanted, params["state"],
                             params.get("restart") == "allowed", params.get("timeout", 120))
