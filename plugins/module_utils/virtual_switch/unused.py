# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bridges can go once the guests that they were made for have gone."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.model import LinuxBridge, LinuxBridges
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.notes import is_made
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.refused import addresses_of, other_ports


@dataclass(frozen=True)
class Unused:
    """What becomes of bridges.

    :param bridges: those that go, as virtual_switch_bridges has them
    :param staying: why the others stay, a sentence each
    """

    bridges: list[t.Mapping[str, str]]
    staying: list[str]


def unused(made: LinuxBridges, host: Host) -> Unused:
    """Of the Linux bridges that were made, those that nothing else uses.

    :param made: as virtual_switch_bridges had them
    """
    why = {bridge.name: kept(bridge, host) for bridge in made}
    there = [name for name in why if name in host.by_name or is_made(name, host.notes)]
    return Unused([{"name": name, "state": "absent"} for name in there if not why[name]],
                  [f"The bridge {name} is not removed: {why[name]}." for name in there if why[name]])


def kept(bridge: LinuxBridge, host: Host) -> str:
    """Why a bridge stays, an empty text if it can go."""
    name = bridge.name
    if not is_made(name, host.notes):
        return "the role virtual_switch did not create it"
    users = [*other_ports(name, host), *(link.ifname for link in host.links if link.link == name)]
    if users:
        return f"{', '.join(users)} use{'s' if len(users) == 1 else ''} it"
    addresses = addresses_of(host.by_name[name]) if name in host.by_name else []
    return f"it has the host's address {', '.join(addresses)}" if addresses else ""
