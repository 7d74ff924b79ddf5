# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for terminals, harmless whatever a host says of itself."""

from __future__ import annotations

import unicodedata


def clean(text: object) -> str:
    """Text without what would move a terminal's cursor or hide what is written."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "?" for char in str(text))


def columns(text: str) -> int:
    """How many columns Ansible takes to show a text: two for the wide characters of some scripts, and for those that
    it escapes."""
    return sum(0 if unicodedata.combining(char) else 2 if char in '"\\' or unicodedata.east_asian_width(char) in "WF"
               else 1 for char in text)


def wrapped(text: object, width: int, indent: str = "") -> list[str]:
    """Lines of a text that are no wider than that; a word that is wider is cut.

    :param indent: what all lines but the first begin with
    """
    lines: list[str] = []
    line = ""
    for word in clean(text).split():
        if line.strip() and columns(f"{line} {word}") <= width:
            line += f" {word}"
            continue
        if line.strip():
            lines.append(line)
            line = indent
        for char in word:
            if columns(line + char) > width:
                lines.append(line)
                line = indent
            line += char
    return [*lines, line] if line.strip() else lines
