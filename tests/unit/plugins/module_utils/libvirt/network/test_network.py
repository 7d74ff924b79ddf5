# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_network on a libvirt that keeps state: each mode, what stays, what runs, and what a failure leaves behind."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import OVS, PF, QBG, QBH, Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

ADDRESS = "192.0.2.1/24"
IP = "<ip address='192.0.2.1' prefix='24'/>"
VIRBR0 = "<bridge name='virbr0' stp='on' delay='0'/>"


def net(mode: str, **forward: t.Any) -> Result:
    """A network of a mode; what is no key of forward is one of the module."""
    more: Result = {key: forward.pop(key) for key in ("addresses", "virtualport", "vlan", "mtu") if key in forward}
    return {"forward": {"mode": mode, **forward}, **more}


def pci(*functions: int) -> str:
    """VFs of enp2s0."""
    return "".join(f"<address type='pci' domain='0x0000' bus='0x02' slot='0x10' function='0x{function}'/>"
                   for function in functions)


# (the parameters, what libvirt then has beside name, UUID and MAC)
KINDS: dict[str, tuple[Result, str]] = {
    "bridge": (net("bridge", bridge="br0"), "<forward mode='bridge'/><bridge name='br0'/>"),
    "bridge with VLANs": (net("bridge", bridge="br0", vlan={"tags": [5, 6], "native": 6}),
                          "<forward mode='bridge'/><bridge name='br0'/><vlan trunk='yes'><tag id='5'/>"
                          "<tag id='6' nativeMode='untagged'/></vlan>"),
    "ovs": (net("bridge", bridge="ovs0", virtualport=OVS, vlan={"tags": [7]}),
            "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>"
            "<vlan><tag id='7'/></vlan>"),
    "macvtap bridge": (net("bridge", devices=["eth7", "eth5"]),
                       "<forward mode='bridge' dev='eth7'><interface dev='eth7'/><interface dev='eth5'/></forward>"),
    "private": (net("private", devices=["eth7"]),
                "<forward mode='private' dev='eth7'><interface dev='eth7'/></forward>"),
    "vepa": (net("vepa", devices=["eth7"], virtualport=QBG),
             "<forward mode='vepa' dev='eth7'><interface dev='eth7'/></forward><virtualport type='802.1Qbg'>"
             "<parameters managerid='11' typeid='1193047' typeidversion='2'/></virtualport>"),
    "passthrough": (net("passthrough", devices=["enp2s0v0"], vlan={"tags": [7]}),
                    "<forward mode='passthrough' dev='enp2s0v0'><interface dev='enp2s0v0'/></forward>"
                    "<vlan><tag id='7'/></vlan>"),
    "passthrough of a PF": (net("passthrough", pf="enp2s0", virtualport=QBH),
                            "<forward mode='passthrough'><pf dev='enp2s0'/></forward><virtualport type='802.1Qbh'>"
                            "<parameters profileid='finance'/></virtualport>"),
    "hostdev": (net("hostdev", devices=["0000:02:10.0", "0000:02:10.4"]),
                f"<forward mode='hostdev' managed='yes'>{pci(0, 4)}</forward>"),
    "hostdev of a PF": (net("hostdev", pf="enp2s0", vlan={"tags": [100]}),
                        "<forward mode='hostdev' managed='yes'><pf dev='enp2s0'/></forward><vlan><tag id='100'/>"
                        "</vlan>"),
    "hostdev by hand": (net("hostdev", pf="enp2s0", managed=False),
                        "<forward mode='hostdev' managed='no'><pf dev='enp2s0'/></forward>"),
    "nat": (net("nat", addresses=[ADDRESS]), f"<forward mode='nat'/>{VIRBR0}{IP}"),
    "nat by a device": (net("nat", devices=["eth7"], bridge="inner", addresses=[ADDRESS, "2001:db8::1/64"]),
                        "<forward mode='nat' dev='eth7'><interface dev='eth7'/></forward><bridge name='inner' stp='on' "
                        f"delay='0'/>{IP}<ip family='ipv6' address='2001:db8::1' prefix='64'/>"),
    "route": (net("route", addresses=[ADDRESS]), f"<forward mode='route'/>{VIRBR0}{IP}"),
    "open": (net("open", addresses=[ADDRESS]), f"<forward mode='open'/>{VIRBR0}{IP}"),
    "isolated": (net("isolated", addresses=[], mtu=9000), f"{VIRBR0}<mtu size='9000'/>"),
}
OWN_BRIDGE = ("nat", "nat by a device", "route", "open", "isolated")
EACH = pytest.mark.parametrize("kind", KINDS)


