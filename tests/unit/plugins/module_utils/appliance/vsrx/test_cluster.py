# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chassis clusters of vSRX: their configuration is read again, and each of their rules is violated once."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.vsrx.test_refused import (
    FILTERS,
    FXP0,
    VIRTIO,
    all_told,
    all_warnings,
    port,
    settings,
    vf,
)

Dict = dict[str, t.Any]

RETHS = [{"name": "reth0", "members": ["ge-0/0/1", "ge-7/0/1"]},
         {"name": "reth1", "members": ["ge-0/0/2", "ge-7/0/2"], "redundancy_group": 2}]
CLUSTER: Dict = {"id": 1, "node": 0, "control": {"bridge": "br-control"}, "fabric": {"bridge": "br-fabric"},
                 "reths": RETHS}
UNTRUSTED = {**CLUSTER, "trust": False}
FABRIC = """
set interfaces fab0 fabric-options member-interfaces ge-0/0/0
set interfaces fab1 fabric-options member-interfaces ge-7/0/0
"""
WHOLE = f"""
set chassis cluster reth-count 2
set chassis cluster redundancy-group 0 node 0 priority 200
set chassis cluster redundancy-group 0 node 1 priority 100
set chassis cluster redundancy-group 1 node 0 priority 200
set chassis cluster redundancy-group 1 node 1 priority 100
set chassis cluster redundancy-group 2 node 0 priority 200
set chassis cluster redundancy-group 2 node 1 priority 100
set interfaces ge-0/0/1 gigether-options redundant-parent reth0
set interfaces ge-7/0/1 gigether-options redundant-parent reth0
set interfaces ge-0/0/2 gigether-options redundant-parent reth1
set interfaces ge-7/0/2 gigether-options redundant-parent reth1
set interfaces reth0 redundant-ether-options redundancy-group 1
set interfaces reth1 redundant-ether-options redundancy-group 2
{FABRIC}
"""
WITHOUT_TRUST = """
set chassis cluster use-active-child-mac-on-reth
set chassis cluster use-actual-mac-on-physical-interfaces
"""


def text_of(given: Dict, config: str = "") -> str:
    return str(FILTERS["vsrx_cluster_config"](given, config))


def cluster(**changes: t.Any) -> Dict:
    return settings(cluster={**CLUSTER, **changes})


def without_trust(**changes: t.Any) -> Dict:
    return settings(**{"cluster": UNTRUSTED, **changes})


@pytest.mark.parametrize(("given", "expected"), [
    (CLUSTER, WHOLE),
    (UNTRUSTED, WHOLE + WITHOUT_TRUST),
    ({**CLUSTER, "trust": "no"}, WHOLE + WITHOUT_TRUST),
    ({**CLUSTER, "node": 1}, WHOLE),
    ({"id": 1}, FABRIC + """
        set chassis cluster redundancy-group 0 node 0 priority 200
        set chassis cluster redundancy-group 0 node 1 priority 100"""),
    ({"reths": [{"name": "reth3", "members": []}], "redundancy_groups": [
        {"id": 0, "priorities": [10, 20]}, {"id": "1", "priorities": [30, 40]}]}, FABRIC + """
        set chassis cluster reth-count 4
        set chassis cluster redundancy-group 0 node 0 priority 10
        set chassis cluster redundancy-group 0 node 1 priority 20
        set chassis cluster redundancy-group 1 node 0 priority 30
        set chassis cluster redundancy-group 1 node 1 priority 40
        set interfaces reth3 redundant-ether-options redundancy-group 1"""),
    ({}, ""),
])
def test_configuration(given: Dict, expected: str) -> None:
    text = text_of(given)
    assert junos.parse(text) == junos.parse(expected)
    assert not junos.is_commands(text)


@pytest.mark.parametrize(("reths", "config", "count"), [
    ([{"name": "reth0"}], "interfaces { reth2 { unit 0; } ge-0/0/1; }", "3"),
    ([{"name": "reth4"}], "interfaces { reth2 { unit 0; } }", "5"),
    ([{"name": "reth0"}], "chassis { cluster { reth-count 8; } }", "8"),
    ([], "interfaces { reth0 { unit 0; } }", "1"),
])
def test_reths_of_the_configuration_count(reths: list[Dict], config: str, count: str) -> None:
    tree = junos.parse(text_of({"reths": reths}, config))
    assert [path[-1] for path in junos.find(tree, "chassis", "cluster", "reth-count", "*")] == [count]


def test_how_it_is_written() -> None:
    assert text_of({"trust": False}) == """\
chassis {
    cluster {
        use-active-child-mac-on-reth;
        use-actual-mac-on-physical-interfaces;
        redundancy-group 0 {
            node 0 priority 200;
            node 1 priority 100;
        }
    }
}
interfaces {
    fab0 {
        fabric-options {
            member-interfaces {
                ge-0/0/0;
            }
        }
    }
    fab1 {
        fabric-options {
            member-interfaces {
                ge-7/0/0;
            }
        }
    }
}
"""


