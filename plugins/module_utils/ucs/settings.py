# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the objects of UCS Manager that modules manage have in common: options, of which None is not managed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.values import words

Kind = t.TypeVar("Kind", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """The properties of an object, by option."""

    def managed(self) -> dict[str, t.Any]:
        """What is managed, by option."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def overlaid(self: Kind, wanted: Kind) -> Kind:
        """These settings with what is managed in ``wanted``."""
        return replace(self, **wanted.managed())


def described(subject: str, before: Kind | None, after: Kind | None, nothing: Kind) -> list[str]:
    """A change in words.

    :param before: None for an object that is created
    :param after: None for one that is removed
    :param nothing: what is not worth a line of an object that is created
    """
    if after is None:
        return [f"{subject}: removed"]
    lines = [f"{subject}: created"] if before is None else []
    for option in (field.name for field in fields(after)):
        old, new = getattr(before or nothing, option), getattr(after, option)
        if old != new:
            lines.append(f"{subject}: {option} {_words(old)} → {_words(new)}")
    return lines


def refuse_settings(params: dict[str, t.Any], options: t.Iterable[str], kind: str) -> None:
    """Refuse options that an object that is to be absent cannot have.

    :raises ValidationError: one is given
    """
    for key in options:
        if params[key] is not None:
            raise ValidationError(key, f"a {kind} that is absent has none",
                                  remedy=f"Remove {key}, or set state: present")


def _words(value: t.Any) -> str:
    return words(tuple(str(each) for each in value) if isinstance(value, tuple) else value)
