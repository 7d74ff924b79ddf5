# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vSRX may be: each restriction of Juniper's guide is violated once, and what is right passes."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.filter.vsrx import FilterModule

Dict = dict[str, t.Any]

FILTERS = FilterModule().filters()
ROLES = Path(__file__).parents[6] / "roles"
SIZES = yaml.safe_load((ROLES / "vsrx/defaults/main.yml").read_text())["vsrx_sizes"]
FXP0 = {"type": "bridge", "source": {"bridge": "br-mgmt"}}
VIRTIO = {"type": "bridge", "source": {"bridge": "br-lan"}}


def vf(pf: str = "eno2", number: int = 0, **more: t.Any) -> Dict:
    return {"type": "hostdev", "source": {"pf": pf, "vf": number}, **more}


def settings(**changes: t.Any) -> Dict:
    return {"release": "21.4R3", "vcpus": 2, "memory": 4096, "sizes": SIZES, "interfaces": [FXP0, vf(), vf(number=1)],
            "pfs": [], "speeds": {}, "config": "", "cluster": {}, "pf_driver_controlled": True, **changes}


def all_told(given: Dict) -> list[str]:
    """What is refused."""
    return t.cast("list[str]", FILTERS["vsrx_refused"](given))


def all_warnings(given: Dict) -> list[str]:
    return t.cast("list[str]", FILTERS["vsrx_warnings"](given))


def port(words: str, name: str = "ge-0/0/0") -> str:
    return f"interfaces {{ {name} {{ {words} }} }}"


@pytest.mark.parametrize("changes", [
    {},
    {"interfaces": []},
    {"interfaces": [{**FXP0, "name": "fxp0"}, vf(name="ge-0/0/0")]},
    {"vcpus": "5", "memory": "8192"},
    {"memory": 6144},
    {"vcpus": 17, "memory": 32768, "release": "18.4R1"},
    {"release": "15.1X49-D15"},
    {"vcpus": 1, "memory": 512, "sizes": [{"vcpus": 1, "memory": 512}]},
    # speeds
    {"interfaces": [FXP0, vf("eno1"), vf("eno2"), vf("eno3"), vf("eno4")],
     "speeds": {"eno1": "1000", "eno2": 10000, "eno3": 40000, "eno4": 100000}},
    {"interfaces": [FXP0, vf("eno2"), vf("eno1")], "speeds": {"eno2": 10000, "eno1": -1}},
    {"interfaces": [vf("eno2"), vf("eno1")], "speeds": {"eno2": 10000, "eno1": 1000}},
    # MACs that are none of a VF's
    {"config": port("mac 00:11:22:33:44:55;", "fxp0")},
    {"config": port("mac 00:11:22:33:44:55;", "ge-0/0/5")},
    {"config": port("unit 0 { family inet { address 10.0.0.1/24 { arp 10.0.0.2 mac 00:11:22:33:44:55; } } }")},
    {"config": port("inactive: mac 00:11:22:33:44:55;")},
    {"config": "interfaces { interface-range a { member ge-0/0/4; mac 00:11:22:33:44:55; } }"},
    # features, where there are no VFs, or the driver is one's own
    {"config": port("unit 0 { family inet6; }")},
    {"config": port("unit 0 { family inet6; }"), "pf_driver_controlled": False, "interfaces": [FXP0, VIRTIO]},
    {"config": port("unit 0 { family inet6; }", "fxp0"), "pf_driver_controlled": False},
    {"config": port("mtu 1518;"), "pf_driver_controlled": False},
    {"config": port("unit 0 { family inet { mtu 1500; } }"), "pf_driver_controlled": False},
    {"config": "protocols { pim; }", "pf_driver_controlled": False},
    {"config": "protocols { ospf; }", "pf_driver_controlled": False},
    {"config": "groups { a { protocols { ospf; pim; } } }", "pf_driver_controlled": False},
])
def test_what_is_right(changes: Dict) -> None:
    assert all_told(settings(**changes)) == []


