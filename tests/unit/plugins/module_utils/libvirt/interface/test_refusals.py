# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs that cannot be: each is one clear error, and nothing is changed."""

from __future__ import annotations

import json
import struct
import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

UUID = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
MAC = "52:54:00:00:00:01"
BRIDGE: Result = {"name": "n", "type": "bridge", "source": {"bridge": "br0"}}
OVS: Result = {**BRIDGE, "source": {"bridge": "ovs0"}, "virtualport": {"type": "openvswitch"}}
VF: Result = {"name": "n", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}}
DIRECT: Result = {"name": "n", "type": "direct", "source": {"dev": "eth7"}}
PASSTHROUGH: Result = {**DIRECT, "source": {"dev": "eth7", "mode": "passthrough"}}
QBG: Result = {"type": "802.1Qbg", "managerid": 11, "typeid": 1, "typeidversion": 2}
QBH: Result = {"type": "802.1Qbh", "profileid": "finance"}
VDPA: Result = {"name": "n", "type": "vdpa", "source": {"dev": "/dev/vhost-vdpa-0"}}
VHOSTUSER: Result = {"name": "n", "type": "vhostuser", "source": {"path": "/run/a", "mode": "client"}}
USER: Result = {"name": "n", "type": "user"}
LIMIT: Result = {"inbound": {"average": 100}}
BACKUP: Result = {**BRIDGE, "name": "back", "teaming": {"type": "persistent"}}
TRANSIENT: Result = {**VF, "name": "vf", "teaming": {"type": "transient", "persistent": "back"}}


def on(network: str, **more: t.Any) -> Result:
    return {"name": "n", "type": "network", "source": {"network": network}, **more}


