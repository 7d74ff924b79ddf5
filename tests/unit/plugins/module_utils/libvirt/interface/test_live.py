# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs of a running domain: VFs that are plugged anew, what then is left, and what goes wrong in between."""

from __future__ import annotations

import typing as t

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import VFS, Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeDomain, recorded
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:00:01"
BRIDGE: Result = {"name": "fxp0", "type": "bridge", "source": {"bridge": "br0"}, "model": "virtio"}
VF: Result = {"name": "ge0", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}, "vlan": {"tags": [100]}}
POOL: Result = {"name": "ge0", "type": "network", "source": {"network": "pool"}, "vlan": {"tags": [100]}}


def changes(result: Result) -> list[t.Any]:
    return [nic["changes"] for nic in result["interfaces"]]


def running(lab: Lab, *nics: Result, machine: str = "pc") -> FakeDomain:
    """A domain that was started with these NICs."""
    lab.domain(machine=machine)
    assert not lab.vm_interface(*nics)["failed"]
    domain = lab.libvirt.found["a"]
    domain.create()
    lab.libvirt.calls.clear()
    return domain


def live_nics(domain: FakeDomain) -> list[t.Any]:
    return list(domain.live.findall("devices/interface"))


NEW: list[tuple[Result, Result, Result]] = [
    (VF, {"vlan": {"tags": [200]}}, {"vlan": "live"}),
    (VF, {"vlan": {"tags": []}}, {"vlan": "live"}),
    (VF, {"mac": MAC}, {"mac": "live"}),
    (VF, {"type": "hostdev", "source": {"pf": "enp2s0", "vf": 2}}, {"source": "live"}),
    (VF, {"managed": False, "boot_order": 1}, {"managed": "live", "boot_order": "live"}),
    (POOL, {"vlan": {"tags": [200]}}, {"vlan": "live"}),
    (POOL, {"vlan": {"tags": []}}, {"vlan": "live"}),
    (POOL, {"mac": MAC}, {"mac": "live"}),
]


@pytest.mark.parametrize("machine", ["pc", "q35"])
@pytest.mark.parametrize(("before", "wanted", "words"), NEW)
def test_a_vf_is_plugged_anew_at_its_place(lab: Lab, machine: str, before: Result, wanted: Result,
                                           words: Result) -> None:
    domain = running(lab, BRIDGE, before, machine=machine)
    other, old = live_nics(domain)
    text, place = etree.tostring(other), dict(old.find("address").attrib)
    changed = lab.four_runs({"name": "ge0", **wanted})
    assert changes(changed) == [{}, words]
    assert not changed["needs_restart"]
    assert changed["actions"][-1].endswith(" live (detach and attach)")
    other, new = live_nics(domain)
    assert (etree.tostring(other), dict(new.find("address").attrib)) == (text, place)
    assert new is not old
    vlan = new.find("vlan/tag")
    tags = wanted.get("vlan", {"tags": [100]})["tags"]
    assert ([] if vlan is None else [int(vlan.get("id"))]) == tags


def test_udev_has_named_a_vf_before_it_is_plugged_in_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = running(lab, VF)
    order: list[str] = []

    def named(argv: list[str], timeout: float) -> Completed:
        order.append(argv[1])
        return Completed(0)

    monkeypatch.setattr(lab.host, "run", named)
    for call in ("detachDeviceFlags", "attachDeviceFlags", "create"):
        lab.libvirt.at(call, 1, lambda call=call: order.append(call))  # type: ignore[misc]
    assert not lab.vm_interface({"name": "ge0", "vlan": {"tags": [200]}})["failed"]
    domain.destroy()
    assert not lab.vm_domain(state="running")["failed"]
    assert order == ["detachDeviceFlags", "settle", "attachDeviceFlags", "settle", "create"]


