# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of a collector as Open vSwitch takes it: 192.0.2.9:6343 or [2001:db8::9]:6343."""

from __future__ import annotations

import re
import socket

TARGET = re.compile(r"(?:\[(?P<ipv6>[^][]+)\]|(?P<ipv4>[^][:]+)):(?P<port>[0-9]{1,9})")
ZONE = re.compile(r"[^%/:\s]{1,15}")


def canonical_address(text: str) -> str | None:
    """An IP address in its one usual form, None for what is none; a zone is not valid either."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, text))
        except (OSError, ValueError):  # ValueError: a NUL in it, or letters that are not ASCII
            continue
    return None


def canonical_target(text: str) -> str:
    """A collector in its one usual form.

    :raises ValueError: Open vSwitch could not send to it; says why
    """
    found = TARGET.fullmatch(text)
    if not found:
        bare = canonical_address(text.strip("[]").split("%")[0])
        raise ValueError("its port is missing" if bare else "it is not ADDRESS:PORT")
    host, port = found["ipv6"] or found["ipv4"], int(found["port"])
    text, _percent, zone = host.partition("%")
    address = canonical_address(text)
    wrong_zone = "%" in host and not (found["ipv6"] and ZONE.fullmatch(zone))
    if address is None or (":" in address) != bool(found["ipv6"]) or wrong_zone:
        raise ValueError("it does not start with an IPv4 address, or an IPv6 address in brackets; names are not "
                         "resolved")
    if address in ("0.0.0.0", "255.255.255.255", "::"):
        raise ValueError("this is not the address of a collector")
    if re.match("fe[89ab]", address) and not zone:
        raise ValueError("a link-local address needs its interface, as in [fe80::9%eth0]")
    if not 1 <= port <= 65535:
        raise ValueError("its port must be from 1 to 65535")
    if found["ipv4"]:
        return f"{address}:{port}"
    return f"[{address}%{zone}]:{port}" if zone else f"[{address}]:{port}"


def target_zone(target: str) -> str | None:
    """The network interface that a canonical target names, None without one."""
    zone = target.partition("%")[2].partition("]")[0]
    return None if not zone or zone.isdigit() else zone