@pytest.mark.parametrize("given", [
    cluster(),
    cluster(node=1),
    cluster(node="0", id="255"),
    cluster(reths=[]),
    cluster(reths=[{"name": "reth0", "members": ["ge-0/0/1", "ge-0/0/2", "ge-7/0/1", "ge-7/0/2"]}]),
    cluster(redundancy_groups=[{"id": 1, "priorities": [100, 254]}]),
    settings(cluster=CLUSTER, pfs=[{"pf": "eno2", "vfs": [{"index": "5-7", "trust": False}]}]),
    settings(cluster=CLUSTER, pfs=[{"pf": "eno2", "vfs": [{"index": 0, "trust": "yes"}]}]),
    settings(cluster=UNTRUSTED, pfs=[{"pf": "eno2", "vfs": [{"index": 0, "trust": False}]}]),
    # a trusted VF as the fabric link
    settings(cluster={**CLUSTER, "fabric": {}}, interfaces=[FXP0, vf(), vf(number=1), vf(number=2)]),
    # reths that only juniper.conf has
    settings(cluster={**CLUSTER, "reths": []}, config="""
        interfaces { ge-0/0/1 { gigether-options { redundant-parent reth0; } }
                     ge-7/0/1 { gigether-options { redundant-parent reth0; } } }"""),
    settings(cluster=CLUSTER, config="security { nat { proxy-arp { interface reth0.0 { address 10.0.0.9; } } } }"),
    without_trust(),
    without_trust(release="19.4R1"),
    without_trust(config="interfaces { reth0 { unit 0 { proxy-arp; } } }"),
    without_trust(config="chassis { cluster { use-active-child-mac-on-reth; } }"),
])
def test_what_is_right(given: Dict) -> None:
    assert all_told(given) == []