def test_an_order_of_booting_or_a_name_alone_takes_no_vf_out(lab: Lab) -> None:
    domain = running(lab, {**VF, "mac": MAC})
    changed = lab.four_runs({"name": "renamed", "mac": MAC, "boot_order": 1}, state="exact")
    assert changes(changed) == [{"name": "config", "boot_order": "config"}]
    assert not changed["needs_restart"]
    assert lab.libvirt.calls["detachDeviceFlags"] == 0
    lab.four_runs({"name": "renamed", "vlan": {"tags": [7]}})
    assert live_nics(domain)[0].find("alias").get("name") == "ua-renamed", "a new plug brings the name along"


def test_another_portgroup_of_a_pool_is_plugged_anew(lab: Lab) -> None:
    lab.network("pool", f"{VFS}<portgroup name='red'/><portgroup name='blue'/>")
    running(lab, {"name": "ge0", "type": "network", "source": {"network": "pool", "portgroup": "red"}})
    changed = lab.four_runs({"name": "ge0", "type": "network", "source": {"network": "pool", "portgroup": "blue"}})
    assert changes(changed) == [{"source": "live"}]


def test_a_vlan_of_the_network_is_nothing_that_waits(lab: Lab) -> None:
    domain = running(lab, {"name": "lan0", "type": "network", "source": {"network": "lan"}})
    etree.SubElement(etree.SubElement(live_nics(domain)[0], "vlan"), "tag", id="5")
    assert not lab.vm_interface({"name": "lan0"})["needs_restart"]


def test_another_network_of_vfs(lab: Lab) -> None:
    lab.network("pool2", "<forward mode='hostdev'><pf dev='enp2s0'/></forward>")
    running(lab, POOL)
    changed = lab.four_runs({"name": "ge0", "type": "network", "source": {"network": "pool2"}})
    assert changes(changed) == [{"source": "live"}]
    to_bridge = lab.four_runs({"name": "ge0", "type": "network", "source": {"network": "lan"}, "vlan": {"tags": []}})
    assert changes(to_bridge)[0]["source"] == "needs_restart"


def test_vfs_move_on_in_the_order_that_frees_them(lab: Lab) -> None:
    vf = [{"pf": "enp2s0", "vf": number} for number in range(3)]
    domain = running(lab, {**VF, "source": vf[0]}, {**VF, "name": "ge1", "source": vf[1]})
    moved = lab.four_runs({**VF, "source": vf[1]}, {**VF, "name": "ge1", "source": vf[2]})
    assert changes(moved) == [{"source": "live"}, {"source": "live"}]
    assert [line.split()[1] for line in moved["actions"][2:]] == ["ge1", "ge0"]
    swapped = lab.four_runs({**VF, "source": vf[2]}, {**VF, "name": "ge1", "source": vf[1]})
    assert changes(swapped) == [{"source": "needs_restart"}, {"source": "needs_restart"}]
    assert swapped["needs_restart"]
    domain.destroy()
    domain.create()
    assert not lab.vm_interface()["needs_restart"]


def test_a_new_place_in_the_guest_waits(lab: Lab) -> None:
    running(lab, BRIDGE, VF)
    turned = lab.four_runs({**VF, "vlan": {"tags": [7]}}, BRIDGE, state="exact")
    assert changes(turned)[0] == {"vlan": "needs_restart", "address": "needs_restart"}
    assert turned["needs_restart"]


@pytest.mark.parametrize("hotplug", ["off", "on", "root"])
def test_a_port_without_hotplug_keeps_its_nic_until_the_restart(lab: Lab, hotplug: str) -> None:
    lab.domain(machine="q35")
    address = "0000:00:08.0" if hotplug == "root" else "0000:02:00.0"
    lab.vm_interface({**VF, "address": None if hotplug == "root" else address})
    domain = lab.libvirt.found["a"]
    port = domain.xml.find("devices/controller[@index='2']")
    port.append(port.makeelement("target", {"hotplug": hotplug}))
    xml.set_pci_address(domain.xml.find("devices/interface/address"), address)
    domain.create()
    changed = lab.four_runs({"name": "ge0", "vlan": {"tags": [7]}})
    assert changes(changed) == [{"vlan": "live" if hotplug == "on" else "needs_restart"}]