@pytest.mark.parametrize(("changes", "expected"), [
    # sizes
    ({"release": "newest"}, "vsrx_release = 'newest': this is not a release of Junos"),
    ({"vcpus": 3}, "vsrx_vcpus = 3: vSRX 21.4R3 does not support this size. Its vCPUs and MiB of memory are 2/4096, "
     "5/8192"),
    ({"vcpus": "two"}, "vsrx_vcpus = 'two'"),
    ({"vcpus": 9, "memory": 16384, "release": "17.3R1"}, "which came with 18.4R1"),
    ({"vcpus": 5, "memory": 8192, "release": "15.1X49-D60"}, "which came with 15.1X49-D70 and 17.3R1"),
    ({"memory": 2048}, "vsrx_memory = 2048: vSRX 21.4R3 with 2 vCPUs has 4096 MiB"),
    ({"memory": 6144, "release": "18.4R1"}, "more only from 19.1R1 on"),
    # NICs
    ({"interfaces": [FXP0, {"source": {}}]}, "vsrx_interfaces[1].type: it is missing"),
    ({"interfaces": [FXP0, "eno2"]}, "vsrx_interfaces[1] = 'eno2'"),
    ({"interfaces": [FXP0, {"type": "bridge", "source": "br0"}]},
     "vsrx_interfaces[1].source = 'br0': it must be a dictionary"),
    ({"pfs": [{"numvfs": 4}]}, "vsrx_pfs[0].pf: it is missing"),
    ({"pfs": [{"pf": "eno2", "vfs": [{"index": "last"}]}]}, "vsrx_pfs[0].vfs[0].index = 'last'"),
    ({"interfaces": [FXP0, vf(name="ge-0/0/1")]},
     "vsrx_interfaces[1].name = 'ge-0/0/1': the appliance names its NICs in their order, and this one is ge-0/0/0. "
     "List the NICs"),
    ({"interfaces": [vf(name="ge-0/0/0"), FXP0]},
     "vsrx_interfaces[0].name = 'ge-0/0/0': the appliance names its NICs in their order, and this one is fxp0"),
    # the order of speeds
    ({"interfaces": [FXP0, vf("eno2"), vf("eno1")], "speeds": {"eno2": "10000", "eno1": "1000"}},
     "vsrx_interfaces, ge-0/0/1 = 'eno1': it has 1000 Mbit/s and comes after ge-0/0/0 with 10000"),
    ({"interfaces": [FXP0, vf("a"), vf("b"), vf("c")], "speeds": {"a": 100000, "c": 40000}}, "List it before ge-0/0/0"),
    ({"interfaces": [FXP0, vf("a"), {"type": "hostdev", "source": {"pci_address": "0000:01:10.0"}}],
      "speeds": {"a": 40000, "0000:01:10.0": 10000}}, "= '0000:01:10.0'"),
    # MACs
    ({"config": port("mac 00:11:22:33:44:55;")},
     "vsrx_config = 'interfaces ge-0/0/0 mac 00:11:22:33:44:55': ge-0/0/0 is a VF, and drops packets"),
    ({"config": "set interfaces ge-0/0/1 mac 00:11:22:33:44:55"}, "ge-0/0/1 is a VF"),
    ({"config": "groups { a { interfaces { <ge-*> { mac 00:11:22:33:44:55; } } } } apply-groups a;"},
     "ge-0/0/0 is a VF"),
    ({"config": "interfaces { interface-range a { member ge-0/0/*; mac 00:11:22:33:44:55; } }"}, "ge-0/0/1 is a VF"),
    ({"config": "interfaces { interface-range a { member-range ge-0/0/0 to ge-0/0/1; mac 00:11:22:33:44:55; } }"},
     "ge-0/0/1 is a VF"),
])
def test_what_is_wrong(changes: Dict, expected: str) -> None:
    assert expected in " ".join(all_told(settings(**changes)))