# (the items, what the message must say)
WRONG: list[tuple[list[Result], str]] = [
    # sources
    ([{**DIRECT, "source": None}], "a NIC of type direct requires exactly dev or pf and vf"),
    ([{**DIRECT, "source": {"bridge": "br0"}}], "a NIC of type direct requires exactly dev or pf and vf"),
    ([{**DIRECT, "source": {"dev": "eth7", "mode": "client"}}], "source.mode = 'client': a NIC of type direct does"),
    ([{**VHOSTUSER, "source": {"path": "/run/a", "mode": "vepa"}}], "Set one of client, server"),
    ([{**VHOSTUSER, "source": {"path": "/run/a"}}], "requires exactly mode and path"),
    ([{**VHOSTUSER, "source": {"path": "run/a", "mode": "client"}}], "this is not an absolute path"),
    ([{**DIRECT, "source": {"dev": "../eth7"}}], "this is not the name of a network interface"),
    ([{**DIRECT, "source": {"dev": "x" * 128}}], "this is not the name of a network interface"),
    ([{**DIRECT, "source": {"dev": "x" * 127}}], "this host has no such network interface"),
    ([{**DIRECT, "source": {"dev": "eth9"}}], "interfaces[0].source.dev = 'eth9': this host has no such network inter"),
    ([{**DIRECT, "source": {"dev": "br0"}}], "this is a bridge, on which macvtaps are not supported"),
    ([{**DIRECT, "source": {"dev": "eth8"}}], "it is a port of br0, so no macvtap can be created on it"),
    ([{**DIRECT, "source": {"dev": "eth6"}}], "it is a port of ovs-system"),
    *(([{**nic, "source": {**nic["source"], "dev": "leg"}}], "interfaces[0].source.dev = 'leg': it is a port of bond0, "
       "so no macvtap can be created on it. Set dev: bond0, or use another") for nic in (DIRECT, PASSTHROUGH)),
    ([{**DIRECT, "source": {"pf": "enp2s0", "vf": 1}}], "interfaces[0].source.dev = 'enp2s0v1': it is a port of team0"),
    ([{**PASSTHROUGH, "source": {"dev": "eth5", "mode": "passthrough"}}],
     "eth5 is in use by macvtap0. Remove macvtap0 from eth5"),
    ([{**DIRECT, "source": {"pf": "enp2s0", "vf": 0}}], "no network interface for a macvtap: it is bound to vfio-pci"),
    ([{**DIRECT, "source": {"dev": "enp3s0v0"}}], "its PF enp3s0 is down"),
    ([{**USER, "source": {"dev": "eth7"}}], "a NIC of type user has no source"),
    ([{**USER, "type": "ethernet", "source": {"bridge": "br0"}}], "a NIC of type ethernet has no source"),
    ([{**VDPA, "source": {"dev": "vhost-vdpa-0"}}], "this is not a device file"),
    ([VDPA], "interfaces[0].source.dev = '/dev/vhost-vdpa-0': this host has no such device"),
    ([{**OVS, "virtualport": None}], "set virtualport with type: openvswitch for a bridge of Open vSwitch"),
    ([{**OVS, "source": {"bridge": "br0"}}], "Open vSwitch has no such bridge"),
    ([{**OVS, "source": {"bridge": "eth7"}}], "Open vSwitch has no such bridge"),
    ([{**OVS, "source": {"bridge": "ovs9"}}], "this host has no such bridge"),
    # virtualports
    ([{**VF, "virtualport": QBG}], "virtualport.type = '802.1Qbg': libvirt would ignore it on a NIC of type hostdev"),
    ([{**VF, "virtualport": {"type": "openvswitch"}}], "Set 802.1Qbh for this type of NIC"),
    ([{**DIRECT, "virtualport": {"type": "openvswitch"}}], "Set 802.1Qbg or 802.1Qbh for this type of NIC"),
    ([{**BRIDGE, "virtualport": QBG}], "Set openvswitch or midonet for this type of NIC"),
    ([{**BRIDGE, "virtualport": QBH}], "libvirt would ignore it on a NIC of type bridge"),
    ([{**USER, "virtualport": QBH}], "a NIC of type user does not support it"),
    ([{**VHOSTUSER, "virtualport": {"type": "openvswitch"}}], "a NIC of type vhostuser does not support it"),
    ([{**DIRECT, "virtualport": QBG}], "802.1Qbg needs a VLAN other than 0, and this is not a VLAN device"),
    ([{**DIRECT, "source": {"dev": "eth7.0"}, "virtualport": QBG}], "802.1Qbg needs a VLAN other than 0"),
    ([{**DIRECT, "virtualport": {**QBG, "managerid": 0}}], "virtualport.managerid = 0: 0 is reserved in 802.1Qbg"),
    ([{**DIRECT, "virtualport": {**QBG, "managerid": 256}}], "from 1 to 255"),
    ([{**DIRECT, "virtualport": {**QBG, "typeid": 16777216}}], "from 0 to 16777215"),
    ([{**DIRECT, "virtualport": {**QBG, "typeid": -1}}], "virtualport.typeid = -1"),
    ([{**DIRECT, "virtualport": {**QBG, "typeidversion": 256}}], "from 0 to 255"),
    ([{**DIRECT, "virtualport": {**QBG, "instanceid": "1234"}}], "this is not a UUID"),
    ([{**DIRECT, "virtualport": {**QBG, "profileid": "x"}}], "a virtualport of type 802.1Qbg has managerid, typeid"),
    ([{**DIRECT, "source": {"dev": "eth7.5"}, "virtualport": {**QBG, "typeid": None}}],
     "interfaces[0].virtualport.typeid: a virtualport of type 802.1Qbg needs it"),
    ([{**DIRECT, "source": {"dev": "eth7.5"}, "virtualport": {"type": "802.1Qbg"}}], "virtualport.managerid: a"),
    ([{**DIRECT, "virtualport": {"type": "802.1Qbh"}}], "a virtualport of type 802.1Qbh needs it"),
    *(([{**DIRECT, "virtualport": {**QBH, "profileid": name}}], "with 802.1Qbh it must have 1 to 31 characters of "
       "letters, digits and - . : _, as in UCS Manager") for name in ("x" * 32, "ä", "", "R&D", "gold\n", "a/b")),
    ([{**OVS, "virtualport": {"type": "openvswitch", "profileid": "x" * 40}}], "1 to 39 bytes"),
    ([{**OVS, "virtualport": {"type": "openvswitch", "profileid": "ä" * 20}}], "1 to 39 bytes"),
    ([{**OVS, "virtualport": {"type": "openvswitch", "profileid": ""}}], "1 to 39 bytes"),
    ([{**OVS, "virtualport": {"type": "openvswitch", "profileid": "R&D"}}], "printable characters without &, < and '"),
    ([{**DIRECT, "virtualport": {**QBH, "managerid": 1}}], "a virtualport of type 802.1Qbh has profileid"),
    ([{**OVS, "virtualport": {"type": "openvswitch", "interfaceid": "x"}}], "virtualport.interfaceid = 'x': this is"),
    ([{**OVS, "virtualport": {"type": "openvswitch", "typeid": 1}}], "has interfaceid, profileid"),
    ([{**OVS, "virtualport": {"type": "midonet"}}], "a virtualport of type midonet needs it"),
    ([{**BRIDGE, "virtualport": {"type": "none", "profileid": "x"}}], "of type none has no parameters"),
    # VLANs
    ([{**DIRECT, "vlan": {"tags": [5]}}], "libvirt cannot set a VLAN on a macvtap of mode vepa"),
    ([{**PASSTHROUGH, "source": {"dev": "enp2s0v5", "mode": "passthrough"}, "vlan": {"tags": [5, 6]}}],
     "a VF supports exactly one VLAN tag and no trunk"),
    ([{**PASSTHROUGH, "vlan": {"tags": [5]}}], "eth7 is not a VF, and libvirt sets the VLAN of a macvtap on VFs only"),
    ([{**VF, "virtualport": QBH, "vlan": {"tags": [5]}}], "with 802.1Qbh the port profile of the switch sets the VLAN"),
    ([{**USER, "vlan": {"tags": [5]}}], "interfaces[0].vlan = '5': a NIC of type user does not support it"),
    ([{**USER, "type": "ethernet", "vlan": {"tags": [5]}}], "a NIC of type ethernet does not support it"),
    # bandwidth
    ([{**VF, "bandwidth": LIMIT}], "interfaces[0].bandwidth = 'average=100': a NIC of type hostdev does not support"),
    ([{**USER, "bandwidth": LIMIT}], "a NIC of type user does not support it"),
    ([{**VDPA, "bandwidth": LIMIT}], "a NIC of type vdpa does not support it"),
    ([{**BRIDGE, "bandwidth": {"inbound": {"peak": 100}}}], "interfaces[0].bandwidth.inbound = {'peak': 100}: a limit"),
    ([{**BRIDGE, "bandwidth": {"outbound": {}}}], "interfaces[0].bandwidth.outbound: a limit needs average"),
    ([{**BRIDGE, "bandwidth": {"inbound": {"average": -1}}}], "from 1 to 4294967295"),
    ([{**BRIDGE, "bandwidth": {"inbound": {"average": 0, "peak": 5}}}], "inbound.average = 0"),
    ([{**BRIDGE, "bandwidth": {"inbound": {"average": 9, "burst": 0}}}], "inbound.burst = 0"),
    ([{**BRIDGE, "bandwidth": {"inbound": {"average": 9, "peak": 5}}}], "it is below the average of 9 kilobytes per "
     "second"),
    ([{**BRIDGE, "bandwidth": {"inbound": {"average": 9, "floor": 5}}}], "libvirt guarantees a floor only for inbound"),
    ([on("lan", bandwidth={"inbound": {"floor": 5}})], "network lan cannot guarantee"),
    ([on("pool", bandwidth=LIMIT)], "network pool gives VFs, whose bandwidth libvirt cannot limit"),
    # driver, model, filter, target
    ([{**BRIDGE, "driver": {"queues": 0}}], "driver.queues = 0: it must be from 1 to 256"),
    ([{**BRIDGE, "driver": {"rx_queue_size": 300}}], "driver.rx_queue_size = 300: it must be a power of two"),
    ([{**BRIDGE, "driver": {"tx_queue_size": 128}}], "from 256 to 1024"),
    ([{**BRIDGE, "driver": {"tx_queue_size": 512}}], "QEMU supports more than 256 only with vdpa and vhostuser"),
    ([{**BRIDGE, "model": "e1000e", "driver": {"queues": 2}}], "libvirt would ignore it on model e1000e"),
    ([{**VF, "driver": {"name": "vhost"}}], "a NIC of type hostdev does not support it"),
    ([{**USER, "driver": {"queues": 2}}], "a NIC of type user supports only one queue"),
    ([{**VHOSTUSER, "model": "e1000e"}], "a NIC of type vhostuser is always virtio"),
    ([{**VDPA, "source": {"dev": "/dev/vhost-vdpa-7"}, "model": "igb"}], "a NIC of type vdpa is always virtio"),
    ([{**DIRECT, "mtu": 1400}], "interfaces[0].mtu = 1400: a NIC of type direct does not support it"),
    ([{**BRIDGE, "model": "e1000e", "trust_guest_rx_filters": True}], "only virtio reports its filters"),
    ([{**VF, "trust_guest_rx_filters": True}], "a NIC of type hostdev does not support it"),
    ([{**BRIDGE, "filterref": {"filter": "a b"}}], "this is not the name of a filter"),
    ([{**BRIDGE, "filterref": {"filter": "nonesuch"}}], "libvirt has no such network filter"),
    ([{**BRIDGE, "filterref": {"filter": "", "parameters": {"IP": "192.0.2.1"}}}], "they have no effect"),
    ([{**BRIDGE, "filterref": {"filter": "a", "parameters": {"I P": "x"}}}], "a variable consists of letters"),
    ([{**BRIDGE, "filterref": {"filter": "a", "parameters": {"IP": ["x y"]}}}], "filterref.parameters.IP = 'x y'"),
    ([{**BRIDGE, "filterref": {"filter": "a", "parameters": {"IP": {"a": "b"}}}}], "a value consists of letters"),
    *(([{**BRIDGE, "filterref": {"filter": "clean-traffic", "parameters": {"IP": value}}}],
       f"filterref.parameters.IP = {wrong!r}: a value consists of letters, digits and . : _, and libvirt ignores any "
       "other")
      for value, wrong in ((wrong, wrong) if isinstance(wrong, str) else (wrong, wrong[-1]) for wrong in (
          "10.0.0.1-10.0.0.9", "10.0.0.0/24", "", "a-b", "10.0.0.1,10.0.0.2", " 10.0.0.1", "10.0.0.1\n",
          ["10.0.0.1", "10.0.0.2-10.0.0.9"]))),
    ([{**BRIDGE, "filterref": {"filter": "clean-traffic", "parameters": {"MY-IP": "x"}}}],
     "filterref.parameters = 'MY-IP': a variable consists of letters, digits and _, and libvirt ignores"),
    ([{**DIRECT, "filterref": {"filter": "clean-traffic"}}], "a NIC of type direct does not support it"),
    ([{**OVS, "filterref": {"filter": "clean-traffic"}}], "libvirt does not filter on a virtualport"),
    ([on("pool", filterref={"filter": "clean-traffic"})], "libvirt filters only on a Linux bridge"),
    ([{**BRIDGE, "target_dev": "vnet7"}], "libvirt reserves such names for devices that it names"),
    ([{**USER, "type": "ethernet", "target_dev": "vnet7"}], "type: ethernet with managed: false for an existing TAP"),
    ([{**DIRECT, "target_dev": "macvtap7"}], "libvirt reserves such names for devices that it names"),
    ([{**BRIDGE, "target_dev": "a/b"}], "this is not the name of a network interface"),
    ([{**BRIDGE, "target_dev": "x" * 16}], "Use 1 to 15 letters"),
    ([{**VF, "target_dev": "vf0"}], "a NIC of type hostdev does not support it"),
    ([{**USER, "type": "ethernet", "managed": False}], "interfaces[0].target_dev: managed: false requires"),
    ([{**USER, "type": "ethernet", "managed": False, "target_dev": "tap9"}], "this host has no such TAP"),
    ([{**DIRECT, "managed": True}], "interfaces[0].managed"),
    # teams
    ([TRANSIENT], "interfaces[0].teaming.persistent = 'back': the domain has no NIC of this name"),
    ([{**BACKUP, "teaming": None}, TRANSIENT], "this NIC is not the persistent one of a team"),
    ([{**BACKUP, "model": "e1000e"}, TRANSIENT], "the persistent NIC of a team must be virtio"),
    ([{**BACKUP, "name": None}], "interfaces[0].name: the persistent NIC of a team needs a name"),
    ([BACKUP, {**TRANSIENT, "mac": MAC}], "the two NICs of a team need the same MAC, and back has 52:54:00:"),
    ([BACKUP, {**DIRECT, "name": "vf", "teaming": TRANSIENT["teaming"]}], "the transient NIC of a team must be a VF"),
    ([BACKUP, on("lan", teaming=TRANSIENT["teaming"])], "network lan (forward mode isolated) gives no VFs"),
    ([on("pool", teaming={"type": "persistent"})], "network pool (forward mode hostdev) gives VFs"),
    ([{**VF, "teaming": {"type": "persistent"}}], "the persistent NIC of a team must be virtio"),
    ([BACKUP, TRANSIENT, {**TRANSIENT, "name": "vf2", "source": {"pf": "enp2s0", "vf": 5}}], "is already in a team "
     "with it"),
    ([{**BRIDGE, "teaming": {"type": "transient"}}], "interfaces[0].teaming.persistent: only the transient NIC of"),
    ([{**BRIDGE, "teaming": {"type": "persistent", "persistent": "x"}}], "only the transient NIC"),
    ([{**VF, "teaming": {"type": "transient", "persistent": "a b"}}], "this is not the name of a NIC"),
    # networks
    ([on("lan", virtualport={"type": "openvswitch"})], "network lan (forward mode isolated) supports no virtualports"),
    ([on("ovs", virtualport=QBH)], "network ovs (forward mode bridge) supports openvswitch"),
    ([on("pool", virtualport=QBG)], "network pool (forward mode hostdev) supports 802.1Qbh"),
    ([on("taps", virtualport={"type": "openvswitch"})], "forward mode private) supports 802.1Qbg or 802.1Qbh"),
    ([on("taps", virtualport={"type": "802.1Qbg", "managerid": 3})], "needs it, and network taps does not set it"),
    ([on("ovs", virtualport={"type": "openvswitch", "profileid": "red"})], "network ovs or its port group sets gold"),
    ([on("ovs", filterref={"filter": "clean-traffic"})], "libvirt filters only on a Linux bridge, and network ovs"),
    ([on("taps", virtualport=QBG)], "802.1Qbg needs a VLAN other than 0"),
    ([on("taps", vlan={"tags": [5]})], "libvirt cannot set a VLAN on network taps (forward mode private)"),
]


