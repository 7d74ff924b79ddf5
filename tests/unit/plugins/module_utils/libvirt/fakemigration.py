# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the libvirt in memory has for moves, as libvirt 11.3 was seen to do it: notes, jobs, migrations and storage."""

from __future__ import annotations

import copy
import os
import struct
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakeapi import (
    VIR_ERR_OPERATION_INVALID,
    FakeLibvirtError,
    api,
)

NO_STORAGE_POOL, NO_STORAGE_VOL, SYSTEM_ERROR, UNSUPPORTED, ABORTED = 49, 50, 38, 84, 78
RUNNING, PAUSED, BY_MIGRATION = 1, 3, 2
LIVE, CONFIG = 1, 2
BUILD = 1


def qcow2(capacity: int, backing: str = "", data: str | None = None) -> bytes:
    """The start of an image, and the names of its backing file and its external data file, as qemu-img writes them."""
    named = b"" if not data else struct.pack(">II", 0x44415441, len(data)) + data.encode() + bytes(-len(data) % 8)
    extensions = struct.pack(">II", 0xE2792ACA, 5) + b"qcow2" + bytes(3) + named + bytes(8)
    place = 104 + len(extensions) if backing else 0
    start = struct.pack(">4sIQIIQ", b"QFI\xfb", 3, place, len(backing), 16, capacity)
    features = struct.pack(">Q", 0 if data is None else 4)
    return start + bytes(40) + features + bytes(20) + struct.pack(">I", 104) + extensions + backing.encode()


class FakeMigration:
    """The part of a virDomain; ``job``: whether it is on its way, ``reason`` of its state."""

    connection: t.Any
    xml: t.Any
    live: t.Any
    running_state: int
    persistent: int
    reason = 0
    job = False
    snapshots = checkpoints = 0
    managed_save = False

    @api
    def setMetadata(self, kind: int, text: str | None, key: str, uri: str, flags: int) -> None:  # noqa: N802
        assert kind == 2
        if self.job:
            raise FakeLibvirtError("Timed out during operation: cannot acquire state change lock", 68)
        if flags & LIVE and self.live is None:
            raise FakeLibvirtError("domain is not running", VIR_ERR_OPERATION_INVALID)
        for root in ([self.xml] if flags & CONFIG else []) + ([self.live] if flags & LIVE else []):
            metadata = root.find("metadata")
            metadata = etree.SubElement(root, "metadata") if metadata is None else metadata
            for old in metadata.findall(f"{{{uri}}}*"):
                metadata.remove(old)
            if text is not None:
                new = etree.fromstring(text)
                if etree.QName(new).namespace == uri:
                    raise FakeLibvirtError("failed to create a new XML namespace")
                for element in new.iter():
                    element.tag = f"{{{uri}}}{element.tag}"
                metadata.append(new)

    @api
    def jobInfo(self) -> list[int]:  # noqa: N802
        if not self.persistent:
            raise FakeLibvirtError("migration statistics are available only on the source host", UNSUPPORTED)
        return [2 if self.job else 0]

    @api
    def abortJob(self) -> None:  # noqa: N802
        if not self.job:
            raise FakeLibvirtError("no job is active on the domain", VIR_ERR_OPERATION_INVALID)
        self.job = False
        self.running_state = RUNNING
        for peer in self.connection.peers.values():
            found = peer.found.get(self.xml.findtext("name"))
            if found is not None and not found.persistent:
                del peer.found[self.xml.findtext("name")]

    @api
    def snapshotNum(self) -> int:  # noqa: N802
        return self.snapshots

    @api
    def listAllCheckpoints(self) -> list[None]:  # noqa: N802
        return [None] * self.checkpoints

    @api
    def hasManagedSaveImage(self) -> int:  # noqa: N802
        return int(self.managed_save)

    def incoming(self, peer: t.Any) -> t.Any:
        """What the other host has while it waits for the memory."""
        made = type(self)(peer, copy.deepcopy(self.xml))  # type: ignore[call-arg]
        made.live = copy.deepcopy(self.live)
        made.running_state, made.reason, made.persistent = PAUSED, BY_MIGRATION, 0
        peer.found[made.xml.findtext("name")] = made
        return made

    @api
    def migrateToURI3(self, uri: str, given: dict[str, t.Any], flags: int) -> None:  # noqa: N802
        peer = self.connection.peers[urlsplit(uri).hostname]
        peer.migrated.append((uri, given, flags))
        for disk in self.live.findall("devices/disk[@type='file']"):
            if disk.find("source") is None:
                continue
            there = Path(peer.files.host.path(disk.find("source").get("file")))
            if disk.find("target").get("dev") in given.get("migrate_disks", []):
                here = Path(self.connection.files.host.path(disk.find("source").get("file")))
                assert capacity_of(there) == capacity_of(here)
                there.write_bytes(here.read_bytes())
            elif not there.exists():
                raise FakeLibvirtError(f"Cannot access storage file '{there}'")
        made = self.incoming(peer)
        if "destination_xml" in given:
            made.live, made.xml = (etree.fromstring(given[name]) for name in ("destination_xml", "persistent_xml"))
        made.persistent = 1
        made.running_state, made.reason = RUNNING, 0
        self.live = None


