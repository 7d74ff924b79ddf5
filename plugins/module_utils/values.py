# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for parameters that more than one module has, and how values are shown."""

from __future__ import annotations

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


def words(value: t.Any) -> str:
    """A value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "none" if value in (None, "") else str(value)
