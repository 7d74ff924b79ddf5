# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a domain: its disks, media and UEFI variables, and which of them are its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.images import chain, read_image
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

DISK, MEDIUM, NVRAM = "disk", "medium", "nvram"
CHUNK = 1 << 20


@dataclass(frozen=True)
class File:
    """A file that a domain needs.

    :param kind: DISK for what the guest writes to, MEDIUM for what it only reads, NVRAM for UEFI variables
    :param size: bytes of the file
    :param capacity: bytes that the guest sees
    :param format: raw or qcow2, or another one of a disk that is not copied
    :param target: the disk's name in the domain
    """

    path: str
    kind: str
    size: int
    capacity: int
    format: str = "raw"
    target: str = ""


def nvram_of(domain: Element | None) -> str | None:
    """The file of a domain's UEFI variables, in either way in which libvirt writes it."""
    if domain is None:
        return None
    source = domain.find("os/nvram/source")
    return domain.findtext("os/nvram") or None if source is None else source.get("file")


def needed_files(host: Host, roots: t.Sequence[Element], further: t.Sequence[str], shared: bool,
                 ) -> tuple[File, ...]:
    """The files that have to be where the domain is to run.

    :param roots: the domain's definition, and what it runs with
    :param further: those that nothing in its XML mentions, if they are there
    :param shared: whether both hosts reach its disks, so that these are not copied
    :raises NotSupported: a disk is none that can be copied
    :raises ValidationError: a file is not there
    """
    found: dict[str, File] = {}
    for root in roots:
        for disk in root.findall("devices/disk"):
            path = _path_of(disk, shared)
            if path is not None and path not in found:
                found[path] = _disk(host, disk, path, shared)
        for tag in ("kernel", "initrd", "dtb"):
            path = root.findtext(f"os/{tag}")
            if path:
                found[path] = _plain(host, path, MEDIUM)
        nvram = nvram_of(root)
        if nvram and host.exists(nvram):
            found[nvram] = _plain(host, nvram, NVRAM)
    found.update({path: _plain(host, path, MEDIUM) for path in further if host.exists(path)})
    return tuple(found.values())


def _path_of(disk: Element, shared: bool) -> str | None:
    """The file of a disk; None for an empty drive, and for one that all hosts reach without a file."""
    source = disk.find("source")
    if source is None or disk.get("type") == "network":
        return None
    if disk.get("type") == "file":
        return t.cast("str | None", source.get("file"))
    if shared:
        return None
    raise NotSupported(f"type of disk {_target(disk)}", "only disks that are files can be copied to the other host",
                       disk.get("type"), "Use a disk to which both hosts have access, and set shared_storage: true")


def _target(disk: Element) -> str:
    return str(disk.find("target").get("dev"))


def _read_only(disk: Element) -> bool:
    return disk.get("device") == "cdrom" or disk.find("readonly") is not None


def _disk(host: Host, disk: Element, path: str, shared: bool) -> File:
    driver, target = disk.find("driver"), _target(disk)
    kind = "raw" if driver is None else driver.get("type", "raw")
    if not (kind in ("raw", "qcow2") or shared or _read_only(disk)):
        raise NotSupported(f"format of disk {target}", f"{path} has a format that cannot be copied", kind,
                           "Convert it to qcow2 (qemu-img convert), or share it and set shared_storage: true")
    plain = replace(_plain(host, path, MEDIUM if _read_only(disk) else DISK), format=kind, target=target)
    if kind != "qcow2":
        return plain
    image = read_image(host, path)
    if image is None:
        raise ValidationError(f"disk {target}", "this file is not a qcow2 image", path, f"Run qemu-img info {path}")
    if image.backing and not shared:
        raise NotSupported(f"disk {target}", "it has a backing file, which would not be copied", path,
                           f"Merge the backing file into it (virsh blockpull DOMAIN {target} --wait, or qemu-img "
                           "rebase -b '')")
    if image.data is not None and not shared:
        raise NotSupported(f"disk {target}", "it has an external data file, which would not be copied", path,
                           "Convert it with qemu-img convert -O qcow2, or share it and set shared_storage: true")
    return replace(plain, capacity=image.capacity)


def shared_disks(host: Host, files: t.Iterable[File]) -> tuple[str, ...]:
    """The disks of these files, and what they and the media are based on: the other host has to find all of it.

    :raises NotSupported: the name of what one is based on cannot be read
    """
    found = {file.path for file in files if file.kind == DISK}
    for file in files:
        if file.format == "qcow2":
            found.update(chain(host, file.path))
    return tuple(sorted(path for path in found if os.path.isfile(host.path(path)) or not host.exists(path)))


def _plain(host: Host, path: str, kind: str) -> File:
    if not host.exists(path):
        raise ValidationError("name", "this host does not have a file of the domain", path,
                              "Restore the file, or remove it from the domain")
    size = os.stat(host.path(path)).st_size
    return File(path, kind, size, size)


def written_disks(domain: Element) -> set[str]:
    """The files of the disks that a domain writes to."""
    sources = (disk.find("source[@file]") for disk in domain.findall("devices/disk") if not _read_only(disk))
    return {source.get("file") for source in sources if source is not None}


def own_files(host: Host, connection: Connection, name: str, root: Element, further: t.Sequence[str],
              ) -> tuple[str, ...]:
    """The files that go when the domain has gone, and that nobody else has: its disks, and media beside them.

    Media are its own in a folder of its name only: in a pool for all, one may be kept for others that are to come.

    :param root: the domain's definition
    """
    written = written_disks(root)
    folders = {os.path.dirname(path) for path in written if os.path.basename(os.path.dirname(path)) == name}
    paths = [source.get("file") for source in root.findall("devices/disk/source[@file]")]
    own = [path for path in paths if path in written or os.path.dirname(path) in folders]
    own = [path for path in (*own, *further) if host.exists(path)]
    others = _of_others(host, connection, name) if own else set()
    return tuple(path for path in own if _identity(host, path) not in others)


def _identity(host: Host, path: str) -> tuple[int, int] | None:
    """What a file is, by whatever name: its device and inode; None if it does not exist."""
    try:
        found = os.stat(host.path(path))
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _of_others(host: Host, connection: Connection, name: str) -> set[tuple[int, int] | None]:
    """The files of all other domains, and what those are based on, of which a definition need not tell."""
    domains = [domain for domain in connection.domains() if domain.name != name]
    texts = [text for domain in domains for text in (domain.definition(), domain.live_xml()) if text is not None]
    paths = {path for text in texts for source in xml.parse(text).iterfind("devices/disk//source")
             for path in [source.get("file") or _volume(connection, source)] if path}
    for path in tuple(paths):
        with contextlib.suppress(NotSupported):  # QEMU cannot read it either: nobody can run with it
            for below in chain(host, path):
                paths.add(below)
    return {_identity(host, path) for path in paths}


def _volume(connection: Connection, source: Element) -> str | None:
    """The file that a disk names by its storage pool, None for one that does not, or whose pool is gone."""
    pool = source.get("pool")
    if pool is None:
        return None
    with connection.answering(f"storage pool {pool}", "look it up"):
        found = connection.unless(("VIR_ERR_NO_STORAGE_POOL",), lambda: connection.handle.storagePoolLookupByName(pool))
        folder = None if found is None else xml.parse(found.XMLDesc(0), "pool").findtext("target/path")
    return None if folder is None else os.path.join(folder, source.get("volume"))


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
