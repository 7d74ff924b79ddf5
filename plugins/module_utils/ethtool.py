# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The features of a netdev, as ethtool --show-features shows them (linux/ethtool.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

GSTRINGS, GSSET_INFO, GFEATURES = 0x1B, 0x37, 0x3A
FEATURES = 4
"""ETH_SS_FEATURES, the set of the names."""
NAME, BITS = 32, 32
"""The bytes of a name, and how many features a block has (struct ethtool_get_features_block)."""


@dataclass(frozen=True)
class Feature:
    """A feature of a netdev.

    :param fixed: whether it cannot be changed
    """

    active: bool
    fixed: bool


def feature(host: Host, netdev: str, name: str) -> Feature | None:
    """A feature of a netdev by its name; None if the kernel does not know the netdev or the name."""
    try:
        asked = struct.pack("=IIQI", GSSET_INFO, 0, 1 << FEATURES, 0)
        count = struct.unpack("=IIQI", host.ethtool(netdev, asked))[3]
        header = struct.pack("=III", GSTRINGS, FEATURES, count)
        names = host.ethtool(netdev, header.ljust(len(header) + count * NAME, b"\0"))[len(header):]
        blocks = -(-count // BITS)
        shown = host.ethtool(netdev, struct.pack("=II", GFEATURES, blocks).ljust(8 + 16 * blocks, b"\0"))[8:]
    except OSError:
        return None
    known = [names[place:place + NAME].split(b"\0")[0].decode(errors="replace")
             for place in range(0, count * NAME, NAME)]
    if name not in known:
        return None
    block, bit = divmod(known.index(name), BITS)
    available, _requested, active, never_changed = (
        word >> bit & 1 for word in struct.unpack_from("=IIII", shown, 16 * block))
    return Feature(bool(active), not available or bool(never_changed))
