# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a domain on one host to the same on another, from wherever an earlier move was interrupted."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import check_reacts
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration import coming, leaving, live
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cargo import Cargo
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import DISK, MEDIUM
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import (
    ABSENT,
    HELD,
    OFF,
    RUNNING,
    Copy,
    holder,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.lost import StayResource, stay_resource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import (
    ARRIVING,
    LEAVING,
    LEFT,
    Note,
    with_note,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.params import (
    connect_target,
    given_vfs,
    host_of,
    without_questions,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.placing import given_placement
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.state import MoveState, read_move
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.turns import Begin
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Placement
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_placement, render
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range


@dataclass(frozen=True)
class MigrationResource:
    """A domain that is to be on the target, and not on the source.

    :param uri: of the target's libvirt
    :param address: where memory and disks are sent to
    :param shared: whether both hosts reach its disks
    :param further: files that nothing in its XML mentions
    :param vfs: PCI addresses of VFs on the target by the MAC of the NIC
    :param timeout: seconds for a guest to shut down
    :param live_timeout: seconds for a live migration
    :param placement: where it runs on the target, for one that is bound to CPUs and memory of a NUMA node
    """

    here: Connection = field(repr=False)
    there: Connection = field(repr=False)
    name: str
    uri: str
    address: str
    shared: bool
    further: tuple[str, ...]
    vfs: dict[str, str]
    timeout: float
    live_timeout: float
    placement: Placement | None = None

    def objects(self, host: Host) -> tuple[str, ...]:
        return (f"domain {self.name}",)

    def read(self, host: Host) -> MoveState:
        """The domain on both hosts, with what goes along.

        :raises KvmError: nobody can tell which of them is the appliance, or it cannot go
        """
        return read_move(host, self.here, self.there, self.name, self.further, self.shared)

    def plan(self, current: MoveState) -> Plan[MoveState]:
        """Let it go, or finish what was interrupted once it had gone."""
        holder(self.name, current.source, current.target)
        found = self._finish(current) if current.cargo is None else self._move(current, current.cargo)
        begin = Begin(self.here, self.name, self.there, (current.source, current.target))
        return replace(found, steps=(begin, *found.steps)) if found.steps else found

    def show(self, state: MoveState) -> dict[str, t.Any]:
        """What the two hosts have of the domain."""
        return {found.host: found.shown() for found in (state.source, state.target)}

    def result(self, state: MoveState, plan: Plan[MoveState]) -> dict[str, t.Any]:
        """``state`` and ``uuid`` on the target, and ``method``."""
        kinds = {type(step) for step in plan.steps}
        method = "live" if live.Migrate in kinds else "cold" if coming.DefineThere in kinds else None
        return {"state": state.target.state, "uuid": state.target.uuid, "method": method}

    def _finish(self, current: MoveState) -> Plan[MoveState]:
        """It is the target's. What is left on the source goes, and must not run before what the target has does."""
        source, target = current.source, current.target
        there = (self.there, self.name, target.host)
        steps: list[Step] = []
        if target.job:
            steps.append(live.EndMigration(self.there, self.name, self.here))
        if source.state == HELD:
            steps.append(leaving.PowerOff(self.here, self.name))
        state = target.state
        if state == HELD:
            steps.append(live.Resume(*there))
            state = RUNNING
        if state == OFF and target.note is not None and target.note.running:
            steps.append(coming.StartThere(*there, self.here))
            state = RUNNING
        if source.definition is not None and source.note is not None and source.note.stage != LEFT:
            steps.append(leaving.HandOver(self.here, self.name, replace(source.note, target=target.host)))
        if source.definition is not None or current.own:
            steps.append(self._remove(current))
        autostart = target.autostart
        if target.note is not None:
            steps.append(coming.Settle(*there, target.note, autostart))
            autostart = target.note.autostart
        after = replace(target, state=state, note=None, autostart=autostart, job=False)
        return Plan(tuple(steps), MoveState(Copy(source.host), after))

    def _move(self, current: MoveState, cargo: Cargo) -> Plan[MoveState]:
        source, target = current.source, current.target
        self._check_may_go(source)
        self._check_placed(source)
        here, there = (self.here, self.name), (self.there, self.name, target.host)
        note, before = self._note(current, cargo), source.note
        files = coming.written(cargo.files, cargo.live)
        steps: list[Step] = []
        began = before is not None and (before.stage, before.target) == (LEAVING, target.host)
        if files and not began and target.state == ABSENT:
            steps.append(coming.LookForFiles(*there, files))
        if source.job:
            steps.append(live.EndMigration(*here, self.there))
        if target.state != ABSENT:
            steps.append(coming.Discard(*there, current.drops_nvram(target)))
        if note != before or source.autostart:
            steps.append(leaving.MarkLeaving(*here, note, before, source.autostart))
        if source.state == HELD:
            steps.append(live.Resume(*here, source.host))
        if files:
            steps.append(coming.PrepareFiles(*there, files, cargo.live))
        if cargo.live:
            disks = tuple(file.target for file in files if file.kind == DISK)
            steps += [live.Migrate(*here, note, target.host, self.uri, self.address, disks, self.live_timeout,
                                   self.placement),
                      leaving.HandOver(*here, note)]
        else:
            steps += self._cold(current, cargo, note)
        steps += [self._remove(current), coming.Settle(*there, note, False)]
        after = Copy(target.host, RUNNING if note.running else OFF, source.uuid, None, note.autostart)
        return Plan(tuple(steps), MoveState(Copy(source.host), after))

    def _cold(self, current: MoveState, cargo: Cargo, note: Note) -> list[Step]:
        """The copy is defined once it is whole, and starts once the domain is marked as no longer the appliance."""
        source, target = current.source, current.target
        here, there = (self.here, self.name), (self.there, self.name, target.host)
        steps: list[Step] = []
        if source.state != OFF:
            steps.append(leaving.ShutdownToMove(*here, self.timeout, note))
        changed = tuple(file for file in cargo.files if file.kind != MEDIUM)
        if changed:
            steps.append(coming.CopyDisks(*there, changed))
        steps += [coming.DefineThere(*there, self._definition(source, note), current.drops_nvram(source)),
                  leaving.HandOver(*here, note)]
        return [*steps, coming.StartThere(*there, self.here)] if note.running else steps

    def _remove(self, current: MoveState) -> leaving.Remove:
        source = current.source
        return leaving.Remove(self.here, self.name, self.there, current.own, current.drops_nvram(source),
                              source.definition is not None)

    def _check_may_go(self, source: Copy) -> None:
        if source.state != HELD:
            check_reacts(self.name, source.state, "be moved")
        if source.job and source.note is None:
            raise InUse(f"domain {self.name}", "another job of libvirt for it runs on this host", remedy=(
                f"Wait until the job has finished (virsh domjobinfo {self.name})"))

    def _check_placed(self, source: Copy) -> None:
        """:raises ValidationError: it is bound to CPUs of the source, and nobody says to which of the target"""
        was = None if source.definition is None else read_placement(source.definition)
        if was is not None and self.placement is None:
            raise ValidationError("placement", f"the domain is bound to CPUs {listed(was.cpus)} and NUMA node "
                                  f"{was.node} of the source, and none of the target are given", None, "Give what "
                                  "nfv.kvm.vm_migration_info returns as placement on the target")

    def _note(self, current: MoveState, cargo: Cargo) -> Note:
        """What an interruption must not lose. What an earlier move has noted counts on."""
        source = current.source
        found = Note(LEAVING, source.host, current.target.host, source.autostart, source.state in (RUNNING, HELD),
                     current.shared, cargo.vfs)
        return found if source.note is None else replace(
            found, autostart=found.autostart or source.note.autostart, running=found.running or source.note.running)

    def _definition(self, source: Copy, note: Note) -> str:
        """The domain as the target is to have it, with VFs that are the target's.

        :raises ValidationError: no VF of the target is given for a NIC
        """
        root: Element = copy.deepcopy(source.definition)
        for nic in root.findall("devices/interface[@type='hostdev']"):
            mac = xml.mac(nic)
            if mac not in self.vfs:
                raise ValidationError("vfs", f"NIC {mac} has a VF of the source, and vfs contains no VF of the target "
                                      "for it", None,
                                      "Set vfs to the value that nfv.kvm.vm_migration_info returns on the target")
            xml.set_pci_address(nic.find("source/address"), self.vfs[mac])
        if self.placement is not None:
            render(root, self.placement)
        with_note(root, replace(note, stage=ARRIVING))
        return xml.serialise(root)


def migration_resource(params: dict[str, t.Any]) -> MigrationResource | StayResource:
    """The resource of vm_migration's parameters.

    :raises ValidationError: a parameter is not valid
    """
    for name in ("timeout", "live_timeout"):
        in_range(name, params[name], 1)
    uri = without_questions(params["target"])
    if params["lost_host"] is not None:
        return stay_resource(connect(params["uri"]), uri, params["name"], params["lost_host"])
    address = params["address"] or host_of(uri)
    return MigrationResource(
        connect(params["uri"]), connect_target(uri), params["name"], uri, f"[{address}]" if ":" in address else address,
        params["shared_storage"], tuple(params["files"]), given_vfs(params["vfs"]), params["timeout"],
        params["live_timeout"],
        None if params["placement"] is None else given_placement("placement", params["placement"]))
