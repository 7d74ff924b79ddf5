# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role virtual_switch refuses, and what it finds to do on hosts of all kinds."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import virtual_switch_plan, vlan_ids, vlan_ranges
from ansible_collections.nfv.kvm.plugins.filter.virtual_switch_ovs import virtual_switch_ovs_plan
from ansible_collections.nfv.kvm.plugins.filter.virtual_switch_refused import virtual_switch_refused

Dict = dict[str, t.Any]
NOTE = "# Written by nfv.kvm's role virtual_switch: bridge"
OWN = [f"/etc/systemd/network/05-nfv-kvm-br0.netdev:{NOTE} br0",
       f"/etc/systemd/network/05-nfv-kvm-br0.network:{NOTE} br0",
       f"/etc/systemd/network/05-nfv-kvm-eth1.network:{NOTE} br0 port eth1"]


def link(name: str, **more: t.Any) -> Dict:
    return {"ifname": name, "flags": ["UP"], "mtu": 1500, "max_mtu": 9216, "addr_info": [], **more}


def bridge(name: str = "br0", **info: t.Any) -> Dict:
    found = {"vlan_filtering": 0, "vlan_default_pvid": 1, "mcast_snooping": 1, "group_fwd_mask": "0", **info}
    return link(name, linkinfo={"info_kind": "bridge", "info_data": found})


def unit(name: str, active: bool = True, enabled: bool = True) -> str:
    return f"\n\nId={name}\nActiveState={'' if active else 'in'}active\nUnitFileState={'en' if enabled else 'dis'}abled"


NETWORKD = unit("systemd-networkd.service")
NETWORKMANAGER = unit("NetworkManager.service")
IFUPDOWN2 = unit("networking.service")


def host(*links: Dict, units: str = NETWORKD, version: str = "257.9-1~deb13u1", **more: t.Any) -> Dict:
    """A host whose eth0 is its way out, with the free links eth1 and eth2; bridges are in their default VLAN."""
    told = f"Ifreload=/usr/sbin/ifreload\nSourced=source x\nSeveral=\nVersion={version}{units}"
    eth0 = link("eth0", addr_info=[{"local": "192.0.2.1", "scope": "global"}])
    found = {each["ifname"]: each for each in [link("lo", flags=["LOOPBACK"]), eth0, link("eth1"), link("eth2")]}
    defaults = {each["ifname"]: each["linkinfo"].get("info_data", {}).get("vlan_default_pvid")
                for each in links if "linkinfo" in each}
    vlans = [{"ifname": name, "vlans": [{"vlan": vlan, "flags": ["PVID", "Egress Untagged"]}]}
             for name, vlan in defaults.items() if vlan]
    return {
        "links": list({**found, **{each["ifname"]: each for each in links}}.values()),
        "routes": [{"dst": "default", "dev": "eth0"}], "routes6": [], "own": [], "ovs": [],
        "asked": "auto", "units": told, **more, "vlans": more.get("vlans", []) + vlans,
    }


Rows = t.Sequence[Dict]


def tables(bridges: Rows = (), ports: Rows = (), interfaces: Rows = ()) -> list[str]:
    """What ovs-vsctl tells of rows."""
    said = []
    for rows in (bridges, ports, interfaces):
        headings = sorted({key for row in rows for key in row})
        said.append(json.dumps({"headings": headings, "data": [[row.get(key) for key in headings] for row in rows]}))
    return said


EMPTY, OURS, THEIRS = ["set", []], ["map", [["nfv-kvm", "virtual_switch"]]], ["map", []]


def ovs_port(name: str, ids: t.Any = None, **more: t.Any) -> Dict:
    return {"_uuid": ["uuid", f"u-{name}"], "name": name, "tag": EMPTY, "trunks": EMPTY, "vlan_mode": EMPTY,
            "external_ids": ids or OURS, **more}


def ovs_interface(name: str, **more: t.Any) -> Dict:
    return {"name": name, "type": "", "mtu_request": EMPTY, "error": EMPTY, **more}


