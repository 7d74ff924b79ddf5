# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains that others made, in ways that the module itself would not take: what is there stays, and is no error."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import QBH, Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:00:01"
SLOT = "<address type='pci' domain='0x0000' bus='0x00' slot='0x09' function='0x{}'/>"
USB = "<address type='usb' bus='0' port='1'/>"


def adopt(lab: Lab, *nics: str, more: str = "", metadata: str = "") -> None:
    """A domain with NICs, each the inside of its ``<interface>``, on bridge br0 unless it says otherwise."""
    bridge = "<interface type='bridge'><source bridge='br0'/><model type='virtio'/>"
    made = "".join(nic if nic.startswith("<interface") else f"{bridge}{nic}</interface>" for nic in nics)
    lab.libvirt.defineXML(
        f"<domain type='kvm'><name>a</name><metadata>{metadata}</metadata><os><type machine='pc'>hvm</type></os>"
        f"<devices><controller type='pci' index='0' model='pci-root'/>{more}{made}</devices></domain>")


def test_a_nic_on_another_bus_gets_no_pci_address(lab: Lab) -> None:
    adopt(lab, f"<interface type='bridge'><source bridge='br0'/><model type='usb-net'/><mac address='{MAC}'/>{USB}"
               "</interface>")
    for state in ("present", "exact"):
        assert lab.vm_interface({"mac": MAC}, state=state)["actions"] == []
    done = lab.four_runs({"mac": MAC, "link_state": "down"}, {"name": "new", "type": "user"}, state="exact")
    assert done["interfaces"][0]["changes"] == {"link_state": "config"}
    assert "type=\"usb\"" in lab.libvirt.found["a"].XMLDesc(2)
    told = lab.vm_interface({"mac": MAC, "address": "0000:00:0a.0"})["msg"]
    assert "a NIC of model usb-net has no PCI address" in told
    lab.four_runs({"mac": MAC, "type": "user"})
    assert "usb-net" in lab.libvirt.found["a"].XMLDesc(2)
    assert lab.four_runs({"mac": MAC, "model": "virtio"})["interfaces"][0]["pci_address"] is not None
    assert "usb" not in lab.libvirt.found["a"].XMLDesc(2)


def test_functions_of_one_slot_may_stay_where_they_are(lab: Lab) -> None:
    adopt(lab, f"<mac address='{MAC}'/>{SLOT.format(1)}", f"<mac address='52:54:00:00:00:02'/>{SLOT.format(2)}",
          more=f"<disk type='file'><target dev='vda'/>{SLOT.format(0)}</disk>")
    asked = [{"mac": MAC, "address": "0000:00:09.1"}, {"mac": "52:54:00:00:00:02", "address": "0000:00:09.2"}]
    for state in ("present", "exact"):
        assert lab.vm_interface(*asked, state=state)["actions"] == []
        assert lab.vm_interface(*({"mac": nic["mac"]} for nic in asked), state=state)["actions"] == []


def test_the_address_of_a_nic_that_is_not_listed_is_refused(lab: Lab) -> None:
    lab.domain()
    lab.vm_interface({"name": "one", "type": "user"}, {"name": "two", "type": "user"})
    there = lab.vm_interface({"name": "two"})["interfaces"][1]["pci_address"]
    refused = lab.vm_interface({"name": "one", "address": there})
    assert f"interfaces[0].address = '{there}': NIC two already has it" in refused["msg"]


def test_notes_in_the_metadata_stay(lab: Lab) -> None:
    notes = "<!-- ask Ann --><a:x xmlns:a='urn:x'><!-- of ours --><?of ours?>1</a:x>"
    adopt(lab, f"<mac address='{MAC}'/>", metadata=notes)
    lab.four_runs({"mac": MAC, "link_state": "down"})
    lab.vm_domain(xml="<domain type='kvm'><name>a</name><vcpu>2</vcpu><os><type machine='pc'>hvm</type></os></domain>")
    left = lab.libvirt.found["a"].XMLDesc(2)
    assert "<vcpu>2</vcpu>" in left
    for note in ("<!-- ask Ann -->", "<!-- of ours -->", "<?of ours?>"):
        assert left.count(note) == 1