def meaning(text: str, *without: str) -> list[bytes]:
    """What a ``<network>`` has beside what libvirt makes up, in any order."""
    return sorted(etree.tostring(found, method="c14n") for found in parse(text)
                  if found.tag not in ("name", "uuid", "mac", *without))


def defined(lab: Lab, name: str = "n") -> str:
    return lab.libvirt.networks[name].shown(True)


def live(lab: Lab, name: str = "n") -> str:
    return lab.libvirt.networks[name].shown(False)


def extend(lab: Lab, text: str) -> None:
    """More in the definition and in what runs, made without the module."""
    network = lab.libvirt.networks["n"]
    network.xml, network.live = (xml.replace("</network>", f"{text}</network>") for xml in (network.xml, network.live))


def refused(lab: Lab, **params: t.Any) -> str:
    """What is wrong, without the remedy; nothing was changed."""
    before = lab.texts()
    result = lab.vm_network(**params)
    assert result["failed"]
    assert result["error"]["remedy"]
    assert lab.texts() == before
    assert lab.vm_network(check_mode=True, **params)["error"] == result["error"]
    return str(result["msg"]).split(". ", maxsplit=1)[0]


def content(text: str) -> list[bytes]:
    return meaning(f"<network>{text}</network>")


def plug(lab: Lab, network: str = "n", start: bool = True) -> None:
    """Put the domain on a network."""
    assert not lab.vm_interface({"name": "nic", "type": "network", "source": {"network": network}})["failed"]
    if start:
        lab.libvirt.found["a"].create()


# Modes

@EACH
@pytest.mark.parametrize("state", ["present", "active"])
def test_new(rich: Lab, kind: str, state: str) -> None:
    params, xml = KINDS[kind]
    made = rich.runs(rich.vm_network, state=state, **params)
    assert meaning(defined(rich)) == content(xml)
    network = rich.libvirt.networks["n"]
    assert (made["state"], network.active) == (("active", True) if state == "active" else ("inactive", False))
    assert made["uuid"] == network.UUIDString()
    assert (made["used_by"], made["needs_restart"], made["autostart"]) == ([], False, False)
    bridge = parse(network.xml).find("bridge")
    assert made["bridge"] == (None if bridge is None else bridge.get("name"))
    assert made["actions"][0].startswith(f"network n: define, {params['forward']['mode']}")


# From one that goes out by a device to one that is not asked to, the device stays.
CHANGES = [pair for pair in itertools.permutations(KINDS, 2) if pair != ("nat by a device", "nat")]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_each_kind_becomes_each_other(rich: Lab, before: str, after: str) -> None:
    """Port groups and metadata are of use to the other kind, too; of the rest only what was asked for is left."""
    rich.vm_network(state="active", **KINDS[before][0])
    number = rich.libvirt.networks["n"].UUIDString()
    extend(rich, "<metadata><x:y xmlns:x='urn:x'/></metadata><portgroup name='red'/>")
    params, xml = KINDS[after]
    managed = {"managed": True} if params["forward"]["mode"] == "hostdev" else {}
    asked = {"virtualport": {"type": "none"}, "vlan": {"tags": []}, **params,
             "forward": {**managed, **params["forward"]}}
    changed = rich.runs(rich.vm_network, **asked)
    assert changed["changed"] is (KINDS[before][1] != xml)
    found = parse(defined(rich))
    assert (found.findtext("uuid"), len(found.findall("portgroup")), len(found.findall("metadata"))) == (number, 1, 1)
    same = ("portgroup", "metadata", "mtu", "ip", "bridge") if after in OWN_BRIDGE else ("portgroup", "metadata")
    assert meaning(defined(rich), *same) == meaning(f"<network>{xml}</network>", *same)
    assert (changed["state"], changed["needs_restart"]) == ("active", False)
    assert meaning(live(rich), "forward", "mtu", "ip") == meaning(defined(rich), "forward", "mtu", "ip")