OVS = tables(
    [{"name": "ovs0", "ports": ["set", [["uuid", f"u-{name}"] for name in ("ovs0", "eth2", "p1", "vnet0")]],
      "external_ids": OURS},
     {"name": "int", "ports": ["uuid", "u-int"], "external_ids": THEIRS}],
    [ovs_port("ovs0", THEIRS), ovs_port("eth2", tag=10), ovs_port("p1", trunks=["set", [10, 20]]),
     ovs_port("vnet0", THEIRS), ovs_port("int", THEIRS)],
    [ovs_interface("ovs0", type="internal"), ovs_interface("eth2"), ovs_interface("p1", type="internal"),
     ovs_interface("vnet0"), ovs_interface("int", type="internal")],
)


def refused(*bridges: Dict, ovs: t.Sequence[Dict] = (), on: Dict | None = None) -> list[str]:
    return virtual_switch_refused(list(bridges), list(ovs), on or host())


def plan(*bridges: Dict, ovs: t.Sequence[Dict] = (), on: Dict | None = None) -> Dict:
    assert refused(*bridges, ovs=ovs, on=on) == []
    return virtual_switch_plan(list(bridges), list(ovs), on or host())


def steps(*bridges: Dict, on: Dict | None = None) -> list[str]:
    return [" ".join(step) for step in plan(*bridges, on=on)["steps"]]


FILTERING = {"name": "br0", "vlan_filtering": True}


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
    ({"name": "br0", "ports": [{"name": "eth1", "tag": 4}]}, "it has tag. A port has name, pvid, vlans"),
    ({"name": "br0", "ports": [{"vlans": [4]}]}, "it has no name"),
    ({"name": "br0", "ports": [{"name": "eth1", "vlans": [4]}]}, "br0 does not filter VLANs"),
    ({**FILTERING, "ports": [{"name": "eth1", "vlans": [0]}]}, "ports[0].vlans = [0]: VLANs are numbers from 1"),
    ({**FILTERING, "ports": [{"name": "eth1", "vlans": ["4000-4095"]}]}, "VLANs are numbers from 1 to 4094"),
    ({**FILTERING, "ports": [{"name": "eth1", "vlans": "all"}]}, "List them as in [10, 20-29]"),
    ({**FILTERING, "ports": [{"name": "eth1", "pvid": 4095}]}, "ports[0].pvid = 4095"),
    ({"name": "br0", "ports": ["eth9"]}, "ports[0] = 'eth9': this host has no such network interface"),
    ({"name": "br0", "ports": ["eth0"]}, "the host's default route leaves by it"),
    ({"name": "br0", "ports": ["lo"]}, "it is the host's loopback"),
    ({"name": "br0", "ports": ["eth1", "eth1"]}, "eth1 is in virtual_switch_bridges[0] already"),
    ({"name": "eth1"}, "the host has a link of this name that this role has not made"),
    ({"name": "eth1", "state": "absent"}, "that this role has not made"),
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
    ({"name": "ovs0", "ports": [{"name": "eth1", "type": "internal"}]}, "cannot be made"),
    ({"name": "ovs0", "ports": ["eth0"]}, "the host's default route leaves by it"),
    ({"name": "ovs1", "ports": ["eth2"]}, "it is a port of ovs0"),
    ({"name": "eth1"}, "has not made"),
    ({"name": "int", "state": "absent"}, "has not made"),
    ({"name": "ovs0", "state": "absent"}, "cannot go while others use it: vnet0"),
])
def test_refused_of_open_vswitch(wanted: Dict, told: str) -> None:
    found = refused(ovs=[wanted], on=host(link("ovs0"), link("int"), link("vnet0"), ovs=OVS))
    assert len(found) == 1
    assert told in found[0]


