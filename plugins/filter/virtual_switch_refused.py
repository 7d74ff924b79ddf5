# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role virtual_switch that says what cannot be meant, or would do harm."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import UNITS, manager_of, own_notes, running, units_of
from ansible_collections.nfv.kvm.plugins.filter.virtual_switch_ovs import is_own, ovs_tables
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes
from ansible_collections.nfv.kvm.plugins.plugin_utils.bridges import Dict, given, ports_of, vlan_ids

# What every manager can have in a file name and in its own syntax; the kernel takes 15 characters.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
PORT_KEYS = {"bridge": {"name", "vlans", "pvid"}, "openvswitch": {"name", "type", "tag", "trunks"}}
# Of the addresses 01:80:c2:00:00:0X, which group_fwd_mask has a bit for each.
NEVER_FORWARDED = 0x7
# Since this version, networkd takes a port out of the default VLAN where it is to be in another. NetworkManager 1.52
# does not.
NETWORKD_TAKES_VLANS_AWAY = 255

Refused = t.Iterator[ValidationError]


def virtual_switch_refused(bridges: list[Dict], ovs_bridges: list[Dict], host: Dict) -> list[str]:
    """All that is wrong, each with its remedy; values first, since the rest makes sense only where they do.

    :param bridges: virtual_switch_bridges
    :param ovs_bridges: virtual_switch_ovs_bridges
    :param host: as virtual_switch_plan takes it, with ``routes`` and ``routes6`` (the default ones), and ``ovs`` (what
        ovs-vsctl told)
    """
    wanted = [(f"virtual_switch_bridges[{place}]", "bridge", given(each)) for place, each in enumerate(bridges)]
    wanted += [(f"virtual_switch_ovs_bridges[{place}]", "openvswitch", given(each))
               for place, each in enumerate(ovs_bridges)]
    found = [error for subject, kind, bridge in wanted for error in refused_values(subject, kind, bridge)]
    if not found:
        found += refused_twice(wanted)
        found += refused_manager(wanted, host)
        for subject, kind, bridge in wanted:
            found += refused_bridge(subject, kind, bridge, host)
            for place, port in enumerate(ports_of(bridge)):
                found += refused_port(f"{subject}.ports[{place}]", kind, bridge, port, host)
    return [str(error) for error in found]


def refused_values(subject: str, kind: str, bridge: Dict) -> Refused:
    """What is wrong with a bridge on any host."""
    yield from refused_name(f"{subject}.name", bridge["name"])
    yield from refused_range(f"{subject}.mtu", bridge.get("mtu"), 68, 65535)
    yield from refused_range(f"{subject}.default_pvid", bridge.get("default_pvid"), 0, 4094, "0 is for none")
    yield from refused_range(f"{subject}.group_fwd_mask", bridge.get("group_fwd_mask"), 0, 65535)
    mask = bridge.get("group_fwd_mask")
    if str(mask).isdecimal() and int(str(mask)) & NEVER_FORWARDED:
        yield ValidationError(f"{subject}.group_fwd_mask", "bits 0 to 2 are STP, pause frames and LACP, which the "
                              "kernel never forwards", mask, f"Give {int(str(mask)) & ~NEVER_FORWARDED}")
    for place, port in enumerate(ports_of(bridge)):
        at = f"{subject}.ports[{place}]"
        unknown = sorted(set(port) - PORT_KEYS[kind])
        if unknown or "name" not in port:
            yield ValidationError(at, f"it has {', '.join(unknown) or 'no name'}", port,
                                  f"A port has {', '.join(sorted(PORT_KEYS[kind]))}")
            continue
        yield from refused_name(at, port["name"])
        yield from refused_vlans(at, port, bridge)


def refused_name(subject: str, name: object) -> Refused:
    """A name that no link can have."""
    if not NAME.fullmatch(str(name)):
        yield ValidationError(subject, "it must have at most 15 characters: letters, digits, '_', '.' and '-'", name,
                              "Choose another")


def refused_range(subject: str, value: object, least: int, most: int, remark: str = "") -> Refused:
    """A number that is out of range, or none."""
    if value is not None and not (str(value).isdecimal() and least <= int(str(value)) <= most):
        yield ValidationError(subject, f"it must be a number from {least} to {most}", value, remark)


