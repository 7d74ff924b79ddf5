# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""port_profile on a libvirt that keeps state: port groups, the NICs that have them, and those that follow."""

from __future__ import annotations

import typing as t

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import QBG, QBH, Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:0a:01"
OTHER_MAC = "52:54:00:00:0a:02"
NETWORKS = {
    "own": "<forward mode='nat'/><ip address='192.0.2.1' prefix='24'/>",
    "br": "<forward mode='bridge'/><bridge name='br0'/>",
    "ovs": "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>",
    "vfs": "<forward mode='hostdev' managed='yes'><pf dev='enp2s0'/></forward>",
    "tap": "<forward mode='vepa'><interface dev='eth7'/></forward>",
    "fex": "<forward mode='passthrough'><pf dev='enp2s0'/></forward>",
}
FULL: Result = {"vlan": {"tags": [5]}, "trust_guest_rx_filters": True, "default": True,
                "bandwidth": {"inbound": {"average": 9, "peak": 10, "burst": 2}, "outbound": {"average": 8}}}
FULL_XML = ("<portgroup name='red' default='yes' trustGuestRxFilters='yes'><vlan><tag id='5'/></vlan><bandwidth>"
            "<inbound average='9' peak='10' burst='2'/><outbound average='8'/></bandwidth></portgroup>")


def network(lab: Lab, name: str, more: str = "", active: bool = True) -> None:
    """A network of one of these kinds."""
    lab.libvirt.networkDefineXML(f"<network><name>{name}</name>{NETWORKS[name]}{more}</network>")
    if active:
        lab.libvirt.networks[name].start()


def group(lab: Lab, network: str, live: bool = False, name: str = "red") -> bytes | None:
    """A port group as libvirt has it."""
    return canonical(parse(lab.libvirt.networks[network].shown(not live)).find(f"portgroup[@name='{name}']"))


def canonical(element: t.Any) -> bytes | None:
    """The same text for what means the same."""
    if element is None:
        return None
    element[:] = sorted(element, key=lambda child: str(child.tag))
    return bytes(etree.tostring(element, method="c14n"))


def plug(lab: Lab, network: str, domain: str = "a", run: bool = True, **more: t.Any) -> None:
    """Give a domain a NIC on a network.

    :param more: of the NIC; ``portgroup`` is its source's
    """
    source = {"network": network, "portgroup": more.pop("portgroup", None)}
    nic = {"name": "nic", "mac": MAC, "type": "network", "source": source, **more}
    result = lab.vm_interface(nic, domain=domain)
    assert not result["failed"], result
    if run and lab.libvirt.found[domain].live is None:
        lab.libvirt.found[domain].create()


def port(lab: Lab, network: str, mac: str = MAC) -> t.Any:
    """What a NIC runs with, None where it is not plugged in."""
    return next((one.root for one in lab.libvirt.networks[network].ports if one.mac == mac), None)


def tags(lab: Lab, network: str, mac: str = MAC) -> list[str]:
    """The VLANs that a NIC runs with."""
    return [tag.get("id") for tag in port(lab, network, mac).findall("vlan/tag")]


def running(lab: Lab) -> tuple[t.Any, ...]:
    """What networks and NICs have, and what NICs run with, in any order."""
    ports = sorted(one.XMLDesc() for net in lab.libvirt.networks.values() for one in net.ports)
    networks = [(net.shown(True), net.live) for net in lab.libvirt.networks.values()]
    nics = sorted(str(etree.tostring(nic)) for domain in lab.libvirt.found.values() if domain.live is not None
                  for nic in domain.live.findall("devices/interface"))
    return (ports, networks, nics, [domain.shown(True) for domain in lab.libvirt.found.values()])


def profile(lab: Lab, network: str, **params: t.Any) -> Result:
    """Four runs of the module."""
    return lab.runs(lab.port_profile, network=network, **params)


# Port groups