def test_a_port_has_one_place() -> None:
    assert "eth1 is in virtual_switch_bridges[0] already" in refused(
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
    assert "while others use it: vnet0" in refused({"name": "br0", "state": "absent"}, on=on)[0]


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


def test_one_of_several_managers() -> None:
    on = host(units=NETWORKD + NETWORKMANAGER, asked="networkmanager")
    assert plan({"name": "br0"}, on=on)["manager"] == "networkmanager"


def test_networkmanager_has_only_nics() -> None:
    on = host(link("eth1", linkinfo={"info_kind": "veth"}), units=NETWORKMANAGER)
    assert "it is a veth" in refused({"name": "br0", "ports": ["eth1"]}, on=on)[0]


@pytest.mark.parametrize("more", [{"version": "252.39-1~deb12u1"}, {"units": NETWORKMANAGER}])
def test_a_manager_that_leaves_ports_in_the_default_vlan(more: Dict) -> None:
    ports, on = [{"name": "eth1", "pvid": 10}], host(**more)
    assert "would leave the port in VLAN 1 as well" in refused({**FILTERING, "ports": ports}, on=on)[0]
    assert refused({**FILTERING, "default_pvid": 0, "ports": ports}, on=on) == []
    assert refused({**FILTERING, "ports": [{"name": "eth1", "vlans": [10]}]}, on=on) == []


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
    assert [port["name"] for port in files[0]["bridge"]["ports"]] == ["eth1"]


def transaction(*bridges: Dict, said: list[str] | None = None) -> list[str]:
    words = " ".join(virtual_switch_ovs_plan(list(bridges), OVS if said is None else said)["steps"])
    return words.removeprefix("-- ").split(" -- ") if words else []


def test_a_new_bridge_of_open_vswitch() -> None:
    ports = [{"name": "eth1", "tag": 10}, {"name": "p1", "type": "internal", "trunks": ["10-12"]}]
    mark = "external_ids:nfv-kvm=virtual_switch"
    assert transaction({"name": "ovs1", "ports": ports, "mtu": 9000}, said=[]) == [
        "add-br ovs1", f"set Bridge ovs1 {mark}",
        "add-port ovs1 eth1", f"set Port eth1 {mark}", "set Port eth1 tag=10",
        "add-port ovs1 p1", f"set Port p1 {mark}", "set Interface p1 type=internal", "set Port p1 trunks=10,11,12",
        *(f"set Interface {name} mtu_request=9000" for name in ("ovs1", "eth1", "p1")),
    ]


def test_a_bridge_of_open_vswitch_that_is_so() -> None:
    ports = [{"name": "eth2", "tag": 10}, {"name": "p1", "type": "internal", "trunks": [20, 10]}]
    assert transaction({"name": "ovs0", "ports": ports}) == []


def test_ports_of_open_vswitch_that_are_otherwise() -> None:
    assert transaction({"name": "ovs0", "ports": [{"name": "eth2", "trunks": [10]}]}) == [
        "del-port ovs0 p1", "clear Port eth2 tag", "set Port eth2 trunks=10"]


def test_a_bridge_of_open_vswitch_that_goes() -> None:
    assert transaction({"name": "ovs0", "state": "absent"}, {"name": "ovs9", "state": "absent"}) == ["del-br ovs0"]


def test_what_open_vswitch_could_not_make() -> None:
    said = tables([{"name": "ovs0", "ports": ["uuid", "u-eth1"], "external_ids": OURS}], [ovs_port("eth1")],
                  [ovs_interface("eth1", error="could not open network device eth1")])
    found = virtual_switch_ovs_plan([{"name": "ovs0", "ports": ["eth1"]}], said)
    assert found["failed"] == ["eth1: could not open network device eth1"]


def test_flow_exports_on_and_off() -> None:
    on = {"targets": ["192.0.2.9:6343"]}
    wanted = [{"name": "ovs0", "sflow": on, "ipfix": {}}, {"name": "new", "sflow": on}]
    assert virtual_switch_ovs_plan(wanted, OVS)["exports"] == [
        {"bridge": "ovs0", "state": "present", "sflow": on}, {"bridge": "ovs0", "state": "absent", "ipfix": {}}]


def test_ranges_there_and_back() -> None:
    assert vlan_ids([7, "1-3", "5"]) == [1, 2, 3, 5, 7]
    assert vlan_ids(["10 - 12", " 20", "30-31 ", " 40 -41\n"]) == [10, 11, 12, 20, 30, 31, 40, 41]
    assert vlan_ranges([7, 1, 2, 3, 5]) == ["1-3", "5", "7"]
