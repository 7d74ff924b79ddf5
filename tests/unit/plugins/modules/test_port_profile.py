# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to port_profile, through the module itself: one error with object, value and remedy, nothing changed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.modules import port_profile
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import OVS, QBG, QBH, Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.modules.wronginput import one_host, tells
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

NUMBER = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
GIVEN = {"network": "br", "name": "red"}


def on(network: str, **more: t.Any) -> Result:
    """The profile of another network."""
    return {"network": network, **more}


def vlan(*tags: t.Any, **more: t.Any) -> Result:
    return {"vlan": {"tags": list(tags), **more}}


def virtualport(port: Result, **more: t.Any) -> Result:
    return {"virtualport": {**port, **more}}


def inbound(**limit: t.Any) -> Result:
    return {"bandwidth": {"inbound": limit}}


def outbound(**limit: t.Any) -> Result:
    return {"bandwidth": {"outbound": limit}}


# The host has what furnish() gives it, and these networks: br (bridge br0; its default is blue), open (bridge br1,
# which does not filter VLANs), lost (bridge br9, which is not there), ovs (bridge ovs0), nat, island (isolated), vfs
# (hostdev; domain a runs with its profile gold, b is defined with its default base, sleeper is paused with idle), fex
# (hostdev with 802.1Qbh), eths (passthrough on enp2s0v2 and eth7), taps (vepa on eth7), macs (bridge on eth7), qbg
# (vepa with 802.1Qbg), gone (transient).
WRONG: list[tuple[Result, str]] = [
    # the profile, and what is to become of it
    ({"name": None}, "missing required arguments: name"),
    ({"network": None}, "missing required arguments: network"),
    ({"name": ""}, "name = '': a profile needs a name of printable characters without &, < and '"),
    ({"name": "a\nb"}, "name = 'a\\nb': a profile needs a name of printable characters"),
    ({"name": "a\x01"}, "name = 'a\\x01': it has the character U+0001"),
    ({"name": "R&D"}, "name = 'R&D': a profile needs a name of printable characters without &, < and '"),
    ({"name": "a<b"}, "name = 'a<b': a profile needs a name"),
    ({"name": "it's"}, "name = \"it's\": a profile needs a name"),
    (on("nonesuch"), "network = 'nonesuch': libvirt has no such network. Define it with nfv.kvm.vm_network"),
    (on(""), "network = '': libvirt has no such network"),
    (on("nonesuch", state="absent"), "network = 'nonesuch': libvirt has no such network"),
    (on("gone"), "network = 'gone': it is transient, without a definition"),
    (on("gone", state="absent"), "network = 'gone': it is transient, without a definition"),
    ({"state": "active"}, "value of state must be one of: present, absent, got: active"),
    ({"replug": "always"}, "value of replug must be one of: never, allowed, got: always"),
    ({"replug": True}, "value of replug must be one of: never, allowed, got: True"),
    ({"uri": "xen:///"}, "libvirt at xen:///: cannot be reached"),
    ({"mtu": 1500}, "Unsupported parameters for"),
    ({"default": True}, "default = True: port group blue is the default of this network. Set default: false for blue"),
    ({"default": "perhaps"}, "'default' is of type str"),
    (on("vfs", name="gold", state="absent"), "state = 'absent': NICs of a use it, and would start without its"),
    (on("vfs", name="base", state="absent"), "state = 'absent': NICs of b use it"),
    (on("vfs", name="idle", state="absent"), "Set another port group for them first, with nfv.kvm.vm_interface"),
    (on("vfs", name="idle", replug="allowed", **vlan(7)), "domain sleeper: it is paused, so its guest cannot release"),
    ({"state": "absent", "default": True}, "default = True: it is not valid for a profile that is absent. Remove "
     "default, or"),
    ({"state": "absent", **vlan(5)}, "vlan: it is not valid for a profile that is absent. Remove vlan, or set another "
     "state"),
    ({"state": "absent", **virtualport(QBG)}, "virtualport: it is not valid for a profile that is absent"),
    ({"state": "absent", **inbound(average=5)}, "bandwidth: it is not valid for a profile that is absent"),
    ({"state": "absent", "trust_guest_rx_filters": True}, "trust_guest_rx_filters = True: it is not valid for"),
    ({"state": "absent", "isolated": True}, "isolated = True: it is not valid for a profile that is absent"),
    # VLANs
    (vlan(0), "vlan.tags = 0: it must be from 1 to 4094"),
    (vlan(4095), "vlan.tags = 4095: it must be from 1 to 4094"),
    (vlan(5, -6), "vlan.tags = -6: it must be from 1 to 4094"),
    (vlan(5, 5), "vlan.tags = [5, 5]: a tag is listed twice"),
    (vlan("blue"), "unable to convert to int"),
    (vlan(trunk=True), "vlan.trunk = True: a trunk needs at least one tag"),
    (vlan(5, 6, trunk=False), "vlan.trunk = False: several tags require a trunk"),
    (vlan(5, 6, native=7), "vlan.native = 7: the native VLAN must be one of the tags of a trunk"),
    (vlan(5, native=5), "vlan.native = 5: the native VLAN must be one of the tags of a trunk"),
    ({"vlan": {"trunk": True}}, "missing required arguments: tags found in vlan"),
    (on("nat", **vlan(5)), "vlan = '5': libvirt cannot set a VLAN on network nat (forward mode nat)"),
    (on("island", **vlan(5)), "vlan = '5': libvirt cannot set a VLAN on network island (forward mode isolated)"),
    (on("taps", **vlan(5)), "vlan = '5': libvirt cannot set a VLAN on network taps (forward mode vepa)"),
    (on("macs", **vlan(5)), "vlan = '5': libvirt cannot set a VLAN on network macs (forward mode macvtap bridge)"),
    (on("vfs", **vlan(5, 6)), "vlan = '5,6 trunk': the NICs of network vfs (forward mode hostdev) are VFs, and a VF"),
    (on("vfs", **vlan(5, trunk=True)), "vlan = '5 trunk': the NICs of network vfs"),
    (on("eths", **vlan(5)), "vlan = '5': eth7 of network eths is not a VF, and libvirt sets the VLAN of a macvtap on "
     "VFs"),
    (on("open", **vlan(5)), "vlan = '5': bridge br1 does not filter VLANs, so it would ignore them. Run ip"),
    (on("lost", **vlan(5)), "bridge of network lost = 'br9': this host has no such bridge. Create it first"),
    (on("fex", **vlan(5)), "vlan = '5': with 802.1Qbh the port profile of the switch sets the VLAN"),
    (on("vfs", **vlan(5), **virtualport(QBH)), "vlan = '5': with 802.1Qbh the port profile of the switch sets the"),
    # virtualports
    ({"virtualport": {"profileid": "gold"}}, "missing required arguments: type found in virtualport"),
    (virtualport({"type": "802.1Q"}), "value of type must be one of: 802.1Qbg, 802.1Qbh, openvswitch, midonet, none"),
    (virtualport(QBG), "virtualport.type = '802.1Qbg': network br (forward mode bridge) supports openvswitch"),
    (virtualport({"type": "midonet"}), "virtualport.type = 'midonet': network br (forward mode bridge) supports"),
    (virtualport(OVS), "bridge of network br = 'br0': Open vSwitch has no such bridge. Run ovs-vsctl list-br to"),
    (on("nat", **virtualport(OVS)), "virtualport.type = 'openvswitch': network nat (forward mode nat) supports no"),
    (on("taps", **virtualport(OVS)), "network taps (forward mode vepa) supports 802.1Qbg or 802.1Qbh"),
    (on("vfs", **virtualport(QBG)), "virtualport.type = '802.1Qbg': network vfs (forward mode hostdev) supports"),
    (on("qbg", **virtualport(QBH)), "virtualport.type = '802.1Qbh': network qbg (forward mode vepa) sets 802.1Qbg"),
    (on("qbg", **virtualport(QBG, managerid=12)), "virtualport.managerid = 12: network qbg (forward mode vepa) sets"),
    (on("fex", **virtualport(QBH, profileid="gold")), "virtualport.profileid = 'gold': network fex (forward mode"),
    (on("taps", **virtualport(QBG, managerid=0)), "virtualport.managerid = 0: 0 is reserved in 802.1Qbg"),
    (on("taps", **virtualport(QBG, managerid=256)), "virtualport.managerid = 256: it must be from 1 to 255"),
    (on("taps", **virtualport(QBG, typeid=1 << 24)), "virtualport.typeid = 16777216: it must be from 0 to 16777215"),
    (on("taps", **virtualport(QBG, typeid=-1)), "virtualport.typeid = -1: it must be from 0"),
    (on("taps", **virtualport(QBG, typeidversion=256)), "virtualport.typeidversion = 256: it must be from 0 to 255"),
    (on("taps", **virtualport(QBG, typeid="gold")), "'typeid' is of type str"),
    (on("taps", **virtualport(QBG, profileid="gold")), "virtualport.profileid = 'gold': a virtualport of type"),
    (on("taps", **virtualport(QBG, instanceid=NUMBER)), f"virtualport.instanceid = '{NUMBER}': it identifies a"),
    (on("ovs", **virtualport(OVS, interfaceid=NUMBER)), f"virtualport.interfaceid = '{NUMBER}': it identifies a"),
    (on("ovs", **virtualport(OVS, interfaceid="1")), "virtualport.interfaceid = '1': this is not a UUID"),
    (on("ovs", **virtualport(OVS, managerid=1)), "virtualport.managerid = 1: a virtualport of type openvswitch has"),
    (on("vfs", **virtualport(QBH, profileid="")), "virtualport.profileid = '': with 802.1Qbh it must have 1 to 31"),
    (on("vfs", **virtualport(QBH, profileid="p" * 32)), f"virtualport.profileid = '{'p' * 32}': with 802.1Qbh it must"),
    (on("vfs", **virtualport(QBH, profileid="é")), "virtualport.profileid = 'é': with 802.1Qbh it must have 1 to 31"),
    (on("vfs", **virtualport(QBH, profileid="R&D")), "characters of letters, digits and - . : _, as in UCS Manager"),
    (on("ovs", **virtualport(OVS, profileid="p" * 40)), f"virtualport.profileid = '{'p' * 40}': it must have 1 to 39"),
    (on("ovs", **virtualport(OVS, profileid="a\tb")), "virtualport.profileid = 'a\\tb': it must consist of printable"),
    (virtualport({"type": "none", "profileid": "gold"}), "virtualport.profileid = 'gold': a virtualport of type none"),
    # limits
    (inbound(average=-1), "bandwidth.inbound.average = -1: it must be from 1 to 4294967295"),
    (outbound(average=1 << 32), "bandwidth.outbound.average = 4294967296: it must be from 1 to 4294967295"),
    (inbound(peak=5), "bandwidth.inbound = {'peak': 5}: a limit needs average. Set average; 0 removes the"),
    (outbound(burst=5), "bandwidth.outbound = {'burst': 5}: a limit needs average"),
    (inbound(), "bandwidth.inbound: a limit needs average"),
    (inbound(average=0, peak=5), "bandwidth.inbound.average = 0: it must be from 1"),
    (inbound(average=5, peak=4), "bandwidth.inbound.peak = 4: it is below the average of 5 kilobytes per second"),
    (inbound(average=5, burst=0), "bandwidth.inbound.burst = 0: it must be from 1"),
    (outbound(average="1G"), "'average' is of type str"),
    (outbound(average=5, floor=1), "Unsupported parameters for"),
    (on("nat", **inbound(average=5, floor=4)), "bandwidth.inbound.floor = 4: libvirt guarantees a floor for single"),
    (on("nat", **inbound(floor=4)), "Remove floor, and set it for each NIC with nfv.kvm.vm_interface"),
    (on("vfs", **inbound(average=5)), "bandwidth = 'average=5': libvirt does not limit the bandwidth on network vfs "
     "(forward mode"),
    (on("eths", **outbound(average=5)), "Remove bandwidth; set max_tx_rate of the VFs with nfv.kvm.sriov_vf"),
    (on("taps", **outbound(average=5)), "bandwidth = 'average=5': libvirt does not limit the bandwidth on network taps "
     "(forward"),
    # switches
    (on("vfs", trust_guest_rx_filters=True), "trust_guest_rx_filters = True: the NICs of network vfs (forward mode"),
    ({"trust_guest_rx_filters": "sure"}, "'trust_guest_rx_filters' is of type str"),
    ({"isolated": True}, "isolated = True: libvirt isolates single NICs or a whole network, but not the NICs"),
    ({"isolated": "perhaps"}, "'isolated' is of type str"),
    # what is no dictionary
    ({"vlan": "blue"}, "vlan = 'blue': it must be a dictionary"),
    ({"vlan": 5}, "vlan = 5: it must be a dictionary"),
    ({"virtualport": "openvswitch"}, "virtualport = 'openvswitch': it must be a dictionary"),
    ({"bandwidth": "1G"}, "bandwidth = '1G': it must be a dictionary. Give its options (inbound, outbound), each"),
    ({"bandwidth": {"inbound": "1G"}}, "bandwidth.inbound = '1G': it must be a dictionary"),
    ({"bandwidth": {"outbound": 1.5}}, "bandwidth.outbound = 1.5: it must be a dictionary"),
]
# (the name of a network, what it is)
NETWORKS = {
    "br": "<forward mode='bridge'/><bridge name='br0'/><portgroup name='blue' default='yes'/>",
    "open": "<forward mode='bridge'/><bridge name='br1'/>",
    "lost": "<forward mode='bridge'/><bridge name='br9'/>",
    "ovs": "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>",
    "nat": "<forward mode='nat'/><ip address='192.0.2.1' prefix='24'/>",
    "island": "",
    "vfs": "<forward mode='hostdev' managed='yes'><pf dev='enp2s0'/></forward><portgroup name='gold'/>"
           "<portgroup name='base' default='yes'/><portgroup name='idle'/>",
    "fex": "<forward mode='hostdev'><pf dev='enp3s0'/></forward><virtualport type='802.1Qbh'><parameters "
           "profileid='finance'/></virtualport>",
    "eths": "<forward mode='passthrough'><interface dev='enp2s0v2'/><interface dev='eth7'/></forward>",
    "taps": "<forward mode='vepa'><interface dev='eth7'/></forward>",
    "macs": "<forward mode='bridge'><interface dev='eth7'/></forward>",
    "qbg": "<forward mode='vepa'><interface dev='eth5'/></forward><virtualport type='802.1Qbg'><parameters "
           "managerid='11' typeid='1193047' typeidversion='2'/></virtualport>",
    "gone": "",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    with one_host(tmp_path_factory, fill) as made:
        yield made


def fill(lab: Lab, patch: pytest.MonkeyPatch) -> None:
    """What the comment above WRONG lists."""
    lab.furnish(patch)
    for name, content in NETWORKS.items():
        lab.libvirt.networkDefineXML(f"<network><name>{name}</name>{content}</network>")
    for name in ("br", "vfs", "gone"):
        lab.libvirt.networks[name].start()
    lab.libvirt.networks["gone"].undefine()
    for domain, group in (("a", "gold"), ("b", None), ("sleeper", "idle")):
        lab.domain(domain)
        nic = {"name": "nic", "type": "network", "source": {"network": "vfs", "portgroup": group}}
        assert not lab.vm_interface(nic, domain=domain)["failed"]
    lab.libvirt.found["a"].create()
    lab.libvirt.found["sleeper"].create()
    lab.libvirt.found["sleeper"].suspend()


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_wrong_input(lab: Lab, capsys: pytest.CaptureFixture[str], wrong: Result, told: str, check_mode: bool) -> None:
    tells(lab, port_profile.main, {**GIVEN, **wrong}, capsys, told, check_mode)


def test_vlans_of_a_linux_bridge_need_a_libvirt_that_knows_them(
        lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.libvirt, "version", 10_010_000)
    tells(lab, port_profile.main, {**GIVEN, **vlan(5)}, capsys,
          "vlan = '5': libvirt sets VLANs on a Linux bridge only from version 11.0 on", check_mode=False)
