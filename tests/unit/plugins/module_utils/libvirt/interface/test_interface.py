# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_interface on a libvirt that keeps state: end states, live and persistent, and refusals."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import fields

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.identity import generated_mac
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import interface_resource
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import OVS, QBG, Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeDomain
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:00:01"
BRIDGE: Result = {"name": "fxp0", "type": "bridge", "source": {"bridge": "br0"}, "model": "virtio"}
VF0: Result = {"name": "ge-0/0/0", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}, "vlan": {"tags": [100]}}
VF1: Result = {"name": "ge-0/0/1", "type": "hostdev", "source": {"pci_address": "0000:02:10.2"}}
NET: Result = {"name": "lan0", "type": "network", "source": {"network": "lan", "portgroup": "red"}}


def four_runs(lab: Lab, *interfaces: Result, **params: t.Any) -> Result:
    """Check, apply, check, apply: the first two agree, the last two change nothing. What the second returned."""
    before = lab.texts()
    predicted = lab.vm_interface(*interfaces, check_mode=True, **params)
    assert lab.texts() == before, "check mode changed the host"
    applied = lab.vm_interface(*interfaces, **params)
    assert not applied["failed"], applied
    assert predicted == applied
    after = lab.texts()
    for check_mode in (True, False):
        assert not lab.vm_interface(*interfaces, check_mode=check_mode, **params)["changed"]
    assert lab.texts() == after
    return applied


def told(result: Result, key: str) -> list[t.Any]:
    return [nic[key] for nic in result["interfaces"]]


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_exact_is_in_the_order_of_the_list(lab: Lab, machine: str) -> None:
    lab.domain(machine=machine)
    made = four_runs(lab, BRIDGE, VF0, VF1, NET, state="exact")
    slots = [f"0000:00:0{slot}.0" for slot in (4, 5, 6, 7)]
    buses = [f"0000:0{bus}:00.0" for bus in (2, 3, 4, 5)]
    assert told(made, "pci_address") == (slots if machine == "pc" else buses)
    assert told(made, "name") == ["fxp0", "ge-0/0/0", "ge-0/0/1", "lan0"]
    assert lab.libvirt.defined == 1, "all NICs come in one definition"
    turned = four_runs(lab, VF1, BRIDGE, NET, state="exact")
    assert told(turned, "name") == ["ge-0/0/1", "fxp0", "lan0"]
    assert told(turned, "pci_address") == sorted(told(turned, "pci_address"))
    assert told(turned, "mac") == [made["interfaces"][number]["mac"] for number in (2, 0, 3)]


def test_the_xml_of_each_type(lab: Lab) -> None:
    lab.domain()
    four_runs(lab, {**BRIDGE, "mac": "52-54-00-AA-00-01", "vlan": {"tags": [5, 6], "native": 6}, "mtu": 9000,
                    "link_state": "down", "address": "0000:00:08.0", "boot_order": 2}, VF0, NET)
    nics = [(nic.get("type"), nic.get("managed"), {found.tag: dict(found.attrib) for found in nic})
            for nic in lab.libvirt.found["a"].xml.findall("devices/interface")]
    bridge, hostdev, network = nics
    assert bridge == ("bridge", None, {
        "mac": {"address": "52:54:00:aa:00:01"}, "source": {"bridge": "br0"}, "model": {"type": "virtio"},
        "alias": {"name": "ua-fxp0"}, "vlan": {"trunk": "yes"}, "mtu": {"size": "9000"}, "link": {"state": "down"},
        "boot": {"order": "2"},
        "address": {"type": "pci", "domain": "0x0000", "bus": "0x00", "slot": "0x08", "function": "0x0"}})
    assert hostdev[:2] == ("hostdev", "yes")
    assert hostdev[2]["alias"] == {"name": "ua-ge-0_0_0"}
    assert network[2]["source"] == {"network": "lan", "portgroup": "red"}


def test_present_changes_only_what_is_given(lab: Lab) -> None:
    lab.domain()
    lab.vm_interface(BRIDGE, VF0)
    changed = four_runs(lab, {"name": "ge-0/0/0", "vlan": {"tags": [200]}})
    assert changed["actions"] == ["domain a: NIC ge-0_0_0: vlan 100 → 200"]
    assert told(changed, "changes") == [{}, {"vlan": "config"}]
    four_runs(lab, {"name": "ge-0/0/0", "vlan": {"tags": []}})
    assert lab.libvirt.found["a"].xml.find("devices/interface/vlan") is None


