# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of what NICs, networks and port profiles are: for each attribute a row, with its place in libvirt's XML."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import Place
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.values import change, words


@dataclass(frozen=True)
class Row:
    """An attribute.

    :param field: of the dataclass that has it
    :param option: of the module, by its path, such as forward.bridge
    :param kinds: the types of NIC, or the kinds of network, that have it; None for all
    :param default: what it means when nothing is said
    :param asked: whether the option asks for it, and not for another attribute
    """

    field: str
    option: str
    place: Place
    kinds: t.Collection[str] | None = None
    default: t.Any = None
    asked: bool = True

    @property
    def parameter(self) -> str:
        """What messages call it."""
        return self.option

    @property
    def key(self) -> str:
        """The last part of the path of the option."""
        return self.option.rpartition(".")[2]

    def of(self, kind: str | None) -> bool:
        """Whether a NIC of this type, or a network of this kind, has it."""
        return self.kinds is None or kind in self.kinds

    def meant(self, thing: object) -> t.Any:
        """What something has of it, set or not."""
        value = getattr(thing, self.field)
        return self.default if value is None else value


Check = t.Callable[[str, t.Any], t.Any]
AnyRow = t.TypeVar("AnyRow", bound=Row)


def asked(rows: t.Iterable[Row], params: dict[str, t.Any], checks: t.Mapping[str, Check], place: str = "",
          ) -> dict[str, t.Any]:
    """What the options of a module ask for, by field; None if they ask for nothing.

    :param checks: by option, what gives the value of the field for what messages call the option, and its value
    :param place: what messages put before the option
    :raises ValidationError: one is not valid
    """
    found: dict[str, t.Any] = {}
    for row in rows:
        value: t.Any = params if row.asked else None
        for key in row.option.split("."):
            value = None if value is None else value.get(key)
        check = checks.get(row.option)
        found[row.field] = value if value is None or check is None else check(place + row.option, value)
    return found


def read(rows: t.Iterable[Row], element: Element) -> dict[str, t.Any]:
    """What an element says, by field; None if it says nothing."""
    return {row.field: row.place.read(element) for row in rows}


def meanings(rows: t.Sequence[Row], element: Element) -> dict[str, t.Any]:
    """What an element says, by field; the default where it says nothing."""
    said = read(rows, element)
    return {row.field: row.default if said[row.field] is None else said[row.field] for row in rows}


def write(rows: t.Iterable[Row], element: Element, after: object, before: object, nothing: t.Any = None) -> None:
    """Write into an element what ``after`` has otherwise than ``before``, which the element says.

    :param nothing: what is written for None, which otherwise leaves what the element says
    """
    for row in differing(rows, before, after):
        value = nothing if row.meant(after) is None else row.meant(after)
        if value is not None:
            row.place.write(element, value)


def differing(rows: t.Iterable[AnyRow], before: object, after: object) -> list[AnyRow]:
    """The rows in which two are not the same."""
    return [row for row in rows if row.meant(before) != row.meant(after)]


def differences(rows: t.Iterable[Row], before: object, after: object) -> t.Iterator[str]:
    """What changes, in words."""
    for row in differing(rows, before, after):
        yield change(row.parameter, row.meant(before), row.meant(after))


def shown(rows: t.Iterable[Row], thing: object) -> t.Iterator[tuple[Row, str]]:
    """What something has beside the defaults, in words."""
    for row in rows:
        value = getattr(thing, row.field)
        if value not in (None, row.default):
            yield row, words(value)