def test_nics_that_are_not_in_the_list_stay_plugged(lab: Lab) -> None:
    domain = running(lab, BRIDGE, VF)
    domain.xml.find("devices/interface/vlan/tag").set("id", "999")
    assert lab.four_runs({"name": "fxp0", "mtu": 1400})["needs_restart"]
    assert lab.four_runs({"name": "fxp0"}, state="absent")["needs_restart"]
    assert live_nics(domain)[0].find("vlan/tag").get("id") == "100"
    assert changes(lab.four_runs({"name": "ge0"})) == [{"vlan": "live"}], "it waited, and now it is meant"


@pytest.mark.parametrize("before", [VF, POOL])
def test_what_cannot_be_attached_is_put_back(lab: Lab, before: Result) -> None:
    domain = running(lab, before)
    lab.libvirt.at("attachDeviceFlags", 1, lab.libvirt.fail)
    failed = lab.vm_interface({"name": "ge0", "vlan": {"tags": [200]}})
    assert failed["error"]["type"] == "CommandFailed"
    told = failed["msg"]
    assert "libvirt cannot attach a device: internal error: as planned. The previous NIC was attached again" in told
    assert live_nics(domain)[0].find("vlan/tag").get("id") == "100"
    assert live_nics(domain)[0].get("type") == "hostdev"
    assert lab.vm_interface(check_mode=True)["needs_restart"]
    assert changes(lab.four_runs({"name": "ge0"})) == [{"vlan": "live"}]


def test_what_can_neither_be_attached_nor_put_back_comes_with_the_next_run(lab: Lab) -> None:
    domain = running(lab, VF)
    for number in (1, 2):
        lab.libvirt.at("attachDeviceFlags", number, lab.libvirt.fail)
    failed = lab.vm_interface({"name": "ge0", "vlan": {"tags": [200]}})
    assert "so the running domain does not have it" in failed["msg"]
    assert lab.vm_interface()["needs_restart"]
    assert lab.four_runs({"name": "ge0"})["actions"] == ["NIC ge0 of a: attach live"]
    assert live_nics(domain)[0].find("vlan/tag").get("id") == "200"


def test_a_guest_that_keeps_its_vf_keeps_it_as_it_was(lab: Lab) -> None:
    domain = running(lab, VF)
    domain.obeys = False
    before = domain.XMLDesc(0)
    failed = lab.vm_interface({"name": "ge0", "vlan": {"tags": [200]}})
    assert "did not release it within 60 seconds" in failed["msg"]
    assert domain.XMLDesc(0) == before
    domain.obeys = True
    lab.four_runs({"name": "ge0"})


def test_the_vf_of_a_team_comes_and_goes_beside_its_partner_of_one_mac(lab: Lab) -> None:
    partner = {**BRIDGE, "mac": MAC, "teaming": {"type": "persistent"}}
    vf = {**VF, "mac": MAC, "teaming": {"type": "transient", "persistent": "fxp0"}}
    domain = running(lab, partner)
    assert set(changes(lab.four_runs(partner, vf))[1].values()) == {"live"}
    assert changes(lab.four_runs({"name": "ge0", "vlan": {"tags": [7]}})) == [{}, {"vlan": "live"}]
    lab.four_runs({"name": "ge0"}, state="absent")
    assert [nic.find("alias").get("name") for nic in live_nics(domain)] == ["ua-fxp0"]


CALLS = ["lookupByName", "isPersistent", "XMLDesc", "listAllDomains", "defineXML", "detachDeviceFlags",
         "attachDeviceFlags", "updateDeviceFlags", "networkLookupByName"]
DISASTERS = ["libvirtd restarts", "guest is killed", "call fails"]