def furnish(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the lab a domain, and more to connect to."""
    lab.domain()
    files = lab.files
    for name in ("ovs0", "eth5", "eth6", "eth8", "eth7.5", "eth7.0"):
        files.folder(f"/sys/class/net/{name}")
    files.write("/dev/vhost-vdpa-7")
    files.write("/proc/net/vlan/eth7.5", "eth7.5  VID: 5\t REORDER_HDR: 1  dev->priv_flags: 1")
    files.write("/proc/net/vlan/eth7.0", "eth7.0  VID: 0\t REORDER_HDR: 1  dev->priv_flags: 1")
    files.folder("/sys/class/net/eth8/brport")
    files.link("/sys/class/net/eth8/master", "/sys/class/net/br0")
    files.link("/sys/class/net/eth6/master", "/sys/class/net/ovs-system")
    files.folder("/sys/class/net/macvtap0/macvtap/tap7")
    files.link("/sys/class/net/eth5/upper_macvtap0", "/sys/class/net/macvtap0")
    for port, master in (("leg", "bond0"), ("enp2s0v1", "team0"), ("routed", "vrf0")):
        files.folder(f"/sys/class/net/{master}")
        if port != "enp2s0v1":
            files.folder(f"/sys/class/net/{port}")
    files.folder("/sys/class/net/bond0/bonding")
    files.netdev("0000:02:10.2", "enp2s0v1")
    for port, master in (("leg", "bond0"), ("enp2s0v1", "team0"), ("routed", "vrf0")):
        files.link(f"/sys/class/net/{port}/master", f"/sys/class/net/{master}")
    files.netdev("0000:02:10.4", "enp2s0v2")
    files.vf("0000:02:00.0", 5, "0000:02:11.2", "enp2s0v5")
    files.netdev("0000:03:10.0", "enp3s0v0")
    lab.network("taps", "<forward mode='private'><interface dev='eth7'/></forward>")
    lab.network("tags", "<forward mode='vepa'><interface dev='eth7.5'/></forward>")
    lab.network("ovs", "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>"
                       "<portgroup name='g' default='yes'><virtualport><parameters profileid='gold'/></virtualport>"
                       "</portgroup>")

    def ovs(argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        if argv[:-1] == ["ip", "-json", "-details", "link", "show", "dev"]:
            return Completed(0, json.dumps([{"linkinfo": {"info_kind": argv[-1][:-1]}}]))
        answer = lab.host.answer(argv)
        assert answer is not None or argv[:-1] == ["ovs-vsctl", "--timeout=10", "br-exists"]
        return answer or Completed(0 if argv[-1] == "ovs0" else 2)

    monkeypatch.setattr(lab.host, "run", ovs)


@pytest.fixture
def rich(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    furnish(lab, monkeypatch)
    return lab


@pytest.mark.parametrize(("items", "words"), WRONG)
def test_wrong_input_is_one_clear_error(rich: Lab, items: list[Result], words: str) -> None:
    before = rich.texts()
    refused = rich.vm_interface(*items)
    assert refused["failed"], refused
    assert words in refused["msg"]
    assert "defect" not in refused["msg"]
    assert rich.texts() == before


# What is near to something wrong and right
RIGHT: list[list[Result]] = [
    [OVS], [{**OVS, "vlan": {"tags": [5, 6], "native": 5}, "bandwidth": LIMIT}],
    [{**OVS, "virtualport": {"type": "midonet", "interfaceid": UUID}}],
    [{**DIRECT, "source": {"dev": "eth7.5"}, "virtualport": QBG, "bandwidth": LIMIT}],
    [{**PASSTHROUGH, "source": {"dev": "enp2s0v2", "mode": "passthrough"}, "vlan": {"tags": [5]}}],
    [{**PASSTHROUGH, "bandwidth": LIMIT}],
    [{**DIRECT, "source": {"dev": "eth5", "mode": "private"}, "bandwidth": LIMIT}],
    [{**DIRECT, "source": {"dev": "routed"}}],
    [{**DIRECT, "source": {"dev": "eth5", "mode": "bridge"}}], [{**VF, "virtualport": QBH}],
    [on("ovs", virtualport={"type": "openvswitch", "profileid": "gold"}, vlan={"tags": [5]})],
    [on("tags", virtualport=QBG)], [on("pool", virtualport=QBH)], [on("lan", bandwidth=LIMIT)],
    [on("taps", bandwidth=LIMIT)],
    [on("routed", bandwidth={"inbound": {"floor": 5}})], [BACKUP, TRANSIENT],
    [BACKUP, on("pool", name="vf", teaming=TRANSIENT["teaming"])],
    [{**BRIDGE, "bandwidth": {"inbound": {"average": 0}}, "filterref": {"filter": ""}, "target_dev": ""}],
    [{**USER, "type": "ethernet", "managed": False, "target_dev": "eth7"}],
    [{**USER, "type": "ethernet", "managed": False, "target_dev": "vnet0"}],
    [{**BRIDGE, "filterref": {"filter": "clean-traffic", "parameters": {
        "IP": ["10.0.0.1", "10.0.0.2"], "CTRL_IP_LEARNING": "none", "IPV6": "2001:db8::1", "N": 5}}}],
]


@pytest.mark.parametrize("items", RIGHT)
def test_its_neighbour_is_fine(rich: Lab, items: list[Result]) -> None:
    rich.files.folder("/sys/class/net/vnet0")
    rich.network("routed", "<forward mode='route'/><bandwidth><inbound average='100'/></bandwidth>")
    rich.four_runs(*items)


def test_a_macvtap_of_its_own_does_not_stand_in_the_way(rich: Lab) -> None:
    mine = {**PASSTHROUGH, "source": {"dev": "enp2s0v2", "mode": "passthrough"}}
    rich.vm_interface(mine)
    rich.files.link("/sys/class/net/enp2s0v2/upper_macvtap0", "/sys/class/net/macvtap0")
    assert not rich.vm_interface({**mine, "link_state": "down"})["failed"]
    assert "VF 2 of enp2s0 is in use by macvtap0" in rich.vm_interface({**mine, "name": "other"})["msg"]


def test_a_tap_of_the_host_keeps_its_name_until_libvirt_is_to_make_it(rich: Lab) -> None:
    for name in ("vnet0", "vnet1"):
        rich.files.folder(f"/sys/class/net/{name}")
    rich.vm_interface({"name": "n", "type": "ethernet", "managed": False, "target_dev": "vnet0"})
    rich.four_runs({"name": "n", "link_state": "down"})
    rich.four_runs({"name": "n", "target_dev": "vnet1"})
    assert dict(rich.libvirt.found["a"].xml.find("devices/interface/target").attrib) == {
        "dev": "vnet1", "managed": "no"}
    assert "libvirt reserves such names" in rich.vm_interface({"name": "n", "managed": True})["msg"]
    rich.four_runs({"name": "n", "managed": True, "target_dev": "tap1"})


def test_a_running_macvtap_whose_vf_was_renamed_is_not_in_its_own_way(rich: Lab) -> None:
    """libvirt keeps the name of the start; the next start needs the name that the VF has now."""
    mine = {**PASSTHROUGH, "source": {"pf": "enp2s0", "vf": 2, "mode": "passthrough"}, "vlan": {"tags": [5]}}
    rich.four_runs(mine)
    domain = rich.libvirt.found["a"]
    domain.create()
    target = domain.live.find("devices/interface").makeelement("target", {"dev": "macvtap9"})
    domain.live.find("devices/interface").append(target)
    rich.files.folder("/sys/class/net/macvtap9/macvtap/tap9")
    rich.files.remove("/sys/class/net/enp2s0v2")
    rich.files.remove("/sys/bus/pci/devices/0000:02:10.4/net")
    rich.files.netdev("0000:02:10.4", "wan0")
    rich.files.link("/sys/class/net/wan0/upper_macvtap9", "/sys/class/net/macvtap9")
    rich.files.link("/sys/class/net/macvtap9/lower_wan0", "/sys/class/net/wan0")
    done = rich.four_runs(mine)
    assert done["actions"] == ["domain a: NIC n: source enp2s0v2 → wan0"]
    assert (done["needs_restart"], done["interfaces"][0]["changes"]) == (False, {"source": "config"})
    assert "NIC n uses the same device of the host" in rich.vm_interface({**mine, "name": "other"})["msg"]
    rich.four_runs({**mine, "link_state": "down"})


def test_alternative_names(rich: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that ip link property adds: the kernel is asked only for a name that sysfs does not have."""
    asked: list[str] = []
    names = {"pf-of-the-left-card": "enp2s0", "an-uplink-of-the-host": "eth7"}

    def kernel(request: bytes) -> bytes:
        name = request[36:].rstrip(b"\0").decode()
        asked.append(name)
        found = names.get(name, "").encode() + b"\0"
        answer = bytes(16) + struct.pack("=HH", 4 + len(found), 3) + found + bytes(-len(found) % 4)
        return struct.pack("=IHHII", 16 + len(answer), 16 if name in names else 2, 0, 1, 0) + answer

    monkeypatch.setattr(rich.host, "rtnetlink", kernel)
    rich.four_runs({"name": "a", "type": "hostdev", "source": {"pf": "pf-of-the-left-card", "vf": 0}},
                   {**DIRECT, "source": {"dev": "an-uplink-of-the-host"}})
    nics = rich.libvirt.found["a"].xml.findall("devices/interface/source")
    assert nics[0].find("address").get("bus") == "0x02"
    assert nics[1].get("dev") == "eth7"
    assert "interfaces[0].source.pf = 'eth9'" in rich.vm_interface({**VF, "source": {"pf": "eth9", "vf": 0}})["msg"]
    asked.clear()
    rich.vm_interface({"name": "a", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}}, DIRECT)
    assert asked == []