def test_a_nic_made_by_hand_is_adopted_by_its_mac_and_keeps_what_is_not_managed(lab: Lab) -> None:
    lab.domain()
    lab.vm_interface({**BRIDGE, "name": None, "mac": MAC})
    nic = lab.libvirt.found["a"].xml.find("devices/interface")
    nic.append(nic.makeelement("filterref", {"filter": "clean-traffic"}))
    four_runs(lab, {"name": "fxp0", "mac": MAC})
    nic = lab.libvirt.found["a"].xml.find("devices/interface")
    assert (nic.find("alias").get("name"), nic.find("filterref").get("filter")) == ("ua-fxp0", "clean-traffic")
    assert nic.find("source").get("bridge") == "br0"


def test_another_type_leaves_nothing_of_the_old_connection(lab: Lab) -> None:
    lab.domain()
    first = lab.vm_interface({**BRIDGE, "mtu": 1400})
    second = four_runs(lab, {**VF0, "name": "fxp0"})
    assert told(second, "mac") == told(first, "mac")
    nic = lab.libvirt.found["a"].xml.find("devices/interface")
    assert {found.tag for found in nic} == {"mac", "source", "vlan", "alias", "address"}


KINDS: dict[str, Result] = {
    "bridge": {"type": "bridge", "source": {"bridge": "br0"}},
    "hostdev": {"type": "hostdev", "source": {"pci_address": "0000:02:10.2"}},
    "network": {"type": "network", "source": {"network": "lan"}},
    "pool": {"type": "network", "source": {"network": "pool"}},
}


@pytest.mark.parametrize("state", ["running", "stopped"])
@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(KINDS, 2)))
def test_each_kind_becomes_each_other(lab: Lab, before: str, after: str, state: str) -> None:
    lab.domain()
    made = four_runs(lab, {"name": "nic", "mtu": None if before == "hostdev" else 1400, **KINDS[before]})
    domain = lab.libvirt.found["a"]
    if state == "running":
        domain.create()
    assert not lab.vm_interface({"name": "nic", **KINDS[before]})["needs_restart"]
    live = domain.XMLDesc(0)
    changed = four_runs(lab, {"name": "nic", **KINDS[after]})
    replugged = state == "running" and {before, after} == {"hostdev", "pool"}
    word = "config" if state == "stopped" else "live" if replugged else "needs_restart"
    assert changed["needs_restart"] is (word == "needs_restart")
    assert set(changed["interfaces"][0]["changes"].values()) <= {word, "config"}
    assert changed["interfaces"][0]["changes"]["source"] == word
    assert changed["actions"]
    assert replugged or all(line.startswith("domain a: ") for line in changed["actions"])
    assert "None" not in str(changed["actions"]) + domain.XMLDesc(2)
    assert (state == "stopped") or (domain.XMLDesc(0) == live) is not replugged, "a VF alone can be plugged anew"
    nic = domain.xml.find("devices/interface")
    assert (nic.get("type"), nic.find("mac").get("address")) == (KINDS[after]["type"], made["interfaces"][0]["mac"])
    if state == "running":
        domain.destroy()
    domain.create()
    assert not four_runs(lab, {"name": "nic", **KINDS[after]})["needs_restart"]


def test_a_running_nic_changes_its_link_and_its_type(lab: Lab) -> None:
    lab.domain(state="running")
    lab.vm_interface(BRIDGE)
    changed = four_runs(lab, {"name": "fxp0", "link_state": "down", **KINDS["network"]})
    assert told(changed, "changes") == [{"type": "needs_restart", "source": "needs_restart", "link_state": "live"}]
    assert not lab.vm_interface({"name": "fxp0", "link_state": "up", **KINDS["pool"]})["failed"]


def test_the_guest_keeps_the_model_of_a_nic_that_is_connected_elsewhere(lab: Lab) -> None:
    lab.domain()
    lab.vm_interface({**BRIDGE, "model": "e1000", "link_state": "down", "vlan": {"tags": [5]}})
    four_runs(lab, {"name": "fxp0", **KINDS["network"]})
    nic = lab.libvirt.found["a"].xml.find("devices/interface")
    assert (nic.find("model").get("type"), nic.find("link").get("state")) == ("e1000", "down")
    assert nic.find("vlan") is None, "that belongs to the bridge"


