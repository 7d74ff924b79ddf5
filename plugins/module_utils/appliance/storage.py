# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of an appliance: copies of images, made and replaced so that an interrupted copy is never taken for one."""

from __future__ import annotations

import os
import stat
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.record import Made, Record
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import pieces
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.images import local_files, read_image

# Beside a disk: a copy that is not complete, and the disk that was replaced by one that was not ready yet
UNFINISHED, OLD = ".unfinished", ".old"
MIB = 1 << 20


@dataclass(frozen=True)
class Disk:
    """A disk on the host: where it is, and what it is a copy of."""

    name: str
    image: str
    format: str
    path: str


@dataclass(frozen=True)
class DiskState:
    """A disk of the appliance on the host.

    :param inode: of it, None if it is not there
    :param made: of which image it was made, None if that is not known
    :param changed: whether the image is another one now, also by its content
    :param old: whether the disk that it replaced is still beside it
    """

    disk: Disk
    inode: int | None
    made: Made | None = None
    changed: bool = False
    old: bool = False

    @property
    def there(self) -> bool:
        """Whether it is there."""
        return self.inode is not None


def read_disks(host: Host, disks: t.Sequence[Disk], record: Record) -> tuple[DiskState, ...]:
    """The disks as they are."""
    return tuple(_read_disk(host, disk, record.made(disk.path)) for disk in disks)


def _read_disk(host: Host, disk: Disk, made: Made | None) -> DiskState:
    image = host.status(disk.image)
    changed = made is not None and (made.image != disk.image or (
        image is not None and (image.st_size, image.st_mtime_ns) != (made.size, made.mtime)))
    return DiskState(disk, host.inode(disk.path), made, changed, host.exists(disk.path + OLD))


def missing_folders(host: Host, folder: str) -> tuple[str, ...]:
    """The folders that are to be made, the outermost first.

    :raises ValidationError: something else is there
    """
    found: list[str] = []
    while not host.exists(folder):
        found.insert(0, folder)
        folder = os.path.dirname(folder)
    status = host.status(folder)
    if status is not None and not stat.S_ISDIR(status.st_mode):
        raise ValidationError("folder", "this is not a folder", folder, "Choose another folder, or remove that file")
    return tuple(found)


def check_images(host: Host, folder: str, disks: t.Sequence[Disk]) -> None:
    """Refuse images that no disk can be made of.

    :param disks: those that are to be made
    :raises ValidationError: names the image
    """
    needed = sum(_check_image(host, disk) for disk in disks)
    free = host.free(folder) if disks else 0
    if needed > free:
        raise ValidationError("folder", f"it has {free // MIB} MiB free, and the disks need {-(-needed // MIB)} MiB",
                              folder, "Free some space there, or choose another folder")


def _check_image(host: Host, disk: Disk) -> int:
    """:returns: the bytes that its copy needs"""
    subject = "profile.image" if disk.name == "disk" else f"image of disk {disk.name}"
    found = host.status(disk.image)
    if found is None:
        raise ValidationError(subject, "this host has no such file", disk.image, "Copy it there, or correct the path")
    if not stat.S_ISREG(found.st_mode):
        raise ValidationError(subject, "it is not a regular file", disk.image, "Use the path of the image itself")
    if not found.st_size:
        raise ValidationError(subject, "it is empty", disk.image, "Copy the image again")
    image = read_image(host, disk.image)
    kind = "qcow2" if image is not None else "raw"
    if kind != disk.format:
        raise ValidationError(subject, f"its format is {kind}, but the profile has {disk.format}", disk.image,
                              f"Set format: {kind} for this disk in the profile, or convert it with qemu-img convert")
    for name in () if image is None else image.names():
        missing = [path for path in local_files(disk.path, name) if not host.exists(path)]
        if missing:
            raise ValidationError(subject, f"it is based on {name}, which its copy could not find", disk.image,
                                  "Merge the base image into it with qemu-img convert")
    return min(found.st_blocks * 512, found.st_size)


@dataclass(frozen=True)
class MakeFolder:
    """The folder of the appliance, in which only root and the users of its files find them.

    :param paths: it, and before it those above it that are not there
    """

    paths: tuple[str, ...]

    def describe(self) -> list[str]:
        return [f"folder {self.paths[-1]}: make"]

    def apply(self, host: Host) -> None:
        for path in self.paths:
            host.make_folder(path, 0o711)

    def undo(self, host: Host) -> None:
        for path in reversed(self.paths):
            host.remove_folder(path)


@dataclass(frozen=True)
class CopyImage:
    """A new disk of its image, holes left out."""

    folder: str
    disk: Disk

    def describe(self) -> list[str]:
        return [f"disk {self.disk.path}: copy of {self.disk.image}"]

    def apply(self, host: Host) -> None:
        host.rename(copied(host, self.folder, self.disk), self.disk.path)

    def undo(self, host: Host) -> None:
        for path in (self.disk.path, self.disk.path + UNFINISHED):
            host.remove(path)


def copied(host: Host, folder: str, disk: Disk) -> str:
    """A copy of the image beside the disk, recorded.

    :returns: its path
    :raises CommandFailed: somebody changed the image meanwhile
    """
    path, before = disk.path + UNFINISHED, os.stat(host.path(disk.image))
    host.save(path, pieces(host, disk.image), 0o600)
    after = os.stat(host.path(disk.image))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise CommandFailed(f"disk {disk.path}", f"{disk.image} changed while it was copied",
                            remedy="Run the task again when no program writes to it")
    Record(host, folder).add_disk(path, Made(disk.image, before.st_size, before.st_mtime_ns))
    return path


@dataclass(frozen=True)
class ReplaceDisk:
    """A disk of the image as it is now, instead of one that stays beside it for the way back. The appliance is off.

    :param inode: of the disk that is there
    """

    folder: str
    disk: Disk
    inode: int | None

    def describe(self) -> list[str]:
        return [f"disk {self.disk.path}: replace by a copy of {self.disk.image}"]

    def apply(self, host: Host) -> None:
        new = copied(host, self.folder, self.disk)
        if not host.exists(self.disk.path + OLD):  # else this is the one in its place, which was never ready
            host.hard_link(self.disk.path, self.disk.path + OLD)
        host.rename(new, self.disk.path)

    def undo(self, host: Host) -> None:
        host.remove(self.disk.path + UNFINISHED)
        if host.inode(self.disk.path) == self.inode:
            if host.inode(self.disk.path + OLD) == self.inode:
                host.remove(self.disk.path + OLD)
        elif host.exists(self.disk.path + OLD):
            host.rename(self.disk.path + OLD, self.disk.path)


@dataclass(frozen=True)
class RemoveFiles:
    """Files that nobody needs any more; ``why`` says so."""

    paths: tuple[str, ...]
    why: str

    def describe(self) -> list[str]:
        return [f"{path}: remove ({self.why})" for path in self.paths]

    def apply(self, host: Host) -> None:
        for path in self.paths:
            host.remove(path)