@pytest.mark.parametrize(("config", "feature"), [
    ("interfaces { irb { unit 0 { family inet; } } }", "IRB interfaces"),
    ("interfaces { vlan { unit 0; } }", "IRB interfaces"),
    ("vlans { a { l3-interface irb.0; } }", "IRB interfaces"),
    ("bridge-domains { a { routing-interface irb.0; } }", "IRB interfaces"),
    (port("unit 0 { family inet6 { address 2001:db8::1/64; } }"), "IPv6 addressing"),
    (port("unit 0 { family inet6; }", "lo0"), "IPv6 addressing"),
    ("set interfaces reth0 unit 0 family inet6 dhcpv6-client", "IPv6 addressing"),
    ("set interfaces reth0.0 family inet6 address 2001:db8::1/64", "IPv6 addressing"),
    (port("mtu 9192;"), "jumbo frames"),
    (port("mtu 1519;"), "jumbo frames"),
    (port("unit 0 { family inet { mtu 1501; } }"), "jumbo frames"),
    (port("unit 0 { family ethernet-switching; }"), "layer 2"),
    (port("unit 0 { family bridge { interface-mode access; } }"), "layer 2"),
    ("bridge-domains { a { vlan-id 10; } }", "layer 2"),
    ("vlans { a { vlan-id 10; } }", "layer 2"),
    ("chassis { cluster { reth-count 1; } }", "high availability"),
    ("protocols { l2-learning { global-mode switching; } }", "layer 2"),
    ("protocols { pim { interface all; } ospf { area 0.0.0.0; } }", "multicast beside OSPF or IPv6"),
    ("protocols { igmp { interface all; } ospf3; }", "multicast beside OSPF or IPv6"),
    ("routing-instances { a { protocols { pim; ospf; } } }", "multicast beside OSPF or IPv6"),
    (port("unit 0 { family inet6; }") + "protocols { pim; }", "multicast beside OSPF or IPv6"),
    ("security { forwarding-options { family { mpls { mode packet-based; } } } }", "packet mode"),
    ("set security forwarding-options family inet6 mode packet-based", "packet mode"),
    ("firewall { family inet { filter a { term b { then { packet-mode; accept; } } } } }", "packet mode"),
])
def test_without_a_driver_of_ones_own(config: str, feature: str) -> None:
    found = all_told(settings(config=config, pf_driver_controlled=False))
    assert any(f"vSRX has {feature}, but not with VFs of a PF whose driver" in each for each in found)
    assert not any(feature in each for each in all_told(settings(config=config)))
    assert all_told(settings(config=config, pf_driver_controlled="false", interfaces=[FXP0, VIRTIO])) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = all_told(settings(
        vcpus=3, config=port("mac 00:11:22:33:44:55; mtu 9000;") + "interfaces { irb; }", pf_driver_controlled=False,
        interfaces=[FXP0, vf("eno2"), vf("eno1")], speeds={"eno2": 10000, "eno1": 1000}))
    assert [each.split(" = ", maxsplit=1)[0] for each in found] == [
        "vsrx_vcpus", "vsrx_interfaces, ge-0/0/1", "vsrx_config", "vsrx_config", "vsrx_config"]


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, []),
    ({"interfaces": [FXP0, VIRTIO, VIRTIO]}, []),
    ({"interfaces": [FXP0, vf(), VIRTIO]}, ["vsrx_interfaces: ge-0/0/1 are not VFs although other revenue ports are"]),
    ({"interfaces": [FXP0] + [VIRTIO] * 11}, []),
    ({"interfaces": [FXP0] + [VIRTIO] * 12}, ["vsrx_interfaces: 13 NICs are more than the 12"]),
    ({"interfaces": [{**FXP0, "model": "e1000"}, vf()]}, ["vsrx_interfaces: fxp0 are of a model"]),
    ({"config": "set system host-name edge"}, ["vsrx_config: it has set commands"]),
    ({"interfaces": [FXP0, vf("eno1"), vf("eno2")], "speeds": {"eno1": 1000, "eno2": -1}},
     ["vsrx_interfaces: the speeds of ge-0/0/1 are not known"]),
    ({"interfaces": [FXP0, vf("eno1"), vf("eno2")], "speeds": {"eno1": 1000, "eno2": "10000"}}, []),
])
def test_warnings(changes: Dict, expected: list[str]) -> None:
    found = all_warnings(settings(**changes))
    assert len(found) == len(expected)
    assert all(each.startswith(words) for each, words in zip(found, expected))


@given(config=st.text(max_size=100), release=st.text(max_size=8), controlled=st.booleans())
def test_any_text_is_taken(config: str, release: str, controlled: bool) -> None:
    given = settings(config=config, release=release, pf_driver_controlled=controlled)
    assert isinstance(all_told(given), list)
    assert isinstance(all_warnings(given), list)
