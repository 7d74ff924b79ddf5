# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of managed objects. It enforces nothing: tests put into it what they need. :mod:`.rules` has the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mo:
    """A managed object. It never changes: the tree replaces it."""

    kind: str
    dn: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def rn(self) -> str:
        return split(self.dn)[1]


@dataclass
class Tree:
    """Objects by their DN, in the order in which they were added."""

    objects: dict[str, Mo] = field(default_factory=dict)

    def add(self, kind: str, dn: str, **values: str) -> Mo:
        """Add an object, or replace the one with this DN."""
        self.objects[dn] = Mo(kind, dn, values)
        return self.objects[dn]

    def set(self, dn: str, **values: str) -> None:
        """Change properties of an object."""
        mo = self.objects[dn]
        self.objects[dn] = Mo(mo.kind, dn, {**mo.values, **values})

    def remove(self, dn: str) -> None:
        """Remove an object with all below it."""
        for below in [mo.dn for mo in self.below(dn)]:
            del self.objects[below]
        del self.objects[dn]

    def get(self, dn: str) -> Mo | None:
        return self.objects.get(dn)

    def of_kind(self, kind: str) -> list[Mo]:
        return [mo for mo in self.objects.values() if mo.kind == kind]

    def children(self, dn: str) -> list[Mo]:
        return [mo for mo in self.below(dn) if split(mo.dn)[0] == dn]

    def below(self, dn: str) -> Iterator[Mo]:
        return (mo for mo in self.objects.values() if mo.dn.startswith(f"{dn}/") or not dn)

    def copy(self) -> Tree:
        return Tree(dict(self.objects))


def split(dn: str) -> tuple[str, str]:
    """The parent's DN and the relative name. A slash in brackets belongs to a name."""
    match = re.fullmatch(r"(?:(.*)/)?((?:\[[^\]]*\]|[^/\[\]])+)", dn)
    return (match[1] or "", match[2]) if match else ("", dn)
