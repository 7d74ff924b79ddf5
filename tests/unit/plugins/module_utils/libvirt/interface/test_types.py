# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every type and attribute of a NIC: the XML of each, and that what was read is asked for without a change."""

from __future__ import annotations

import random
import typing as t
from dataclasses import fields

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import (
    DRIVER,
    ROWS,
    overlaid,
    read_interface,
    write_interface,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import (
    VIRTIO,
    Filterref,
    Interface,
    Teaming,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import wanted_interfaces
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.running import as_defined
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.transition import for_update
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.modules.vm_interface import INTERFACE
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab, filled
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

DRIVER_FIELDS = {row.field for row in DRIVER}
UUID = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
MAC = "52:54:00:00:00:01"
BRIDGE: Result = {"type": "bridge", "source": {"bridge": "br0"}}
OVS: Result = {"type": "bridge", "source": {"bridge": "ovs0"}, "virtualport": {"type": "openvswitch"}}
DIRECT: Result = {"type": "direct", "source": {"dev": "eth0"}}

# (an item, the XML that a new NIC of it is)
GOLDEN: list[tuple[Result, str]] = [
    (BRIDGE, "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>"),
    ({"type": "hostdev", "source": {"pci_address": "0000:02:10.2"}, "virtualport": {
        "type": "802.1Qbh", "profileid": "finance"}, "teaming": {"type": "transient", "persistent": "b/0"}},
     "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' bus='0x02' slot='0x10' "
     "function='0x2'/></source><virtualport type='802.1Qbh'><parameters profileid='finance'/></virtualport>"
     "<teaming type='transient' persistent='ua-b_0'/></interface>"),
    (DIRECT, "<interface type='direct'><source dev='eth0' mode='vepa'/><model type='virtio'/></interface>"),
    ({"type": "direct", "source": {"dev": "eth0.5", "mode": "bridge"}, "target_dev": "mv0", "mac": MAC,
      "trust_guest_rx_filters": True, "virtualport": {
          "type": "802.1Qbg", "managerid": 11, "typeid": 1193047, "typeidversion": 2, "instanceid": UUID.upper()}},
     f"<interface type='direct' trustGuestRxFilters='yes'><mac address='{MAC}'/><source dev='eth0.5' mode='bridge'/>"
     "<target dev='mv0'/><virtualport type='802.1Qbg'><parameters managerid='11' typeid='1193047' typeidversion='2' "
     f"instanceid='{UUID}'/></virtualport><model type='virtio'/></interface>"),
    ({**OVS, "vlan": {"tags": [10, 20], "native": 20}},
     "<interface type='bridge'><source bridge='ovs0'/><virtualport type='openvswitch'/><vlan trunk='yes'>"
     "<tag id='10'/><tag id='20' nativeMode='untagged'/></vlan><model type='virtio'/></interface>"),
    ({**OVS, "virtualport": {"type": "midonet", "interfaceid": UUID}, "model": "e1000e"},
     "<interface type='bridge'><source bridge='ovs0'/><virtualport type='midonet'><parameters "
     f"interfaceid='{UUID}'/></virtualport><model type='e1000e'/></interface>"),
    ({"type": "network", "source": {"network": "lan", "portgroup": "red"}, "teaming": {"type": "persistent"},
      "name": "b0"},
     "<interface type='network'><alias name='ua-b0'/><source network='lan' portgroup='red'/><model type='virtio'/>"
     "<teaming type='persistent'/></interface>"),
    ({"type": "ethernet", "target_dev": "tap0", "managed": False, "mtu": 1400},
     "<interface type='ethernet'><target dev='tap0' managed='no'/><model type='virtio'/><mtu size='1400'/>"
     "</interface>"),
    ({"type": "user", "model": "rtl8139", "link_state": "down", "boot_order": 3},
     "<interface type='user'><model type='rtl8139'/><link state='down'/><boot order='3'/></interface>"),
    ({"type": "vdpa", "source": {"dev": "/dev/vhost-vdpa-0"}},
     "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/><model type='virtio'/></interface>"),
    ({"type": "vhostuser", "source": {"path": "/run/a.sock", "mode": "client"}, "driver": {
        "queues": 4, "rx_queue_size": 1024, "tx_queue_size": 512}},
     "<interface type='vhostuser'><source mode='client' type='unix' path='/run/a.sock'/><model type='virtio'/>"
     "<driver queues='4' rx_queue_size='1024' tx_queue_size='512'/></interface>"),
    ({**BRIDGE, "driver": {"name": "vhost", "iommu": True, "ats": False, "packed": True}, "bandwidth": {
        "inbound": {"average": 1000, "peak": 5000, "burst": 1024}, "outbound": {"average": 128}},
      "filterref": {"filter": "clean-traffic", "parameters": {"MAC": MAC, "IP": ["192.0.2.1", "192.0.2.2"]}}},
     "<interface type='bridge'><source bridge='br0'/><model type='virtio'/><driver name='vhost' iommu='on' ats='off' "
     "packed='on'/><bandwidth><inbound average='1000' peak='5000' burst='1024'/><outbound average='128'/></bandwidth>"
     "<filterref filter='clean-traffic'><parameter name='IP' value='192.0.2.1'/><parameter name='IP' "
     f"value='192.0.2.2'/><parameter name='MAC' value='{MAC}'/></filterref></interface>"),
]


def wanted(item: Result) -> Interface:
    return wanted_interfaces([filled(item, INTERFACE)], identify_only=False)[0].interface


def written(nic: Interface, current: t.Any = None) -> str:
    return xml.serialise(write_interface(nic, current))


@pytest.mark.parametrize(("item", "text"), GOLDEN)
def test_the_xml_of_a_new_nic(item: Result, text: str) -> None:
    nic = overlaid(Interface(), wanted(item))
    assert written(nic) == xml.serialise(xml.parse(text))
    assert read_interface(xml.parse(text)) == nic
    assert overlaid(nic, wanted(item)) == nic


# (what libvirt 11.3 wrote of it, the item that asks for it)
LIBVIRT: list[tuple[str, Result]] = [
    (f"<interface type='bridge'><mac address='{MAC}'/><source bridge='ovs0'/><virtualport type='openvswitch'>"
     f"<parameters interfaceid='{UUID}'/></virtualport><model type='virtio'/></interface>", OVS),
    (f"<interface type='bridge'><source bridge='ovs0'/><virtualport type='openvswitch'><parameters interfaceid='{UUID}'"
     " profileid='gold'/></virtualport><target dev='vnet3'/><model type='virtio'/><alias name='net0'/></interface>",
     OVS),
    ("<interface type='direct'><source dev='eth0.5' mode='vepa'/><target dev='macvtap0'/><virtualport type='802.1Qbg'>"
     f"<parameters managerid='0xb' typeid='1' typeidversion='2' instanceid='{UUID}'/></virtualport>"
     "<model type='virtio'/></interface>",
     {"type": "direct", "source": {"dev": "eth0.5"},
      "virtualport": {"type": "802.1Qbg", "managerid": 11, "typeid": 1, "typeidversion": 2}}),
    ("<interface type='vhostuser'><source type='unix' path='/run/a' mode='client'><reconnect enabled='yes' "
     "timeout='3'/></source><target dev='port1'/><model type='virtio'/></interface>",
     {"type": "vhostuser", "source": {"path": "/run/a", "mode": "client"}}),
    ("<interface type='bridge'><source network='lan' portid='x' bridge='virbr0'/><target dev='vnet0'/>"
     "<model type='virtio'/></interface>", {"type": "network", "source": {"network": "lan"}}),
]


@pytest.mark.parametrize(("text", "item"), LIBVIRT)
def test_what_libvirt_makes_up_is_kept(text: str, item: Result) -> None:
    element = xml.parse(text)
    nic = read_interface(element)
    assert overlaid(nic, wanted(item)) == nic
    assert nic.became == ("bridge" if item["type"] == "network" else None)
    assert written(nic, element) == xml.serialise(element)


def test_a_virtualport_of_another_type_keeps_no_parameter() -> None:
    nic = read_interface(xml.parse(LIBVIRT[1][0]))
    for port, left in (({"type": "openvswitch", "profileid": "red"}, Virtualport("openvswitch", profileid="red",
                                                                                 interfaceid=UUID)),
                       ({"type": "midonet", "interfaceid": UUID}, Virtualport("midonet", interfaceid=UUID)),
                       ({"type": "none"}, Virtualport())):
        assert overlaid(nic, wanted({**BRIDGE, "virtualport": port})).virtualport == left


def test_another_model_has_no_driver_options() -> None:
    element = xml.parse("<interface type='bridge'><source bridge='br0'/><model type='virtio'/><driver queues='2' "
                        "iommu='on'/></interface>")
    after = overlaid(read_interface(element), Interface(model="e1000e"))
    assert written(after, element) == xml.serialise(xml.parse(
        "<interface type='bridge'><source bridge='br0'/><model type='e1000e'/></interface>"))


def test_an_ethernet_nic_that_is_not_named_as_one_changes_who_makes_its_tap() -> None:
    element = xml.parse("<interface type='ethernet'><target dev='tap0'/><model type='virtio'/></interface>")
    after = overlaid(read_interface(element), Interface(managed=False))
    assert written(after, element) == xml.serialise(xml.parse(
        "<interface type='ethernet'><target dev='tap0' managed='no'/><model type='virtio'/></interface>"))


def test_a_running_nic_of_a_network_is_without_what_is_the_networks() -> None:
    own = Interface(alias="ua-n", type="network", source_network="ovs", virtualport=Virtualport(profileid="gold"))
    live = Interface(alias="ua-n", type="network", source_network="ovs", mtu=9000,
                     virtualport=Virtualport("openvswitch", profileid="gold", interfaceid=UUID))
    assert as_defined(live, [own]) == own
    assert as_defined(live, [Interface(alias="ua-other")]) == live
    other = Interface(alias="ua-n", type="network", source_network="ovs", mtu=1500,
                      virtualport=Virtualport("openvswitch", profileid="red"))
    assert as_defined(live, [other]) == live


def test_a_running_nic_of_a_network_is_changed_as_one_of_the_network() -> None:
    live = xml.parse("<interface type='bridge'><source network='ovs' portgroup='red' portid='x' bridge='ovs0'/>"
                     "<target dev='vnet0'/></interface>")
    before = xml.serialise(live)
    assert xml.serialise(for_update(live)) == xml.serialise(xml.parse(
        "<interface type='network'><source network='ovs' portgroup='red'/><target dev='vnet0'/></interface>"))
    assert xml.serialise(live) == before
    other = xml.parse("<interface type='bridge'><source bridge='br0'/></interface>")
    assert xml.serialise(for_update(other)) == xml.serialise(other)


def test_what_libvirt_cannot_update_is_not_tried() -> None:
    rows = {row.field: row for row in ROWS}
    bridge, network = Interface(type="bridge"), Interface(type="network")
    port = Interface(type="bridge", virtualport=Virtualport("openvswitch"))
    assert rows["source_bridge"].updates(bridge, bridge)
    assert not rows["source_bridge"].updates(Interface(type="bridge", virtualport=Virtualport()), port)
    assert not rows["source_bridge"].updates(port, bridge)
    assert rows["inbound"].updates(network, Interface(type="network", became="bridge"))
    assert not rows["inbound"].updates(network, Interface(type="network", became="direct"))
    assert not rows["link_state"].updates(network, Interface(type="network", source_vf="0000:02:10.0"))
    assert rows["link_state"].updates(Interface(type="user"), Interface(type="user"))
    for kind in ("vdpa", "vhostuser"):
        assert not rows["link_state"].updates(Interface(type=kind), Interface(type=kind))


TAGGED = ("<interface type='bridge'><source bridge='ovs0'/><vlan trunk='yes'><tag id='10'/><tag id='20' "
          "nativeMode='tagged'/></vlan></interface>")


@pytest.mark.parametrize(("tags", "native", "modes"), [
    ([10, 20, 30], None, {20: "tagged"}), ([20, 30], None, {20: "tagged"}), ([10, 30], None, {}), ([20], None, {}),
    ([10, 20], 10, {10: "untagged"}), ([10, 20], 20, {20: "untagged"}),
])
def test_a_native_vlan_with_tags_stays(tags: list[int], native: int | None, modes: dict[int, str]) -> None:
    element = xml.parse(TAGGED)
    after = overlaid(read_interface(element), wanted({"vlan": {"tags": tags, "native": native}}))
    made = write_interface(after, element).findall("vlan/tag")
    assert [int(tag.get("id")) for tag in made] == tags
    assert {int(tag.get("id")): tag.get("nativeMode") for tag in made if tag.get("nativeMode")} == modes


PARAMETERS: dict[str, dict[str, list[t.Any]]] = {
    "802.1Qbg": {"managerid": [1, 255], "typeid": [0, 0xFFFFFF], "typeidversion": [0, 255], "instanceid": [UUID]},
    "802.1Qbh": {"profileid": ["finance", "x" * 39]},
    "openvswitch": {"interfaceid": [UUID], "profileid": ["gold"]},
    "midonet": {"interfaceid": [UUID]},
}
PORTS = [Virtualport(kind, **{name: values[-1] for name, values in given.items()})
         for kind, given in PARAMETERS.items()] + [Virtualport("openvswitch")]
VALUES: dict[str, list[t.Any]] = {
    "alias": ["ua-ge-0_0_0", "ua-x"], "mac": [MAC, "52:54:00:00:00:02"],
    "source_vf": ["0000:02:10.0", "0000:02:10.2"], "source_bridge": ["br0", "br1"], "source_network": ["lan", "wan"],
    "source_portgroup": ["", "red"], "source_dev": ["eth0", "eth1"], "source_mode": ["client", "server"],
    "source_path": ["/run/a", "/run/b"], "target_dev": ["", "tap0", "tap1"], "virtualport": [*PORTS, Virtualport()],
    "model": ["virtio", "vmxnet3", "e1000e", "e1000", "rtl8139", "igb"],
    "vlan": [Vlan((5,)), Vlan((5, 6), True), Vlan((5, 6), True, 6), Vlan()],
    "inbound": [Rate(10), Rate(10, 20, 30), Rate(floor=5), Rate()], "outbound": [Rate(10), Rate(10, burst=9), Rate()],
    "mtu": [1400, 9000], "link_state": ["up", "down"], "boot_order": [1, 2],
    "driver_name": ["vhost", "qemu"], "driver_queues": [1, 4], "driver_rx_queue_size": [256, 1024],
    "driver_tx_queue_size": [256, 512], "driver_iommu": [True, False], "driver_ats": [True, False],
    "driver_packed": [True, False],
    "filterref": [Filterref("clean-traffic"), Filterref("a", (("IP", "192.0.2.1"), ("IP", "192.0.2.2"))), Filterref()],
    "trust_guest_rx_filters": [True, False],
    "teaming": [Teaming("persistent"), Teaming("transient", "ua-b"), Teaming()],
    "address": ["0000:00:05.0", "0000:01:00.0"], "managed": [True, False], "managed_tap": [True, False],
}
NO_OPTION = ("type", "became", "bus")
TYPES = sorted({kind for row in ROWS for kind in row.kinds or ()})
# What users and libvirt write into a NIC beside what the module knows
OTHERS = ["<rom bar='off'/>", "<coalesce><rx><frames max='7'/></rx></coalesce>", "<port isolated='yes'/>",
          "<backend vhost='/dev/vhost-net'/>", "<tune><sndbuf>1600</sndbuf></tune>", "<acpi index='3'/>"]


def a_nic(chance: random.Random) -> tuple[Interface, t.Any]:
    """Any NIC, and an XML of it that has more, in any order."""
    kind = chance.choice(TYPES)
    values = {row.field: chance.choice(VALUES[row.field]) for row in ROWS
              if row.field not in NO_OPTION and row.of(kind) and (row.parameter == "source" or chance.random() < 0.5)}
    if values.get("model", "virtio") not in VIRTIO or "model" not in values:
        values = {field: value for field, value in values.items() if field not in DRIVER_FIELDS}
    element = write_interface(overlaid(Interface(), Interface(type=kind, **values)), None)
    for text in chance.sample(OTHERS, chance.randrange(3)):
        element.append(xml.parse(text))
    children = list(element)
    chance.shuffle(children)
    element[:] = children
    return read_interface(element), element


def flat(element: t.Any) -> dict[str, str]:
    """All that an XML says, by where it says it."""
    found: dict[str, str] = {}

    def walk(one: t.Any, path: str) -> None:
        found[path] = one.text or ""
        found.update({f"{path}@{name}": value for name, value in one.attrib.items()})
        seen: dict[str, int] = {}
        for inner in one:
            seen[inner.tag] = seen.get(inner.tag, 0) + 1
            walk(inner, f"{path}/{inner.tag}{seen[inner.tag]}")

    walk(element, "")
    return found


@pytest.mark.parametrize("seed", range(400))
def test_any_nic_is_asked_for_without_a_change_and_one_change_touches_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    nic, element = a_nic(chance)
    assert overlaid(nic, nic) == nic
    assert flat(write_interface(nic, element)) == flat(element)
    rows = [row for row in ROWS if row.field not in NO_OPTION and row.of(nic.type)
            and (row not in DRIVER or nic.model in VIRTIO) and (row.field != "model" or nic.driver_name is None)]
    row = chance.choice(rows)
    value = chance.choice([one for one in VALUES[row.field] if one != row.meant(nic)])
    after = overlaid(nic, Interface(**{row.field: value}))
    changed = write_interface(after, element)
    assert read_interface(changed) == after
    touched = {field.name for field in fields(Interface) if getattr(after, field.name) != getattr(nic, field.name)}
    assert touched <= ({row.field, *DRIVER_FIELDS} if row.field == "model" else {row.field})
    before, now = flat(element), flat(changed)
    where = row.place.path.replace("/", "1/")
    for path in {path for path in {**before, **now} if before.get(path) != now.get(path)}:
        top = "/" + where.split("/")[0]
        assert (path.split("@")[0] == "") if row.place.path == "." else path.startswith(top.rstrip("1")) \
            or (row.field == "model" and path.startswith("/driver")), (row.field, path)


def test_all_values_of_the_property_are_of_the_model() -> None:
    assert VALUES.keys() == {field.name for field in fields(Interface)} - set(NO_OPTION)


def test_every_type_is_made_and_found_again(lab: Lab) -> None:
    lab.domain()
    lab.files.folder("/sys/class/net/eth0")
    lab.files.write("/dev/vhost-vdpa-0")
    made = lab.four_runs(
        {"name": "a", **DIRECT, "bandwidth": {"outbound": {"average": 5}}}, {"name": "b", "type": "ethernet"},
        {"name": "c", "type": "user"}, {"name": "d", "type": "vdpa", "source": {"dev": "/dev/vhost-vdpa-0"}},
        {"name": "e", "type": "vhostuser", "source": {"path": "/run/a", "mode": "server"}})
    assert [nic["source"] for nic in made["interfaces"]] == [
        {"dev": "eth0", "mode": "vepa"}, {}, {}, {"dev": "/dev/vhost-vdpa-0"}, {"path": "/run/a", "mode": "server"}]
    assert made["interfaces"][0]["changes"]["bandwidth"] == "config"


def test_a_macvtap_over_a_vf_is_named_by_its_pf(lab: Lab) -> None:
    lab.domain()
    lab.files.netdev("0000:02:10.2", "enp2s0v1")
    made = lab.four_runs({"name": "a", "type": "direct", "source": {"pf": "enp2s0", "vf": 1, "mode": "passthrough"},
                          "vlan": {"tags": [5]}})
    assert made["interfaces"][0]["source"] == {"dev": "enp2s0v1", "mode": "passthrough"}


def test_a_team_has_one_mac(lab: Lab) -> None:
    lab.domain()
    team: list[Result] = [
        {"name": "vf", "type": "network", "source": {"network": "pool"}, "teaming": {
            "type": "transient", "persistent": "back/0"}},
        {"name": "back/0", **BRIDGE, "teaming": {"type": "persistent"}}]
    for given in (team, team[::-1]):
        lab.libvirt.found.clear()
        lab.domain()
        made = lab.four_runs(*given, state="exact")
        assert len({nic["mac"] for nic in made["interfaces"]}) == 1
    lab.four_runs({"name": "vf", "teaming": {"type": "none"}, "mac": MAC}, {"name": "back/0", "teaming": {
        "type": "none"}})
    assert not lab.libvirt.found["a"].xml.findall("devices/interface/teaming")


SHARED, PRIVATE = "<access mode='shared'/>", "<access mode='private'/>"


@pytest.mark.parametrize(("memory", "cells", "shared"), [
    ("", "", False), (PRIVATE, "", False), (SHARED, "", True),
    ("", "<cell memAccess='shared'/><cell memAccess='shared'/>", True),
    ("", "<cell memAccess='shared'/><cell/>", False), (SHARED, "<cell memAccess='shared'/><cell/>", True),
    (SHARED, "<cell memAccess='private'/>", False),
])
def test_vhostuser_needs_shared_memory(lab: Lab, memory: str, cells: str, shared: bool) -> None:
    lab.libvirt.defineXML(f"<domain><name>a</name><memoryBacking>{memory}</memoryBacking><cpu><numa>{cells}</numa></cpu>"
                          "<os><type machine='pc'>hvm</type></os><devices><controller type='pci' index='0' "
                          "model='pci-root'/></devices></domain>")
    done = lab.vm_interface({"name": "n", "type": "vhostuser", "source": {"path": "/run/a", "mode": "client"}})
    assert done["failed"] is not shared
    assert shared or "interfaces[0].type = 'vhostuser': the domain does not share its memory" in done["msg"]


def test_one_queue_is_what_libvirt_has_by_itself(lab: Lab) -> None:
    """libvirt does not write it down, so it is not asked for twice."""
    lab.domain()
    lab.four_runs({**BRIDGE, "name": "a", "driver": {"queues": 1, "name": "vhost"}})
    assert lab.four_runs({"name": "a", "driver": {"queues": 2}})["interfaces"][0]["changes"] == {"driver": "config"}
    lab.four_runs({"name": "a", "driver": {"queues": 1}})


def test_a_vhostuser_that_is_there_is_not_refused(lab: Lab) -> None:
    """libvirt 9.0 defines one in a domain that does not share its memory."""
    lab.libvirt.defineXML(
        "<domain><name>a</name><os><type machine='pc'>hvm</type></os><devices><controller type='pci' index='0' "
        "model='pci-root'/><interface type='vhostuser'><mac address='52:54:00:00:00:01'/><source type='unix' "
        "path='/run/a' mode='client'/><model type='virtio'/><address type='pci' domain='0' bus='0' slot='3' "
        "function='0'/></interface></devices></domain>")
    nic = {"mac": "52:54:00:00:00:01", "type": "vhostuser", "source": {"path": "/run/a", "mode": "client"}}
    assert not lab.vm_interface(nic)["changed"]
