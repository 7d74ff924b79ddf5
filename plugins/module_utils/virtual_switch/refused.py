# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not valid of bridges, or would do harm on a host."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.host import UNITS, Host, Link
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.model import (
    LinuxBridge,
    LinuxBridges,
    LinuxPort,
    OvsBridge,
    OvsBridges,
    OvsPort,
    Port,
)
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.notes import is_made, noted_ports
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.ovsdb import BridgeRow

# Since this version, networkd takes a port out of the default VLAN where it is to be in another. NetworkManager 1.52
# does not.
NETWORKD_TAKES_VLANS_AWAY = 255

Listed = list[tuple[str, t.Union[LinuxBridge, OvsBridge]]]
"""Bridges, each with what errors call it."""


def refused(bridges: LinuxBridges, ovs_bridges: OvsBridges, host: Host) -> Refused:
    """All that is wrong; what contradicts itself first, since the rest makes sense only without that.

    :param bridges: virtual_switch_bridges
    :param ovs_bridges: virtual_switch_ovs_bridges
    """
    listed: Listed = [(f"virtual_switch_bridges[{place}]", bridge) for place, bridge in enumerate(bridges)]
    listed += [(f"virtual_switch_ovs_bridges[{place}]", bridge) for place, bridge in enumerate(ovs_bridges)]
    found = [error for subject, bridge in listed for error in refused_vlans(subject, bridge)]
    if found:
        yield from found
        return
    yield from refused_twice(listed)
    yield from refused_manager(listed, host)
    for subject, bridge in listed:
        yield from refused_name(f"{subject}.name", bridge, host)
        for place, port in enumerate(bridge.ports):
            yield from refused_port(f"{subject}.ports[{place}]", bridge, port, host)


def refused_vlans(subject: str, bridge: LinuxBridge | OvsBridge) -> Refused:
    """Ports whose VLANs contradict each other, or the bridge."""
    for place, port in enumerate(bridge.ports):
        at = f"{subject}.ports[{place}]"
        if isinstance(port, OvsPort) and port.tag is not None and port.trunks:
            yield ValidationError(at, "a port is an access port (tag) or a trunk (trunks), not both", port.name,
                                  "Remove tag or trunks")
        if isinstance(bridge, LinuxBridge) and isinstance(port, LinuxPort) and not bridge.vlan_filtering and (
                port.vlans or port.pvid is not None):
            yield ValidationError(at, f"{bridge.name} does not filter VLANs, so its ports cannot have VLANs", port.name,
                                  f"Set vlan_filtering: true for {bridge.name}, or remove vlans and pvid")


def refused_twice(listed: Listed) -> Refused:
    """Names that are used twice."""
    users: dict[str, str] = {}
    for subject, bridge in listed:
        for name in [bridge.name, *(port.name for port in bridge.ports)]:
            if name in users:
                yield ValidationError(subject, f"{name} is already in {users[name]}", name, "List each link only once")
            users[name] = subject


def refused_manager(listed: Listed, host: Host) -> Refused:
    """Nobody, or several, who could bring it all back after a reboot."""
    subject, manager, active = "virtual_switch_manager", host.manager, host.running
    if not any(isinstance(bridge, LinuxBridge) or bridge.memberships for _subject, bridge in listed):
        return
    if host.asked == "auto" and len(active) > 1:
        yield ValidationError(subject, f"{' and '.join(active)} run on this host", host.asked,
                              "Set it to the one that manages the bridges")
    elif manager is None:
        yield ValidationError(subject, "none of systemd-networkd, NetworkManager and ifupdown2 runs on this host",
                              host.asked, "Install one of them, and enable and start it")
    elif manager not in active:
        yield ValidationError(subject, "it does not run on this host", host.asked,
                              f"This host has {' and '.join(active) or 'none that this role knows'}")
    elif host.services[UNITS[manager]]["UnitFileState"] != "enabled":
        yield ValidationError(subject, f"{UNITS[manager]} runs, but does not start at boot", manager,
                              f"Run systemctl enable {UNITS[manager]}")
    elif manager == "ifupdown2" and not host.settings["Sourced"]:
        yield ValidationError(subject, "/etc/network/interfaces does not read /etc/network/interfaces.d", manager,
                              "Add this line to /etc/network/interfaces: source /etc/network/interfaces.d/*")
    elif manager == "ifupdown2" and not host.settings["Several"] and sum(
            isinstance(bridge, LinuxBridge) and bridge.vlan_filtering for _subject, bridge in listed) > 1:
        yield ValidationError(subject, "its configuration supports only one bridge with vlan_filtering", manager,
                              "Set multiple_vlan_aware_bridge_support=1 in /etc/network/ifupdown2/ifupdown2.conf")