# (the kind of network, the parameters, the port group)
NEW: dict[str, tuple[str, Result, str]] = {
    "nothing": ("own", {}, "<portgroup name='red'/>"),
    "the default": ("tap", {"default": True}, "<portgroup name='red' default='yes'/>"),
    "all of a Linux bridge": ("br", FULL, FULL_XML),
    "a trunk": ("br", {"vlan": {"tags": [5, 6], "native": 6}},
                "<portgroup name='red'><vlan trunk='yes'><tag id='5'/><tag id='6' nativeMode='untagged'/></vlan>"
                "</portgroup>"),
    "a bridge of libvirt": ("own", {"bandwidth": {"inbound": {"average": 100}}},
                            "<portgroup name='red'><bandwidth><inbound average='100'/></bandwidth></portgroup>"),
    "Open vSwitch": ("ovs", {"virtualport": {"type": "openvswitch", "profileid": "gold"}, "vlan": {"tags": [7]},
                             "bandwidth": {"outbound": {"average": 8}}},
                     "<portgroup name='red'><virtualport type='openvswitch'><parameters profileid='gold'/>"
                     "</virtualport><vlan><tag id='7'/></vlan><bandwidth><outbound average='8'/></bandwidth>"
                     "</portgroup>"),
    "VFs": ("vfs", {"vlan": {"tags": [7]}}, "<portgroup name='red'><vlan><tag id='7'/></vlan></portgroup>"),
    "VM-FEX": ("vfs", {"virtualport": QBH}, "<portgroup name='red'><virtualport type='802.1Qbh'>"
                                            "<parameters profileid='finance'/></virtualport></portgroup>"),
    "802.1Qbg": ("tap", {"virtualport": QBG, "trust_guest_rx_filters": True},
                 "<portgroup name='red' trustGuestRxFilters='yes'><virtualport type='802.1Qbg'><parameters "
                 "managerid='11' typeid='1193047' typeidversion='2'/></virtualport></portgroup>"),
    "macvtaps on VFs": ("fex", {"vlan": {"tags": [7]}}, "<portgroup name='red'><vlan><tag id='7'/></vlan></portgroup>"),
    "what is nothing": ("br", {"vlan": {"tags": []}, "virtualport": {"type": "none"}, "isolated": False,
                               "default": False, "bandwidth": {"inbound": {"average": 0}}},
                        "<portgroup name='red'/>"),
    "no trust": ("tap", {"trust_guest_rx_filters": False}, "<portgroup name='red' trustGuestRxFilters='no'/>"),
}


@pytest.mark.parametrize("case", NEW)
@pytest.mark.parametrize("active", [True, False])
def test_new(rich: Lab, case: str, active: bool) -> None:
    kind, params, xml = NEW[case]
    network(rich, kind, active=active)
    before = rich.libvirt.networks[kind].xml
    made = profile(rich, kind, **params)
    assert group(rich, kind) == group(rich, kind, live=True) == canonical(parse(xml))
    assert (made["consumers"], made["actions"][0]) == ([], f"port group red of network {kind}: add")
    removed = profile(rich, kind, state="absent")
    assert removed["actions"] == [f"port group red of network {kind}: remove"]
    assert rich.libvirt.networks[kind].xml == before
    assert group(rich, kind, live=True) is None
    assert not profile(rich, kind, state="absent")["changed"]


# (what is given of FULL, what is done, what is left of FULL_XML)
CHANGED: dict[str, tuple[Result, list[str], tuple[str, str]]] = {
    "nothing": ({}, [], ("", "")),
    "the same": (FULL, [], ("", "")),
    "another VLAN": ({"vlan": {"tags": [6]}}, ["vlan 5 → 6"], ("id='5'", "id='6'")),
    "no VLAN": ({"vlan": {"tags": []}}, ["vlan 5 → none"], ("<vlan><tag id='5'/></vlan>", "")),
    "not the default": ({"default": False}, ["default yes → no"], (" default='yes'", "")),
    "no trust": ({"trust_guest_rx_filters": False}, ["trust_guest_rx_filters yes → no"],
                 (" trustGuestRxFilters='yes'", " trustGuestRxFilters='no'")),
    "not isolated": ({"isolated": False}, [], ("", "")),
    "one limit as a whole": ({"bandwidth": {"inbound": {"average": 7}}},
                             ["bandwidth.inbound average=9 peak=10 burst=2 → average=7"],
                             ("average='9' peak='10' burst='2'", "average='7'")),
    "no limit": ({"bandwidth": {"inbound": {"average": 0}}}, ["bandwidth.inbound average=9 peak=10 burst=2 → none"],
                 ("<inbound average='9' peak='10' burst='2'/>", "")),
    "no limits": ({"bandwidth": {"inbound": {"average": 0}, "outbound": {"average": 0}}},
                  ["bandwidth.inbound average=9 peak=10 burst=2 → none", "bandwidth.outbound average=8 → none"],
                  (FULL_XML[FULL_XML.index("<bandwidth>"):FULL_XML.index("</portgroup")], "")),
}


