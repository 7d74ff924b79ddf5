# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the other host, through the storage pools of its libvirt: no other way to it is needed."""

from __future__ import annotations

import contextlib
import itertools
import os
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import CHUNK, pieces

# Pools of ours live as long as a step does; a run that is killed leaves one until the next.
OURS = "nfv-kvm"
# How often a file is looked at that is written to meanwhile
LOOKS = 5


class Folder:
    """A folder of the other host.

    :param pool: a virStoragePool, None for a folder that is not there
    """

    def __init__(self, connection: Connection, path: str, pool: t.Any) -> None:
        self._connection = connection
        self._path = path
        self._pool = pool

    def _answering(self, name: str, doing: str) -> contextlib.AbstractContextManager[None]:
        return self._connection.answering(os.path.join(self._path, name), f"{doing} on the other host")

    def _volume(self, name: str) -> t.Any:
        if self._pool is None:
            return None
        return self._connection.unless(("VIR_ERR_NO_STORAGE_VOL",), lambda: self._pool.storageVolLookupByName(name))

    def size(self, name: str) -> int | None:
        """The bytes of a file, None if there is none."""
        with self._answering(name, "look for it"):
            volume = self._volume(name)
            flags = self._connection.library.VIR_STORAGE_VOL_GET_PHYSICAL
            return None if volume is None else int(volume.infoFlags(flags)[2])

    def same(self, name: str, host: Host, path: str) -> bool:
        """Whether a file that is there has the content of one of this host."""
        if self.size(name) != os.stat(host.path(path)).st_size:
            return False
        with self._answering(name, "read it"), open(host.path(path), "rb") as file:
            stream = self._connection.handle.newStream(0)
            self._volume(name).download(stream, 0, 0, 0)
            while data := stream.recv(CHUNK):
                if data != file.read(len(data)):
                    stream.abort()
                    return False
            stream.finish()
        return True

    def shares(self, name: str, host: Host, path: str) -> bool:
        """Whether a file that is there is one of this host itself, by its size and the time of its last change.

        :raises InUse: it changes all the time, so that nobody can tell
        """
        for _look in range(LOOKS):
            before = _last_change(host, path)
            if self._last_change(name) == before:
                return True
            if _last_change(host, path) == before:
                return False
        raise InUse(f"file {path}", "it is being written, so it is unknown whether the other host has the same file",
                    remedy="Run the task again after some seconds")

    def _last_change(self, name: str) -> tuple[int, int] | None:
        size = self.size(name)
        with self._answering(name, "look for it"):
            volume = self._volume(name)
            if size is None or volume is None:
                return None
            seconds, _point, rest = xml.parse(volume.XMLDesc(0), "volume").findtext(
                "target/timestamps/mtime", "0").partition(".")
        return size, int(seconds) * 10 ** 9 + int(rest or 0)

    def make(self, name: str, kind: str, capacity: int) -> None:
        """Make an empty disk; one that is there is an error.

        :param kind: raw or qcow2
        """
        made = xml.etree().Element("volume")
        xml.child(made, "name").text = name
        xml.child(made, "capacity").text = str(capacity)
        xml.child(made, "target/format").set("type", kind)
        xml.child(made, "target/permissions/mode").text = "0600"
        with self._answering(name, "create it"):
            self._pool.createXML(xml.serialise(made), 0)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._answering(name, "remove it"):
            volume = self._volume(name)
            if volume is not None:
                volume.delete(0)

    def fill(self, name: str, host: Host, path: str) -> None:
        """Write a file of this host into one that is empty; its holes stay holes."""
        with self._answering(name, "copy it"):
            volume = self._volume(name)
            if volume is None:
                raise CommandFailed(os.path.join(self._path, name), "it was removed on the other host in the meantime",
                                    remedy="Run the task again")
            stream = self._connection.handle.newStream(0)
            sparse = self._connection.library.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM
            volume.upload(stream, 0, os.stat(host.path(path)).st_size, sparse)
            try:
                for length, data in pieces(host, path):
                    if data:
                        stream.send(data)
                    else:
                        stream.sendHole(length)
            except BaseException:
                stream.abort()
                raise
            stream.finish()


def _last_change(host: Host, path: str) -> tuple[int, int]:
    with contextlib.suppress(OSError), open(host.path(path), "rb"):
        pass  # A network file system asks its server only when a file is opened.
    found = os.stat(host.path(path))
    return found.st_size, found.st_mtime_ns


def look(connection: Connection, paths: t.Iterable[str]) -> t.Iterator[tuple[str, Folder]]:
    """Those of these files that the other host has, each with its folder; nothing is made there."""
    for path, files in itertools.groupby(sorted(paths, key=os.path.dirname), key=os.path.dirname):
        with folder(connection, path, make=False) as place:
            yield from ((file, place) for file in files if place.size(os.path.basename(file)) is not None)


@contextlib.contextmanager
def folder(connection: Connection, path: str, make: bool = True) -> t.Iterator[Folder]:
    """A folder of the other host.

    :param make: whether it is made where it is not there
    :raises CommandFailed: libvirt there has no storage driver, or cannot have the folder
    """
    subject = f"folder {path}"
    try:
        with connection.answering(subject, "open it on the other host"):
            pool = _pool_there(connection, path) or _new_pool(connection, path, make)
            ends = pool is not None and (not pool.isActive() or pool.name() == _our_name(path))
            if pool is not None:
                if not pool.isActive():
                    pool.create(0)
                pool.refresh(0)
    except CommandFailed as error:
        error.remedy = error.remedy or ("Install the storage driver of libvirt on it (a package such as "
                                        "libvirt-daemon-driver-storage-core), and check that it has disk space for the "
                                        "folder")
        raise
    try:
        yield Folder(connection, path, pool)
    finally:
        if ends:
            with connection.answering(subject, "close it on the other host"):
                pool.destroy()


def _pool_there(connection: Connection, path: str) -> t.Any:
    """The pool that has the folder already, for libvirt takes no second one of it."""
    for pool in connection.handle.listAllStoragePools():
        root = xml.parse(pool.XMLDesc(0), "pool")
        if os.path.normpath(root.findtext("target/path") or "/") == os.path.normpath(path):
            return pool
    return None


def _our_name(path: str) -> str:
    return OURS + path.replace("/", "-")


def _new_pool(connection: Connection, path: str, make: bool) -> t.Any:
    made = xml.etree().Element("pool", type="dir")
    xml.child(made, "name").text = _our_name(path)
    xml.child(made, "target/path").text = path
    call = connection.handle.storagePoolCreateXML
    found = connection.unless(("VIR_ERR_SYSTEM_ERROR",), lambda: call(xml.serialise(made), 0))
    if found is None and make:
        # Only a new folder gets rights: building one that is there would change its own.
        xml.child(made, "target/permissions/mode").text = "0711"
        found = call(xml.serialise(made), connection.library.VIR_STORAGE_POOL_CREATE_WITH_BUILD)
    return found