# (what there is, with what libvirt adds; the same by other words, or less of it)
SAME: dict[str, tuple[Result, Result]] = {
    "the PF by its PCI address": (net("hostdev", pf="enp2s0"), net("hostdev", pf=PF)),
    "the PF by its netdev": (net("hostdev", pf=PF.upper()), net("hostdev", pf="enp2s0")),
    "a macvtap's PF by its PCI address": (net("passthrough", pf="enp2s0"), net("passthrough", pf=PF)),
    "nothing of the PF": (net("hostdev", pf="enp2s0", managed=False), net("hostdev")),
    "upper case": (net("hostdev", devices=["0000:02:10.0"]), net("hostdev", devices=["0000:02:10.0".upper()])),
    "the name of the bridge": (net("isolated"), net("isolated", bridge="virbr0")),
    "no name of the bridge": (net("isolated", bridge="inner"), net("isolated")),
    "addresses in another order": (net("open", addresses=["198.51.100.1/24", ADDRESS, "2001:db8::1/64"]),
                                   net("open", addresses=["2001:DB8:0::1/64", ADDRESS, "198.51.100.1/24"])),
    "a netmask": (net("open", addresses=[ADDRESS]), net("open", addresses=["192.0.2.1/255.255.255.0"])),
    "no addresses": (net("open"), net("open", addresses=[])),
    "no VLAN": (net("bridge", bridge="br0"), net("bridge", bridge="br0", vlan={"tags": []})),
    "no virtualport": (net("vepa", devices=["eth7"]), net("vepa", devices=["eth7"], virtualport={"type": "none"})),
    "a trunk": (net("bridge", bridge="br0", vlan={"tags": [5, 6]}),
                net("bridge", bridge="br0", vlan={"tags": [5, 6], "trunk": True})),
}


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("state", ["present", "active"])
def test_what_means_the_same_is_no_change(rich: Lab, case: str, state: str) -> None:
    first, second = SAME[case]
    rich.runs(rich.vm_network, state=state, **first)
    for again in (second, first, {}):
        assert not rich.runs(rich.vm_network, state=state, **again)["changed"]


def test_a_netmask_that_libvirt_shows_is_a_prefix(rich: Lab) -> None:
    rich.libvirt.networkDefineXML("<network><name>n</name><ip address='192.0.2.1' netmask='255.255.255.0'/></network>")
    assert not rich.runs(rich.vm_network, addresses=[ADDRESS])["changed"]


def test_the_address_of_a_network_that_libvirt_has_already_stays(rich: Lab) -> None:
    rich.libvirt.networkDefineXML("<network><name>n</name><ip address='192.0.2.0' prefix='24'/></network>")
    assert not rich.runs(rich.vm_network, addresses=["192.0.2.0/24"])["changed"]
    changed = rich.runs(rich.vm_network, addresses=["192.0.2.0/24", "198.51.100.1/24"])
    assert changed["actions"] == ["network n: addresses 192.0.2.0/24 → 192.0.2.0/24, 198.51.100.1/24"]
    refused = rich.vm_network(addresses=["192.0.2.0/24", "203.0.113.0/24"])
    assert "addresses = '203.0.113.0/24': this is the address of the network" in refused["msg"]