@pytest.mark.parametrize("case", CHANGED)
@pytest.mark.parametrize("active", [True, False])
def test_change(rich: Lab, case: str, active: bool) -> None:
    given, told, (old, new) = CHANGED[case]
    network(rich, "br", "<portgroup name='blue'><vlan><tag id='9'/></vlan></portgroup>", active=active)
    rich.port_profile(network="br", **FULL)
    blue = group(rich, "br", name="blue")
    changed = profile(rich, "br", **given)
    assert changed["actions"] == [f"port group red of network br: {line}" for line in told]
    left = canonical(parse(FULL_XML.replace(old, new)))
    assert group(rich, "br") == group(rich, "br", live=True) == left
    assert group(rich, "br", name="blue") == group(rich, "br", live=True, name="blue") == blue


def test_parameters_of_a_virtualport_stay_while_its_type_does(rich: Lab) -> None:
    network(rich, "tap")
    profile(rich, "tap", virtualport=QBG)
    changed = profile(rich, "tap", virtualport={"type": "802.1Qbg", "typeid": 5})
    assert changed["actions"] == ["port group red of network tap: virtualport 802.1Qbg managerid=11 typeid=1193047 "
                                  "typeidversion=2 → 802.1Qbg managerid=11 typeid=5 typeidversion=2"]
    profile(rich, "tap", virtualport=QBH)
    parameters = parse(rich.libvirt.networks["tap"].xml).find("portgroup/virtualport/parameters")
    assert dict(parameters.attrib) == {"profileid": "finance"}
    profile(rich, "tap", virtualport={"type": "none"})
    assert group(rich, "tap") == canonical(parse("<portgroup name='red'/>"))


def test_the_default_moves_in_two_steps(rich: Lab) -> None:
    network(rich, "br", "<portgroup name='blue' default='yes'/>")
    before = rich.texts()
    refused = rich.port_profile(network="br", default=True)
    assert refused["msg"].startswith("default = True: port group blue is the default of this network. Set")
    assert rich.texts() == before
    rich.port_profile(network="br", name="blue", default=False)
    profile(rich, "br", default=True)


def red(tag: int) -> str:
    """The port group with one VLAN."""
    return f"<portgroup name='red'><vlan><tag id='{tag}'/></vlan></portgroup>"


# (the port group in the definition, the one that runs, what is done for VLAN 5)
SIDES: dict[str, tuple[str, str, str]] = {
    "defined only": (red(5), "", "as defined, live"),
    "another runs": (red(5), red(6), "as defined, live"),
    "runs only": ("", red(5), "add"),
    "another is defined": (red(6), red(5), "vlan 6 → 5"),
    "both differ": (red(6), red(7), "vlan 6 → 5"),
}


@pytest.mark.parametrize("case", SIDES)
def test_definition_and_running_network_differ(rich: Lab, case: str) -> None:
    defined, live, told = SIDES[case]
    network(rich, "br")
    found = rich.libvirt.networks["br"]
    found.xml, found.live = (text.replace("</network>", f"{content}</network>")
                             for text, content in ((found.xml, defined), (found.live, live)))
    done = profile(rich, "br", vlan={"tags": [5]})
    assert done["actions"][0] == f"port group red of network br: {told}"
    assert group(rich, "br") == group(rich, "br", live=True) == canonical(parse(red(5)))


@pytest.mark.parametrize("side", ["defined", "live"])
def test_it_is_removed_wherever_it_is(rich: Lab, side: str) -> None:
    network(rich, "br")
    found = rich.libvirt.networks["br"]
    more = "<portgroup name='red'/></network>"
    if side == "live":
        found.live = found.live.replace("</network>", more)
    else:
        found.xml = found.xml.replace("</network>", more)
    assert profile(rich, "br", state="absent")["changed"]
    assert (group(rich, "br"), group(rich, "br", live=True)) == (None, None)


# NICs

def consumer(**more: t.Any) -> Result:
    """What the module tells of a NIC."""
    return {"domain": "a", "name": "nic", "mac": MAC, "running": True, "current": True, **more}