def refused_name(subject: str, bridge: LinuxBridge | OvsBridge, host: Host) -> Refused:
    """A bridge that this role has not made, or that others still use."""
    name, absent, link = bridge.name, bridge.state == "absent", host.by_name.get(bridge.name)
    if isinstance(bridge, LinuxBridge):
        foreign, others = link is not None and not is_made(name, host.notes), other_ports(name, host)
    else:
        row = host.tables.bridges.get(name, BridgeRow())
        there = name in host.tables.bridges
        foreign = (absent and there and not row.own) or (link is not None and not there)
        others = [port for port in row.ports if not host.tables.ports[port].own]
    if foreign:
        yield ValidationError(subject, "the host has a link of this name that this role did not create", name,
                              "Choose another name, or remove that link first")
    elif absent and others:
        yield ValidationError(subject, f"it cannot be removed while it is used by {', '.join(others)}", name,
                              "Remove these from it first, for example by shutting down the guests that use them")


def other_ports(name: str, host: Host) -> list[str]:
    """The ports of a Linux bridge that the role has not given it."""
    ours = noted_ports(name, host.notes)
    return [link.ifname for link in host.links if link.master == name and link.ifname not in ours]


def refused_port(subject: str, bridge: LinuxBridge | OvsBridge, port: Port, host: Host) -> Refused:
    """A link that cannot be a port of the bridge, or that the host needs."""
    name, link, master = port.name, host.by_name.get(port.name), master_of(port.name, host)
    if isinstance(port, OvsPort) and port.type == "internal":
        if link and master != bridge.name:
            yield ValidationError(subject, "the host already has a link of this name, so it cannot be created", name,
                                  "Choose another name, or remove type: internal")
        return
    if link is None:
        yield ValidationError(subject, "this host has no such network interface", name,
                              "Run ip link to list the network interfaces of the host")
        return
    if bridge.mtu and link.max_mtu and bridge.mtu > link.max_mtu:
        yield ValidationError(subject, f"its MTU can be at most {link.max_mtu}", bridge.mtu,
                              f"Set a lower mtu for {bridge.name}")
    if isinstance(bridge, LinuxBridge) and isinstance(port, LinuxPort):
        yield from refused_by_manager(subject, bridge, port, link, host)
    if master not in (None, bridge.name):
        yield ValidationError(subject, f"it is a port of {master}", name, f"Remove it from {master} first")
    elif master is None and (needed := who_needs(link, host)):
        yield ValidationError(subject, f"it cannot be a port: {needed}", name,
                              "Choose another port, or move this to another link first")


def refused_by_manager(subject: str, bridge: LinuxBridge, port: LinuxPort, link: Link, host: Host) -> Refused:
    """What the host's manager would not bring back after a reboot."""
    kind, manager, default = link.linkinfo.info_kind, host.manager, bridge.default_pvid
    if manager == "networkmanager" and kind is not None:
        yield ValidationError(subject, f"it is a {kind}, and NetworkManager supports only Ethernet NICs and their VFs "
                              "as ports", port.name, "Choose another port")
    leaves = manager == "networkmanager" or (manager == "networkd" and host.systemd < NETWORKD_TAKES_VLANS_AWAY)
    if leaves and default and port.pvid not in (None, default):
        yield ValidationError(f"{subject}.pvid", f"after a reboot, {manager} on this host would also leave the port in "
                              f"VLAN {default}", port.pvid,
                              f"Set default_pvid: 0 for {bridge.name}, and pvid for each port")


def master_of(name: str, host: Host) -> str | None:
    """What a link is a port of."""
    for bridge, row in host.tables.bridges.items():
        if name in row.ports:
            return bridge
    return host.by_name[name].master if name in host.by_name else None


def who_needs(link: Link, host: Host) -> str:
    """Why a link cannot be taken away from the host, an empty text if it can."""
    addresses = addresses_of(link)
    above = [other.ifname for other in host.links if other.link == link.ifname
             and other.linkinfo.info_kind in ("macvlan", "macvtap", "ipvlan", "ipvtap")]
    if "LOOPBACK" in link.flags:
        return "it is the loopback of the host"
    if link.linkinfo.info_kind in ("bridge", "openvswitch"):
        return "it is a bridge itself"
    if link.ifname in host.ways_out:
        return "the default route of the host uses it"
    if addresses:
        return f"it has the host's address {', '.join(addresses)}"
    return f"{', '.join(above)} is on it" if above else ""


def addresses_of(link: Link) -> list[str]:
    """The IP addresses that the host has by a link, without those of the link alone."""
    return [address.local for address in link.addr_info if address.local and address.scope != "link"]
