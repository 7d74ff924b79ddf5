# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of argument specs that NICs, networks and port profiles share."""

from __future__ import annotations

import typing as t

VLAN: dict[str, dict[str, t.Any]] = {
    "tags": {"type": "list", "elements": "int", "required": True}, "trunk": {"type": "bool"},
    "native": {"type": "int"},
}
VIRTUALPORT: dict[str, dict[str, t.Any]] = {
    "type": {"type": "str", "required": True, "choices": ["802.1Qbg", "802.1Qbh", "openvswitch", "midonet", "none"]},
    "managerid": {"type": "int"}, "typeid": {"type": "int"}, "typeidversion": {"type": "int"},
    "instanceid": {"type": "str"}, "profileid": {"type": "str"}, "interfaceid": {"type": "str"},
}
RATE = {"average": {"type": "int"}, "peak": {"type": "int"}, "burst": {"type": "int"}}
BANDWIDTH: dict[str, dict[str, t.Any]] = {
    "inbound": {"type": "dict", "options": {**RATE, "floor": {"type": "int"}}},
    "outbound": {"type": "dict", "options": RATE},
}