@pytest.mark.parametrize("by", ["name", "default"])
def test_consumers(rich: Lab, by: str) -> None:
    """One that runs, one that will, one that has another port group, and one on another network."""
    for kind in ("br", "vfs"):
        network(rich, kind)
    rich.port_profile(network="vfs", default=by == "default", vlan={"tags": [5]})
    for other in ("vfs", "br"):
        rich.port_profile(network=other, name="blue")
    named = "red" if by == "name" else None
    plug(rich, "vfs", portgroup=named)
    for domain, net, portgroup in (("b", "vfs", named), ("c", "vfs", "blue"), ("d", "br", None)):
        rich.domain(domain)
        plug(rich, net, domain=domain, run=domain != "b", mac=f"52:54:00:00:0b:0{domain}", portgroup=portgroup)
    defined = consumer(domain="b", mac="52:54:00:00:0b:0b", running=False, current=None)
    assert profile(rich, "vfs")["consumers"] == [consumer(), defined]
    changed = profile(rich, "vfs", vlan={"tags": [6]})
    assert changed["consumers"] == [consumer(current=False), defined]
    assert changed["diff"]["after"]["outdated"] == ["a nic"]
    assert tags(rich, "vfs") == ["5"]
    rich.libvirt.found["a"].destroy()
    rich.libvirt.found["a"].create()
    assert profile(rich, "vfs")["consumers"] == [consumer(), defined]
    assert tags(rich, "vfs") == ["6"]


def test_a_new_default_is_for_nics_that_run_already(rich: Lab) -> None:
    network(rich, "vfs")
    plug(rich, "vfs")
    made = profile(rich, "vfs", default=True, vlan={"tags": [5]})
    assert made["consumers"] == [consumer(current=False)]
    assert profile(rich, "vfs", replug="allowed")["consumers"] == [consumer()]
    assert tags(rich, "vfs") == ["5"]


def test_a_nic_that_names_it_had_it_before_it_was_there(rich: Lab) -> None:
    network(rich, "vfs", "<portgroup name='red'/>")
    plug(rich, "vfs", portgroup="red")
    found = rich.libvirt.networks["vfs"]
    found.xml, found.live = (text.replace('<portgroup name="red"/>', "") for text in (found.xml, found.live))
    assert profile(rich, "vfs", vlan={"tags": [5]})["consumers"] == [consumer(current=False)]


# (the network, what a NIC says itself, a profile, whether the NIC runs with it as it is)
OWN: list[tuple[str, Result, Result, bool]] = [
    ("vfs", {"vlan": {"tags": [9]}}, {"vlan": {"tags": [5]}}, True),
    ("vfs", {}, {"vlan": {"tags": [5]}}, False),
    ("tap", {"bandwidth": {"inbound": {"average": 9}}}, {"trust_guest_rx_filters": False}, True),
    ("tap", {"trust_guest_rx_filters": True}, {"trust_guest_rx_filters": False}, True),
    ("tap", {}, {"trust_guest_rx_filters": True}, False),
    ("ovs", {"bandwidth": {"inbound": {"average": 9}}}, {"bandwidth": {"outbound": {"average": 8}}}, True),
    ("ovs", {}, {"bandwidth": {"outbound": {"average": 8}}}, False),
    ("vfs", {"virtualport": QBH}, {"virtualport": QBH}, True),
    ("vfs", {}, {"virtualport": QBH}, False),
    ("ovs", {"virtualport": {"type": "openvswitch", "profileid": "gold"}},
     {"virtualport": {"type": "openvswitch"}}, True),
    ("ovs", {}, {"virtualport": {"type": "openvswitch", "profileid": "gold"}}, False),
    ("ovs", {}, {"virtualport": {"type": "openvswitch"}}, True),
]


@pytest.mark.parametrize(("kind", "own", "given", "current"), OWN)
def test_what_a_nic_says_itself_comes_first(rich: Lab, kind: str, own: Result, given: Result, current: bool) -> None:
    network(rich, kind, "<portgroup name='red'/>")
    plug(rich, kind, portgroup="red", **own)
    assert profile(rich, kind)["consumers"] == [consumer()]
    assert profile(rich, kind, **given)["consumers"] == [consumer(current=current)]
    rich.libvirt.found["a"].destroy()
    rich.libvirt.found["a"].create()
    assert profile(rich, kind)["consumers"] == [consumer()], "its next start has it"


