# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a move does to the domain on the host that it leaves."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep, Shutdown
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import MovingDomain, find_moving
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import LEFT, Note, write_note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.turns import check_gone, check_noted


def moving(connection: Connection, name: str) -> MovingDomain:
    """A domain that must be there.

    :raises ValidationError: it has gone
    """
    found = find_moving(connection, name)
    if found is None:
        raise ValidationError("name", "the domain was removed in the meantime", name, "Run the task again")
    return found


def set_note(domain: MovingDomain, note: Note | None) -> None:
    """Note where a domain is on its way, or that it no longer is on any."""
    domain.write_note(None if note is None else xml.serialise(write_note(note)))


@dataclass(frozen=True)
class MarkLeaving(DomainStep):
    """Note what the move has to know, and have the host no longer start the domain by itself.

    :param before: the note that it has, None for none
    :param autostart: whether the host starts it now
    """

    note: Note
    before: Note | None
    autostart: bool

    def describe(self) -> list[str]:
        lines = [f"domain {self.name}: record that it moves to {self.note.target}"]
        return [*lines, f"domain {self.name}: autostart True → False"] if self.autostart else lines

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        set_note(domain, self.note)
        if self.autostart:
            domain.set_autostart(False)

    def undo(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        domain.set_autostart(self.autostart)
        set_note(domain, self.before)


@dataclass(frozen=True)
class ShutdownToMove(Shutdown):
    """Have the guest shut down, which starts again if the move does not come about."""

    note: Note

    def apply(self, host: Host) -> None:
        check_noted(moving(self.connection, self.name), self.note)
        super().apply(host)

    def undo(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        if not domain.active():
            domain.start()


@dataclass(frozen=True)
class HandOver(DomainStep):
    """Note that the copy on the other host is the domain from now on.

    :param note: the one before
    """

    note: Note

    def describe(self) -> list[str]:
        return [f"domain {self.name}: record that it is handed over to {self.note.target}"]

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        if domain.active():
            raise InUse(f"domain {self.name}", "it was started in the meantime", remedy="Run the task again")
        set_note(domain, replace(self.note, stage=LEFT))

    def undo(self, host: Host) -> None:
        set_note(moving(self.connection, self.name), self.note)


@dataclass(frozen=True)
class PowerOff(DomainStep):
    """End what a migration has left paused, while the domain is on the other host."""

    def describe(self) -> list[str]:
        return [f"domain {self.name}: stop the paused copy that its migration has left"]

    def apply(self, host: Host) -> None:
        domain = find_moving(self.connection, self.name)
        if domain is not None and domain.held():
            domain.power_off()


@dataclass(frozen=True)
class Remove(DomainStep):
    """Remove what is left on the host that it has gone from: its own files, then its definition.

    :param other: the libvirt of the host that has it now
    :param nvram: whether it has a file of UEFI variables that is not the other one's as well
    :param defined: whether it has a definition
    """

    other: Connection
    files: tuple[str, ...]
    nvram: bool
    defined: bool

    def describe(self) -> list[str]:
        lines = [f"{path}: remove" for path in self.files]
        return [*lines, f"domain {self.name}: undefine"] if self.defined else lines

    def apply(self, host: Host) -> None:
        check_gone(self.connection, self.other, self.name)
        for path in self.files:
            host.remove(path)
        for folder in {os.path.dirname(path) for path in self.files}:
            if os.path.basename(folder) == self.name:
                with contextlib.suppress(OSError):  # others have files there
                    os.rmdir(host.path(folder))
        if self.defined:
            moving(self.connection, self.name).undefine(self.nvram)
