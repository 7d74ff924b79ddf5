# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role virtual_switch reads of a host: its links as iproute2 shows them, who manages them, its own files."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ansible_collections.nfv.kvm.plugins.module_utils.systemd import Properties, units_of
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.notes import Note, notes_of
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.ovsdb import Tables, tables_of
from ansible_collections.nfv.kvm.plugins.module_utils.vlans import VlanId

# The managers of a host's network, with their services.
UNITS = {
    "networkd": "systemd-networkd.service", "networkmanager": "NetworkManager.service",
    "ifupdown2": "networking.service",
}
UNTAGGED = frozenset(("PVID", "Egress Untagged"))


def any_base(given: object) -> int:
    """A number as iproute2 writes masks: 0 or 0x4000."""
    return int(str(given), 0)


@dataclass(frozen=True)
class BridgeInfo:
    """The settings of a bridge. None if the link is not a bridge."""

    vlan_filtering: int | None = None
    vlan_default_pvid: int | None = None
    mcast_snooping: int | None = None
    group_fwd_mask: t.Annotated[int, any_base] | None = None


@dataclass(frozen=True)
class LinkInfo:
    """The kind of a virtual link."""

    info_kind: str | None = None
    info_data: BridgeInfo = BridgeInfo()


@dataclass(frozen=True)
class Address:
    """An IP address of a link."""

    local: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Link:
    """A link.

    :param master: the bridge or bond that it is a port of
    :param link: the link that it is on
    """

    ifname: str
    flags: tuple[str, ...] = ()
    mtu: int = 0
    max_mtu: int = 0
    master: str | None = None
    link: str | None = None
    linkinfo: LinkInfo = LinkInfo()
    addr_info: tuple[Address, ...] = ()


@dataclass(frozen=True)
class Vlans:
    """VLANs of a port, from one to another."""

    vlan: VlanId
    last: VlanId | None = field(default=None, metadata={"key": "vlanEnd"})
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class PortVlans:
    """The VLANs of a port."""

    ifname: str
    vlans: tuple[Vlans, ...] = ()


@dataclass(frozen=True)
class Route:
    """A default route, or one of the ways that it has."""

    dev: str = ""
    nexthops: tuple[Route, ...] = ()


@dataclass(frozen=True)
class Host:
    """A host.

    :param own: lines of which some are notes of the role's own files
    :param units: what the role's task printed of the managers, blocks of NAME=VALUE
    :param asked: virtual_switch_manager
    :param ovs: what ovs-vsctl printed of its tables
    """

    links: tuple[Link, ...]
    own: tuple[str, ...]
    units: str
    asked: str
    ovs: tuple[str, ...] = ()
    vlans: tuple[PortVlans, ...] = ()
    routes: tuple[Route, ...] = ()
    routes6: tuple[Route, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Link]:
        """The links by their names."""
        return {link.ifname: link for link in self.links}

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """The notes of the role's own files."""
        return notes_of(self.own)

    @cached_property
    def tables(self) -> Tables:
        """The database of Open vSwitch."""
        return tables_of(self.ovs)

    @cached_property
    def services(self) -> Mapping[str, Properties]:
        """What systemctl shows of each service; by the empty name what else the task printed."""
        return units_of(self.units)

    @property
    def settings(self) -> Properties:
        """What else the task printed."""
        return self.services[""]

    @cached_property
    def running(self) -> tuple[str, ...]:
        """The managers that run. Debian's older ifupdown has the same service as ifupdown2, and not its ifreload."""
        return tuple(name for name, unit in UNITS.items() if self.services.get(unit, {}).get("ActiveState") == "active"
                     and (name != "ifupdown2" or self.settings["Ifreload"]))

    @property
    def manager(self) -> str | None:
        """The manager that was asked for, or the one that runs; None if none or several do."""
        return self.asked if self.asked != "auto" else self.running[0] if len(self.running) == 1 else None

    @property
    def systemd(self) -> int:
        """The version of systemd."""
        return int((re.match(r"\d+", self.settings["Version"]) or ["0"])[0])

    def vlans_of(self, name: str) -> dict[int, frozenset[str]]:
        """The VLANs of a port with their flags."""
        return {vlan: frozenset(vlans.flags) for port in self.vlans if port.ifname == name for vlans in port.vlans
                for vlan in range(vlans.vlan, (vlans.last or vlans.vlan) + 1)}

    @property
    def ways_out(self) -> set[str]:
        """The links by which the default routes leave."""
        return {way.dev for route in (*self.routes, *self.routes6) for way in (route, *route.nexthops)}