def test_a_nic_that_says_no_itself(rich: Lab) -> None:
    network(rich, "tap", "<portgroup name='red' trustGuestRxFilters='yes'/>")
    plug(rich, "tap", portgroup="red", run=False)
    defined = rich.libvirt.found["a"].shown(True)
    rich.libvirt.defineXML(defined.replace("<interface ", "<interface trustGuestRxFilters='no' "))
    rich.libvirt.found["a"].create()
    assert profile(rich, "tap")["consumers"] == [consumer()]


def test_what_the_network_says_comes_last(rich: Lab) -> None:
    network(rich, "vfs", "<vlan><tag id='9'/></vlan><portgroup name='red'><vlan><tag id='5'/></vlan></portgroup>")
    plug(rich, "vfs", portgroup="red")
    assert tags(rich, "vfs") == ["5"]
    assert profile(rich, "vfs", vlan={"tags": []}, replug="allowed")["consumers"] == [consumer()]
    assert tags(rich, "vfs") == ["9"]


def test_virtualports_are_merged(rich: Lab) -> None:
    network(rich, "ovs", "<portgroup name='red'/>")
    number = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
    plug(rich, "ovs", portgroup="red", virtualport={"type": "openvswitch", "interfaceid": number})
    gold = {"type": "openvswitch", "profileid": "gold"}
    assert profile(rich, "ovs", virtualport=gold, replug="allowed")["consumers"] == [consumer()]
    found = port(rich, "ovs").find("virtualport")
    assert (found.get("type"), dict(found.find("parameters").attrib)) == (
        "openvswitch", {"interfaceid": number, "profileid": "gold"})


# NICs that follow

# (the network, a profile, whether a running NIC takes it over as it is)
FOLLOWS: list[tuple[str, Result, bool]] = [
    ("br", {"vlan": {"tags": [6]}}, True),
    ("br", {"bandwidth": {"inbound": {"average": 9}, "outbound": {"average": 8}}}, True),
    ("br", {"vlan": {"tags": [6]}, "bandwidth": {"inbound": {"average": 9}}}, True),
    ("br", {"trust_guest_rx_filters": True}, False),
    ("br", {"vlan": {"tags": [6]}, "trust_guest_rx_filters": True}, False),
    ("ovs", {"vlan": {"tags": [6, 7]}}, False),
    ("ovs", {"bandwidth": {"inbound": {"average": 9}}}, False),
    ("ovs", {"virtualport": {"type": "openvswitch", "profileid": "gold"}}, False),
    ("own", {"bandwidth": {"inbound": {"average": 9}}}, True),
    ("vfs", {"vlan": {"tags": [6]}}, False),
    ("fex", {"vlan": {"tags": [6]}}, False),
    ("tap", {"virtualport": QBG}, False),
]


@pytest.mark.parametrize(("kind", "given", "follows"), FOLLOWS)
@pytest.mark.parametrize("replug", ["never", "allowed"])
def test_a_running_nic_follows(rich: Lab, kind: str, given: Result, follows: bool, replug: str) -> None:
    """As it runs where libvirt can do that, else by a new plug where that is allowed; the others are left alone."""
    network(rich, kind, "<portgroup name='red'/><portgroup name='blue'/>")
    plug(rich, kind, portgroup="red")
    plug(rich, kind, portgroup="blue", name="other", mac=OTHER_MAC)
    address = rich.libvirt.found["a"].live.find("devices/interface/address").attrib
    before, other = dict(address), port(rich, kind, OTHER_MAC)
    definition = rich.libvirt.found["a"].shown(True)
    done = profile(rich, kind, replug=replug, **given)
    assert done["consumers"] == [consumer(current=follows or replug == "allowed")]
    assert port(rich, kind, OTHER_MAC) is other
    nics = rich.libvirt.found["a"].live.findall("devices/interface")
    addresses = {nic.find("mac").get("address"): dict(nic.find("address").attrib) for nic in nics}
    assert addresses[MAC] == before
    assert sorted(addresses) == [MAC, OTHER_MAC]
    assert rich.libvirt.found["a"].shown(True) == definition
    words = {(True, "never"): ["NIC nic of a: profile red live"], (True, "allowed"): ["NIC nic of a: profile red live"],
             (False, "never"): [], (False, "allowed"): ["NIC nic of a: profile red live (detach and attach)"]}
    assert [line for line in done["actions"] if line.startswith("NIC")] == words[follows, replug]
    calls = [rich.libvirt.calls[name] for name in ("updateDeviceFlags", "detachDeviceFlags")]
    assert calls == [int(follows), int(not follows and replug == "allowed")]


