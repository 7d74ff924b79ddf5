# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for parameters that more than one module has, and how values are shown."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

# Bytes: what IPv4 needs (RFC 791), and the most of any link (ETH_MAX_MTU in the kernel's if_ether.h)
MTU = (68, 65535)
# VLANs that frames can be tagged with (IEEE 802.1Q, 9.6)
VLAN_IDS = (1, 4094)


def in_range(subject: str, value: int | None, least: int, most: int | None = None) -> None:
    """Nothing, where the value is absent or within bounds.

    :param most: None for no upper bound
    :raises ValidationError: it is out of bounds
    """
    if value is None or (value >= least and (most is None or value <= most)):
        return
    bounds = f"at least {least}" if most is None else f"from {least} to {most}"
    raise ValidationError(subject, f"it must be {bounds}", value)


def within(least: int, most: int) -> t.Callable[[str, int], int]:
    """What returns a value that is within bounds, and refuses another one as in_range does."""

    def check(subject: str, value: int) -> int:
        in_range(subject, value, least, most)
        return value

    return check


def matching(pattern: re.Pattern[str], cause: str, remedy: str, convert: t.Callable[[str], str] = str,
             ) -> t.Callable[[str, str], str]:
    """What returns a text that matches as a whole, converted, and refuses another one with a ValidationError."""

    def check(subject: str, value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValidationError(subject, cause, value, remedy)
        return convert(value)

    return check


def words(value: t.Any) -> str:
    """A value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    return "none" if value in (None, "") else str(value)


def change(name: str, old: t.Any, new: t.Any) -> str:
    """A change of a value for people."""
    return f"{name} {words(old)} → {words(new)}"
