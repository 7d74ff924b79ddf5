# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role virtual_switch that says what Linux bridges lack: files, and commands for what runs.

Nothing is checked here: virtual_switch_refused does that first.
"""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes
from ansible_collections.nfv.kvm.plugins.plugin_utils.bridges import Dict, given, ports_of, vlan_ids, vlan_ranges

Argv = list[str]

# The managers with their services.
UNITS = {
    "networkd": "systemd-networkd.service", "networkmanager": "NetworkManager.service",
    "ifupdown2": "networking.service",
}
# Where each has its files, and the role's templates of them: for a bridge, for a port, or for both in one.
FILES = {
    "networkd": ("/etc/systemd/network/05-nfv-kvm-", ["bridge.netdev", "bridge.network", "port.network"]),
    "networkmanager": ("/etc/NetworkManager/system-connections/nfv-kvm-", ["bridge.nmconnection", "port.nmconnection"]),
    "ifupdown2": ("/etc/network/interfaces.d/nfv-kvm-", ["all"]),
}
NOTE = re.compile(r"(.+?):# Written by nfv\.kvm's role virtual_switch: bridge (\S+)(?: port (\S+))?")
UNTAGGED = ["PVID", "Egress Untagged"]


def virtual_switch_plan(bridges: list[Dict], ovs_bridges: list[Dict], host: Dict) -> Dict:
    """What the host lacks, and what it has too much.

    :param bridges: virtual_switch_bridges
    :param ovs_bridges: virtual_switch_ovs_bridges, whose NICs the host has to bring up
    :param host: ``links`` and ``vlans`` (as iproute2 tells them), ``own`` (the notes in files of the role, among
        other lines), ``units`` (what systemctl told) and ``asked`` (virtual_switch_manager)
    :returns: the ``manager``, ``files`` that are to be, ``stale`` (files that are not), ``release`` (commands for what
        is no longer wanted) and ``steps`` (commands for what runs otherwise than it should)
    """
    linux, switches = ([make(given(bridge)) for bridge in every]
                       for make, every in ((complete, bridges), (complete_switch, ovs_bridges)))
    manager = manager_of(host)
    files = [file for bridge in [*linux, *switches] for file in files_of(bridge, manager)]
    wanted, names = {file["path"] for file in files}, {bridge["name"] for bridge in [*linux, *switches]}
    own = own_notes(host)
    release = [step for bridge in linux for step in release_steps(bridge, host, own)]
    steps = [step for bridge in linux if bridge["state"] == "present" for step in bridge_steps(bridge, host)]
    return {
        "manager": manager,
        "files": files,
        "stale": sorted({note["path"] for note in own if note["bridge"] in names and note["path"] not in wanted}),
        "release": release,
        # A manager whose files still said otherwise may have taken back what was released.
        "steps": release + steps,
    }


def units_of(host: Dict) -> dict[str, dict[str, str]]:
    """What systemctl told of each unit; under the empty name what else was read."""
    units = {}
    for block in host["units"].split("\n\n"):
        told = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        units[told.get("Id", "")] = told
    return units


def running(host: Dict) -> list[str]:
    """The managers that run. Debian's older ifupdown has the same service as ifupdown2, and not its ifreload."""
    units = units_of(host)
    return [name for name, unit in UNITS.items() if units.get(unit, {}).get("ActiveState") == "active"
            and (name != "ifupdown2" or units[""]["Ifreload"])]


def manager_of(host: Dict) -> str | None:
    """The manager that was asked for, or the one that runs; None where none or several do."""
    active = running(host)
    return host["asked"] if host["asked"] != "auto" else active[0] if len(active) == 1 else None


def complete(bridge: Dict) -> Dict:
    """A Linux bridge with all that may be left out, and the VLANs of its ports: ``tagged``, and ``pvid`` or 0."""
    default_pvid = int(bridge.get("default_pvid", 1))
    ports = []
    for port in ports_of(bridge):
        pvid = int(port.get("pvid", default_pvid))
        tagged = [vlan for vlan in vlan_ids(port.get("vlans", [])) if vlan != pvid]
        ports.append({"name": port["name"], "pvid": pvid, "tagged": tagged, "ranges": vlan_ranges(tagged)})
    return {
        "kind": "bridge",
        "name": bridge["name"],
        "state": bridge.get("state", "present"),
        "mtu": bridge.get("mtu"),
        "vlan_filtering": boolean(bridge.get("vlan_filtering", False)),
        "default_pvid": default_pvid,
        "multicast_snooping": boolean(bridge.get("multicast_snooping", True)),
        "group_fwd_mask": int(bridge.get("group_fwd_mask", 0)),
        "ports": ports,
    }


def complete_switch(bridge: Dict) -> Dict:
    """A bridge of Open vSwitch, likewise."""
    ports = [{"type": "system", **port, "trunks": vlan_ids(port.get("trunks", []))} for port in ports_of(bridge)]
    return {"state": "present", "mtu": None, **bridge, "kind": "openvswitch", "ports": ports}


def files_of(bridge: Dict, manager: str | None) -> list[Dict]:
    """The files for a bridge. For one of Open vSwitch, which keeps itself, those that bring up the host's NICs."""
    system = [port for port in bridge["ports"] if port.get("type") != "internal"]
    if manager is None or bridge["state"] == "absent" or (bridge["kind"] == "openvswitch" and not system):
        return []
    found = []
    prefix, templates = FILES[manager]
    for template in templates:
        what, _dot, suffix = template.partition(".")
        devices = system if what == "port" else [bridge] if what == "all" or bridge["kind"] == "bridge" else []
        for device in devices:
            path = f"{prefix}{device['name']}" + (f".{suffix}" if suffix else "")
            found.append({"path": path, "template": f"{manager}/{template}.j2", "bridge": {**bridge, "ports": system},
                          "port": device})
    return found


