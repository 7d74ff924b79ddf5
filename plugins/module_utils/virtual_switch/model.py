# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bridges as users of the role virtual_switch list them."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.given import Given, State, Wrong, number
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import ranges_of
from ansible_collections.nfv.kvm.plugins.module_utils.values import MTU, VLAN_IDS
from ansible_collections.nfv.kvm.plugins.module_utils.vlans import VlanId, VlanIds

# What every manager can have in a file name and in its own syntax; the kernel takes 15 characters.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
# Of the addresses 01:80:c2:00:00:0X, which group_fwd_mask has a bit for each.
NEVER_FORWARDED = 0x7


def link_name(given: t.Any) -> t.Any:
    """:raises Wrong: no link can have this name"""
    if isinstance(given, str) and not NAME.fullmatch(given):
        raise Wrong("it must have at most 15 characters: letters, digits, '_', '.' and '-'", "Choose another name")
    return given


def forwarded(given: object) -> int:
    """:raises Wrong: this is not a mask, or one with bits that the kernel does not take"""
    mask = number(0, 65535)(given)
    if mask & NEVER_FORWARDED:
        raise Wrong("bits 0 to 2 are STP, pause frames and LACP, which the kernel never forwards",
                    f"Give {mask & ~NEVER_FORWARDED}")
    return mask


LinkName = t.Annotated[str, link_name]


@dataclass(frozen=True)
class Port(Given):
    """What ports of both kinds of bridges have."""

    name: LinkName


@dataclass(frozen=True)
class LinuxPort(Port):
    """A port of a Linux bridge.

    :param vlans: those that pass with their tag
    :param pvid: the VLAN of frames without a tag, None for the bridge's default
    """

    vlans: VlanIds = ()
    pvid: VlanId | None = None


@dataclass(frozen=True)
class OvsPort(Port):
    """A port of a bridge of Open vSwitch: an access port (tag), a trunk (trunks), or one that passes all."""

    type: t.Literal["system", "internal"] = "system"
    tag: VlanId | None = None
    trunks: VlanIds = ()


def port_of(kind: t.Callable[[str], object]) -> t.Callable[[object], object]:
    """The function that reads a port, which may be a plain name."""
    def read(given: object) -> object:
        if not isinstance(given, (str, Mapping)):
            raise Wrong("it must be a text or a dictionary", "Write the name of a link, or a dictionary with the key "
                        "name")
        return kind(link_name(given)) if isinstance(given, str) else given

    return read


@dataclass(frozen=True)
class Membership:
    """What a port of a bridge has to do with VLANs.

    :param pvid: the VLAN of frames without a tag, 0 for none
    :param tagged: those that pass with their tag
    :param ranges: the same as texts such as ``10-19``
    """

    name: str
    pvid: int = 0
    tagged: tuple[int, ...] = ()
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bridge(Given):
    """What bridges of both kinds have."""

    name: LinkName
    state: State = "present"
    mtu: t.Annotated[int, number(*MTU)] | None = None


@dataclass(frozen=True)
class LinuxBridge(Bridge):
    """A Linux bridge."""

    ports: tuple[t.Annotated[LinuxPort, port_of(LinuxPort)], ...] = ()
    vlan_filtering: bool = False
    default_pvid: t.Annotated[int, number(0, VLAN_IDS[1], "0 turns it off")] = 1
    group_fwd_mask: t.Annotated[int, forwarded] = 0
    multicast_snooping: bool = True
    kind: str = field(default="bridge", init=False)

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """Its ports."""
        return tuple(self._membership(port) for port in self.ports)

    def _membership(self, port: LinuxPort) -> Membership:
        pvid = self.default_pvid if port.pvid is None else port.pvid
        tagged = tuple(vlan for vlan in port.vlans if vlan != pvid)
        return Membership(port.name, pvid, tagged, ranges_of(tagged))


@dataclass(frozen=True)
class OvsBridge(Bridge):
    """A bridge of Open vSwitch. Flow exports are as ovs_flow_export takes them, and empty to be turned off."""

    ports: tuple[t.Annotated[OvsPort, port_of(OvsPort)], ...] = ()
    sflow: Mapping[str, object] | None = None
    netflow: Mapping[str, object] | None = None
    ipfix: Mapping[str, object] | None = None
    kind: str = field(default="openvswitch", init=False)

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """Its ports that the host's network has to bring up; Open vSwitch itself keeps their VLANs."""
        return tuple(Membership(port.name) for port in self.ports if port.type == "system")


def without_ports(given: object) -> object:
    """A bridge as it is given. One that is to go has no ports."""
    return {**given, "ports": None} if isinstance(given, Mapping) and given.get("state") == "absent" else given


LinuxBridges = tuple[t.Annotated[LinuxBridge, without_ports], ...]
OvsBridges = tuple[t.Annotated[OvsBridge, without_ports], ...]