@pytest.mark.parametrize(("given", "expected"), [
    (cluster(id=0), "vsrx_cluster.id = 0: it must be a number from 1 to 255"),
    (cluster(id=256), "vsrx_cluster.id = 256"),
    (cluster(id=None), "vsrx_cluster.id: it is missing. Give each cluster"),
    (cluster(hosts=["kvm1"]), "vsrx_cluster.hosts = ['kvm1']: a cluster has two nodes"),
    (cluster(hosts=["kvm1", "kvm1"]), "vsrx_cluster.hosts = ['kvm1', 'kvm1']: a cluster has two nodes"),
    (cluster(hosts="kvm1"), "vsrx_cluster.hosts = 'kvm1': it must be a list"),
    (cluster(node=2), "vsrx_cluster.node = 2: it must be a number from 0 to 1"),
    (cluster(node=None), "vsrx_cluster.node: it is missing. Give each of the two hosts its node, 0 or 1"),
    (cluster(reths=[{"name": "ae0", "members": ["ge-0/0/1", "ge-7/0/1"]}]), "vsrx_cluster.reths[0].name = 'ae0'"),
    (cluster(reths=[{"name": "reth0", "members": []}]), "reth0: it has no members"),
    (cluster(reths=[{**RETHS[0], "redundancy_group": 0}]), "vsrx_cluster.reths[0].redundancy_group = 0"),
    (cluster(redundancy_groups=[{"id": 129, "priorities": [1, 2]}]), "vsrx_cluster.redundancy_groups[0].id = 129"),
    (cluster(redundancy_groups=[{"id": 1, "priorities": [255, 2]}]), "vsrx_cluster.redundancy_groups[0].priorities"),
    (cluster(redundancy_groups=[{"id": 1, "priorities": [1]}]), "it must be two numbers from 1 to 254"),
    # links
    (cluster(control={}), "vsrx_cluster.control.bridge: it is missing"),
    (cluster(fabric={"ports": ["eno5"]}), "vsrx_cluster.fabric.bridge: it is missing, and there are ports"),
    (cluster(control=None), "vsrx_cluster.control.bridge: it is missing"),
    (cluster(fabric={"bridge": "br-control"}),
     "vsrx_cluster.fabric.bridge = 'br-control': it is that of the control link"),
    (settings(cluster={**CLUSTER, "fabric": {}, "reths": []}, interfaces=[FXP0]),
     "fabric link = 'ge-0/0/0': this node has no such NIC"),
    (settings(cluster=CLUSTER, interfaces=[]), "vsrx_interfaces: it is empty"),
    # members
    (cluster(reths=[{"name": "reth0", "members": ["ge-0/0/0", "ge-7/0/0"]}]),
     "reth0 = 'ge-0/0/0': this is a member of the fabric link"),
    (cluster(reths=[{"name": "reth0", "members": ["ge-0/0/9", "ge-7/0/9"]}]),
     "reth0 = 'ge-0/0/9': this node has no such NIC. It has ge-0/0/0, ge-0/0/1, ge-0/0/2"),
    (cluster(node=1, reths=[{"name": "reth0", "members": ["ge-0/0/9", "ge-7/0/9"]}]), "reth0 = 'ge-7/0/9'"),
    (cluster(reths=[{"name": "reth0", "members": ["em0", "fxp0"]}]), "reth0 = 'em0': this is not a port of a vSRX"),
    (cluster(reths=[{"name": "reth0", "members": ["ge-0/0/1"]}]), "node 0 has 1 of its members and node 1 0"),
    (cluster(reths=[RETHS[0], {"name": "reth1", "members": RETHS[0]["members"]}]),
     "ge-0/0/1 = ['reth0', 'reth1']: an interface is a member of one reth at most"),
    (settings(cluster=CLUSTER, config=port("gigether-options { redundant-parent reth1; }", "ge-0/0/1")),
     "ge-0/0/1 = ['reth1', 'reth0']"),
    (settings(cluster=CLUSTER, config="set system host-name edge"), "vsrx_config: it has set commands"),
    # with trust
    (settings(cluster=CLUSTER, interfaces=[FXP0, vf(vf={"trust": False}), vf(number=1)]),
     "vsrx_interfaces, vf of ge-0/0/1 = {'trust': False}"),
    (settings(cluster=CLUSTER, interfaces=[FXP0, vf(), vf(number=1, vf={"spoofchk": True})]),
     "vsrx_interfaces, vf of ge-0/0/2 = {'spoofchk': True}"),
    (settings(cluster=CLUSTER, pfs=[{"pf": "eno2", "vfs": [{"index": "0-3", "trust": False}]}]),
     "vsrx_pfs, eno2, VF 0-3 = {'trust': False}"),
    (settings(cluster=CLUSTER, config="chassis { cluster { use-active-child-mac-on-reth; } }"),
     "'chassis cluster use-active-child-mac-on-reth': this is for VFs that are not trusted"),
    (settings(cluster=CLUSTER, config="chassis { cluster { use-actual-mac-on-physical-interfaces; } }"),
     "this is for VFs that are not trusted"),
    # without trust
    (without_trust(release="19.3R3"), "vsrx_cluster.trust = False: a cluster of VFs without trust needs Junos 19.4R1"),
    (without_trust(release="15.1X49-D100"), "needs Junos 19.4R1 or later, and this is 15.1X49-D100"),
    (without_trust(cluster={**UNTRUSTED, "fabric": {}}, interfaces=[FXP0, vf(), vf(number=1), vf(number=2)]),
     "vsrx_interfaces, ge-0/0/0 = 'hostdev': a cluster of VFs without trust has SR-IOV on revenue ports only"),
    (without_trust(interfaces=[FXP0, vf(), VIRTIO]), "vsrx_interfaces, ge-0/0/2 = 'bridge': a cluster of VFs without "
     "trust needs SR-IOV on all revenue ports"),
    (without_trust(cluster={**UNTRUSTED, "reths": [
        {"name": "reth0", "members": ["ge-0/0/1", "ge-0/0/2", "ge-7/0/1", "ge-7/0/2"]}]}),
     "reth0 = ['ge-0/0/1', 'ge-0/0/2']: a cluster of VFs without trust has one port of each node in a reth at most"),
    (without_trust(config="security { nat { proxy-arp { interface reth0.0 { address 10.0.0.9; } } } }"),
     "vsrx_config = 'security nat proxy-arp': a cluster of VFs without trust sends no gratuitous ARP"),
    # VFs whose PF has a driver that is not one's own
    (settings(cluster=CLUSTER, pf_driver_controlled=False), "vsrx_cluster = 1: vSRX has high availability, but not"),
    # a MAC of a reth of VFs
    (settings(cluster=CLUSTER, config=port("mac 00:11:22:33:44:55;", "reth0")), "reth0 is a VF"),
])
def test_what_is_wrong(given: Dict, expected: str) -> None:
    assert expected in " ".join(all_told(given))


def test_the_mac_of_a_reth_without_trust_is_told() -> None:
    assert [each.split(",")[0] for each in all_warnings(without_trust())] == ["vsrx_cluster: without trust"]


def test_trust_that_no_pf_keeps_over_a_reboot_is_told() -> None:
    kept = {**cluster(), "pfs": [{"pf": "eno2"}]}
    assert all_warnings(kept) == []
    by_address = {"type": "hostdev", "source": {"pci_address": "0000:02:10.2"}}
    found = all_warnings({**kept, "interfaces": [FXP0, vf(), by_address]})
    assert [each for each in found if each.startswith("vsrx_interfaces: the trust of ge-0/0/2 is lost")]


WORD = st.text("reth0123ge-/;{}\"[ \n", max_size=12)


@any_of(name=WORD, members=st.lists(WORD, max_size=4), value=st.none() | st.integers() | WORD, trust=st.booleans())
def test_any_names_are_taken(name: str, members: list[str], value: t.Any, trust: bool) -> None:
    found = all_told(cluster(
        id=value, node=value, trust=trust, reths=[{"name": name, "members": members, "redundancy_group": value}],
        redundancy_groups=[{"id": value, "priorities": [value, value]}]))
    assert all(each.endswith(".") for each in found)