def own_notes(host: Dict) -> list[Dict]:
    """What the role's files say of themselves, such as ``PATH:# ...: bridge br0 port eth0``."""
    found = [NOTE.match(line) for line in host["own"]]
    return [{"path": note[1], "bridge": note[2], "port": note[3]} for note in found if note]


def noted_ports(name: str, notes: list[Dict]) -> set[str]:
    """The ports that the role once gave a bridge."""
    return {note["port"] for note in notes if note["bridge"] == name} - {None}


def release_steps(bridge: Dict, host: Dict, own: list[Dict]) -> list[Argv]:
    """Commands for a bridge that is to go, and for ports that the role once gave it."""
    links = {link["ifname"]: link for link in host["links"]}
    if bridge["state"] == "absent":
        return [["ip", "link", "delete", "dev", bridge["name"]]] if bridge["name"] in links else []
    wanted = [port["name"] for port in bridge["ports"]]
    once = noted_ports(bridge["name"], own)
    return [["ip", "link", "set", "dev", port, "nomaster"] for port in sorted(once.difference(wanted))
            if links.get(port, {}).get("master") == bridge["name"]]


def bridge_steps(bridge: Dict, host: Dict) -> list[Argv]:
    """Commands from what a Linux bridge and its ports are to what they are to be.

    Ports have their VLANs before the bridge filters them, and before its default changes: the kernel then gives the
    new default only to ports that have the old one.
    """
    links = {link["ifname"]: link for link in host["links"]}
    name, link = bridge["name"], links.get(bridge["name"], {})
    found = link.get("linkinfo", {}).get("info_data", {})
    wanted = {
        "vlan_filtering": int(bridge["vlan_filtering"]),
        "vlan_default_pvid": bridge["default_pvid"],
        "mcast_snooping": int(bridge["multicast_snooping"]),
        "group_fwd_mask": bridge["group_fwd_mask"],
    }
    changes = [word for key, value in wanted.items() if int(str(found.get(key, -1)), 0) != value
               for word in (key, str(value))]
    steps = [] if link else [["ip", "link", "add", "name", name, "type", "bridge", *changes]]
    for port in bridge["ports"]:
        vlans = found_vlans(port["name"], host["vlans"])
        if links[port["name"]].get("master") != name:
            steps.append(["ip", "link", "set", "dev", port["name"], "master", name])
            default = found.get("vlan_default_pvid", bridge["default_pvid"])
            vlans = {default: UNTAGGED} if default else {}
        steps += link_steps(port["name"], links[port["name"]], bridge["mtu"])
        if bridge["vlan_filtering"]:
            steps += vlan_steps(port, vlans)
    if link and changes:
        steps.append(["ip", "link", "set", "dev", name, "type", "bridge", *changes])
    if link and bridge["vlan_filtering"]:
        steps += own_vlan_steps(bridge, found.get("vlan_default_pvid"), found_vlans(name, host["vlans"]))
    return steps + link_steps(name, link, bridge["mtu"])


def link_steps(name: str, link: Dict, mtu: int | None) -> list[Argv]:
    """Commands that give a link its MTU and bring it up."""
    steps = []
    if mtu is not None and link.get("mtu") != int(mtu):
        steps.append(["ip", "link", "set", "dev", name, "mtu", str(mtu)])
    if "UP" not in link.get("flags", []):
        steps.append(["ip", "link", "set", "dev", name, "up"])
    return steps


def found_vlans(name: str, vlans: list[Dict]) -> dict[int, list[str]]:
    """The VLANs of a port with their flags."""
    entries = [entry for each in vlans if each["ifname"] == name for entry in each["vlans"]]
    return {vlan: sorted(entry.get("flags", []), reverse=True)
            for entry in entries for vlan in range(entry["vlan"], entry.get("vlanEnd", entry["vlan"]) + 1)}


def vlan_steps(port: Dict, found: dict[int, list[str]]) -> list[Argv]:
    """Commands that give a port its VLANs, and then take away those that it is not to have."""
    pvid = [port["pvid"]] if port["pvid"] else []
    tagged = [vlan for vlan in port["tagged"] if found.get(vlan) != []]
    steps = [["add", vlan, "pvid", "untagged"] for vlan in map(str, pvid) if found.get(int(vlan)) != UNTAGGED]
    steps += [["add", vlan] for vlan in vlan_ranges(tagged)]
    steps += [["del", vlan] for vlan in vlan_ranges(set(found) - {*port["tagged"], *pvid})]
    return [["bridge", "vlan", do, "dev", port["name"], "vid", vlan, *flags] for do, vlan, *flags in steps]


def own_vlan_steps(bridge: Dict, default: int | None, found: dict[int, list[str]]) -> list[Argv]:
    """The command that lets the host itself talk in the default VLAN of a bridge.

    The kernel gives a new default to a bridge that has the old one, which NetworkManager takes from those that do not
    filter, or that had none.
    """
    vlan = bridge["default_pvid"]
    if not vlan or not default or UNTAGGED in (found.get(vlan), found.get(default)):
        return []
    return [["bridge", "vlan", "add", "dev", bridge["name"], "vid", str(vlan), "pvid", "untagged", "self"]]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"virtual_switch_plan": door.guarded(
            virtual_switch_plan, bridges=[shapes.BRIDGE], ovs_bridges=[shapes.BRIDGE], host=shapes.SWITCH_HOST)}
