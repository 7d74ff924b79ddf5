# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a disk image is based on: its backing file and its external data file, by the names that QEMU resolves."""

from __future__ import annotations

import contextlib
import json
import os
import re
import struct
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

MAGIC = b"QFI\xfb"
# Version, offset and length of the backing file's name, bits of a cluster, size of the disk; all big-endian
# (docs/interop/qcow2.txt of QEMU)
HEADER = struct.Struct(">4sIQIIQ")
# By the same, from version 3 on: the incompatible features, and the length of the header, after which extensions come
FEATURES, FEATURES_AT = struct.Struct(">Q"), 72
HEADER_LENGTH, HEADER_LENGTH_AT = struct.Struct(">I"), 100
EXTENSION = struct.Struct(">II")
EXTERNAL_DATA = 1 << 2
DATA_FILE_NAME, LAST_EXTENSION = 0x44415441, 0
LONGEST_NAME = 1023
LONGEST_HEADER = 1 << 16  # the smallest cluster that QEMU makes by itself; extensions end with the first
# What QEMU takes for a protocol, such as file: or one of the network
PROTOCOL = re.compile(r"[^:/]+:")


@dataclass(frozen=True)
class Image:
    """The header of a qcow2 image.

    :param capacity: bytes that the guest sees
    :param backing: the name of its backing file, "" for none
    :param data: the name of its external data file, "" for one without a name, None for none
    """

    capacity: int
    backing: str = ""
    data: str | None = None

    def names(self) -> list[str]:
        """The names of what it is based on."""
        return [name for name in (self.backing, self.data) if name]


def read_image(host: Host, path: str) -> Image | None:
    """The header of an image, None for a file that is not a qcow2."""
    with open(host.path(path), "rb") as file:
        start = file.read(LONGEST_HEADER)
        if len(start) < HEADER.size or not start.startswith(MAGIC):
            return None
        _magic, version, place, length, _bits, capacity = HEADER.unpack_from(start)
        file.seek(place)
        backing = os.fsdecode(file.read(min(length, LONGEST_NAME))) if place else ""
    return Image(capacity, backing, _data_file(start) if version >= 3 else None)


def _data_file(start: bytes) -> str | None:
    if len(start) < HEADER_LENGTH_AT + HEADER_LENGTH.size:
        return None
    if not FEATURES.unpack_from(start, FEATURES_AT)[0] & EXTERNAL_DATA:
        return None
    place = HEADER_LENGTH.unpack_from(start, HEADER_LENGTH_AT)[0]
    while place + EXTENSION.size <= len(start):
        kind, length = EXTENSION.unpack_from(start, place)
        place += EXTENSION.size
        if kind == DATA_FILE_NAME:
            return os.fsdecode(start[place:place + length])
        if kind == LAST_EXTENSION:
            break
        place += -(-length // 8) * 8
    return ""


def local_files(path: str, name: str) -> list[str]:
    """The files of this host that a name in an image means; none for what is reached over the network.

    :param path: of the image
    :raises NotSupported: QEMU could not read the name either
    """
    names = [name]
    if name.startswith("json:"):
        try:
            names = list(_file_names(json.loads(name[len("json:"):])))
        except (ValueError, RecursionError):
            raise NotSupported(f"disk image {path}", "it is based on a file whose name cannot be read", name,
                               "Set its path with qemu-img rebase -u -F FORMAT -b PATH") from None
    names = [name[len("file:"):] if name.startswith("file:") else name for name in names]
    # A leading double slash is the same folder, but normpath keeps it.
    return [re.sub("^//", "/", os.path.normpath(os.path.join(os.path.dirname(path), name)))
            for name in names if name and not PROTOCOL.match(name)]


def _file_names(given: t.Any) -> t.Iterator[str]:
    """What is a file in QEMU's options of a block device, be they nested or written with dots."""
    for value in given if isinstance(given, list) else ():
        yield from _file_names(value)
    for key, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, str) and key.rsplit(".", maxsplit=1)[-1] == "filename":
            yield value
        yield from _file_names(value)


def chain(host: Host, path: str) -> t.Iterator[str]:
    """The files of this host that an image is based on, directly or not, as far as they can be read.

    :raises NotSupported: QEMU could not read the name of one either
    """
    found = {path}
    ahead = [path]
    while ahead:
        above = ahead.pop()
        image = None
        with contextlib.suppress(OSError):  # it is gone, or a share lets root not read it
            image = read_image(host, above) if os.path.isfile(host.path(above)) else None
        for name in () if image is None else image.names():
            for file in local_files(above, name):
                if file not in found:
                    yield file
                    found.add(file)
                    ahead.append(file)