def test_absent_by_name_and_by_mac(lab: Lab) -> None:
    lab.domain(state="running")
    made = lab.vm_interface(BRIDGE, VF0, VF1)
    left = four_runs(lab, {"name": "fxp0"}, {"mac": made["interfaces"][2]["mac"]}, {"name": "never-there"},
                     state="absent")
    assert told(left, "name") == ["ge-0_0_0"]
    assert len(lab.libvirt.found["a"].live.findall("devices/interface")) == 1


def test_without_name_and_mac_the_place_tells(lab: Lab) -> None:
    lab.domain()
    nameless = {**BRIDGE, "name": None}
    made = four_runs(lab, nameless, nameless, state="exact")
    assert len(set(told(made, "mac"))) == 2


def test_a_running_domain_gets_at_once_what_it_can(lab: Lab) -> None:
    lab.domain(state="running")
    added = four_runs(lab, BRIDGE, VF0, state="exact")
    assert set(added["interfaces"][1]["changes"].values()) == {"live"}
    assert not added["needs_restart"]
    changed = four_runs(lab, {**BRIDGE, "link_state": "down", "mtu": 9000}, {**VF0, "vlan": {"tags": [7]}})
    assert told(changed, "changes") == [{"mtu": "needs_restart", "link_state": "live"}, {"vlan": "live"}]
    assert changed["needs_restart"]
    live = lab.libvirt.found["a"].live
    assert live.find("devices/interface/link").get("state") == "down"
    removed = four_runs(lab, {**BRIDGE, "mtu": 9000}, state="exact")
    assert removed["actions"] == ["domain a: NIC ge-0_0_0: remove", "NIC ge-0_0_0 of a: detach live"]
    assert len(live.findall("devices/interface")) == 1


def test_a_new_mac_of_a_running_nic_waits(lab: Lab) -> None:
    lab.domain(state="running")
    lab.vm_interface(BRIDGE)
    changed = four_runs(lab, {**BRIDGE, "mac": MAC})
    assert told(changed, "changes") == [{"mac": "needs_restart"}]
    assert len(lab.libvirt.found["a"].live.findall("devices/interface")) == 1


def test_without_a_free_root_port_a_nic_waits_for_the_restart(lab: Lab) -> None:
    lab.domain(machine="q35", state="running")
    added = four_runs(lab, BRIDGE, VF0, VF1, state="exact")
    assert [set(changes.values()) for changes in told(added, "changes")] == [{"live"}, {"live"}, {"needs_restart"}]
    assert added["needs_restart"]


def test_a_guest_that_keeps_the_nic_is_an_error(lab: Lab) -> None:
    lab.domain(state="running")
    lab.vm_interface(BRIDGE)
    lab.libvirt.found["a"].obeys = False
    refused = lab.vm_interface({"name": "fxp0"}, state="absent")
    assert "did not release it within 60 seconds" in refused["msg"]
    assert refused["actions"] == ["domain a: NIC fxp0: remove"], "the definition was changed before"


def test_macs_step_past_those_of_other_domains(lab: Lab) -> None:
    lab.domain("a")
    lab.domain("b")
    uuid = lab.libvirt.found["a"].UUIDString()
    first = generated_mac(uuid, "ua-fxp0", ())
    lab.vm_interface({**BRIDGE, "mac": first}, domain="b")
    assert told(four_runs(lab, BRIDGE), "mac") == [generated_mac(uuid, "ua-fxp0", {first})]


