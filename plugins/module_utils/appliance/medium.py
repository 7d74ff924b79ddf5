# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The medium with an appliance's day-0 configuration.

It is named by its content: another configuration is another file, and a file that is there is complete.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

RUN = "/run/nfv-kvm/day0"
# What makes each kind of medium, and the package that has it
TOOLS = {"iso": {"xorriso": "xorriso"}, "vmm": {"mkfs.vfat": "dosfstools", "mcopy": "mtools"}}
SUFFIXES = {"iso": ".iso", "vmm": ".img"}
NAME = re.compile(r"day0-[0-9a-f]{16}\.(iso|img)")
# A disk of 16 MiB, in KiB
VMM_SIZE = "16384"
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

    :raises ValidationError: a path leads out of the medium
    """
    for name in files:
        if ELSEWHERE.search(name):
            raise ValidationError("day0", "a file of the medium is named from its root on, without a slash in front "
                                  "and without ..", name, "Name it such as config/juniper.conf")
    # As Ansible's to_json writes it, by which media were named before this module made them.
    digest = hashlib.sha256(json.dumps([dict(files), label], sort_keys=True).encode()).hexdigest()
    return Medium(f"{folder}/day0-{digest[:16]}{SUFFIXES[kind]}", kind, label, files)


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
        place = f"{RUN}/{self.name}"
        shutil.rmtree(host.path(place), ignore_errors=True)  # what an interrupted run left
        os.makedirs(host.path(place), mode=0o700)
        try:
            made = self._iso(host, place) if self.medium.kind == "iso" else self._vmm(host, place)
            with open(host.path(made), "rb") as file:
                content = file.read()
        finally:
            shutil.rmtree(host.path(place))
        unfinished = f"{self.medium.path}.unfinished"
        with open(os.open(host.path(unfinished), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        os.rename(host.path(unfinished), host.path(self.medium.path))

    def undo(self, host: Host) -> None:
        host.remove(self.medium.path)

    def _iso(self, host: Host, place: str) -> str:
        for name, content in self.medium.files.items():
            path = host.path(f"{place}/files/{name}")
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        _run(host, ["xorriso", "-as", "mkisofs", "-quiet", "-J", "-r", "-V", self.medium.label,
                    "-o", host.path(f"{place}/medium"), host.path(f"{place}/files")])
        return f"{place}/medium"

    def _vmm(self, host: Host, place: str) -> str:
        with tarfile.open(host.path(f"{place}/vmm-config.tgz"), "w:gz") as archive:
            for name, content in self.medium.files.items():
                data = content.encode()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.uname, entry.gname = len(data), 0o600, "root", "root"
                archive.addfile(entry, io.BytesIO(data))
        _run(host, ["mkfs.vfat", "-C", "-n", self.medium.label, host.path(f"{place}/medium"), VMM_SIZE])
        _run(host, ["mcopy", "-i", host.path(f"{place}/medium"), host.path(f"{place}/vmm-config.tgz"),
                    "::vmm-config.tgz"])
        return f"{place}/medium"


def _run(host: Host, argv: list[str]) -> None:
    done = host.run(argv)
    if done.returncode != 0:
        raise CommandFailed(argv[0], f"it cannot make the day-0 medium: {done.stderr.strip()}")
