# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of a PF, for every module that prepares PFs."""

from __future__ import annotations

import typing as t

VF: dict[str, dict[str, t.Any]] = {
    "index": {"type": "raw", "required": True},
    "mac": {"type": "str"},
    "vlan": {"type": "int"},
    "qos": {"type": "int"},
    "vlan_protocol": {"type": "str", "choices": ["802.1Q", "802.1ad"]},
    "spoofchk": {"type": "bool"},
    "trust": {"type": "bool"},
    "link_state": {"type": "str", "choices": ["auto", "enable", "disable"]},
    "min_tx_rate": {"type": "int"},
    "max_tx_rate": {"type": "int"},
    "query_rss": {"type": "bool"},
    "driver": {"type": "str"},
}
OPTIONS: dict[str, dict[str, t.Any]] = {
    "pf": {"type": "str", "required": True},
    "numvfs": {"type": "int"},
    "drivers_autoprobe": {"type": "bool"},
    "vfs": {"type": "list", "elements": "dict", "options": VF},
    "mtu": {"type": "int"},
    "up": {"type": "bool"},
    "in_use": {"type": "str", "choices": ["fail", "allow"], "default": "fail"},
    "persistent": {"type": "bool"},
    "timeout": {"type": "int", "default": 120},
}
