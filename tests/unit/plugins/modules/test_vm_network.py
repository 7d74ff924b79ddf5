# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to vm_network, through the module itself: one error with object, value and remedy, nothing changed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.modules import vm_network
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import OVS, PF, QBG, QBH, Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.modules.wronginput import one_host, tells
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

BRIDGE = {"mode": "bridge", "bridge": "br0"}
POOL = {"mode": "hostdev", "pf": "enp2s0"}
TAPS = {"mode": "vepa", "devices": ["eth7"]}
ISOLATED = {"mode": "isolated"}
GIVEN = {"name": "n", "forward": ISOLATED}


def forward(mode: str, **more: t.Any) -> Result:
    """A new network of a mode."""
    return {"forward": {"mode": mode, **more}}


def to(name: str, **more: t.Any) -> Result:
    """A network that is there."""
    return {"name": name, "forward": None, **more}


# The host has what furnish() gives it, and these networks: nat (active, bridge inner, domain a runs on it), taken
# (bridge outer), vfs (hostdev, PF enp2s0), pfs (passthrough, PF enp2s0; not started), fex (passthrough on a VF with
# 802.1Qbh), taps (vepa on eth7), br (bridge br0), asleep (isolated, domain b is defined on it), gone (transient).
WRONG: list[tuple[Result, str]] = [
    # the network, and what is to become of it
    ({"name": None}, "missing required arguments: name"),
    ({"name": ""}, "name = '': libvirt allows no empty name"),
    ({"name": "a/b"}, "name = 'a/b': libvirt allows no empty name, slash or newline"),
    ({"name": "a\nb"}, "name = 'a\\nb': libvirt allows"),
    (to("nonesuch"), "forward: network nonesuch does not exist yet, and a new network needs it"),
    (to("nonesuch", state="inactive"), "forward: network nonesuch does not exist yet"),
    (to("gone"), "name = 'gone': this network is transient"),
    (to("gone", state="absent"), "name = 'gone': this network is transient"),
    ({"state": "started"}, "value of state must be one of: present, active, inactive, absent, got: started"),
    ({"autostart": "perhaps"}, "'autostart' is of type str"),
    ({"uri": "xen:///"}, "libvirt at xen:///: cannot be reached"),
    ({"xml": "<network/>"}, "Unsupported parameters for"),
    (to("nat", state="inactive"), "state = 'inactive': network nat is in use: a runs with a NIC on it"),
    (to("nat", state="absent"), "state = 'absent': network nat is in use: a runs with a NIC on it"),
    (to("asleep", state="absent"), "state = 'absent': network asleep is in use: b has a NIC on it and could not"),
    ({"state": "absent"}, "forward: it is not valid for a network that is absent"),
    (to("taps", state="absent", vlan={"tags": [5]}), "vlan: it is not valid for a network that is absent"),
    (to("taps", state="absent", virtualport=QBG), "virtualport: it is not valid for a network that is absent"),
    (to("taps", state="absent", mtu=1400), "mtu = 1400: it is not valid for a network that is absent"),
    (to("taps", state="absent", addresses=["192.0.2.1/24"]), "addresses: it is not valid for a network that is absent"),
    (to("taps", state="absent", autostart=True), "autostart = True: it is not valid for a network that is absent"),
    # forward
    ({"forward": {}}, "missing required arguments: mode found in forward"),
    ({"forward": {"bridge": "br0"}}, "missing required arguments: mode found in forward"),
    (forward("vlan"), "value of mode must be one of: bridge, private, vepa, passthrough, hostdev, nat, route, open,"),
    (forward("nat", dev="eth7"), "forward.dev"),
    (forward("bridge"), "forward: mode bridge needs bridge or devices"),
    (forward("private"), "forward: mode private needs devices"),
    (forward("vepa"), "forward: mode vepa needs devices"),
    (forward("passthrough"), "forward: mode passthrough needs pf or devices"),
    (forward("hostdev"), "forward: mode hostdev needs pf or devices"),
    (forward("hostdev", managed=True), "forward: mode hostdev needs pf or devices"),
    (forward("bridge", bridge="br0", devices=["eth7"]), "forward.devices = 'eth7': mode bridge supports either"),
    (forward("hostdev", pf="enp2s0", devices=["0000:02:10.0"]), "mode hostdev supports either pf or devices"),
    (forward("bridge", pf="enp2s0"), "forward.pf = 'enp2s0': mode bridge supports bridge, devices"),
    (forward("private", pf="enp2s0"), "forward.pf = 'enp2s0': mode private supports devices"),
    (forward("hostdev", pf="enp2s0", bridge="br0"), "forward.bridge = 'br0': mode hostdev supports pf, devices"),
    (forward("passthrough", pf="enp2s0", managed=True), "forward.managed = True: mode passthrough supports pf"),
    (forward("nat", pf="enp2s0"), "forward.pf = 'enp2s0': mode nat supports bridge, devices"),
    (forward("open", devices=["eth7"]), "forward.devices = 'eth7': mode open supports bridge"),
    (forward("isolated", devices=["eth7", "eth5"]), "forward.devices = 'eth7, eth5': mode isolated supports bridge"),
    # PFs
    (forward("hostdev", pf="enp9s0"), "forward.pf = 'enp9s0': this host has no such network interface"),
    (forward("hostdev", pf="0000:09:00.0"), "forward.pf = '0000:09:00.0': this host has no such PCI device"),
    (forward("hostdev", pf="eth7"), "forward.pf = 'eth7': this device does not support SR-IOV"),
    (forward("hostdev", pf="enp2s0v0"), "forward.pf = 'enp2s0v0': this device does not support SR-IOV"),
    (forward("hostdev", pf="0000:02:10.0"), "forward.pf = '0000:02:10.0': this device does not support SR-IOV"),
    (forward("hostdev", pf="0000:04:00.0"), "forward.pf = '0000:04:00.0': this PF has no network interface"),
    (forward("hostdev", pf="../eth7"), "forward.pf = '../eth7': this is not the name of a network interface"),
    (forward("hostdev", pf=""), "forward.pf = '': this is not the name of a network"),
    (forward("hostdev", pf="enp2s0"), "forward.pf = 'enp2s0': network vfs gives the VFs of this PF"),
    (forward("hostdev", pf=PF), "forward.pf = 'enp2s0': network vfs gives the VFs of this PF"),
    ({**forward("hostdev", pf="enp5s0"), "state": "active"}, "forward.pf = 'enp5s0': this PF has no VFs"),
    # devices
    (forward("private", devices=[]), "forward.devices: an empty list does not connect the network"),
    (forward("private", devices=["eth7", "eth7"]), "forward.devices[1] = 'eth7': it is there twice"),
    (forward("hostdev", devices=["0000:0A:10.0", "0000:0a:10.0"]), "forward.devices[1] = '0000:0a:10.0': it is there"),
    (forward("private", devices=["eth9"]), "forward.devices[0] = 'eth9': this host has no such network interface"),
    (forward("private", devices=["eth7", "x" * 16]), f"forward.devices[1] = '{'x' * 16}': this is not the name of a"),
    (forward("private", devices=["."]), "forward.devices[0] = '.': this is not the name of a network"),
    (forward("bridge", devices=["br0"]), "forward.devices[0] = 'br0': this is a bridge, on which macvtaps are not"),
    (forward("vepa", devices=["0000:02:10.0"]), "forward.devices[0] = '0000:02:10.0': with mode vepa devices are"),
    (forward("hostdev", devices=["eth7"]), "forward.devices[0] = 'eth7': with mode hostdev devices are PCI addresses"),
    (forward("hostdev", devices=["0000:09:10.0"]), "forward.devices[0] = '0000:09:10.0': this host has no such PCI"),
    (forward("hostdev", devices=["0000:03:10.0", PF]), f"forward.devices[1] = '{PF}': this PCI device is not a VF"),
    ({**forward("nat", devices=["eth7", "eth5"]), "addresses": ["192.0.2.1/24"]},
     "forward.devices = 'eth7, eth5': mode nat forwards through one network interface or through all of them"),
    # bridges
    (forward("bridge", bridge="br9"), "forward.bridge = 'br9': this host has no such bridge"),
    (forward("bridge", bridge="eth7"), "forward.bridge = 'eth7': this network interface is not a Linux bridge"),
    (forward("bridge", bridge="ovs0"), "set virtualport with type: openvswitch for a bridge of Open vSwitch"),
    (forward("bridge", bridge="a/b"), "forward.bridge = 'a/b': this is not the name of a network"),
    (forward("bridge", bridge=""), "forward.bridge = '': this is not the name of a network"),
    (forward("isolated", bridge="b" * 16), "1 to 15 letters"),
    (forward("isolated", bridge="inner"), "forward.bridge = 'inner': network nat already"),
    (forward("isolated", bridge="outer"), "forward.bridge = 'outer': network taken already"),
    ({**forward("isolated", bridge="br0"), "state": "active"}, "forward.bridge = 'br0': libvirt creates this bridge"),
    (to("br", virtualport=OVS), "forward.bridge = 'br0': Open vSwitch has no such bridge"),
    # addresses
    (forward("nat"), "addresses: libvirt does not accept a network of mode nat without an address of the host"),
    (forward("route"), "addresses: libvirt does not accept a network of mode route without an address of the host"),
    (to("nat", addresses=[]), "addresses: libvirt does not accept a network of mode nat without an address"),
    ({"addresses": ["192.0.2.1"]}, "addresses[0] = '192.0.2.1': its prefix length is missing"),
    ({"addresses": ["192.0.2.1/24", "192.0.2/24"]}, "addresses[1] = '192.0.2/24': this is not an IP address"),
    ({"addresses": ["192.0.2.1/33"]}, "addresses[0] = '192.0.2.1/33': this is not an IP address"),
    ({"addresses": ["fe80::1%eth7/64"]}, "addresses[0] = 'fe80::1%eth7/64': an address of a network cannot have"),
    ({"addresses": ["192.0.2.0/24"]}, "addresses = '192.0.2.0/24': this is the address of the network"),
    ({"addresses": ["192.0.2.1/0.0.0.255"]}, "addresses[0] = '192.0.2.1/0.0.0.255': this is not an IP address with"),
    ({"addresses": ["192.0.2.1/255.0.255.0"]}, "addresses[0] = '192.0.2.1/255.0.255.0': this is not an IP address"),
    ({"uri": ""}, "uri = '': it is empty. Write a URI such as qemu:///system, or omit the option"),
    ({"addresses": ["2001:db8::/64"]}, "Use another address of it, such as 2001:db8::1/64"),
    ({"addresses": ["2001:db8::1/64", "2001:DB8:0::1/64"]}, "addresses[1] = '2001:DB8:0::1/64': it is there twice"),
    ({"addresses": ["192.0.2.1/24"], "forward": BRIDGE}, "addresses = '192.0.2.1/24': only a network that libvirt"),
    ({"addresses": "192.0.2.1"}, "addresses[0] = '192.0.2.1': its prefix length is missing"),
    # virtualports
    ({"virtualport": OVS}, "virtualport.type = 'openvswitch': a network of mode isolated supports no virtualports"),
    ({"virtualport": QBG, "forward": BRIDGE}, "virtualport.type = '802.1Qbg': a network of mode bridge supports"),
    ({"virtualport": OVS, "forward": TAPS}, "a network of mode vepa supports 802.1Qbg or 802.1Qbh"),
    ({"virtualport": QBG, "forward": POOL}, "virtualport.type = '802.1Qbg': a network of mode hostdev supports"),
    ({"virtualport": {"type": "midonet"}, "forward": BRIDGE}, "virtualport.type = 'midonet': a network of mode"),
    ({"virtualport": {"type": "802.1Q"}}, "value of type must be one of: 802.1Qbg, 802.1Qbh, openvswitch, midonet,"),
    ({"virtualport": {"profileid": "gold"}}, "missing required arguments: type found in virtualport"),
    ({"virtualport": {**QBG, "managerid": 0}, "forward": TAPS}, "virtualport.managerid = 0: 0 is reserved"),
    ({"virtualport": {**QBG, "typeid": 1 << 24}, "forward": TAPS}, "virtualport.typeid = 16777216: it must be from 0"),
    ({"virtualport": {**QBG, "typeidversion": -1}, "forward": TAPS}, "virtualport.typeidversion = -1: it must be"),
    ({"virtualport": {**QBG, "instanceid": "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"}, "forward": TAPS},
     "virtualport.instanceid = '09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f': it identifies a single NIC"),
    ({"virtualport": {**OVS, "interfaceid": "1"}, "forward": BRIDGE}, "virtualport.interfaceid = '1': this is not a "
     "UUID"),
    ({"virtualport": {**QBH, "profileid": ""}, "forward": POOL}, "virtualport.profileid = '': with 802.1Qbh it must"),
    ({"virtualport": {"type": "none", "profileid": "gold"}, "forward": BRIDGE}, "type none has no parameters"),
    # VLANs
    ({"vlan": {"tags": [5]}}, "vlan = '5': libvirt cannot set a VLAN on a network of mode isolated"),
    ({"vlan": {"tags": [5]}, "forward": TAPS}, "vlan = '5': libvirt cannot set a VLAN on a network of mode vepa"),
    ({"vlan": {"tags": [5]}, "forward": {"mode": "bridge", "devices": ["eth7"]}}, "libvirt cannot set a VLAN on a"),
    ({"vlan": {"tags": [5, 6]}, "forward": POOL}, "vlan = '5,6 trunk': a VF supports exactly one VLAN tag"),
    ({"vlan": {"tags": [5], "trunk": True}, "forward": POOL}, "vlan = '5 trunk': a VF supports exactly one VLAN tag"),
    ({"vlan": {"tags": [5]}, "forward": {"mode": "passthrough", "devices": ["eth7"]}}, "vlan = '5': eth7 is not a VF"),
    ({"vlan": {"tags": [5]}, "forward": {**BRIDGE, "bridge": "br1"}}, "vlan = '5': bridge br1 does not filter VLANs"),
    ({"vlan": {"tags": [5]}, "virtualport": QBH, "forward": POOL}, "vlan = '5': with 802.1Qbh the port profile"),
    (to("fex", vlan={"tags": [5]}), "vlan = '5': with 802.1Qbh the port profile of the switch sets the VLAN"),
    ({"vlan": {"tags": [0]}, "forward": BRIDGE}, "vlan.tags = 0: it must be from 1 to 4094"),
    ({"vlan": {"tags": [4095]}, "forward": BRIDGE}, "vlan.tags = 4095: it must be from 1 to 4094"),
    ({"vlan": {"tags": [5, 5]}, "forward": BRIDGE}, "vlan.tags = [5, 5]: a tag is listed twice"),
    ({"vlan": {"tags": []}, "forward": BRIDGE, "virtualport": OVS}, "Open vSwitch has no such bridge"),
    ({"vlan": {"tags": [], "trunk": True}, "forward": BRIDGE}, "vlan.trunk = True: a trunk needs at least one tag"),
    ({"vlan": {"tags": [5, 6], "trunk": False}, "forward": BRIDGE}, "vlan.trunk = False: several tags require a trunk"),
    ({"vlan": {"tags": [5, 6], "native": 7}, "forward": BRIDGE}, "vlan.native = 7: the native VLAN must be one of"),
    ({"vlan": {"trunk": True}}, "missing required arguments: tags found in vlan"),
    ({"vlan": {"tags": ["blue"]}}, "unable to convert to int"),
    # what is no dictionary
    ({"forward": "nat"}, "forward = 'nat': it must be a dictionary. Give its options (mode, pf, devices, bridge, man"),
    ({"forward": 5}, "forward = 5: it must be a dictionary"),
    ({"vlan": "blue"}, "vlan = 'blue': it must be a dictionary. Give its options (tags, trunk, native), each with its"),
    ({"virtualport": "openvswitch"}, "virtualport = 'openvswitch': it must be a dictionary"),
    # MTUs
    ({"mtu": 67}, "mtu = 67: it must be from 68 to 65535"),
    ({"mtu": 65536}, "mtu = 65536: it must be from 68 to 65535"),
    ({"mtu": "jumbo"}, "'mtu' is of type str"),
    ({"mtu": 9000, "forward": BRIDGE}, "mtu = 9000: only a network that libvirt routes itself supports it"),
    (to("vfs", mtu=9000), "mtu = 9000: only a network that libvirt routes itself supports it"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    with one_host(tmp_path_factory, fill) as made:
        yield made


def fill(lab: Lab, patch: pytest.MonkeyPatch) -> None:
    """What the comment above WRONG lists, a PF without a netdev and one without VFs."""
    lab.files.nic("0000:04:00.0", None, totalvfs=7)
    lab.files.nic("0000:05:00.0", "enp5s0", totalvfs=7)
    given: dict[str, str] = {
        "nat": "<forward mode='nat'/><bridge name='inner'/><ip address='192.0.2.1' prefix='24'/>",
        "taken": "<bridge name='outer'/>", "vfs": "<forward mode='hostdev'><pf dev='enp2s0'/></forward>",
        "fex": "<forward mode='passthrough'><interface dev='enp2s0v2'/></forward><virtualport type='802.1Qbh'>"
               "<parameters profileid='finance'/></virtualport>",
        "taps": "<forward mode='vepa'><interface dev='eth7'/></forward>",
        "br": "<forward mode='bridge'/><bridge name='br0'/>", "asleep": "", "gone": "",
    }
    for name, content in given.items():
        lab.libvirt.networkDefineXML(f"<network><name>{name}</name>{content}</network>")
    for name in ("nat", "gone", "asleep"):
        lab.libvirt.networks[name].start()
    for domain, network in (("a", "nat"), ("b", "asleep")):
        lab.domain(domain)
        nic = {"name": "nic", "type": "network", "source": {"network": network}}
        assert not lab.vm_interface(nic, domain=domain)["failed"]
    lab.libvirt.found["a"].create()
    lab.libvirt.networks["asleep"].stop()
    lab.libvirt.networks["gone"].undefine()
    lab.furnish(patch)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_wrong_input(lab: Lab, capsys: pytest.CaptureFixture[str], wrong: Result, told: str, check_mode: bool) -> None:
    tells(lab, vm_network.main, {**GIVEN, **wrong}, capsys, told, check_mode)
