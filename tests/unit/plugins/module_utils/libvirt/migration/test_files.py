# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a domain: their pieces, holes among them, and the note that tells of its way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import pieces
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import (
    LEAVING,
    Note,
    VfOfNic,
    read_note,
    with_note,
)

BLOCK = 1 << 12


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3 * BLOCK))))
def test_pieces_are_the_file(tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[bool, int]]) -> None:
    folder = tmp_path_factory.mktemp("file")
    path = folder / "disk"
    with path.open("wb") as file:
        for hole, length in parts:
            if hole:
                file.seek(length, 1)
            else:
                file.write(b"x" * length)
        file.truncate()
    found = b"".join(data or bytes(length) for length, data in pieces(Host(str(folder)), "/disk"))
    assert found == path.read_bytes()


def test_holes_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "disk").open("wb") as file:
        file.seek(1 << 30)
        file.write(b"end")
        file.truncate(1 << 31)
    found = list(pieces(Host(str(tmp_path)), "/disk"))
    assert sum(len(data) for _length, data in found) <= 1 << 16
    assert sum(length for length, _data in found) == 1 << 31


@pytest.mark.parametrize("note", [
    Note(LEAVING, "kvm1", "kvm2", True, False, True),
    Note("left", "a", "b", False, True, False, (
        VfOfNic("52:54:00:00:00:01", "enp1s0", 3, None, True, False, 0, 100),
        VfOfNic("52:54:00:00:00:02", "enp2s0", 0, "enp2s0v0"))),
])
def test_a_note_tells_what_was_noted(note: Note) -> None:
    domain = etree.fromstring("<domain><metadata><other xmlns='urn:other'/></metadata></domain>")
    with_note(domain, note)
    with_note(domain, note)
    again = etree.fromstring(etree.tostring(domain))
    assert read_note(again) == note
    assert len(again.findall("metadata/*")) == 2