def refused_vlans(subject: str, port: Dict, bridge: Dict) -> Refused:
    """VLANs that are none, or that contradict each other."""
    for key in ("vlans", "trunks"):
        try:
            vlan_ids(port.get(key, []))
        except ValueError:
            yield ValidationError(f"{subject}.{key}", "VLANs are numbers from 1 to 4094, ranges of them run upwards",
                                  port[key], "List them as in [10, 20-29]")
    yield from refused_range(f"{subject}.pvid", port.get("pvid"), 1, 4094)
    yield from refused_range(f"{subject}.tag", port.get("tag"), 1, 4094)
    if {"vlans", "pvid"} & set(port) and not bridge.get("vlan_filtering"):
        yield ValidationError(subject, f"{bridge['name']} does not filter VLANs, so its ports can have none",
                              port["name"], f"Give {bridge['name']} vlan_filtering: true, or leave vlans and pvid out")
    if {"tag", "trunks"} <= set(port):
        yield ValidationError(subject, "a port is an access port (tag) or a trunk (trunks), not both", port["name"],
                              "Leave one of the two out")
    if port.get("type", "system") not in ("system", "internal"):
        yield ValidationError(f"{subject}.type", "a port is system (a link of the host) or internal", port["type"])


def refused_twice(given: list[tuple[str, str, Dict]]) -> Refused:
    """Names that are used twice."""
    users: dict[str, str] = {}
    for subject, _kind, bridge in given:
        for name in [bridge["name"], *(port["name"] for port in ports_of(bridge))]:
            if name in users:
                yield ValidationError(subject, f"{name} is in {users[name]} already", name, "A link has one place only")
            users[name] = subject


def refused_manager(given: list[tuple[str, str, Dict]], host: Dict) -> Refused:
    """Nobody, or several, who could bring it all back after a reboot."""
    subject, asked, manager, active = "virtual_switch_manager", host["asked"], manager_of(host), running(host)
    if not any(kind == "bridge" or needs_nic(bridge) for _subject, kind, bridge in given):
        return
    if asked == "auto" and len(active) > 1:
        yield ValidationError(subject, f"{' and '.join(active)} run on this host", asked,
                              "Say which of them is to have the bridges")
    elif manager is None:
        yield ValidationError(subject, "none of systemd-networkd, NetworkManager and ifupdown2 runs on this host",
                              asked, "Install one, enable and start it")
    elif manager not in active:
        yield ValidationError(subject, "it does not run on this host", asked,
                              f"This host has {' and '.join(active) or 'none that this role knows'}")
    elif units_of(host)[UNITS[manager]]["UnitFileState"] != "enabled":
        yield ValidationError(subject, f"{UNITS[manager]} runs, but is not started when the host boots", manager,
                              f"Enable it: systemctl enable {UNITS[manager]}")
    elif manager == "ifupdown2" and not units_of(host)[""]["Sourced"]:
        yield ValidationError(subject, "/etc/network/interfaces does not read /etc/network/interfaces.d", manager,
                              "Add to it: source /etc/network/interfaces.d/*")
    elif manager == "ifupdown2" and not units_of(host)[""]["Several"] and sum(
            bool(bridge.get("vlan_filtering")) for _subject, _kind, bridge in given) > 1:
        yield ValidationError(subject, "it has one bridge with vlan_filtering only, as it is set", manager,
                              "Set multiple_vlan_aware_bridge_support=1 in /etc/network/ifupdown2/ifupdown2.conf")


def needs_nic(bridge: Dict) -> bool:
    """Whether a bridge of Open vSwitch has ports that the host's network has to bring up."""
    return any(port.get("type", "system") == "system" for port in ports_of(bridge))


def refused_bridge(subject: str, kind: str, bridge: Dict, host: Dict) -> Refused:
    """A bridge that is somebody else's, or that others still use."""
    name, absent = bridge["name"], bridge.get("state") == "absent"
    link = next((link for link in host["links"] if link["ifname"] == name), None)
    if kind == "bridge":
        own = [note["port"] for note in own_notes(host) if note["bridge"] == name]
        there, ports = link is not None, [link["ifname"] for link in host["links"] if link.get("master") == name]
        others = [port for port in ports if port not in own]
    else:
        tables = ovs_tables(host["ovs"])
        there, ports = name in tables["Bridge"], tables["Bridge"].get(name, {}).get("ports", [])
        own = [name] if is_own(tables["Bridge"].get(name, {})) else []
        others = [port for port in ports if not is_own(tables["Port"][port])]
    if (there and not own and (absent or kind == "bridge")) or (link and not there):
        yield ValidationError(f"{subject}.name", "the host has a link of this name that this role has not made", name,
                              "Choose another name, or take that link away first")
    elif absent and others:
        yield ValidationError(f"{subject}.name", f"it cannot go while others use it: {', '.join(others)}", name,
                              "Take these out of it first, by shutting down the guests that have them for instance")


