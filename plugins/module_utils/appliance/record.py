# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made of which image, and what the PFs were like before: a file beside an appliance's disks."""

from __future__ import annotations

import json
import typing as t
import uuid
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf

NAME = "appliance.json"
# What of a PF the removal of the appliance puts back
OF_PF: dict[str, tuple[type, ...]] = {
    "numvfs": (int,), "mtu": (int,), "up": (bool,), "drivers_autoprobe": (bool, type(None)), "persistent": (bool,)}
# What it has of a disk
ENTRY = {"inode": int, "image": str, "size": int, "mtime": int}


def identity(host: Host) -> str:
    """What tells this host from all others; clones may have one machine-id."""
    return f"{host.read('/proc/sys/kernel/hostname') or ''}.{host.read('/etc/machine-id') or ''}"


def uuid_of(host: Host, name: str) -> str:
    """One that the same name on the same host has again, so that check mode knows the MACs that a real run makes."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{identity(host)}"))


@dataclass(frozen=True)
class Made:
    """Of which image a disk was made.

    :param size: of the image, in bytes
    :param mtime: when it was changed last, in ns since 1970
    """

    image: str
    size: int
    mtime: int


class Record:
    """The record of the appliance in a folder.

    A disk is known by its inode, so that no order of writing and renaming can make the record wrong. A disk that was
    copied by anybody else is not in it. What it says of PFs counts on the host that wrote it: a move takes it along.
    """

    def __init__(self, host: Host, folder: str) -> None:
        self._host = host
        self._folder, self._path = folder, f"{folder}/{NAME}"
        try:
            self._found: dict[str, t.Any] = _checked(json.loads(host.read(self._path) or "{}"))
        except (ValueError, RecursionError):
            self._found = {}

    def made(self, path: str) -> Made | None:
        """Of which image a disk was made, None if that is not known."""
        inode = self._host.inode(path)
        for entry in self._found.get("disks", ()):
            if entry["inode"] == inode:
                return Made(entry["image"], entry["size"], entry["mtime"])
        return None

    def add_disk(self, path: str, made: Made) -> None:
        """Write down of which image a disk was made that is there."""
        entry = {"inode": self._host.inode(path), "image": made.image, "size": made.size, "mtime": made.mtime}
        there = {self._host.inode(f"{self._folder}/{name}") for name in self._host.names(self._folder)}
        others = [one for one in self._found.get("disks", ()) if one["inode"] in there - {entry["inode"]}]
        self._write({**self._found, "disks": [*others, entry]})

    def before(self, pf: str) -> dict[str, t.Any]:
        """What a PF was like before the appliance was made, by the names of sriov_vf's options; empty if not known."""
        return {name: value for name, value in self._pfs().get(pf, {}).items() if name in OF_PF}

    def pfs(self) -> list[str]:
        """The PCI addresses of the PFs that were prepared for the appliance."""
        return sorted(self._pfs())

    def add_pf(self, pf: Pf) -> None:
        """Write down what a PF is like, unless that was done before."""
        if pf.pci_address not in self._pfs():
            was = {**{name: getattr(pf, name) for name in OF_PF if name != "persistent"}, "persistent": bool(pf.files)}
            self._write({**self._found, "host": identity(self._host), "pfs": {**self._pfs(), pf.pci_address: was}})

    def _pfs(self) -> dict[str, t.Any]:
        return self._found.get("pfs", {}) if self._found.get("host") == identity(self._host) else {}

    def forget_pfs(self) -> None:
        """What the PFs were like matters no more: the appliance has none."""
        self._write({name: value for name, value in self._found.items() if name != "pfs"})

    def text(self) -> str | None:
        """The record as it is written, None without one."""
        return self._host.read(self._path)

    def put_back(self, text: str | None) -> None:
        """The record as it was."""
        if text is None:
            self._host.remove(self._path)
        else:
            self._host.replace(self._path, text + "\n", 0o600)

    def _write(self, content: dict[str, t.Any]) -> None:
        self._host.replace(self._path, json.dumps(content, sort_keys=True) + "\n", 0o600)
        self._found = content


@dataclass(frozen=True)
class KeepRecord:
    """The record of what the steps that come are about to change. It tells the user nothing.

    :param pfs: the PFs as they are
    :param before: the text of the record, None without one
    """

    folder: str
    pfs: tuple[Pf, ...]
    before: str | None

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        record = Record(host, self.folder)
        for pf in self.pfs:
            record.add_pf(pf)

    def undo(self, host: Host) -> None:
        Record(host, self.folder).put_back(self.before)


@dataclass(frozen=True)
class ForgetPfs:
    """The record of an appliance that leaves its disks behind: its PFs are as they were before, or others use them."""

    folder: str

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        Record(host, self.folder).forget_pfs()


def _checked(found: t.Any) -> dict[str, t.Any]:
    """:raises ValueError: nothing that this module writes"""
    try:
        for entry in found.get("disks", []):
            if not all(isinstance(entry[name], kind) for name, kind in ENTRY.items()):
                raise ValueError(entry)
        for was in found.get("pfs", {}).values():
            if not all(isinstance(value, OF_PF.get(name, object)) for name, value in was.items()):
                raise ValueError(was)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(found) from error
    return dict(found)