def capacity_of(path: Path) -> int:
    """What a guest sees of a disk."""
    data = path.read_bytes()
    return int(struct.unpack(">Q", data[24:32])[0]) if data.startswith(b"QFI") else len(data)


class FakeStorage:
    """The part of a virConnect; ``peers``: the others by the host of their URI; ``unreachable``: of any other host."""

    files: t.Any
    hostname = "kvm1"
    unreachable = ("Cannot recv data: ssh: connect to host kvm2 port 22: No route to host: Connection reset", 38)

    def __init__(self) -> None:
        self.peers: dict[str | None, t.Any] = {}
        self.pools: list[FakePool] = []
        self.migrated: list[tuple[str, dict[str, t.Any], int]] = []
        self.cpu = "EPYC"
        self.machines = ["pc", "q35"]
        self.capabilities = "<domainCapabilities/>"
        self.no_command_line, self.no_command_line_code = "", 67

    def happen(self, name: str) -> None:
        raise NotImplementedError

    @api
    def getHostname(self) -> str:  # noqa: N802
        return self.hostname

    @api
    def getDomainCapabilities(self, emulator: str, arch: str, machine: str, kind: str) -> str:  # noqa: N802
        if machine not in self.machines:
            raise FakeLibvirtError(f"the machine '{machine}' is not supported by emulator '{emulator}'", 8)
        return self.capabilities

    @api
    def domainXMLToNative(self, kind: str, text: str, flags: int) -> str:  # noqa: N802
        if self.no_command_line:
            raise FakeLibvirtError(self.no_command_line, self.no_command_line_code)
        return f"qemu-system-x86_64 -name {parse(text).findtext('name')}"

    @api
    def getCapabilities(self) -> str:  # noqa: N802
        model = self.cpu and f"<model>{self.cpu}</model>"
        return f"<capabilities><host><cpu><arch>x86_64</arch>{model}</cpu></host></capabilities>"

    @api
    def compareCPU(self, text: str, flags: int) -> int:  # noqa: N802
        if not self.cpu:
            raise FakeLibvirtError("this function is not supported by the connection driver", 3)
        return int(parse(text).findtext("model") == self.cpu)

    @api
    def listAllStoragePools(self) -> list[FakePool]:  # noqa: N802
        return self.pools

    @api
    def storagePoolLookupByName(self, name: str) -> FakePool:  # noqa: N802
        for pool in self.pools:
            if pool.name() == name:
                return pool
        raise FakeLibvirtError(f"no storage pool with matching name '{name}'", NO_STORAGE_POOL)

    @api
    def storagePoolCreateXML(self, text: str, flags: int) -> FakePool:  # noqa: N802
        pool = FakePool(self, parse(text))
        if any(other.path == pool.path for other in self.pools):
            raise FakeLibvirtError("operation failed: Storage source conflict with pool")
        if flags & BUILD:
            pool.path.mkdir(parents=True)
        if not pool.path.is_dir():
            raise FakeLibvirtError(f"cannot open directory '{pool.path}': No such file or directory", SYSTEM_ERROR)
        pool.active = True
        self.pools.append(pool)
        return pool

    @api
    def newStream(self, flags: int) -> FakeStream:  # noqa: N802
        return FakeStream()


