# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of the role virtual_switch say of themselves: the bridge, and the port, that each is for."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

NOTE = re.compile(r"(.+?):# Written by nfv\.kvm's role virtual_switch: bridge (\S+)(?: port (\S+))?")


@dataclass(frozen=True)
class Note:
    """One file, or one part of it.

    :param port: None for the bridge itself
    """

    path: str
    bridge: str
    port: str | None = None


def notes_of(lines: t.Iterable[str]) -> tuple[Note, ...]:
    """The notes among lines, such as ``PATH:# ...: bridge br0 port eth0``."""
    found = [NOTE.match(line) for line in lines]
    return tuple(Note(note[1], note[2], note[3]) for note in found if note)


def noted_ports(name: str, notes: t.Iterable[Note]) -> set[str]:
    """The ports that the role once gave a bridge."""
    return {note.port for note in notes if note.bridge == name and note.port is not None}


def is_made(name: str, notes: t.Iterable[Note]) -> bool:
    """Whether the role has made a bridge, or given it ports."""
    return any(note.bridge == name for note in notes)
