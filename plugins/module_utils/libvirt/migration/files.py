# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a domain: its disks, media and UEFI variables, and which of them are its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

DISK, MEDIUM, NVRAM = "disk", "medium", "nvram"
QCOW2_MAGIC = b"QFI\xfb"
# Version, offset and length of the backing file's name, bits of a cluster, size of the disk; all big-endian
# (docs/interop/qcow2.txt of QEMU)
QCOW2_HEADER = struct.Struct(">4sIQIIQ")
LONGEST_NAME = 1023  # of a backing file, by the same
CHUNK = 1 << 20


@dataclass(frozen=True)
class File:
    """A file that a domain needs.

    :param kind: DISK for what the guest writes to, MEDIUM for what it only reads, NVRAM for UEFI variables
    :param size: bytes of the file
    :param capacity: bytes that the guest sees
    :param format: raw or qcow2
    :param target: the disk's name in the domain
    """

    path: str
    kind: str
    size: int
    capacity: int
    format: str = "raw"
    target: str = ""


def needed_files(host: Host, roots: t.Sequence[Element], further: t.Sequence[str]) -> tuple[File, ...]:
    """The files that have to be where the domain is to run.

    :param roots: the domain's definition, and what it runs with
    :param further: those that nothing in its XML tells of, if they are there
    :raises NotSupported: a disk is none that can be copied
    :raises ValidationError: a file is not there
    """
    found: dict[str, File] = {}
    for root in roots:
        for disk in root.findall("devices/disk"):
            path = _path_of(disk)
            if path is not None and path not in found:
                found[path] = _disk(host, disk, path)
        for tag in ("kernel", "initrd", "dtb"):
            path = root.findtext(f"os/{tag}")
            if path:
                found[path] = _plain(host, path, MEDIUM)
        nvram = root.findtext("os/nvram")
        if nvram and host.exists(nvram):
            found[nvram] = _plain(host, nvram, NVRAM)
    found.update({path: _plain(host, path, MEDIUM) for path in further if host.exists(path)})
    return tuple(found.values())


def _path_of(disk: Element) -> str | None:
    """The file of a disk; None for an empty drive, and for one that all hosts reach over the network."""
    source = disk.find("source")
    if source is None or disk.get("type") == "network":
        return None
    if disk.get("type") != "file":
        raise NotSupported(f"disk {_target(disk)}", "only files are copied to the other host", disk.get("type"),
                           "Make it one that both hosts reach, and say shared_storage: true")
    return t.cast("str | None", source.get("file"))


def _target(disk: Element) -> str:
    return str(disk.find("target").get("dev"))


def _read_only(disk: Element) -> bool:
    return disk.get("device") == "cdrom" or disk.find("readonly") is not None


def _disk(host: Host, disk: Element, path: str) -> File:
    if _read_only(disk):
        return _plain(host, path, MEDIUM)
    driver = disk.find("driver")
    kind = "raw" if driver is None else driver.get("type", "raw")
    if kind not in ("raw", "qcow2"):
        raise NotSupported(f"disk {_target(disk)}", f"{path} is of a format that is not copied", kind,
                           "Make it one of qcow2 (qemu-img convert), or share it and say shared_storage: true")
    plain = _plain(host, path, DISK)
    if kind == "raw":
        return File(path, DISK, plain.size, plain.size, kind, _target(disk))
    image = _qcow2(host, path)
    if image is None:
        raise ValidationError(f"disk {_target(disk)}", "this file is no qcow2", path, "See qemu-img info")
    capacity, backing = image
    if backing:
        raise NotSupported(f"disk {_target(disk)}", "it has a backing file, which would not come along", path,
                           f"Make it whole: virsh blockpull DOMAIN {_target(disk)} --wait, or qemu-img rebase -b ''")
    return File(path, DISK, plain.size, capacity, kind, _target(disk))


def _qcow2(host: Host, path: str) -> tuple[int, str] | None:
    """Bytes that the guest sees, and the file that the image is based on, "" for none; None for what is no image."""
    with open(host.path(path), "rb") as file:
        start = file.read(QCOW2_HEADER.size)
        if len(start) < QCOW2_HEADER.size or not start.startswith(QCOW2_MAGIC):
            return None
        _magic, _version, place, length, _bits, capacity = QCOW2_HEADER.unpack(start)
        file.seek(place)
        backing = os.fsdecode(file.read(min(length, LONGEST_NAME))) if place else ""
    return capacity, backing and os.path.normpath(os.path.join(os.path.dirname(path), backing))


def _plain(host: Host, path: str, kind: str) -> File:
    if not host.exists(path):
        raise ValidationError("name", "this host does not have a file that the domain is defined with", path,
                              "Bring it back, or take it out of the domain")
    size = os.stat(host.path(path)).st_size
    return File(path, kind, size, size)


def own_files(host: Host, connection: Connection, name: str, root: Element, further: t.Sequence[str],
              ) -> tuple[str, ...]:
    """The files that go when the domain has gone, and that nobody else has: its disks, and media beside them.

    Media are its own in a folder of its name only: in a pool for all, one may be kept for others that are to come.

    :param root: the domain's definition
    """
    disks = {disk.find("source").get("file"): _read_only(disk)
             for disk in root.findall("devices/disk[@type='file']") if disk.find("source") is not None}
    parents = {os.path.dirname(path) for path, read_only in disks.items() if path and not read_only}
    folders = {folder for folder in parents if os.path.basename(folder) == name}
    own = [path for path, read_only in disks.items() if path and (not read_only or os.path.dirname(path) in folders)]
    own = [path for path in (*own, *further) if host.exists(path)]
    others = _of_others(host, connection, name) if own else set()
    return tuple(path for path in own if path not in others)


def _of_others(host: Host, connection: Connection, name: str) -> set[str]:
    """The files of all other domains, and what those are based on, of which a definition need not tell."""
    domains = [domain for domain in connection.domains() if domain.name != name]
    texts = [text for domain in domains for text in (domain.definition(), domain.live_xml()) if text is not None]
    ahead = [source.get("file") for text in texts for source in xml.parse(text).iterfind("devices/disk//source")]
    found: set[str] = set()
    while ahead:
        path = ahead.pop()
        if path and path not in found:
            found.add(path)
            with contextlib.suppress(OSError):  # it is gone, or a share lets root not read it
                image = _qcow2(host, path) if os.path.isfile(host.path(path)) else None
                ahead.append(image[1] if image is not None else None)
    return found


def checksum(host: Host, path: str) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(host.path(path), "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def pieces(host: Host, path: str) -> t.Iterator[tuple[int, bytes]]:
    """A file in order, as holes (their length and nothing) and data (its length and itself)."""
    with open(host.path(path), "rb", buffering=0) as file:
        place, size = 0, os.fstat(file.fileno()).st_size
        while place < size:
            try:
                start = os.lseek(file.fileno(), place, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but a hole is left
                start = size
            if start > place:
                yield start - place, b""
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE) if start < size else size
            file.seek(start)
            for length in range(start, end, 1 << 16):
                data = file.read(min(1 << 16, end - length))
                yield len(data), data
            place = end
