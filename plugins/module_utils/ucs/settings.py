# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the objects of UCS Manager that modules manage have in common."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, fields

from ansible_collections.nfv.kvm.plugins.module_utils import settings
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.values import change

Kind = t.TypeVar("Kind", bound="Settings")


@dataclass(frozen=True)
class Settings(settings.Settings):
    """The properties of an object, by option. None is not managed."""

    def changed(self: Kind, before: Kind | None, properties: dict[str, str]) -> dict[str, str]:
        """What differs from ``before``, by property in ucsmsdk's words.

        :param properties: by option, the property; other options are left out
        """
        old = {} if before is None else before.given()
        return {properties[option]: str(value) for option, value in self.given().items()
                if option in properties and value != old.get(option)}


class Managed(t.Generic[Kind]):
    """An object of UCS Manager that a module manages.

    :param wanted: what is managed of it, None if it is to be absent
    :param allow: whether it may be taken away from those that use it, or changed under them
    """

    def __init__(self, name: str, wanted: Kind | None, allow: bool, manager: UcsManager) -> None:
        self.name = name
        self.wanted = wanted
        self.allow = allow
        self.manager = manager
        self.place = manager.name

    def objects(self, host: Host) -> tuple[str, ...]:
        """Nothing: no other controller would see a lock. Verification notices a second writer."""
        return ()


@dataclass(frozen=True)
class Change(t.Generic[Kind]):
    """An object that is created, changed or removed, in one transaction.

    :param before: None for one that is created
    :param after: None for one that is removed
    """

    name: str
    before: Kind | None
    after: Kind | None
    manager: UcsManager = field(repr=False, compare=False)


def described(subject: str, before: Kind | None, after: Kind | None, nothing: Kind) -> list[str]:
    """A change in words.

    :param before: None for an object that is created
    :param after: None for one that is removed
    :param nothing: what is not worth a line of an object that is created
    """
    if after is None:
        return [f"{subject}: removed"]
    lines = [f"{subject}: created"] if before is None else []
    for option in (each.name for each in fields(after)):
        old, new = getattr(before or nothing, option), getattr(after, option)
        if old != new:
            lines.append(f"{subject}: {change(option, old, new)}")
    return lines


def refuse_settings(params: dict[str, t.Any], options: t.Iterable[str], kind: str) -> None:
    """Refuse options that an object that is to be absent cannot have.

    :raises ValidationError: one is given
    """
    for key in options:
        if params[key] is not None:
            raise ValidationError(key, f"it is not valid for a {kind} that is absent",
                                  remedy=f"Remove {key}, or set state: present")
