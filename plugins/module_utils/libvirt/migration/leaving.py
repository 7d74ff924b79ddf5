# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a move does to the domain on the host that it leaves."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, KvmError, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep, Shutdown
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.answers import remedy_of_migration
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import MovingDomain, find_moving
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import LEFT, Note, write_note

POLL_SECONDS = 0.25
# In which a migration that is ended has to be gone on both hosts
END_SECONDS = 30.0


def moving(connection: Connection, name: str) -> MovingDomain:
    """A domain that must be there.

    :raises ValidationError: it has gone
    """
    found = find_moving(connection, name)
    if found is None:
        raise ValidationError("name", "the domain has just gone", name, "Run this again")
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
        lines = [f"domain {self.name}: note that it moves to {self.note.target}"]
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
class EndMigration(DomainStep):
    """End a migration that goes on without the run that began it; the domain stays where it runs.

    :param other: the libvirt that it goes to
    """

    other: Connection

    def describe(self) -> list[str]:
        return [f"domain {self.name}: end the migration that is under way"]

    def apply(self, host: Host) -> None:
        moving(self.connection, self.name).abort_job()
        deadline = host.now() + END_SECONDS
        while self._goes_on():
            if host.now() >= deadline:
                raise CommandFailed(f"domain {self.name}", f"its migration did not end within {END_SECONDS:g} seconds",
                                    remedy="See virsh domjobinfo, and run this again when there is none")
            host.sleep(POLL_SECONDS)

    def _goes_on(self) -> bool:
        there = find_moving(self.other, self.name)
        return moving(self.connection, self.name).job() or (there is not None and there.held())

    def undo(self, host: Host) -> None:
        """Nothing: it was of no use any more."""


@dataclass(frozen=True)
class Resume(DomainStep):
    """Let a domain go on that a migration has paused, and that is nowhere else."""

    host: str

    def describe(self) -> list[str]:
        return [f"domain {self.name}: resume it on {self.host}"]

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        if domain.held():
            domain.resume()

    def undo(self, host: Host) -> None:
        """Nothing: that it runs is as it was before the move."""


@dataclass(frozen=True)
class Migrate(DomainStep):
    """Move the domain as it runs.

    :param uri: of the other libvirt
    :param address: where memory and disks are sent to
    :param disks: the targets of the disks whose content goes along
    :param timeout: seconds
    """

    target: str
    uri: str
    address: str
    disks: tuple[str, ...]
    timeout: float

    def describe(self) -> list[str]:
        return [f"domain {self.name}: move it live to {self.target}"]

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        failed: list[Exception] = []

        def call() -> None:
            try:
                domain.migrate(self.uri, self.address, self.disks)
            except Exception as error:  # of whatever kind, it has to come out of the thread
                failed.append(error)

        thread = threading.Thread(target=call, daemon=True)
        deadline = host.now() + self.timeout
        thread.start()
        while thread.is_alive() and host.now() < deadline:
            thread.join(POLL_SECONDS)
        late = thread.is_alive()
        if late:
            domain.abort_job()
            thread.join(END_SECONDS)
        if failed and late:
            raise CommandFailed(f"domain {self.name}", f"it was not moved within {self.timeout:g} seconds, and stays",
                                remedy="Raise live_timeout, or move it when it changes less of its memory and disks, "
                                "or while it is off")
        for error in failed:
            if isinstance(error, KvmError):
                error.remedy = error.remedy or remedy_of_migration(str(error), self.address)
            raise error

    def undo(self, host: Host) -> None:
        """Nothing, if it still runs here; else nobody knows better than the next run, which looks at both."""
        domain = moving(self.connection, self.name)
        if domain.job() or domain.state() != "running":
            raise CommandFailed(f"domain {self.name}", "its migration may have come to an end on the other host",
                                remedy="Run this again: it looks at both hosts first")


@dataclass(frozen=True)
class ShutdownToMove(Shutdown):
    """Have the guest shut down, which starts again if the move does not come about."""

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
        return [f"domain {self.name}: note that it is handed over to {self.note.target}"]

    def apply(self, host: Host) -> None:
        set_note(moving(self.connection, self.name), replace(self.note, stage=LEFT))

    def undo(self, host: Host) -> None:
        set_note(moving(self.connection, self.name), self.note)


@dataclass(frozen=True)
class PowerOff(DomainStep):
    """End what a migration has left paused, while the domain is on the other host."""

    def describe(self) -> list[str]:
        return [f"domain {self.name}: end what its migration has left paused"]

    def apply(self, host: Host) -> None:
        domain = find_moving(self.connection, self.name)
        if domain is not None:
            domain.power_off()


@dataclass(frozen=True)
class Remove(DomainStep):
    """Remove what is left on the host that it has gone from: its own files, then its definition.

    :param nvram: whether it has a file of UEFI variables
    :param defined: whether it has a definition
    """

    files: tuple[str, ...]
    nvram: bool
    defined: bool

    def describe(self) -> list[str]:
        lines = [f"{path}: remove" for path in self.files]
        return [*lines, f"domain {self.name}: undefine"] if self.defined else lines

    def apply(self, host: Host) -> None:
        for path in self.files:
            host.remove(path)
        for folder in {os.path.dirname(path) for path in self.files}:
            if os.path.basename(folder) == self.name:
                with contextlib.suppress(OSError):  # others have files there
                    os.rmdir(host.path(folder))
        if self.defined:
            moving(self.connection, self.name).undefine(self.nvram)
