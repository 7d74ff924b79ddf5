# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a move does on the host that the domain comes to."""

from __future__ import annotations

import itertools
import os
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import DISK, MEDIUM, NVRAM, File
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import find_moving
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.leaving import moving, set_note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import Note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.storage import Folder, folder
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.turns import check_gone


@dataclass(frozen=True)
class ThereStep(DomainStep):
    """A step on the domain on the other host; ``connection`` is to its libvirt.

    :param host: what the host calls itself
    """

    host: str


@dataclass(frozen=True)
class Discard(ThereStep):
    """Remove the copy that an unfinished move has left, and that has not run.

    :param nvram: whether it has a file of UEFI variables that is not the other one's as well
    :param done: filled when it is removed
    """

    nvram: bool
    done: list[bool] = field(default_factory=list, repr=False, compare=False)

    def describe(self) -> list[str]:
        return [f"domain {self.name} on {self.host}: remove the remains of an unfinished move"]

    def apply(self, host: Host) -> None:
        domain = find_moving(self.connection, self.name)
        if domain is not None and domain.held():
            domain.power_off()
            domain = find_moving(self.connection, self.name)
        if domain is not None:
            domain.undefine(self.nvram)
            self.done.append(True)

    def undo(self, host: Host) -> list[str]:
        """It was of no use any more, and stays away."""
        return self.describe() if self.done else []


@dataclass(frozen=True)
class LookForFiles(ThereStep):
    """See, before anything is noted, that no file there would be taken for one of this move."""

    files: tuple[File, ...]

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        for place, files in by_folder(self.connection, self.files):
            for file in files:
                name = os.path.basename(file.path)
                known = file.kind == MEDIUM and place.same(name, host, file.path)
                if not known and place.size(name) is not None:
                    raise InUse(f"file {file.path}", f"{self.host} already has it, but not from this move",
                                remedy="Remove it there, or set shared_storage: true if the hosts share it")

    def undo(self, host: Host) -> None:
        """Nothing was done."""


@dataclass(frozen=True)
class PrepareFiles(ThereStep):
    """Make the disks, empty, and copy what does not change: only then is the domain touched.

    :param live: whether the disks are filled by the migration, which wants them in their format and size
    :param made: the paths that were made
    """

    files: tuple[File, ...]
    live: bool
    made: list[str] = field(default_factory=list, repr=False, compare=False)

    def describe(self) -> list[str]:
        words = ("create it", "copy it, if it does not exist")
        return [f"{file.path} on {self.host}: {words[file.kind == MEDIUM]}" for file in self.files]

    def apply(self, host: Host) -> None:
        for place, files in by_folder(self.connection, self.files):
            for file in files:
                name = os.path.basename(file.path)
                if file.kind == MEDIUM and place.size(name) == file.size:
                    continue
                place.remove(name)
                self.made.append(file.path)
                whole = self.live and file.kind == DISK
                place.make(name, file.format if whole else "raw", file.capacity if whole else 0)
                if file.kind == MEDIUM:
                    place.fill(name, host, file.path)

    def undo(self, host: Host) -> None:
        for place, files in by_folder(self.connection, [file for file in self.files if file.path in self.made]):
            for file in files:
                place.remove(os.path.basename(file.path))


@dataclass(frozen=True)
class CopyDisks(ThereStep):
    """Copy what the guest has written, now that it is off."""

    files: tuple[File, ...]

    def describe(self) -> list[str]:
        return [f"{file.path} on {self.host}: copy it" for file in self.files]

    def apply(self, host: Host) -> None:
        for place, files in by_folder(self.connection, self.files):
            for file in files:
                place.fill(os.path.basename(file.path), host, file.path)

    def undo(self, host: Host) -> None:
        """Nothing: who made the files removes them."""


@dataclass(frozen=True)
class DefineThere(ThereStep):
    """Define the copy, which is not the appliance yet.

    :param nvram: whether it has a file of UEFI variables that is not the other one's as well
    """

    xml: str = field(repr=False)
    nvram: bool

    def describe(self) -> list[str]:
        return [f"domain {self.name} on {self.host}: define"]

    def apply(self, host: Host) -> None:
        self.connection.define(self.name, self.xml)

    def undo(self, host: Host) -> None:
        domain = find_moving(self.connection, self.name)
        if domain is not None:
            domain.undefine(self.nvram)


@dataclass(frozen=True)
class StartThere(ThereStep):
    """Start it.

    :param other: the libvirt of the host that it has gone from
    :param tried: filled when it may have been started
    """

    other: Connection
    tried: list[bool] = field(default_factory=list, repr=False, compare=False)

    def describe(self) -> list[str]:
        return [f"domain {self.name} on {self.host}: start"]

    def apply(self, host: Host) -> None:
        check_gone(self.other, self.connection, self.name)
        domain = moving(self.connection, self.name)
        if not domain.active():
            self.tried.append(True)
            domain.start()

    def undo(self, host: Host) -> None:
        """It must not run when the one that it was copied from is started again; an answer is needed for that."""
        domain = moving(self.connection, self.name)
        if self.tried and domain.active():
            domain.power_off()


@dataclass(frozen=True)
class Settle(ThereStep):
    """The move is over: the host starts it if the other one did, and the note goes."""

    note: Note
    autostart: bool

    def describe(self) -> list[str]:
        changes = self.note.autostart != self.autostart
        lines = [f"domain {self.name} on {self.host}: autostart {self.autostart} → {self.note.autostart}"] * changes
        return [*lines, f"domain {self.name} on {self.host}: record that it has arrived"]

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        domain.set_autostart(self.note.autostart)
        set_note(domain, None)


def by_folder(connection: Connection, files: t.Iterable[File]) -> t.Iterator[tuple[Folder, list[File]]]:
    """The files of each folder, with that folder open on the other host."""
    def parent(file: File) -> str:
        return os.path.dirname(file.path)

    for path, found in itertools.groupby(sorted(files, key=parent), key=parent):
        with folder(connection, path) as place:
            yield place, list(found)


def written(files: t.Iterable[File], live: bool) -> tuple[File, ...]:
    """Those that have to be made before the domain comes: QEMU itself brings UEFI variables along live."""
    return tuple(file for file in files if not (live and file.kind == NVRAM))