@pytest.mark.parametrize(("nic", "asked"), [
    ("<interface type='direct'><source dev='eth7' mode='vepa'/><vlan><tag id='5'/></vlan>", {"vlan": {"tags": [5]}}),
    ("<interface type='user'><model type='virtio'/><driver queues='2'/>", {"driver": {"queues": 2}}),
    ("<interface type='bridge'><source bridge='gone'/><model type='e1000'/>", {"model": "e1000"}),
    ("<interface type='bridge' trustGuestRxFilters='yes'><source bridge='br0'/><model type='e1000'/>", {}),
    ("<interface type='network'><source network='gone'/>", {"source": {"network": "gone"}, "type": "network"}),
])
def test_what_is_there_is_not_refused(lab: Lab, nic: str, asked: Result) -> None:
    """Nor is a change of something else; that of the same thing is."""
    adopt(lab, f"{nic}<mac address='{MAC}'/></interface>")
    assert lab.vm_interface({"mac": MAC, **asked})["actions"] == []
    assert lab.four_runs({"mac": MAC, "name": "n", "link_state": "down"})["changed"]


def test_what_becomes_wrong_otherwise_is_refused(lab: Lab) -> None:
    adopt(lab, f"<interface type='user'><model type='virtio'/><driver queues='2'/><mac address='{MAC}'/></interface>")
    told = lab.vm_interface({"mac": MAC, "driver": {"queues": 3}})["msg"]
    assert "a NIC of type user supports only one queue" in told


@pytest.mark.parametrize(("asked", "params"), [({"mtu": 1400}, {"restart": "allowed"}), ({"link_state": "down"}, {
    "restart": "allowed"}), ({"mtu": 1400}, {})])
def test_what_would_be_connected_anew_is_looked_at(lab: Lab, asked: Result, params: Result) -> None:
    """Else a restart would end with the domain off."""
    lab.domain(state="running")
    lab.vm_interface({"name": "n", "type": "bridge", "source": {"bridge": "br0"}})
    lab.files.remove("/sys/class/net/br0")
    refused = lab.vm_interface({"name": "n", **asked}, **params)
    assert "this host has no such bridge" in refused["msg"]
    assert not lab.vm_interface({"name": "n", "link_state": "down"})["failed"]


def test_a_paused_guest_releases_nothing(lab: Lab) -> None:
    lab.domain(state="running")
    lab.vm_interface({"name": "n", "type": "user"})
    lab.libvirt.found["a"].suspend()
    before = lab.texts()
    for check_mode in (True, False):
        refused = lab.vm_interface({"name": "n"}, state="absent", check_mode=check_mode)
        assert "domain a: it is paused, so its guest cannot release a NIC" in refused["msg"]
    assert lab.texts() == before


TEAMED = "<alias name='ua-vf'/><teaming type='transient' persistent='ua-gone'/>"
ODD = [
    ("a team whose other NIC has gone", "<interface type='hostdev' managed='yes'><source><address type='pci' "
     f"domain='0x0000' bus='0x02' slot='0x10' function='0x0'/></source>{TEAMED}", {"vlan": {"tags": [5]}},
     {"mac": "52:54:00:00:00:09"}, "the domain has no NIC of this name"),
    ("a virtualport that its network does not have", "<interface type='network'><source network='lan'/><virtualport "
     "type='openvswitch'/><alias name='ua-vf'/>", {"mtu": 1400}, {"virtualport": QBH},
     "network lan (forward mode isolated) supports no virtualports"),
    ("a virtualport that differs from its port group", "<interface type='network'><source network='ovs' "
     "portgroup='red'/><virtualport><parameters profileid='gold'/></virtualport><alias name='ua-vf'/>", {"mtu": 1400},
     {"type": "network", "source": {"network": "ovs", "portgroup": "blue"}}, "network ovs or its port group sets blue"),
    ("VLANs of a network without", "<interface type='network'><source network='lan'/><vlan><tag id='5'/></vlan><alias "
     "name='ua-vf'/>", {"mtu": 1400}, {"vlan": {"tags": [6]}}, "libvirt cannot set a VLAN on network lan"),
]


@pytest.mark.parametrize(("case", "nic", "other", "same", "words"), ODD, ids=[row[0] for row in ODD])
def test_what_is_odd_already_blocks_no_change_of_something_else(
        rich: Lab, case: str, nic: str, other: Result, same: Result, words: str) -> None:
    rich.network("ovs", "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/>" + "".join(
        f"<portgroup name='{name}'><virtualport><parameters profileid='{name}'/></virtualport></portgroup>"
        for name in ("red", "blue")))
    adopt(rich, f"{nic}<mac address='{MAC}'/></interface>")
    for change in (other, {"boot_order": 1}):
        assert rich.four_runs({"name": "vf", **change})["changed"]
    before = rich.texts()
    assert words in rich.vm_interface({"name": "vf", **same})["msg"]
    assert rich.texts() == before