def refused_port(subject: str, kind: str, bridge: Dict, port: Dict, host: Dict) -> Refused:
    """A link that cannot be a port of the bridge, or that the host needs."""
    name = port["name"]
    link = next((link for link in host["links"] if link["ifname"] == name), None)
    master, wanted = master_of(name, link, host), bridge["name"]
    if link is None or port.get("type") == "internal":
        if port.get("type") != "internal":
            yield ValidationError(subject, "this host has no such network interface", name,
                                  "ip link lists those that there are")
        elif link and master != wanted:
            yield ValidationError(subject, "the host has a link of this name already, so that it cannot be made", name,
                                  "Choose another name, or leave type: internal out")
        return
    mtu = bridge.get("mtu")
    if mtu and link.get("max_mtu") and int(mtu) > link["max_mtu"]:
        yield ValidationError(subject, f"its MTU can be at most {link['max_mtu']}", mtu, f"Give {wanted} a lower mtu")
    if kind == "bridge":
        yield from refused_by_manager(subject, bridge, port, link, host)
    if master == wanted:
        return
    if master is not None:
        yield ValidationError(subject, f"it is a port of {master}", name, f"Take it out of {master} first")
    elif needed := who_needs(link, host):
        yield ValidationError(subject, f"it cannot be a port: {needed}", name,
                              "Choose another port, or move that first")


def refused_by_manager(subject: str, bridge: Dict, port: Dict, link: Dict, host: Dict) -> Refused:
    """What the host's manager would not bring back after a reboot."""
    kind, manager = link.get("linkinfo", {}).get("info_kind"), manager_of(host)
    default, pvid = int(bridge.get("default_pvid", 1)), port.get("pvid")
    if manager == "networkmanager" and kind is not None:
        yield ValidationError(subject, f"it is a {kind}, and by NetworkManager only Ethernet NICs and their VFs can be "
                              "ports", port["name"], "Choose another port")
    version = int((re.match(r"\d+", units_of(host)[""]["Version"]) or ["0"])[0])
    leaves = manager == "networkmanager" or (manager == "networkd" and version < NETWORKD_TAKES_VLANS_AWAY)
    if leaves and default and pvid not in (None, default):
        yield ValidationError(f"{subject}.pvid", f"after a reboot, this host's {manager} would leave the port in VLAN "
                              f"{default} as well", pvid,
                              f"Give {bridge['name']} default_pvid: 0, and each port its pvid")


def master_of(name: str, link: Dict | None, host: Dict) -> str | None:
    """What a link is a port of."""
    for bridge, row in ovs_tables(host["ovs"])["Bridge"].items():
        if name in row["ports"]:
            return bridge
    return link.get("master") if link else None


def who_needs(link: Dict, host: Dict) -> str:
    """Why a link cannot be taken away from the host, an empty text if it can."""
    name = link["ifname"]
    addresses = [each["local"] for each in link.get("addr_info", []) if each.get("scope") != "link"]
    above = [each["ifname"] for each in host["links"] if each.get("link") == name
             and each.get("linkinfo", {}).get("info_kind") in ("macvlan", "macvtap", "ipvlan", "ipvtap")]
    if "LOOPBACK" in link.get("flags", []):
        return "it is the host's loopback"
    if link.get("linkinfo", {}).get("info_kind") in ("bridge", "openvswitch"):
        return "it is a bridge itself"
    if any(hop.get("dev") == name for route in [*host["routes"], *host["routes6"]]
           for hop in [route, *route.get("nexthops", [])]):
        return "the host's default route leaves by it"
    if addresses:
        return f"it has the host's address {', '.join(addresses)}"
    return f"{', '.join(above)} is on it" if above else ""


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"virtual_switch_refused": door.guarded(
            virtual_switch_refused, bridges=[shapes.BRIDGE], ovs_bridges=[shapes.BRIDGE], host=shapes.SWITCH_HOST)}
