# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role virtual_switch refuses on hosts of all kinds."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.virtual_switch.switch_host import (
    IFUPDOWN2,
    NETWORKD,
    NETWORKMANAGER,
    OVS,
    OWN,
    Dict,
    bridge,
    host,
    link,
    unit,
)

FILTERING = {"name": "br0", "vlan_filtering": True}


def refused(*bridges: Dict, ovs: t.Sequence[Dict] = (), on: Dict | None = None) -> list[str]:
    found: list[str] = FilterModule().filters()["virtual_switch_refused"](list(bridges), list(ovs), on or host())
    return found


@pytest.mark.parametrize(("wanted", "told"), [
    ({"name": "br-of-all-guests"}, "virtual_switch_bridges[0].name = 'br-of-all-guests': it must have at most 15"),
    ({"name": "br0\nKind=dummy"}, "it must have at most 15 characters: letters"),
    ({"name": "br0", "mtu": 67}, "virtual_switch_bridges[0].mtu = 67: it must be a number from 68 to 65535"),
    ({"name": "br0", "mtu": "many"}, "it must be a number"),
    ({"name": "br0", "mtu": 9600, "ports": ["eth1"]}, "ports[0] = 9600: its MTU can be at most 9216"),
    ({"name": "br0", "group_fwd_mask": 0x4004}, "group_fwd_mask = 16388: bits 0 to 2 are STP, pause frames and LACP"),
    ({"name": "br0", "group_fwd_mask": 65536}, "from 0 to 65535"),
    ({"name": "br0", "default_pvid": 4095}, "default_pvid = 4095: it must be a number from 0 to 4094"),
    ({"name": "br0", "ports": ["eth1:1"]}, "ports[0] = 'eth1:1': it must have at most 15"),
    ({"name": "br0", "ports": [{"name": "eth1", "tag": 4}]},
     "ports[0].tag = 4: there is no such key. Its keys are name, vlans, pvid."),
    ({"name": "br0", "ports": [{"vlans": [4]}]}, "virtual_switch_bridges[0].ports[0].name: it is missing."),
    ({"name": "br0", "ports": [{"name": "eth1", "vlans": [4]}]}, "br0 does not filter VLANs"),
    ({**FILTERING, "ports": [{"name": "eth1", "vlans": [0]}]}, "ports[0].vlans = [0]: VLAN IDs are numbers from 1"),
    ({**FILTERING, "ports": [{"name": "eth1", "vlans": ["4000-4095"]}]}, "VLAN IDs are numbers from 1 to 4094"),
    ({**FILTERING, "ports": [{"name": "eth1", "vlans": "all"}]}, "Write a list such as [10, 20-29]"),
    ({**FILTERING, "ports": [{"name": "eth1", "pvid": 4095}]}, "ports[0].pvid = 4095"),
    ({"name": "br0", "ports": ["eth9"]}, "ports[0] = 'eth9': this host has no such network interface"),
    ({"name": "br0", "ports": ["eth0"]}, "the default route of the host uses it"),
    ({"name": "br0", "ports": ["lo"]}, "it is the loopback of the host"),
    ({"name": "br0", "ports": ["eth1", "eth1"]}, "eth1 is already in virtual_switch_bridges[0]"),
    ({"name": "eth1"}, "the host has a link of this name that this role did not create"),
    ({"name": "eth1", "state": "absent"}, "that this role did not create"),
])
def test_refused(wanted: Dict, told: str) -> None:
    found = refused(wanted)
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(("wanted", "told"), [
    ({"name": "ovs0", "ports": [{"name": "eth1", "tag": 10, "trunks": [20]}]}, "access port (tag) or a trunk"),
    ({"name": "ovs0", "ports": [{"name": "eth1", "tag": 0}]}, "virtual_switch_ovs_bridges[0].ports[0].tag = 0"),
    ({"name": "ovs0", "ports": [{"name": "eth1", "trunks": [5000]}]}, "ports[0].trunks = [5000]"),
    ({"name": "ovs0", "ports": [{"name": "p2", "type": "vxlan"}]}, "ports[0].type = 'vxlan'"),
    ({"name": "ovs0", "ports": [{"name": "eth1", "type": "internal"}]}, "cannot be created"),
    ({"name": "ovs0", "ports": ["eth0"]}, "the default route of the host uses it"),
    ({"name": "ovs1", "ports": ["eth2"]}, "it is a port of ovs0"),
    ({"name": "eth1"}, "did not create"),
    ({"name": "int", "state": "absent"}, "did not create"),
    ({"name": "ovs0", "state": "absent"}, "cannot be removed while it is used by vnet0"),
])
def test_refused_of_open_vswitch(wanted: Dict, told: str) -> None:
    found = refused(ovs=[wanted], on=host(link("ovs0"), link("int"), link("vnet0"), ovs=OVS))
    assert len(found) == 1
    assert told in found[0]


