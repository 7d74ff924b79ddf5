# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host lacks for its Linux bridges, and for the NICs of all: files, and commands for what runs.

Nothing is checked here: refused.py does that first.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.ranges import ranges_of
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.host import UNTAGGED, Host, Link, LinkInfo
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.model import (
    Bridge,
    LinuxBridge,
    LinuxBridges,
    Membership,
    OvsBridge,
    OvsBridges,
)
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.notes import noted_ports

Argv = list[str]

# Where each manager has its files, and the role's templates of them: for a bridge, for a port, or for both in one.
FILES = {
    "networkd": ("/etc/systemd/network/05-nfv-kvm-", ["bridge.netdev", "bridge.network", "port.network"]),
    "networkmanager": ("/etc/NetworkManager/system-connections/nfv-kvm-", ["bridge.nmconnection", "port.nmconnection"]),
    "ifupdown2": ("/etc/network/interfaces.d/nfv-kvm-", ["all"]),
}


@dataclass(frozen=True)
class File:
    """A file that is to be.

    :param ports: those of the bridge that the host's network brings up
    :param port: the link that the file is for: one of them, or the bridge itself
    """

    path: str
    template: str
    bridge: Bridge
    ports: tuple[Membership, ...]
    port: Membership


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    :param stale: files that are to go
    :param release: commands for what is no longer wanted
    :param steps: commands for what runs otherwise than it should, these among them
    """

    manager: str | None
    files: list[File]
    stale: list[str]
    release: list[Argv]
    steps: list[Argv]


def plan(bridges: LinuxBridges, ovs_bridges: OvsBridges, host: Host) -> Plan:
    """What the host lacks, and what it has too much.

    :param bridges: virtual_switch_bridges
    :param ovs_bridges: virtual_switch_ovs_bridges, whose NICs the host has to bring up
    """
    listed: list[LinuxBridge | OvsBridge] = [*bridges, *ovs_bridges]
    files = [file for bridge in listed for file in files_of(bridge, host.manager)]
    wanted, names = {file.path for file in files}, {bridge.name for bridge in listed}
    release = [step for bridge in bridges for step in release_steps(bridge, host)]
    steps = [step for bridge in bridges if bridge.state == "present" for step in bridge_steps(bridge, host)]
    stale = {note.path for note in host.notes if note.bridge in names and note.path not in wanted}
    # A manager whose files still said otherwise may have taken back what was released.
    return Plan(host.manager, files, sorted(stale), release, release + steps)


def files_of(bridge: LinuxBridge | OvsBridge, manager: str | None) -> t.Iterator[File]:
    """The files for a bridge. For one of Open vSwitch, which keeps itself, those that bring up the host's NICs."""
    ports, is_linux = bridge.memberships, isinstance(bridge, LinuxBridge)
    if manager is None or bridge.state == "absent" or not (ports or is_linux):
        return
    prefix, templates = FILES[manager]
    for template in templates:
        what, _dot, suffix = template.partition(".")
        itself = [Membership(bridge.name)] if what == "all" or is_linux else []
        for device in ports if what == "port" else itself:
            path = f"{prefix}{device.name}" + (f".{suffix}" if suffix else "")
            yield File(path, f"{manager}/{template}.j2", bridge, ports, device)


def release_steps(bridge: LinuxBridge, host: Host) -> list[Argv]:
    """Commands for a bridge that is to go, and for ports that the role once gave it."""
    if bridge.state == "absent":
        return [["ip", "link", "delete", "dev", bridge.name]] if bridge.name in host.by_name else []
    once = noted_ports(bridge.name, host.notes).difference(port.name for port in bridge.ports)
    return [["ip", "link", "set", "dev", port, "nomaster"] for port in sorted(once)
            if port in host.by_name and host.by_name[port].master == bridge.name]


def bridge_steps(bridge: LinuxBridge, host: Host) -> t.Iterator[Argv]:
    """Commands from what a Linux bridge and its ports are to what they are to be.

    Ports have their VLANs before the bridge filters them, and before its default changes: the kernel then gives the
    new default only to ports that have the old one.
    """
    name, link = bridge.name, host.by_name.get(bridge.name)
    found = (link.linkinfo if link else LinkInfo()).info_data
    wanted = {
        "vlan_filtering": int(bridge.vlan_filtering),
        "vlan_default_pvid": bridge.default_pvid,
        "mcast_snooping": int(bridge.multicast_snooping),
        "group_fwd_mask": bridge.group_fwd_mask,
    }
    changes = [word for key, value in wanted.items() if getattr(found, key) != value for word in (key, str(value))]
    if link is None:
        yield ["ip", "link", "add", "name", name, "type", "bridge", *changes]
    default = bridge.default_pvid if found.vlan_default_pvid is None else found.vlan_default_pvid
    for port in bridge.memberships:
        yield from port_steps(bridge, port, default, host)
    if link and changes:
        yield ["ip", "link", "set", "dev", name, "type", "bridge", *changes]
    if link and bridge.vlan_filtering:
        yield from own_vlan_steps(bridge, found.vlan_default_pvid, host.vlans_of(name))
    yield from link_steps(link or Link(name), bridge.mtu)


def port_steps(bridge: LinuxBridge, port: Membership, default: int, host: Host) -> t.Iterator[Argv]:
    """Commands that make a link a port of a bridge.

    :param default: the VLAN that the bridge gives to a new port, 0 for none
    """
    link, vlans = host.by_name[port.name], host.vlans_of(port.name)
    if link.master != bridge.name:
        yield ["ip", "link", "set", "dev", port.name, "master", bridge.name]
        vlans = {default: UNTAGGED} if default else {}
    yield from link_steps(link, bridge.mtu)
    if bridge.vlan_filtering:
        yield from vlan_steps(port, vlans)


def link_steps(link: Link, mtu: int | None) -> t.Iterator[Argv]:
    """Commands that give a link its MTU and bring it up."""
    if mtu is not None and link.mtu != mtu:
        yield ["ip", "link", "set", "dev", link.ifname, "mtu", str(mtu)]
    if "UP" not in link.flags:
        yield ["ip", "link", "set", "dev", link.ifname, "up"]


def vlan_steps(port: Membership, found: dict[int, frozenset[str]]) -> list[Argv]:
    """Commands that give a port its VLANs, and then take away those that it is not to have."""
    pvid = [port.pvid] if port.pvid else []
    tagged = [vlan for vlan in port.tagged if found.get(vlan) != frozenset()]
    steps = [["add", str(vlan), "pvid", "untagged"] for vlan in pvid if found.get(vlan) != UNTAGGED]
    steps += [["add", vlan] for vlan in ranges_of(tagged)]
    steps += [["del", vlan] for vlan in ranges_of(set(found) - {*port.tagged, *pvid})]
    return [["bridge", "vlan", do, "dev", port.name, "vid", vlan, *flags] for do, vlan, *flags in steps]


def own_vlan_steps(bridge: LinuxBridge, default: int | None, found: dict[int, frozenset[str]]) -> list[Argv]:
    """The command that lets the host itself talk in the default VLAN of a bridge.

    The kernel gives a new default to a bridge that has the old one, which NetworkManager takes from those that do not
    filter, or that had none.
    """
    vlan = bridge.default_pvid
    if not vlan or not default or UNTAGGED in (found.get(vlan), found.get(default)):
        return []
    return [["bridge", "vlan", "add", "dev", bridge.name, "vid", str(vlan), "pvid", "untagged", "self"]]
