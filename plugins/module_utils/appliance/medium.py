# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The medium with an appliance's day-0 configuration.

It is named by its content: another configuration is another file, and a file that is there is complete.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.storage import UNFINISHED, missing_folders
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import pieces

# Where the parts of one are, followed by the name of the appliance
RUN = "/run/nfv-kvm/day0"
# What makes each kind of medium, and the package that has it
TOOLS = {"iso": {"xorriso": "xorriso"}, "vmm": {"mkfs.vfat": "dosfstools", "mcopy": "mtools"}}
SUFFIXES = {"iso": ".iso", "vmm": ".img"}
NAME = re.compile(r"day0-[0-9a-f]{16}\.(iso|img)")
# A disk of 16 MiB, in KiB
VMM_SIZE = "16384"
# The longest volume label of ISO 9660 and of FAT, and the longest name of a file on Linux (NAME_MAX)
LABELS = {"iso": 32, "vmm": 11}
LONGEST = 255
ELSEWHERE = re.compile(r"^/|(^|/)\.{0,2}(/|$)")
FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


@dataclass(frozen=True)
class Medium:
    """A medium that is wanted.

    :param kind: iso, a CD-ROM whose root has the files, or vmm, a FAT disk with them in vmm-config.tgz
    :param files: the content of each by its path on the medium
    """

    path: str
    kind: str
    label: str
    files: t.Mapping[str, str] = field(repr=False)


def medium_of(folder: str, kind: str, label: str, files: t.Mapping[str, str]) -> Medium:
    """The medium of an appliance.

    :raises ValidationError: a path leads out of the medium, or the medium cannot have a file or its label
    """
    for name, content in files.items():
        check_file(name, content, files)
    if len(label) > LABELS[kind]:
        raise ValidationError("profile.day0.label", f"the label of a medium of kind {kind} has at most {LABELS[kind]} "
                              "characters", label, "Shorten it")
    # As Ansible's to_json writes it, by which media were named before this module made them.
    digest = hashlib.sha256(json.dumps([dict(files), label], sort_keys=True).encode()).hexdigest()
    return Medium(f"{folder}/day0-{digest[:16]}{SUFFIXES[kind]}", kind, label, files)


def check_file(name: str, content: t.Any, files: t.Container[str]) -> None:
    """:raises ValidationError: there can be no such file on a medium; its content is not shown"""
    if ELSEWHERE.search(name):
        raise ValidationError("day0", "the path of a file must be relative to the root of the medium, without .. "
                              "and without a leading slash", name, "Write a path such as config/juniper.conf")
    if any(len(part.encode()) > LONGEST for part in name.split("/")):
        raise ValidationError("day0", f"a part of this name has more than {LONGEST} bytes", name, "Shorten it")
    above = "/".join(name.split("/")[:-1])
    while above:
        if above in files:
            raise ValidationError("day0", f"{above} cannot be a file and a folder", name, "Rename one of them")
        above = "/".join(above.split("/")[:-1])
    if not isinstance(content, str):
        raise ValidationError("day0", f"the content of {name} is not a text", None, "Set it to the text of the file")
    try:
        content.encode()
    except UnicodeEncodeError:
        raise ValidationError("day0", f"the content of {name} has half of a surrogate pair, for which UTF-8 has no "
                              "bytes", None, "Remove that character") from None


def check_tools(host: Host, medium: Medium) -> None:
    """:raises DependencyMissing: the host lacks what makes the medium"""
    for tool, package in TOOLS[medium.kind].items():
        if not any(host.exists(f"{folder}/{tool}") for folder in FOLDERS):
            raise DependencyMissing(tool, "is not installed on this host, and makes the day-0 medium",
                                    remedy=f"Install the package {package}, or let the role kvm_host do so")


def media(host: Host, folder: str) -> list[str]:
    """The media that are in the folder of an appliance."""
    return [f"{folder}/{name}" for name in host.names(folder) if NAME.fullmatch(name)]


@dataclass(frozen=True)
class MakeMedium:
    """The medium, for nobody else to read; its parts are in memory only."""

    name: str
    medium: Medium

    def describe(self) -> list[str]:
        return [f"day-0 medium {self.medium.path}: make"]

    def apply(self, host: Host) -> None:
        place, unfinished = f"{RUN}-{self.name}", self.medium.path + UNFINISHED
        host.remove_tree(place)  # what an interrupted run left
        for folder in missing_folders(host, place):
            host.make_folder(folder, 0o700)
        try:
            made = self._iso(host, place) if self.medium.kind == "iso" else self._vmm(host, place)
            host.save(unfinished, pieces(host, made), 0o600)
        finally:
            host.remove_tree(place)
        host.rename(unfinished, self.medium.path)

    def undo(self, host: Host) -> None:
        host.remove_tree(f"{RUN}-{self.name}")
        for path in (self.medium.path, self.medium.path + UNFINISHED):
            host.remove(path)

    def _iso(self, host: Host, place: str) -> str:
        for name, content in self.medium.files.items():
            host.replace(f"{place}/files/{name}", content, 0o600)
        _run(host, ["xorriso", "-as", "mkisofs", "-quiet", "-J", "-r", "-V", self.medium.label,
                    "-o", host.path(f"{place}/medium"), host.path(f"{place}/files")])
        return f"{place}/medium"

    def _vmm(self, host: Host, place: str) -> str:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in self.medium.files.items():
                data = content.encode()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.uname, entry.gname = len(data), 0o600, "root", "root"
                archive.addfile(entry, io.BytesIO(data))
        host.save(f"{place}/vmm-config.tgz", [(len(packed.getvalue()), packed.getvalue())], 0o600)
        _run(host, ["mkfs.vfat", "-C", "-n", self.medium.label, host.path(f"{place}/medium"), VMM_SIZE])
        _run(host, ["mcopy", "-i", host.path(f"{place}/medium"), host.path(f"{place}/vmm-config.tgz"),
                    "::vmm-config.tgz"])
        return f"{place}/medium"


def has_parts(host: Host, name: str) -> bool:
    """Whether a run that was interrupted has left the parts of a medium, which are secrets."""
    return host.exists(f"{RUN}-{name}")


@dataclass(frozen=True)
class RemoveParts:
    """The parts of a medium that an interrupted run has left, and no run makes any more."""

    name: str

    def describe(self) -> list[str]:
        return [f"folder {RUN}-{self.name}: remove (an interrupted run left it)"]

    def apply(self, host: Host) -> None:
        host.remove_tree(f"{RUN}-{self.name}")


def _run(host: Host, argv: list[str]) -> None:
    done = host.run(argv)
    if done.returncode != 0:
        raise CommandFailed(argv[0], f"it cannot create the day-0 medium: {done.stderr.strip()}")