# (what there is, what is given of it, what is done, what is left)
CHANGED: dict[str, tuple[Result, Result, str, str]] = {
    "a VLAN": (net("hostdev", pf="enp2s0"), {"vlan": {"tags": [7]}}, "vlan none → 7",
               "<forward mode='hostdev' managed='yes'><pf dev='enp2s0'/></forward><vlan><tag id='7'/></vlan>"),
    "no VLAN": (KINDS["ovs"][0], {"vlan": {"tags": []}}, "vlan 7 → none",
                "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>"),
    "another bridge": (KINDS["bridge"][0], net("bridge", bridge="ovs0", virtualport=OVS), "forward.bridge br0 → ovs0",
                       "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>"),
    "no virtualport": (KINDS["vepa"][0], {"virtualport": {"type": "none"}},
                       "virtualport 802.1Qbg managerid=11 typeid=1193047 typeidversion=2 → none", KINDS["private"][1]
                       .replace("private", "vepa")),
    "another device": (KINDS["private"][0], net("private", devices=["eth5"]), "forward.devices eth7 → eth5",
                       KINDS["private"][1].replace("eth7", "eth5")),
    "VFs in place of a PF": (net("hostdev", pf="enp2s0"), net("hostdev", devices=["0000:02:10.4"]),
                             "forward.pf enp2s0 → none", f"<forward mode='hostdev' managed='yes'>{pci(4)}</forward>"),
    "a PF in place of VFs": (net("hostdev", devices=["0000:02:10.4"]), net("hostdev", pf="enp2s0"),
                             "forward.devices 0000:02:10.4 → none",
                             "<forward mode='hostdev' managed='yes'><pf dev='enp2s0'/></forward>"),
    "another PF": (net("hostdev", pf="enp2s0"), net("hostdev", pf="enp3s0"), "forward.pf enp2s0 → enp3s0",
                   "<forward mode='hostdev' managed='yes'><pf dev='enp3s0'/></forward>"),
    "devices in place of a bridge": (KINDS["bridge"][0], net("bridge", devices=["eth7"]), "forward.bridge br0 → none",
                                     "<forward mode='bridge' dev='eth7'><interface dev='eth7'/></forward>"),
    "a bridge in place of devices": (KINDS["macvtap bridge"][0], net("bridge", bridge="br0"),
                                     "forward.bridge none → br0", KINDS["bridge"][1]),
    "managed": (net("hostdev", pf="enp2s0"), net("hostdev", managed=False), "forward.managed yes → no",
                KINDS["hostdev by hand"][1]),
    "its bridge": (KINDS["nat"][0], net("nat", bridge="inner"), "forward.bridge virbr0 → inner",
                   KINDS["nat"][1].replace("virbr0", "inner")),
    "a device": (KINDS["nat"][0], net("nat", devices=["eth7"]), "forward.devices none → eth7",
                 f"<forward mode='nat' dev='eth7'><interface dev='eth7'/></forward>{VIRBR0}{IP}"),
    "an address": (KINDS["nat"][0], {"addresses": ["198.51.100.1/24"]}, "addresses 192.0.2.1/24 → 198.51.100.1/24",
                   f"<forward mode='nat'/>{VIRBR0}<ip address='198.51.100.1' prefix='24'/>"),
    "no address": (KINDS["open"][0], {"addresses": []}, "addresses 192.0.2.1/24 → none",
                   f"<forward mode='open'/>{VIRBR0}"),
    "an MTU": (KINDS["isolated"][0], {"mtu": 1400}, "mtu 9000 → 1400", f"{VIRBR0}<mtu size='1400'/>"),
}


@pytest.mark.parametrize("case", CHANGED)
@pytest.mark.parametrize("state", ["present", "active"])
def test_change(rich: Lab, case: str, state: str) -> None:
    before, given, told, xml = CHANGED[case]
    rich.vm_network(state=state, **before)
    changed = rich.runs(rich.vm_network, state=state, **given)
    assert meaning(defined(rich)) == content(xml)
    assert f"network n: {told}" in changed["actions"]
    assert (changed["actions"][-1] == "network n: restart") is (state == "active")
    assert not rich.runs(rich.vm_network, state=state, **given)["changed"]


UNMANAGED = ("<domain name='example.org'/><dns><host ip='192.0.2.9'><hostname>a</hostname></host></dns>"
             "<bandwidth><inbound average='100'/></bandwidth><portgroup name='red' default='yes'/>"
             "<metadata><x:y xmlns:x='urn:x'/></metadata><title>t</title>"
             "<route address='203.0.113.0' prefix='24' gateway='192.0.2.2'/>")
DHCP = "<ip address='192.0.2.1' prefix='24'><dhcp><range start='192.0.2.2' end='192.0.2.9'/></dhcp></ip>"