def test_a_port_has_one_place() -> None:
    assert "eth1 is already in virtual_switch_bridges[0]" in refused(
        {"name": "br0", "ports": ["eth1"]}, ovs=[{"name": "ovs0", "ports": ["eth1"]}])[0]


@pytest.mark.parametrize(("found", "told"), [
    (link("eth1", addr_info=[{"local": "198.51.100.1", "scope": "global"}]), "the host's address 198.51.100.1"),
    (link("eth1", master="bond0"), "it is a port of bond0"),
    (bridge("eth1"), "it is a bridge itself"),
    (link("tap", link="eth1", linkinfo={"info_kind": "macvtap"}), "tap is on it"),
])
def test_a_port_that_is_in_use(found: Dict, told: str) -> None:
    assert told in refused({"name": "br0", "ports": ["eth1"]}, on=host(found))[0]


def test_a_default_route_over_two_links() -> None:
    routes = [{"dst": "default", "nexthops": [{"dev": "eth1"}, {"dev": "eth2"}]}]
    assert "default route" in refused({"name": "br0", "ports": ["eth2"]}, on=host(routes6=routes))[0]


def test_an_address_that_every_link_has_does_not_matter() -> None:
    local = link("eth1", addr_info=[{"local": "fe80::1", "scope": "link"}])
    assert refused({"name": "br0", "ports": ["eth1"]}, on=host(local)) == []


def test_a_bridge_with_guests_stays() -> None:
    on = host(bridge(), link("eth1", master="br0"), link("vnet0", master="br0"), own=OWN)
    assert "while it is used by vnet0" in refused({"name": "br0", "state": "absent"}, on=on)[0]


@pytest.mark.parametrize(("more", "told"), [
    ({"units": ""}, "none of systemd-networkd, NetworkManager and ifupdown2 runs"),
    ({"units": NETWORKD + NETWORKMANAGER}, "networkd and networkmanager run on this host"),
    ({"asked": "networkmanager"}, "'networkmanager': it does not run on this host. This host has networkd."),
    ({"units": unit("systemd-networkd.service", enabled=False)}, "systemctl enable systemd-networkd.service"),
    ({"units": f"\nIfreload={IFUPDOWN2}"}, "none of systemd-networkd"),
    ({"units": f"\nSourced={IFUPDOWN2}"}, "source /etc/network/interfaces.d/*"),
])
def test_nobody_to_bring_it_back(more: Dict, told: str) -> None:
    assert told in refused({"name": "br0"}, on=host(**more))[0]


def test_ifupdown2_has_one_bridge_that_filters_vlans() -> None:
    assert "multiple_vlan_aware_bridge_support=1" in refused(
        FILTERING, {**FILTERING, "name": "br1"}, on=host(units=IFUPDOWN2))[0]
    assert refused(FILTERING, {"name": "br1"}, on=host(units=IFUPDOWN2)) == []


def test_open_vswitch_with_links_of_its_own_needs_nobody() -> None:
    assert refused(ovs=[{"name": "ovs1", "ports": [{"name": "p1", "type": "internal"}]}], on=host(units="")) == []


def test_networkmanager_has_only_nics() -> None:
    on = host(link("eth1", linkinfo={"info_kind": "veth"}), units=NETWORKMANAGER)
    assert "it is a veth" in refused({"name": "br0", "ports": ["eth1"]}, on=on)[0]


@pytest.mark.parametrize("more", [{"version": "252.39-1~deb12u1"}, {"units": NETWORKMANAGER}])
def test_a_manager_that_leaves_ports_in_the_default_vlan(more: Dict) -> None:
    ports, on = [{"name": "eth1", "pvid": 10}], host(**more)
    assert "would also leave the port in VLAN 1" in refused({**FILTERING, "ports": ports}, on=on)[0]
    assert refused({**FILTERING, "default_pvid": 0, "ports": ports}, on=on) == []
    assert refused({**FILTERING, "ports": [{"name": "eth1", "vlans": [10]}]}, on=on) == []