def test_a_nic_that_waits_follows_when_it_is_allowed(rich: Lab) -> None:
    network(rich, "vfs", "<portgroup name='red'/>")
    plug(rich, "vfs", portgroup="red")
    profile(rich, "vfs", vlan={"tags": [6]})
    done = profile(rich, "vfs", replug="allowed")
    assert done["actions"] == ["NIC nic of a: profile red live (detach and attach)"]
    assert (done["consumers"], tags(rich, "vfs")) == ([consumer()], ["6"])


# (what keeps a NIC from being plugged anew, how it comes to that)
STUCK: dict[str, t.Callable[[Lab], None]] = {
    "the definition has it elsewhere": lambda lab: plug(lab, "vfs", portgroup="red", address="0000:00:1f.0"),
    "the definition has it no more": lambda lab: lab.libvirt.defineXML(lab.libvirt.found["a"].shown(True).replace(
        f'<mac address="{MAC}"/>', f'<mac address="{OTHER_MAC}"/>')),
    "the domain has no definition": lambda lab: lab.libvirt.found["a"].undefineFlags(0),
}


@pytest.mark.parametrize("case", STUCK)
def test_a_nic_that_cannot_be_plugged_anew_is_told(rich: Lab, case: str) -> None:
    network(rich, "vfs", "<portgroup name='red'/>")
    plug(rich, "vfs", portgroup="red")
    STUCK[case](rich)
    done = profile(rich, "vfs", vlan={"tags": [6]}, replug="allowed")
    assert consumer(current=False) in done["consumers"]
    assert (tags(rich, "vfs"), rich.libvirt.calls["detachDeviceFlags"]) == ([], 0)


def test_the_guest_of_a_paused_domain_cannot_release_a_nic(rich: Lab) -> None:
    network(rich, "vfs", "<portgroup name='red'/>")
    plug(rich, "vfs", portgroup="red")
    rich.libvirt.found["a"].suspend()
    before = rich.texts()
    for check_mode in (True, False):
        refused = rich.port_profile(network="vfs", vlan={"tags": [6]}, replug="allowed", check_mode=check_mode)
        assert refused["msg"].startswith("domain a: it is paused, so its guest cannot release a NIC. Resume it first")
        assert rich.texts() == before
    assert profile(rich, "vfs", vlan={"tags": [6]})["consumers"] == [consumer(current=False)]


@pytest.mark.parametrize("run", [True, False])
@pytest.mark.parametrize("by", ["name", "default"])
def test_a_profile_that_a_nic_has_is_not_removed(rich: Lab, by: str, run: bool) -> None:
    network(rich, "br", f"<portgroup name='red' default='{'yes' if by == 'default' else 'no'}'/>")
    plug(rich, "br", portgroup="red" if by == "name" else None, run=run)
    before = rich.texts()
    for check_mode in (True, False):
        refused = rich.port_profile(network="br", state="absent", check_mode=check_mode)
        assert refused["msg"] == ("state = 'absent': NICs of a use it, and would start without its settings. Set "
                                  "another port group for them first, with nfv.kvm.vm_interface.")
        assert rich.texts() == before
    rich.libvirt.found["a"].destroy()
    rich.vm_interface(state="exact")
    assert profile(rich, "br", state="absent")["changed"]


def test_the_two_of_a_team_have_one_mac(rich: Lab) -> None:
    """The one on the network of the profile is meant, whatever comes last."""
    network(rich, "br", "<portgroup name='red' default='yes'/>")
    network(rich, "vfs", "<portgroup name='red' default='yes'/>")
    plug(rich, "br", run=False, teaming={"type": "persistent"})
    plug(rich, "vfs", name="vf", teaming={"type": "transient", "persistent": "nic"})
    assert profile(rich, "br", vlan={"tags": [6]})["consumers"] == [consumer()]
    done = profile(rich, "vfs", vlan={"tags": [7]}, replug="allowed")
    assert done["consumers"] == [consumer(name="vf")]
    assert done["actions"][1:] == ["NIC vf of a: profile red live (detach and attach)"]
    assert (tags(rich, "br"), tags(rich, "vfs")) == (["6"], ["7"])


