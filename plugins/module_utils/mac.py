# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses of NICs: six octets, unicast, not zero (IEEE 802-2014, 8.2)."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
ZERO = "00:00:00:00:00:00"


def unicast_mac(subject: str, mac: str) -> str:
    """The MAC in lower case.

    :raises ValidationError: it is not a MAC, a group address, or zero
    """
    wanted = mac.lower().replace("-", ":")
    if not MAC.fullmatch(wanted):
        raise ValidationError(subject, "this is not a MAC address", mac, "Write six octets, such as 52:54:00:12:34:56")
    if int(wanted[:2], 16) & 1:
        raise ValidationError(
            subject, "this is a multicast or broadcast address, which no NIC can have", mac,
            "Use an address whose first octet is even, such as 52:54:00:12:34:56",
        )
    if wanted == ZERO:
        raise ValidationError(subject, "this is the all-zero address, which no NIC can have",
                              mac, "Use an address such as 52:54:00:12:34:56")
    return wanted