@pytest.mark.parametrize("disaster", DISASTERS)
@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("call", CALLS)
def test_a_second_run_finishes_what_was_interrupted(lab: Lab, call: str, number: int, disaster: str) -> None:
    wanted = ({**BRIDGE, "link_state": "down"}, {**VF, "vlan": {"tags": [200]}}, {**POOL, "name": "ge1"},
              {**BRIDGE, "name": "new"})
    domain = running(lab, BRIDGE, VF, {**POOL, "name": "ge1", "mac": MAC}, {**VF, "name": "old", "source": {
        "pci_address": "0000:02:10.2"}})

    def end() -> None:
        if domain.live is not None:
            domain.destroy()

    happens = {"libvirtd restarts": lab.libvirt.restart, "guest is killed": end, "call fails": lab.libvirt.fail}
    lab.libvirt.at(call, number, happens[disaster])
    first = lab.vm_interface(*wanted, state="exact")
    if lab.libvirt.planned:
        lab.libvirt.planned.clear()
        assert not first["failed"], first
        return
    assert not first["failed"] or first["error"]["type"] == "CommandFailed", first
    assert "defect" not in first.get("msg", "")
    if first["failed"] and disaster == "libvirtd restarts":
        assert "The connection to libvirt was lost; run the task again" in first["msg"]
    assert not lab.vm_interface(*wanted, state="exact")["failed"]
    assert not lab.four_runs(*wanted, state="exact")["changed"]
    assert not lab.vm_interface()["needs_restart"]
    if domain.live is None:
        domain.create()
        assert not lab.four_runs(*wanted, state="exact")["needs_restart"]
    assert [nic.find("vlan/tag").get("id") for nic in live_nics(domain) if nic.find("vlan") is not None] in (
        ["200", "100"], ["100", "200"])


def test_a_domain_that_ends_between_two_looks_has_no_live_side(lab: Lab) -> None:
    domain = running(lab, VF)
    lab.libvirt.at("XMLDesc", 2, domain.destroy)
    changed = lab.vm_interface({"name": "ge0", "vlan": {"tags": [200]}})
    assert changes(changed) == [{"vlan": "config"}]
    assert changed["actions"] == ["domain a: NIC ge0: vlan 100 → 200"]


def test_ten_nics_with_nothing_to_do_take_five_calls(lab: Lab) -> None:
    nics = [{**BRIDGE, "name": f"eth{number}"} for number in range(7)] + [
        {**VF, "name": f"ge{number}", "source": {"pf": "enp2s0", "vf": number}} for number in range(3)]
    running(lab, *nics)
    assert not lab.vm_interface(*nics, state="exact")["changed"]
    assert lab.libvirt.calls == {"lookupByName": 1, "isPersistent": 1, "XMLDesc": 2, "state": 1}


def test_a_network_filter_is_there_or_not(lab: Lab) -> None:
    lab.libvirt.filters.add("clean-traffic")
    opened = lab.libvirt.connection()
    assert (opened.has_filter("clean-traffic"), opened.has_filter("other")) == (True, False)


@pytest.mark.parametrize("name", ["q35-adopted", "pc-adopted"])
@pytest.mark.parametrize("state", ["running", "stopped"])
def test_nics_made_by_others_keep_every_element(lab: Lab, name: str, state: str) -> None:
    lab.network("default", "<forward mode='nat'/>")
    lab.libvirt.defineXML(recorded(f"{name}.libvirt"))
    domain = lab.libvirt.found["a"]
    before = [etree.tostring(nic, method="c14n") for nic in domain.xml.findall("devices/interface")]
    if state == "running":
        domain.create()
    assert not lab.four_runs()["changed"]
    lab.four_runs({**BRIDGE, "name": "added"})
    after = [etree.tostring(nic, method="c14n") for nic in domain.xml.findall("devices/interface")]
    assert after[:-1] == before
    macs = [nic.find("mac").get("address") for nic in domain.xml.findall("devices/interface")]
    named = lab.four_runs({"name": "first", "mac": macs[0]})
    assert [found for found in changes(named) if found] == [{"name": "config"}]
    after = [etree.tostring(nic, method="c14n") for nic in domain.xml.findall("devices/interface")]
    assert after[1:-1] == before[1:]
    lab.four_runs({"name": "first"}, {"name": "added"}, state="absent")
    after = [etree.tostring(nic, method="c14n") for nic in domain.xml.findall("devices/interface")]
    assert after == before[1:]