def test_nobody_follows_a_profile_that_is_not_there(rich: Lab) -> None:
    network(rich, "br", red(5))
    plug(rich, "br", portgroup="red")
    found = rich.libvirt.networks["br"]
    found.xml, found.live = (text.replace(red(5).replace("'", '"'), "") for text in (found.xml, found.live))
    assert not profile(rich, "br", state="absent")["changed"]
    assert tags(rich, "br") == ["5"]


def test_no_comes_before_what_the_network_says(rich: Lab) -> None:
    network(rich, "tap", "<portgroup name='red'/>")
    found = rich.libvirt.networks["tap"]
    found.xml, found.live = (text.replace("<network>", "<network trustGuestRxFilters='yes'>")
                             for text in (found.xml, found.live))
    plug(rich, "tap", portgroup="red")
    made = profile(rich, "tap", trust_guest_rx_filters=False)
    assert made["actions"] == ["port group red of network tap: trust_guest_rx_filters none → no"]
    assert made["consumers"] == [consumer(current=False)]
    assert profile(rich, "tap", replug="allowed")["consumers"] == [consumer()]
    assert port(rich, "tap").find("rxfilters").get("trustGuest") == "no"


# Failures

@pytest.fixture
def two(rich: Lab) -> Lab:
    """Two NICs of a running domain on a pool, in VLAN 5."""
    network(rich, "vfs", "<portgroup name='red'><vlan><tag id='5'/></vlan></portgroup>")
    plug(rich, "vfs", portgroup="red")
    plug(rich, "vfs", portgroup="red", name="other", mac=OTHER_MAC)
    return rich


CALLS = [("network.update", 1), ("network.update", 2), ("detachDeviceFlags", 1), ("attachDeviceFlags", 1),
         ("detachDeviceFlags", 2), ("attachDeviceFlags", 2)]


def fails(lab: Lab, net: str, call: str, number: int, **params: t.Any) -> None:
    """A run in which one call of libvirt fails, and which leaves all as it was."""
    before = running(lab)
    lab.libvirt.at(call, number, lab.libvirt.fail)
    failed = lab.port_profile(network=net, replug="allowed", **params)
    assert "internal error: as planned. The previous state was restored." in failed["msg"]
    assert (failed["changed"], failed["actions"]) == (False, [])
    assert running(lab) == before
    assert profile(lab, net, replug="allowed", **params)["changed"]


@pytest.mark.parametrize(("call", "number"), CALLS)
def test_a_failure_puts_back_what_was_before(two: Lab, call: str, number: int) -> None:
    fails(two, "vfs", call, number, vlan={"tags": [6]})


@pytest.mark.parametrize("number", [1, 2])
def test_a_failure_adds_and_removes_no_profile(rich: Lab, number: int) -> None:
    network(rich, "br")
    fails(rich, "br", "network.update", number, vlan={"tags": [5]})
    fails(rich, "br", "network.update", number, state="absent")


@pytest.mark.parametrize(("call", "number"), CALLS[:4])
@pytest.mark.parametrize("net", ["vfs", "tap"])
def test_a_failure_of_a_new_default(rich: Lab, net: str, call: str, number: int) -> None:
    """NICs that name no port group have the profile after, and had it not before."""
    network(rich, net)
    plug(rich, net)
    fails(rich, net, call, number, default=True, trust_guest_rx_filters=False, virtualport=QBH)


@pytest.mark.parametrize("number", [1, 2])
def test_a_nic_that_libvirt_does_not_change_puts_back_what_was_before(rich: Lab, number: int) -> None:
    network(rich, "br", red(5))
    plug(rich, "br", portgroup="red")
    plug(rich, "br", portgroup="red", name="other", mac=OTHER_MAC)
    fails(rich, "br", "updateDeviceFlags", number, vlan={"tags": [6]})


def test_a_nic_that_is_put_back_goes_once(two: Lab) -> None:
    """The one that was missing is plugged in as it was, the other one goes again; nobody goes that has not yet."""
    two.libvirt.at("attachDeviceFlags", 2, two.libvirt.fail)
    two.port_profile(network="vfs", vlan={"tags": [6]}, replug="allowed")
    assert two.libvirt.calls["detachDeviceFlags"] == 3


