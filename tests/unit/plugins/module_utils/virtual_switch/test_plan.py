# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role virtual_switch finds to do about Linux bridges on hosts of all kinds."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.virtual_switch.switch_host import (
    IFUPDOWN2,
    NETWORKD,
    NETWORKMANAGER,
    NOTE,
    OWN,
    Dict,
    bridge,
    host,
    link,
)

FILTERS = FilterModule().filters()
FILTERING = {"name": "br0", "vlan_filtering": True}


def plan(*bridges: Dict, ovs: t.Sequence[Dict] = (), on: Dict | None = None) -> Dict:
    assert FILTERS["virtual_switch_refused"](list(bridges), list(ovs), on or host()) == []
    found: Dict = FILTERS["virtual_switch_plan"](list(bridges), list(ovs), on or host())
    return found


def steps(*bridges: Dict, on: Dict | None = None) -> list[str]:
    return [" ".join(step) for step in plan(*bridges, on=on)["steps"]]


def test_one_of_several_managers() -> None:
    on = host(units=NETWORKD + NETWORKMANAGER, asked="networkmanager")
    assert plan({"name": "br0"}, on=on)["manager"] == "networkmanager"


def test_a_new_bridge() -> None:
    assert steps({"name": "br0", "ports": ["eth1"], "mtu": 9000, "group_fwd_mask": 0x4000}) == [
        "ip link add name br0 type bridge vlan_filtering 0 vlan_default_pvid 1 mcast_snooping 1 group_fwd_mask 16384",
        "ip link set dev eth1 master br0", "ip link set dev eth1 mtu 9000",
        "ip link set dev br0 mtu 9000", "ip link set dev br0 up",
    ]


def test_a_bridge_that_is_so() -> None:
    on = host(bridge(group_fwd_mask="0x4000"), link("eth1", master="br0"), own=OWN)
    wanted = plan({"name": "br0", "ports": ["eth1"], "group_fwd_mask": 0x4000}, on=on)
    assert (wanted["steps"], wanted["release"], wanted["stale"]) == ([], [], [])
    assert [file["path"] for file in wanted["files"]] == [note.partition(":")[0] for note in OWN]


def test_only_what_differs_is_changed() -> None:
    on = host(bridge(mcast_snooping=1), link("eth1", master="br0"), own=OWN)
    assert steps({"name": "br0", "ports": ["eth1"], "multicast_snooping": False}, on=on) == [
        "ip link set dev br0 type bridge mcast_snooping 0"]


def test_vlans_are_added_before_others_are_taken_away() -> None:
    vlans = [{"ifname": "eth1", "vlans": [
        {"vlan": 1, "flags": ["PVID", "Egress Untagged"]}, {"vlan": 10}, {"vlan": 20, "vlanEnd": 24}]}]
    on = host(bridge(vlan_filtering=1), link("eth1", master="br0"), own=OWN, vlans=vlans)
    wanted = {**FILTERING, "ports": [{"name": "eth1", "pvid": 5, "vlans": [10, "22-26"]}]}
    assert steps(wanted, on=on) == [
        "bridge vlan add dev eth1 vid 5 pvid untagged", "bridge vlan add dev eth1 vid 25-26",
        "bridge vlan del dev eth1 vid 1", "bridge vlan del dev eth1 vid 20-21"]


def test_a_port_has_its_vlans_before_the_bridge_filters_and_has_another_default() -> None:
    vlans = [{"ifname": "eth1", "vlans": [{"vlan": 1, "flags": ["PVID", "Egress Untagged"]}]}]
    on = host(bridge(), link("eth1", master="br0"), own=OWN, vlans=vlans)
    assert steps({**FILTERING, "default_pvid": 7, "ports": [{"name": "eth1", "pvid": 30}]}, on=on) == [
        "bridge vlan add dev eth1 vid 30 pvid untagged", "bridge vlan del dev eth1 vid 1",
        "ip link set dev br0 type bridge vlan_filtering 1 vlan_default_pvid 7"]