def test_what_is_not_managed_stays(rich: Lab) -> None:
    rich.libvirt.networkDefineXML(
        "<network ipv6='yes'><name>n</name><forward mode='nat'><nat><port start='2000' end='3000'/></nat></forward>"
        f"<bridge name='virbr0' zone='public' stp='off' delay='3'/>{DHCP}{UNMANAGED}</network>")
    mac = parse(defined(rich)).find("mac").get("address")
    rich.runs(rich.vm_network, state="active", mtu=1400, addresses=[ADDRESS, "198.51.100.1/24"],
              forward={"mode": "nat", "devices": ["eth7"], "bridge": "inner"})
    assert meaning(defined(rich)) == content(
        "<forward mode='nat' dev='eth7'><nat><port start='2000' end='3000'/></nat><interface dev='eth7'/></forward>"
        f"<bridge name='inner' zone='public' stp='off' delay='3'/>{DHCP}{UNMANAGED}<mtu size='1400'/>"
        "<ip address='198.51.100.1' prefix='24'/>")
    root = parse(defined(rich))
    assert (root.get("ipv6"), root.find("mac").get("address")) == ("yes", mac)


# What runs

def test_a_network_in_use_runs_on_as_it_is(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    plug(rich)
    before = live(rich)
    changed = rich.runs(rich.vm_network, state="active", mtu=1400)
    assert (changed["needs_restart"], changed["used_by"]) == (True, ["a"])
    assert changed["actions"] == ["network n: mtu 9000 → 1400"]
    assert live(rich) == before
    assert rich.vm_network()["needs_restart"]
    rich.libvirt.found["a"].destroy()
    restarted = rich.runs(rich.vm_network)
    assert (restarted["actions"], restarted["needs_restart"]) == (["network n: restart"], False)
    assert meaning(live(rich)) == content(f"{VIRBR0}<mtu size='1400'/>")


@pytest.mark.parametrize("state", ["present", "active"])
def test_a_network_that_was_changed_by_hand_is_restarted(rich: Lab, state: str) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    rich.libvirt.networkDefineXML(defined(rich).replace("9000", "1400"))
    assert rich.runs(rich.vm_network, state=state, mtu=1400)["actions"] == ["network n: restart"]


# (what runs, what it cannot be restarted with, why)
CANNOT_START: dict[str, tuple[Result, Result, str]] = {
    "a PF without VFs": (KINDS["hostdev of a PF"][0], net("hostdev", pf="enp3s0"),
                         "forward.pf = 'enp3s0': this PF has no VFs, so libvirt cannot start the network"),
    "a bridge that is there": (KINDS["nat"][0], net("nat", bridge="br0"),
                               "forward.bridge = 'br0': libvirt creates this bridge, but the host already has a "
                               "network interface of this name"),
}


@pytest.mark.parametrize("case", CANNOT_START)
def test_a_restart_that_would_fail_is_refused_before_the_stop(rich: Lab, case: str) -> None:
    before, given, told = CANNOT_START[case]
    rich.files.write("/sys/bus/pci/devices/0000:03:00.0/sriov_numvfs", "0")
    rich.vm_network(state="active", **before)
    assert refused(rich, **given) == told
    assert rich.libvirt.calls["network.destroy"] == 0
    plug(rich)
    assert rich.runs(rich.vm_network, **given)["needs_restart"], "it can wait until there is what it needs"


def test_what_goes_anyway_is_not_restarted(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    changed = rich.runs(rich.vm_network, state="inactive", mtu=1400)
    assert changed["actions"] == ["network n: mtu 9000 → 1400", "network n: stop"]
    assert (changed["state"], changed["needs_restart"]) == ("inactive", False)


def test_states(rich: Lab) -> None:
    made = rich.runs(rich.vm_network, autostart=True, **KINDS["nat"][0])
    assert made["actions"] == ["network n: define, nat", "network n: autostart False → True"]
    assert rich.runs(rich.vm_network, state="active")["actions"] == ["network n: start"]
    assert rich.runs(rich.vm_network, state="inactive", autostart=False)["actions"] == [
        "network n: autostart True → False", "network n: stop"]
    rich.vm_network(state="active")
    assert rich.runs(rich.vm_network)["state"] == "active", "present leaves it as it is"
    gone = rich.runs(rich.vm_network, state="absent")
    assert gone["actions"] == ["network n: stop", "network n: undefine"]
    assert (gone["state"], gone["uuid"], gone["bridge"]) == ("absent", None, None)
    assert "n" not in rich.libvirt.networks
    assert not rich.runs(rich.vm_network, state="absent")["changed"]


@EACH
def test_a_reboot_changes_nothing(rich: Lab, kind: str) -> None:
    wanted = {"state": "active", "autostart": True, **KINDS[kind][0]}
    rich.runs(rich.vm_network, **wanted)
    before = defined(rich), live(rich)
    rich.reboot()
    assert (defined(rich), live(rich)) == before
    assert not rich.runs(rich.vm_network, **wanted)["changed"]


def test_after_a_reboot_what_does_not_start_by_itself_is_started(rich: Lab) -> None:
    wanted = {"state": "active", **KINDS["nat"][0]}
    rich.vm_network(**wanted)
    rich.reboot()
    assert rich.runs(rich.vm_network, **wanted)["actions"] == ["network n: start"]


def test_after_a_reboot_without_its_vfs_a_pool_cannot_start(rich: Lab) -> None:
    wanted = {"state": "active", **KINDS["hostdev of a PF"][0]}
    rich.vm_network(**wanted)
    rich.reboot()
    rich.files.write(f"/sys/bus/pci/devices/{PF}/sriov_numvfs", "0")
    assert refused(rich, **wanted) == "forward.pf = 'enp2s0': this PF has no VFs, so libvirt cannot start the network"
    assert not rich.vm_network(**{**wanted, "state": "present"})["changed"]


def test_one_that_is_in_use_is_not_taken_away(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["nat"][0])
    plug(rich)
    for state in ("inactive", "absent"):
        assert refused(rich, state=state) == f"state = '{state}': network n is in use: a runs with a NIC on it"
    rich.libvirt.found["a"].destroy()
    assert refused(rich, state="absent") == ("state = 'absent': network n is in use: a has a NIC on it and could not "
                                             "start again")
    rich.domain("b")
    rich.vm_interface({"name": "x", "type": "network", "source": {"network": "n"}}, domain="b")
    assert "a, b have NICs on it and could not start again" in refused(rich, state="absent")
    rich.runs(rich.vm_network, state="inactive")
    assert "a, b have NICs on it" in refused(rich, state="absent")
    for domain in ("a", "b"):
        rich.vm_interface(state="exact", domain=domain)
    rich.runs(rich.vm_network, state="absent")


def test_a_nic_that_is_plugged_in_meanwhile_keeps_its_network(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    plug(rich, start=False)
    rich.libvirt.at("networkDefineXML", 1, rich.libvirt.found["a"].create)
    result = rich.vm_network(mtu=1400)
    assert "network n: a running domain was connected to it in the meantime" in result["msg"]
    assert "The previous state was restored" in result["msg"]
    assert (parse(defined(rich)).find("mtu").get("size"), rich.libvirt.networks["n"].active) == ("9000", True)


def on_the_bridge(rich: Lab, what: str, bridge: str = "virbr0") -> None:
    """Put something on the bridge of a network, past libvirt."""
    folder = f"/sys/class/net/{bridge}"
    if what in ("domain", "defined"):
        rich.vm_interface({"name": "x", "type": "bridge", "source": {"bridge": bridge}, "target_dev": "tap7"})
    if what == "domain":
        rich.libvirt.found["a"].create()
        rich.files.folder(f"{folder}/brif/tap7")
    if what == "macvtap":
        rich.libvirt.found["a"].xml.find("devices").append(parse(
            f"<interface type='direct'><mac address='52:54:00:00:00:09'/><source dev='{bridge}' mode='bridge'/>"
            "<target dev='macvtap7'/></interface>"))
        rich.libvirt.found["a"].create()
        rich.files.folder(f"{folder}/upper_macvtap7")
    if what == "VLAN":
        rich.files.folder(f"{folder}/upper_{bridge}.7")
    if what == "port":
        rich.files.folder(f"{folder}/brif/veth7")
    if what == "own":
        rich.files.folder(f"{folder}/brif/{bridge}-nic")


# (what is on the bridge that libvirt made for the network, in what words it is refused, the domain that is told)
ON_BRIDGE: dict[str, tuple[str, list[str]]] = {
    "domain": ("a runs with a NIC on its bridge virbr0", ["a"]),
    "macvtap": ("a runs with a NIC on its bridge virbr0", ["a"]),
    "port": ("veth7 is on its bridge virbr0", []),
    "VLAN": ("virbr0.7 is on its bridge virbr0", []),
}


@pytest.mark.parametrize("mode", OWN_BRIDGE)
@pytest.mark.parametrize("what", ON_BRIDGE)
def test_a_bridge_that_others_use_is_not_taken_away(rich: Lab, mode: str, what: str) -> None:
    params = {**KINDS[mode][0], "forward": {**KINDS[mode][0]["forward"], "bridge": "virbr0"}}
    rich.vm_network(state="active", **params)
    on_the_bridge(rich, what)
    words, domains = ON_BRIDGE[what]
    for state in ("inactive", "absent"):
        told = refused(rich, state=state)
        assert told.startswith(f"state = '{state}': network n is in use: ")
        assert words in rich.vm_network(state=state)["msg"]
    calls = rich.libvirt.calls["network.destroy"]
    changed = rich.runs(rich.vm_network, mtu=1400)
    assert (changed["needs_restart"], changed["used_by"]) == (True, domains)
    assert not any("restart" in action for action in changed["actions"])
    assert rich.libvirt.calls["network.destroy"] == calls, "it runs on as it is"


def test_a_domain_that_could_not_start_without_the_bridge(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    on_the_bridge(rich, "defined")
    assert refused(rich, state="absent") == ("state = 'absent': network n is in use: a has a NIC on it and could not "
                                             "start again")
    assert rich.runs(rich.vm_network, state="inactive")["actions"] == ["network n: stop"]


def test_the_network_s_own_guests_and_netdevs_are_told_once(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    on_the_bridge(rich, "own")
    assert rich.runs(rich.vm_network, mtu=1400)["actions"][-1] == "network n: restart"
    rich.vm_interface({"name": "nic", "type": "network", "source": {"network": "n"}, "target_dev": "tap7"})
    rich.libvirt.found["a"].create()
    rich.files.folder("/sys/class/net/virbr0/brif/tap7")
    assert refused(rich, state="inactive") == "state = 'inactive': network n is in use: a runs with a NIC on it"
    assert rich.vm_network()["used_by"] == ["a"]


def test_the_domains_are_read_only_for_strange_ports(rich: Lab) -> None:
    """A network with guests may be one of a host with hundreds of them."""
    rich.vm_network(state="active", **KINDS["isolated"][0])
    rich.vm_interface({"name": "nic", "type": "network", "source": {"network": "n"}, "target_dev": "tap7"})
    rich.libvirt.found["a"].create()
    rich.files.folder("/sys/class/net/virbr0/brif/tap7")
    rich.files.folder("/sys/class/net/virbr0/brif/virbr0-nic")
    rich.libvirt.calls.clear()
    assert rich.vm_network(state="active", **KINDS["isolated"][0])["used_by"] == ["a"]
    assert rich.vm_network(mtu=1400)["needs_restart"]
    assert not rich.vm_network(state="inactive")["changed"]
    assert rich.libvirt.calls["listAllDomains"] == 0
    rich.domain("b")
    rich.vm_interface({"name": "x", "type": "bridge", "source": {"bridge": "virbr0"}, "target_dev": "tap8"}, domain="b")
    rich.libvirt.found["b"].create()
    rich.files.folder("/sys/class/net/virbr0/brif/tap8")
    assert rich.vm_network()["used_by"] == ["a", "b"]


def test_the_host_s_own_bridge_stays_whoever_is_on_it(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["bridge"][0])
    on_the_bridge(rich, "port", "br0")
    rich.runs(rich.vm_network, state="inactive")
    rich.runs(rich.vm_network, state="absent")


@pytest.mark.parametrize(("call", "given"), [("networkDefineXML", {"mtu": 1400}), ("network.isActive", {})])
def test_a_port_that_comes_meanwhile_keeps_its_bridge(rich: Lab, call: str, given: Result) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    before = rich.texts()
    rich.libvirt.at(call, 1 if given else 3, lambda: on_the_bridge(rich, "port"))
    result = rich.vm_network(**(given or {"state": "inactive"}))
    assert "network n: veth7 was connected to its bridge in the meantime. Run the task again" in result["msg"]
    assert rich.texts() == before


def test_a_transient_network_has_no_definition_to_manage(rich: Lab) -> None:
    rich.vm_network(state="active", **KINDS["nat"][0])
    rich.libvirt.networks["n"].undefine()
    for state in ("present", "active", "inactive", "absent"):
        assert refused(rich, state=state).startswith("name = 'n': this network is transient")


# Failures

# (a call of libvirt that fails, of a run that needs it)
FAILS: dict[str, Result] = {
    "networkDefineXML": {"mtu": 1400},
    "network.destroy": {"mtu": 1400},
    "network.create": {"mtu": 1400},
    "network.setAutostart": {"autostart": True, "mtu": 1400},
    "network.undefine": {"state": "absent"},
}


@pytest.mark.parametrize("call", FAILS)
def test_a_failure_puts_back_what_was_before(rich: Lab, call: str) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    before = rich.texts()
    rich.libvirt.at(call, 1, rich.libvirt.fail)
    failed = rich.vm_network(**FAILS[call])
    assert "internal error: as planned. The previous state was restored." in failed["msg"]
    assert (failed["changed"], failed["actions"], rich.texts()) == (False, [], before)
    assert rich.runs(rich.vm_network, **FAILS[call])["changed"]


@EACH
def test_a_new_network_that_does_not_start_is_gone_again(rich: Lab, kind: str) -> None:
    before = rich.texts()
    rich.libvirt.at("network.create", 1, rich.libvirt.fail)
    failed = rich.vm_network(state="active", autostart=True, **KINDS[kind][0])
    assert "libvirt cannot start it: internal error: as planned. The previous state was restored." in failed["msg"]
    assert rich.texts() == before


@pytest.mark.parametrize("call", FAILS)
def test_a_run_without_libvirt_is_finished_by_the_next(rich: Lab, call: str) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    rich.libvirt.at(call, 1, rich.libvirt.restart)
    failed = rich.vm_network(**FAILS[call])
    assert "The connection to libvirt was lost; run the task again when it is back" in failed["msg"]
    done = rich.runs(rich.vm_network, state=FAILS[call].get("state", "active"), **{
        key: value for key, value in FAILS[call].items() if key != "state"})
    assert done["changed"]
    assert not done.get("needs_restart")


@pytest.mark.parametrize(("call", "number"), [
    ("networkLookupByName", 1), ("network.isPersistent", 1), ("network.XMLDesc", 1), ("network.XMLDesc", 2),
    ("network.listAllPorts", 1), ("listAllNetworks", 1), ("networkDefineXML", 1)])
def test_a_look_without_libvirt_changes_nothing(rich: Lab, call: str, number: int) -> None:
    rich.vm_network(state="active", **KINDS["isolated"][0])
    before = rich.texts()
    rich.libvirt.at(call, number, rich.libvirt.restart)
    assert "The connection to libvirt was lost" in rich.vm_network(mtu=1400)["msg"]
    assert rich.texts() == before
    assert rich.runs(rich.vm_network, mtu=1400)["actions"][-1] == "network n: restart"


def test_an_old_libvirt_wants_an_address_of_an_open_network(lab: Lab) -> None:
    lab.libvirt.version = 9_000_000
    for check_mode in (True, False):
        refused = lab.vm_network(forward={"mode": "open"}, check_mode=check_mode)
        assert "this version of libvirt does not accept a network of mode open without an address" in refused["msg"]
    assert "n" not in lab.libvirt.networks
    assert lab.runs(lab.vm_network, forward={"mode": "open"}, addresses=["10.0.0.1/24"])["state"] == "inactive"