def test_a_domain_that_ends_meanwhile_keeps_nothing_from_being_put_back(two: Lab) -> None:

    def end() -> None:
        two.libvirt.found["a"].destroy()
        two.libvirt.fail()

    before = group(two, "vfs"), group(two, "vfs", live=True)
    two.libvirt.at("attachDeviceFlags", 2, end)
    failed = two.port_profile(network="vfs", vlan={"tags": [6]}, replug="allowed")
    assert "internal error: as planned. The previous state was restored." in failed["msg"]
    assert (group(two, "vfs"), group(two, "vfs", live=True)) == before
    two.libvirt.found["a"].create()
    assert (tags(two, "vfs"), tags(two, "vfs", OTHER_MAC)) == (["5"], ["5"])


def test_what_could_not_be_put_back_is_told(two: Lab) -> None:
    """A guest that does not release the first NIC again does not lack the second one for that."""

    def refuse() -> None:
        two.libvirt.found["a"].obeys = False
        two.libvirt.fail()

    two.libvirt.at("attachDeviceFlags", 2, refuse)
    failed = two.port_profile(network="vfs", vlan={"tags": [6]}, replug="allowed")
    assert "as planned. Restoring the previous state also failed: NIC nic of a: the guest did not" in failed["msg"]
    assert (tags(two, "vfs"), tags(two, "vfs", OTHER_MAC)) == (["6"], ["5"])
    two.libvirt.found["a"].obeys = True
    assert profile(two, "vfs", replug="allowed")["consumers"] == [consumer(), consumer(name="other", mac=OTHER_MAC)]


@pytest.mark.parametrize(("call", "number"), CALLS)
def test_a_run_without_libvirt_is_finished_by_the_next(two: Lab, call: str, number: int) -> None:
    """A NIC that was unplugged when libvirt went is missing until vm_interface plugs it in again."""
    two.libvirt.at(call, number, two.libvirt.restart)
    failed = two.port_profile(network="vfs", vlan={"tags": [6]}, replug="allowed")
    assert "The connection to libvirt was lost; run the task again when it is back" in failed["msg"]
    done = profile(two, "vfs", vlan={"tags": [6]}, replug="allowed")
    lost = call == "attachDeviceFlags"
    assert sorted(nic["running"] for nic in done["consumers"]) == [not lost, True]
    nics = [{"name": name, "mac": mac} for name, mac in (("nic", MAC), ("other", OTHER_MAC))]
    assert two.vm_interface(*nics)["changed"] is lost
    assert (tags(two, "vfs"), tags(two, "vfs", OTHER_MAC)) == (["6"], ["6"])


def test_a_guest_that_keeps_its_nic_keeps_the_profile(two: Lab) -> None:
    before = running(two)
    two.libvirt.found["a"].obeys = False
    failed = two.port_profile(network="vfs", vlan={"tags": [6]}, replug="allowed")
    assert "NIC nic of a: the guest did not release it within 60 seconds" in failed["msg"]
    assert "The previous state was restored" in failed["msg"]
    assert running(two) == before


def test_a_reboot_changes_nothing(two: Lab) -> None:
    two.libvirt.networks["vfs"].starts_with_host = 1
    two.reboot()
    two.libvirt.found["a"].create()
    assert not profile(two, "vfs", vlan={"tags": [5]}, replug="allowed")["changed"]


ODD = [
    ("br", "<virtualport type='802.1Qbg'/>", {"vlan": {"tags": [5]}}),
    ("ovs", "<virtualport type='802.1Qbh'><parameters profileid='x'/></virtualport>", {"vlan": {"tags": [5]}}),
    ("own", "<virtualport type='openvswitch'/>", {"bandwidth": {"inbound": {"average": 6}}}),
]


@pytest.mark.parametrize(("kind", "odd", "other"), ODD)
def test_a_virtualport_that_is_odd_already_blocks_no_change_of_something_else(
        lab: Lab, kind: str, odd: str, other: Result) -> None:
    network(lab, kind, f"<portgroup name='red'>{odd}</portgroup><portgroup name='blue'/>")
    for name in ("red", "blue"):
        assert lab.runs(lab.port_profile, name=name, network=kind, **other)["changed"]
    refused = lab.port_profile(name="red", network=kind, virtualport={"type": "midonet"})
    assert "virtualport.type = 'midonet': network" in refused["msg"]