class FakePool:
    """A virStoragePool. ``persistent``: whether it stays when it is ended."""

    def __init__(self, connection: t.Any, root: t.Any) -> None:
        self.connection = connection
        self.root = root
        self.path = Path(connection.files.host.path(root.findtext("target/path")))
        self.active = self.persistent = False

    def name(self) -> str:
        return str(self.root.findtext("name"))

    def isActive(self) -> int:  # noqa: N802
        return int(self.active)

    def XMLDesc(self, flags: int) -> str:  # noqa: N802
        return str(etree.tostring(self.root, encoding="unicode"))

    def refresh(self, flags: int) -> None:
        assert self.active

    def create(self, flags: int) -> None:
        self.active = True

    def destroy(self) -> None:
        self.active = False
        if not self.persistent:
            self.connection.pools.remove(self)

    def storageVolLookupByName(self, name: str) -> FakeVolume:  # noqa: N802
        if not (self.path / name).exists():
            raise FakeLibvirtError(f"no storage vol with matching name '{name}'", NO_STORAGE_VOL)
        return self.volume(name)

    def volume(self, name: str) -> FakeVolume:
        return FakeVolume(self.path / name, Path(self.connection.files.host.root))

    def createXML(self, text: str, flags: int) -> FakeVolume:  # noqa: N802
        self.connection.happen("createXML")
        root = parse(text)
        path = self.path / root.findtext("name")
        if path.exists():
            raise FakeLibvirtError(f"storage volume '{path.name}' exists already", 90)
        size = int(root.findtext("capacity"))
        path.write_bytes(qcow2(size) if root.find("target/format").get("type") == "qcow2" else bytes(size))
        return self.volume(path.name)


class FakeVolume:
    """A virStorageVol."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root

    def infoFlags(self, flags: int) -> list[int]:  # noqa: N802
        assert flags == 1
        return [0, capacity_of(self.path), self.path.stat().st_size]

    def XMLDesc(self, flags: int) -> str:  # noqa: N802
        assert flags == 0
        seconds, rest = divmod(self.path.stat().st_mtime_ns + self.late(), 10 ** 9)
        return (f"<volume type='file'><target><timestamps><mtime>{seconds}{f'.{rest:09}' if rest else ''}</mtime>"
                "</timestamps></target></volume>")

    def late(self) -> int:
        """No two hosts write a file in the same moment, but tests do; a file that both reach is outside of its host."""
        return 0 if self.root not in self.path.resolve().parents else 1

    def delete(self, flags: int) -> None:
        self.path.unlink()

    def upload(self, stream: FakeStream, offset: int, length: int, flags: int) -> None:
        assert (offset, flags, self.path.stat().st_size) == (0, 1, 0)
        stream.path = self.path

    def download(self, stream: FakeStream, offset: int, length: int, flags: int) -> None:
        assert (offset, length, flags) == (0, 0, 0)
        stream.left = self.path.read_bytes()


class FakeStream:
    """A virStream."""

    path: Path
    left: bytes

    def recv(self, size: int) -> bytes:
        # libvirt gives what has come, which may be less.
        data, self.left = self.left[:min(size, 4)], self.left[min(size, 4):]
        return data

    def send(self, data: bytes) -> int:
        with self.path.open("ab") as file:
            return file.write(data)

    def sendHole(self, length: int) -> None:  # noqa: N802
        os.truncate(self.path, self.path.stat().st_size + length)

    def finish(self) -> None:
        """All has come."""

    def abort(self) -> None:
        """It is of no use any more."""
