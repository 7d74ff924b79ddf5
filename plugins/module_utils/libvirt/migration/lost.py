# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An unfinished move whose other host is lost: the domain stays on this one, and no longer waits for the other."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Start
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cargo import read_copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.coming import Settle
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import needed_files
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import (
    find_moving,
    host_name,
    name_of_uuid,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import ABSENT, HELD, OFF, RUNNING, Copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.live import Resume
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import Note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.params import connect_lost


@dataclass(frozen=True)
class Stay(Settle):
    """The move is over: the domain is this host's."""

    def describe(self) -> list[str]:
        return [*super().describe()[:-1], f"domain {self.name}: record that it stays on {self.host}"]


@dataclass(frozen=True)
class StayResource:
    """A domain that is to stay on this host.

    :param there: the libvirt of the other host, None if it does not answer
    :param uri: by which that was asked
    :param lost: what the other host calls itself
    """

    here: Connection = field(repr=False)
    there: Connection | None = field(repr=False)
    name: str
    uri: str
    lost: str

    def objects(self, host: Host) -> tuple[str, ...]:
        return (f"domain {self.name}",)

    def read(self, host: Host) -> Copy:
        """The domain on this host.

        :raises ValidationError: this host does not have it whole, or its move was not with the host that is lost
        :raises InUse: the other host has it, or may still send it
        """
        copy = read_copy(self.here, host_name(self.here), self.name)
        if copy.state == ABSENT:
            raise ValidationError("name", "this host has no such domain", self.name, "Run virsh list --all to list the "
                                  "domains")
        if copy.note is not None:
            self._check_lost(copy, copy.note)
            if _starts(copy):
                needed_files(host, [copy.definition], (), shared=True)
        return copy

    def _check_lost(self, copy: Copy, note: Note) -> None:
        if self.lost == copy.host or self.lost not in (note.source, note.target):
            raise ValidationError(
                "lost_host", f"the domain's unfinished move is from {note.source} to {note.target}, and this host is "
                f"{copy.host}", self.lost, "Set lost_host to the other one of these hosts, if it is lost")
        if self.there is not None:
            self._check_there(self.there, copy)
        if copy.job or copy.rank() < 0:
            raise InUse(f"domain {self.name}", "its migration still runs on this host", remedy=(
                f"Run the task again when libvirt has aborted it, or abort it with virsh domjobabort {self.name} on "
                f"its source or virsh destroy {self.name} on its target"))

    def _check_there(self, there: Connection, copy: Copy) -> None:
        """Somebody answers: the host itself, which was installed again, and not another one or one with the domain."""
        answering = host_name(there)
        if answering != self.lost:
            raise ValidationError("target", f"{answering} answers there instead of {self.lost}, which may still run "
                                  "the domain", self.uri, f"Set target to the URI of {self.lost}")
        if find_moving(there, self.name) is not None or name_of_uuid(there, str(copy.uuid)) is not None:
            raise InUse(f"domain {self.name}", f"{answering} is not lost: it answers, and has this domain",
                        remedy="Run the task without lost_host, on either host with the other one as its target")

    def plan(self, current: Copy) -> Plan[Copy]:
        """Let it run as it did before the move, and drop the note."""
        note = current.note
        if note is None:
            return Plan((), current)
        steps: list[Step] = []
        state = current.state
        if state == HELD:
            steps.append(Resume(self.here, self.name, current.host))
            state = RUNNING
        elif _starts(current):
            steps.append(Start(self.here, self.name))
            state = RUNNING
        steps.append(Stay(self.here, self.name, current.host, note, current.autostart))
        return Plan(tuple(steps), replace(current, state=state, note=None, autostart=note.autostart))

    def show(self, state: Copy) -> dict[str, t.Any]:
        """What this host has of the domain."""
        return {state.host: state.shown()}

    def result(self, state: Copy, plan: Plan[Copy]) -> dict[str, t.Any]:
        """``state`` and ``uuid`` on this host; nothing has moved."""
        return {"state": state.state, "uuid": state.uuid, "method": None}


def _starts(copy: Copy) -> bool:
    return copy.state == OFF and copy.note is not None and copy.note.running


def stay_resource(here: Connection, uri: str, name: str, lost: str) -> StayResource:
    """The resource of a domain whose other host is lost.

    :param uri: of the other host's libvirt
    :raises InUse: it may be alive
    """
    return StayResource(here, connect_lost(uri), name, uri, lost)