def test_a_bridge_that_lacks_its_default_vlan() -> None:
    """The kernel gives a new default to a bridge that has the old one, or that had none."""
    change = "ip link set dev br0 type bridge vlan_filtering 1 vlan_default_pvid 7"
    own = "bridge vlan add dev br0 vid 7 pvid untagged self"
    wanted = {**FILTERING, "default_pvid": 7}
    for default, lacking, planned in ((1, False, [change]), (1, True, [change, own]), (0, True, [change])):
        on = host(bridge(vlan_default_pvid=default), own=OWN)
        if lacking:
            on["vlans"] = []
        assert steps(wanted, on=on) == planned


@pytest.mark.parametrize("found", [{}, {"vlan_default_pvid": 5}])
def test_a_port_that_comes_back_is_in_the_default_vlan_first(found: Dict) -> None:
    on = host(bridge(vlan_filtering=1, **found), own=OWN)
    left = found.get("vlan_default_pvid", 1)
    assert steps({**FILTERING, "default_pvid": left, "ports": [{"name": "eth1", "pvid": 30}]}, on=on) == [
        "ip link set dev eth1 master br0",
        "bridge vlan add dev eth1 vid 30 pvid untagged", f"bridge vlan del dev eth1 vid {left}"]


@pytest.mark.parametrize(("default", "flags"), [(1, ["PVID", "Egress Untagged"]), (0, None)])
def test_a_port_without_a_word_of_vlans_has_the_bridges_own(default: int, flags: list[str] | None) -> None:
    vlans = [{"ifname": "eth1", "vlans": [{"vlan": 1, "flags": flags}] if flags else []}]
    on = host(bridge(vlan_filtering=1, vlan_default_pvid=default), link("eth1", master="br0"), own=OWN, vlans=vlans)
    assert steps({**FILTERING, "default_pvid": default, "ports": ["eth1"]}, on=on) == []


def test_a_port_that_is_taken_from_the_list() -> None:
    on = host(bridge(), link("eth1", master="br0"), link("vnet0", master="br0"), own=OWN)
    wanted = plan({"name": "br0"}, on=on)
    assert wanted["release"] == [["ip", "link", "set", "dev", "eth1", "nomaster"]]
    assert wanted["stale"] == ["/etc/systemd/network/05-nfv-kvm-eth1.network"]


def test_only_whole_notes_count() -> None:
    """The lines among them tell other things, and anyone can edit a file by hand."""
    path = "/etc/systemd/network/05-nfv-kvm-eth1.network"
    others = ["Version=257", f"0644 e3b0c442  {path}", f"{path}:{NOTE} ", f"{path}:{NOTE.removesuffix('bridge')}"]
    for notes, stale in ((others, []), ([*others, f"{path}:{NOTE} br0 port eth1 "], [path])):
        assert plan({"name": "br0"}, on=host(own=notes))["stale"] == stale


def test_a_bridge_that_goes() -> None:
    wanted = plan({"name": "br0", "state": "absent", "ports": ["gone"]}, on=host(
        bridge(), link("eth1", master="br0"), own=[*OWN, f"/etc/systemd/network/05-nfv-kvm-br1.netdev:{NOTE} br1"]))
    assert wanted["release"] == [["ip", "link", "delete", "dev", "br0"]]
    assert wanted["stale"] == [note.partition(":")[0] for note in OWN]
    assert wanted["files"] == []


def test_what_is_released_is_so_afterwards() -> None:
    on = host(bridge(), link("eth1", master="br0"), own=OWN)
    assert steps({"name": "br0"}, on=on) == ["ip link set dev eth1 nomaster"]
    assert steps({"name": "br0", "state": "absent"}, on=on) == ["ip link delete dev br0"]


@pytest.mark.parametrize(("units", "paths"), [
    (NETWORKD, ["/etc/systemd/network/05-nfv-kvm-eth1.network"]),
    (NETWORKMANAGER, ["/etc/NetworkManager/system-connections/nfv-kvm-eth1.nmconnection"]),
    (IFUPDOWN2, ["/etc/network/interfaces.d/nfv-kvm-ovs0"]),
])
def test_the_hosts_own_network_brings_up_the_nics_of_open_vswitch(units: str, paths: list[str]) -> None:
    ports = ["eth1", {"name": "p1", "type": "internal"}]
    files = plan(ovs=[{"name": "ovs0", "ports": ports}], on=host(units=units))["files"]
    assert [file["path"] for file in files] == paths
    assert [port["name"] for port in files[0]["ports"]] == ["eth1"]