@pytest.mark.parametrize(("nic", "parameter"), [
    ({"name": "wan", "type": "direct", "source": {"dev": "eth7.2"}, "virtualport": QBG}, "instanceid"),
    ({"type": "direct", "mac": MAC, "source": {"dev": "eth7.2"}, "virtualport": QBG}, "instanceid"),
    ({"name": "wan", "type": "bridge", "source": {"bridge": "ovs0"}, "virtualport": OVS}, "interfaceid"),
])
def test_the_switch_knows_a_nic_by_one_uuid_whether_or_not_it_was_plugged(
        lab: Lab, nic: Result, parameter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.furnish(monkeypatch)
    lab.files.folder("/sys/class/net/eth7.2")
    lab.files.write("/proc/net/vlan/eth7.2", "eth7.2  VID: 2\t REORDER_HDR: 1  dev->priv_flags: 1\n")
    lab.domain(state="running")
    added = four_runs(lab, nic)
    assert set(added["interfaces"][0]["changes"].values()) == {"live"}
    domain = lab.libvirt.found["a"]
    given = _uuids(domain, parameter)
    assert given[0] is not None
    assert given[0] == given[1]
    port = {**nic["virtualport"], parameter: "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"}
    assert told(four_runs(lab, {**nic, "virtualport": port}), "changes") == [{"virtualport": "needs_restart"}]
    four_runs(lab, nic)
    assert _uuids(domain, parameter)[0] == port[parameter], "one that was given stays"


def test_a_nic_that_only_the_running_domain_has_keeps_what_it_is_known_by(
        lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.furnish(monkeypatch)
    lab.domain(state="running")
    domain = lab.libvirt.found["a"]
    domain.attachDeviceFlags(
        f"<interface type='bridge'><mac address='{MAC}'/><source bridge='ovs0'/><virtualport type='openvswitch'/>"
        "<model type='virtio'/><alias name='ua-wan'/><address type='pci' domain='0x0000' bus='0x00' slot='0x04' "
        "function='0x0'/></interface>", 1)
    nic = {"name": "wan", "type": "bridge", "source": {"bridge": "ovs0"}, "virtualport": OVS}
    adopted = four_runs(lab, nic)
    assert told(adopted, "mac") == [MAC]
    assert not adopted["needs_restart"]
    assert len(set(_uuids(domain, "interfaceid"))) == 1


def _uuids(domain: FakeDomain, parameter: str) -> list[str | None]:
    """That of the only virtualport, in the definition and as it runs."""
    return [found.find(".//virtualport/parameters").get(parameter) for found in (domain.xml, domain.live)]


def test_the_vf_of_another_domain_is_refused(lab: Lab) -> None:
    lab.domain("a")
    lab.domain("b", state="running")
    lab.vm_interface(VF0, domain="b")
    for words in ("VF 0 of enp2s0 is in use by domain b (running)", "VF 0 of enp2s0 is in use by domain b (defined)"):
        before = lab.texts()
        refused = lab.vm_interface(BRIDGE, VF0)
        assert (refused["error"]["type"], refused["error"]["value"]) == ("InUse", "0000:02:10.0")
        assert words in refused["msg"]
        assert lab.texts() == before
        lab.libvirt.found["b"].live = None


# (what is wrong, the items, what the message must say)
WRONG: list[tuple[list[Result], str]] = [
    ([{**BRIDGE, "name": "a b"}], "interfaces[0].name = 'a b'"),
    ([{**BRIDGE, "name": ""}], "interfaces[0].name = ''"),
    ([{**BRIDGE, "name": "x" * 65}], "1 to 64 letters"),
    ([BRIDGE, BRIDGE], "interfaces[1].name = 'fxp0': interfaces[0] already has it"),
    ([{**BRIDGE, "name": "ge-0/0"}, {**BRIDGE, "name": "ge-0.0"}], "interfaces[1].name = 'ge-0.0'"),
    ([{**BRIDGE, "mac": "52:54:00:00:00"}], "this is not a MAC address"),
    ([{**BRIDGE, "mac": "53:54:00:00:00:01"}], "multicast"),
    ([{**BRIDGE, "mac": "00:00:00:00:00:00"}], "the all-zero address"),
    ([{**BRIDGE, "mac": MAC}, {**NET, "mac": MAC}], "interfaces[1].mac"),
    ([{**BRIDGE, "source": None}], "a NIC of type bridge requires exactly"),
    ([{**BRIDGE, "source": {"network": "lan"}}], "a NIC of type bridge requires exactly"),
    ([{**BRIDGE, "source": {"bridge": "br0", "portgroup": "red"}}], "requires exactly"),
    ([{**VF0, "source": {"pf": "enp2s0"}}], "requires exactly pf and vf or pci_address"),
    ([{**VF0, "source": {"pf": "enp2s0", "vf": 0, "pci_address": "0000:02:10.0"}}], "requires exactly pf and vf or"),
    ([{**VF0, "source": {"pf": "enp2s0", "vf": -1}}], "the first VF is 0"),
    ([{**VF0, "source": {"pf": "enp2s0", "vf": 3}}], "interfaces[0].source.vf = 3"),
    ([{**VF0, "source": {"pf": "enp9s0", "vf": 0}}], "interfaces[0].source.pf = 'enp9s0'"),
    ([{**VF0, "source": {"pf": "br0", "vf": 0}}], "this device does not support SR-IOV"),
    ([{**VF0, "source": {"pf": "enp3s0", "vf": 0}}], "its PF enp3s0 is down"),
    ([{**VF0, "source": {"pci_address": "02:10.0"}}], "this is not a PCI address"),
    ([{**VF0, "source": {"pci_address": "0000:09:00.0"}}], "this host has no such PCI device"),
    ([{**VF0, "source": {"pci_address": "0000:02:00.0"}}], "this PCI device is not a VF"),
    ([VF0, {**VF1, "source": {"pf": "enp2s0", "vf": 0}}], "interfaces[0] already has it"),
    ([{**VF0, "vlan": {"tags": [1, 2]}}], "a VF supports exactly one VLAN tag"),
    ([{**VF0, "vlan": {"tags": [1], "trunk": True}}], "a VF supports exactly one VLAN tag"),
    ([{**VF0, "model": "virtio"}], "interfaces[0].model = 'virtio': a NIC of type hostdev does not support it"),
    ([{**VF0, "mtu": 9000}], "interfaces[0].mtu"),
    ([{**VF0, "link_state": "down"}], "interfaces[0].link_state"),
    ([{**BRIDGE, "managed": True}], "interfaces[0].managed"),
    ([{**BRIDGE, "vlan": {"tags": [4095]}}], "from 1 to 4094"),
    ([{**BRIDGE, "vlan": {"tags": [0]}}], "from 1 to 4094"),
    ([{**BRIDGE, "vlan": {"tags": [1, 1]}}], "a tag is listed twice"),
    ([{**BRIDGE, "vlan": {"tags": [1, 2], "trunk": False}}], "several tags require a trunk"),
    ([{**BRIDGE, "vlan": {"tags": [], "trunk": True}}], "a trunk needs at least one tag"),
    ([{**BRIDGE, "vlan": {"tags": [1, 2], "native": 3}}], "the native VLAN must be one of the tags"),
    ([{**BRIDGE, "mtu": 10}], "from 68 to 65535"),
    ([{**BRIDGE, "boot_order": 0}], "interfaces[0].boot_order = 0"),
    ([{**BRIDGE, "boot_order": 1}, {**NET, "boot_order": 1}], "interfaces[1].boot_order"),
    ([{**BRIDGE, "address": "3"}], "this is not a PCI address"),
    ([{**BRIDGE, "address": "0000:00:03.0"}], "a disk of the domain already has this address"),
    ([{**BRIDGE, "model": "virtio'/>"}], "this is not a NIC model"),
    ([{**BRIDGE, "source": {"bridge": "br9"}}], "this host has no such bridge"),
    ([{**BRIDGE, "source": {"bridge": ""}}], "it is empty"),
    ([{**BRIDGE, "source": {"bridge": "eth7"}}], "is not a Linux bridge"),
    ([{**NET, "source": {"network": "wan"}}], "libvirt has no such network"),
    ([{**NET, "source": {"network": "lan", "portgroup": "blue"}}], "does not have this port group. Use one of its port "
     "groups (red"),
    ([{"name": "fxp0", "link_state": "up"}], "a new NIC needs a type"),
    ([{"name": "fxp0", "source": {"bridge": "br0"}}], "a source has no effect without a type"),
]


@pytest.mark.parametrize(("items", "words"), WRONG)
def test_wrong_input_is_one_clear_error(lab: Lab, items: list[Result], words: str) -> None:
    lab.domain()
    before = lab.texts()
    refused = lab.vm_interface(*items, check_mode=False)
    assert refused["failed"], refused
    assert words in refused["msg"]
    assert "defect" not in refused["msg"]
    assert lab.texts() == before


def test_refusals_that_depend_on_the_domain(lab: Lab) -> None:
    assert "this host has no such domain" in lab.vm_interface(BRIDGE)["msg"]
    lab.domain()
    lab.domain("b")
    lab.vm_interface({**BRIDGE, "mac": MAC}, domain="b")
    assert "domain b already has this MAC" in lab.vm_interface({**BRIDGE, "mac": MAC})["msg"]
    assert "neither name nor mac" in lab.vm_interface({"type": "bridge"}, state="absent")["msg"]
    lab.vm_interface(BRIDGE, NET)
    mac = lab.vm_interface()["interfaces"][0]["mac"]
    both = lab.vm_interface({"name": "fxp0", "mtu": 1400}, {"mac": mac, "mtu": 1400})
    assert "as does interfaces[0]" in both["msg"]
    clash = lab.vm_interface({"name": "lan0", "mac": mac})
    told = clash["msg"]
    assert "its name is that of NIC lan0 (address 0000:00:05.0), but its mac is that of NIC fxp0 (address" in told
    domain = lab.libvirt.found["a"].xml
    domain.find("os").append(domain.makeelement("boot", {"dev": "hd"}))
    assert "excludes a boot order of devices" in lab.vm_interface({"name": "fxp0", "boot_order": 1})["msg"]
    domain.find("os").remove(domain.find("os/boot"))
    disk = etree.SubElement(domain.find("devices"), "disk", type="file")
    etree.SubElement(disk, "boot", order="1")
    second = lab.vm_interface({"name": "fxp0", "boot_order": 1})
    assert "boot_order = 1: a disk of the domain already has it" in second["msg"]
    for network, tags, words in (("lan", [5], "forward mode isolated"), ("pool", [5, 6], "exactly one VLAN tag")):
        item = {"name": "n", "type": "network", "source": {"network": network}, "vlan": {"tags": tags}}
        assert words in lab.vm_interface(item)["msg"]
    lab.files.write("/sys/class/net/br0/bridge/vlan_filtering", "0")
    lab.network("br", "<forward mode='bridge'/><bridge name='br0'/>")
    for one in (BRIDGE, {"name": "n", "type": "network", "source": {"network": "br"}}):
        assert "does not filter VLANs" in lab.vm_interface({**one, "vlan": {"tags": [5]}})["msg"]
    lab.libvirt.version = 10_000_000
    assert "from version 11.0 on" in lab.vm_interface({**BRIDGE, "vlan": {"tags": [5]}})["msg"]


def test_a_model_that_the_qemu_of_the_host_lacks_is_refused_for_a_new_nic_only(lab: Lab) -> None:
    lab.domain()
    lab.libvirt.qemu_version = 8_000_000
    assert lab.vm_interface({**BRIDGE, "model": "igb"})["changed"]
    lab.libvirt.qemu_version = 7_002_022
    assert not lab.vm_interface({**BRIDGE, "model": "igb"})["changed"]
    told = lab.vm_interface({"type": "bridge", "source": {"bridge": "br0"}, "name": "new", "model": "igb"})["msg"]
    assert "model = 'igb': this NIC model requires QEMU 8.0 or later, and this host has QEMU 7.2" in told


def test_the_host_is_checked_for_all_that_a_nic_will_be(lab: Lab) -> None:
    lab.domain()
    lab.vm_interface(BRIDGE, NET, VF0)
    lab.files.write("/sys/class/net/br0/bridge/vlan_filtering", "0")
    assert "does not filter VLANs" in lab.vm_interface({"name": "fxp0", "vlan": {"tags": [5]}})["msg"]
    assert "forward mode isolated" in lab.vm_interface({"name": "lan0", "vlan": {"tags": [5]}})["msg"]
    lab.files.write("/sys/class/net/enp2s0/flags", "0x1002")
    assert "its PF enp2s0 is down" in lab.vm_interface({"name": "ge-0/0/0", "vlan": {"tags": [5]}})["msg"]


def test_a_network_that_is_not_started_takes_no_more_nics(lab: Lab) -> None:
    lab.domain()
    lab.network("off", "", active=False)
    off = {"type": "network", "source": {"network": "off"}}
    words = "source.network = 'off': this network is not started"
    assert words in lab.vm_interface({"name": "n", **off})["msg"]
    lab.vm_interface(BRIDGE, NET)
    for name in ("fxp0", "lan0"):
        assert words in lab.vm_interface({"name": name, **off})["msg"]
    lab.libvirt.networks["lan"].active = False
    assert not lab.vm_interface({"name": "lan0", "mtu": 1400})["failed"], "it is there already"


def test_what_a_run_changed_is_in_its_plan_and_nowhere_else(lab: Lab) -> None:
    lab.domain()
    lab.vm_interface(BRIDGE)
    resource = interface_resource(lab.interface_params({"name": "fxp0", "mtu": 9000}))
    first = resource.plan(resource.read(lab.host))
    for step in first.steps:
        step.apply(lab.host)
    state = resource.read(lab.host)
    assert told(resource.result(state, first), "changes") == [{"mtu": "config"}]
    assert told(resource.result(state, resource.plan(state)), "changes") == [{}]


def test_every_attribute_of_a_nic_has_its_place_in_the_xml() -> None:
    assert {row.field for row in ROWS} == {field.name for field in fields(Interface)}
