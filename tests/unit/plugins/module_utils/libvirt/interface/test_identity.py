# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NIC an item means: by its name, its MAC and its guest address; what can mean several is refused."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC, OTHER, NEW = (f"52:54:00:00:00:{number:02x}" for number in (1, 2, 3))
A4, A5, A6 = (f"0000:00:{slot:02x}.0" for slot in (4, 5, 6))


def domain(lab: Lab, *nics: tuple[str | None, str, str], running: bool = False) -> None:
    """A domain that somebody else made, its NICs as (name, MAC, guest address)."""
    made = ""
    for name, mac, address in nics:
        alias = "" if name is None else f"<alias name='ua-{name}'/>"
        made += (f"<interface type='bridge'><mac address='{mac}'/><source bridge='br0'/>{alias}"
                 f"<model type='virtio'/><address type='pci' slot='0x{address[8:10]}'/></interface>")
    lab.libvirt.defineXML("<domain type='kvm'><name>a</name><os><type machine='pc'>hvm</type></os><devices><controller "
                          f"type='pci' index='0' model='pci-root'/>{made}</devices></domain>")
    if running:
        lab.libvirt.found["a"].create()


def seen(lab: Lab, live: bool = False) -> list[tuple[str | None, str, str, str]]:
    """Name, MAC, slot and link state of each NIC."""
    root = lab.libvirt.found["a"].live if live else lab.libvirt.found["a"].xml
    found = []
    for nic in root.findall("devices/interface"):
        alias, link = nic.find("alias"), nic.find("link")
        name = None if alias is None or not alias.get("name").startswith("ua-") else alias.get("name")[3:]
        found.append((name, nic.find("mac").get("address"), nic.find("address").get("slot")[2:],
                      "up" if link is None else link.get("state")))
    return found


TWINS = ((None, MAC, A4), (None, MAC, A5))
NAMED = (("fxp0", MAC, A4), ("lan0", OTHER, A5))
DOWN: Result = {"link_state": "down"}

# (the NICs, the item, the states in which it is refused, what the message says)
REFUSED = [
    (TWINS, {"mac": MAC, **DOWN}, "present exact absent", f"interfaces[0].mac = '{MAC}': the bridge NIC without a name "
     f"(address {A4}) and the bridge NIC without a name (address {A5}) have this MAC. Set the name"),
    (TWINS, {"mac": MAC, "name": "x", **DOWN}, "present exact absent", "have this MAC"),
    ((("x", MAC, A4), ("y", MAC, A5)), {"mac": MAC, **DOWN}, "present exact absent",
     f"NIC x (address {A4}) and NIC y (address {A5}) have this MAC"),
    (TWINS, {"mac": MAC, "address": A6}, "present exact absent", "have this MAC"),
    (NAMED, {"name": "fxp0", "mac": OTHER, **DOWN}, "present absent", f"interfaces[0].mac = '{OTHER}': its name is "
     f"that of NIC fxp0 (address {A4}), but its mac is that of NIC lan0 (address {A5})"),
    (NAMED, {"name": "a", "mac": MAC, **DOWN}, "present", f"interfaces[0].name = 'a': NIC fxp0 (address {A4}) "
     f"has the mac {MAC}, and only state: exact renames a NIC. Set name: fxp0"),
    ((("fxp0", MAC, A4), (None, OTHER, A5)), {"name": "fxp0", "mac": OTHER}, "present absent", "its mac is that of the "
     "bridge NIC without a name"),
]


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize(("nics", "item", "states", "words"), REFUSED)
def test_what_can_mean_another_nic_is_refused(
        lab: Lab, nics: tuple[tuple[str | None, str, str], ...], item: Result, states: str, words: str,
        running: bool) -> None:
    domain(lab, *nics, running=running)
    before = lab.texts()
    for state in states.split():
        for check_mode in (True, False):
            refused = lab.vm_interface(item, state=state, check_mode=check_mode)
            assert words in refused["msg"]
    assert lab.texts() == before


@pytest.mark.parametrize(("item", "name"), [
    ({"mac": MAC, "address": A5, **DOWN}, None), ({"mac": MAC, "address": A5, "name": "x", **DOWN}, "x")])
def test_the_guest_address_tells_two_of_one_mac_apart(lab: Lab, item: Result, name: str | None) -> None:
    domain(lab, *TWINS, running=True)
    done = lab.four_runs(item)
    assert seen(lab) == [(None, MAC, "04", "up"), (name, MAC, "05", "down")]
    assert seen(lab, live=True) == [(None, MAC, "04", "up"), (None, MAC, "05", "down")]
    assert [line for line in done["actions"] if "live" in line] == [
        f"NIC {name or MAC} of a: link_state up → down live"]


def test_a_name_tells_two_of_one_mac_apart(lab: Lab) -> None:
    domain(lab, ("x", MAC, A4), ("y", MAC, A5), running=True)
    lab.four_runs({"name": "y", "mac": MAC, **DOWN})
    for live in (False, True):
        assert seen(lab, live) == [("x", MAC, "04", "up"), ("y", MAC, "05", "down")]
    lab.four_runs({"name": "y", "mac": MAC}, state="absent")
    for live in (False, True):
        assert seen(lab, live) == [("x", MAC, "04", "up")]


def test_absent_leaves_the_nic_of_another_name(lab: Lab) -> None:
    domain(lab, *NAMED, running=True)
    assert lab.vm_interface({"name": "a", "mac": MAC}, state="absent")["actions"] == []


def test_one_without_a_name_is_meant_where_the_other_has_another(lab: Lab) -> None:
    domain(lab, ("y", MAC, A4), (None, MAC, A5), running=True)
    lab.four_runs({"name": "x", "mac": MAC, **DOWN})
    assert seen(lab) == [("y", MAC, "04", "up"), ("x", MAC, "05", "down")]
    assert seen(lab, live=True) == [("y", MAC, "04", "up"), (None, MAC, "05", "down")]


def test_all_of_one_mac_can_be_listed(lab: Lab) -> None:
    domain(lab, *TWINS, running=True)
    lab.four_runs({"mac": MAC, "address": A4, "name": "x"}, {"mac": MAC, "address": A5, "name": "y"}, state="exact")
    assert [nic[:3] for nic in seen(lab)] == [("x", MAC, "04"), ("y", MAC, "05")]
    assert len(seen(lab, live=True)) == 2


def test_two_new_nics_of_one_mac_are_refused_wherever_they_are(lab: Lab) -> None:
    domain(lab)
    new = {"type": "user", "mac": MAC}
    refused = lab.vm_interface({**new, "address": A4}, {**new, "address": A5, "name": "y"})
    assert f"interfaces[1].mac = '{MAC}': interfaces[0] already has it" in refused["msg"]


@pytest.mark.parametrize(("item", "state", "after"), [
    ({"name": "a", "mac": OTHER}, "present", [("fxp0", MAC), ("a", OTHER)]),
    ({"name": "fxp0", "mac": NEW}, "present", [("fxp0", NEW), (None, OTHER)]),
    ({"name": "a", "mac": MAC}, "exact", [("a", MAC)]),
    ({"mac": MAC}, "exact", [("fxp0", MAC)]),
])
def test_who_gets_a_name_or_another_mac(
        lab: Lab, item: Result, state: str, after: list[tuple[str | None, str]]) -> None:
    domain(lab, ("fxp0", MAC, A4), (None, OTHER, A5))
    lab.four_runs(item, state=state)
    assert [nic[:2] for nic in seen(lab)] == after


def test_exact_exchanges_names(lab: Lab) -> None:
    domain(lab, *NAMED, running=True)
    lab.four_runs({"name": "lan0", "mac": MAC}, {"name": "fxp0", "mac": OTHER}, state="exact")
    assert {nic[:2] for nic in seen(lab)} == {("lan0", MAC), ("fxp0", OTHER)}


def test_the_other_nic_of_a_team_is_not_meant(lab: Lab) -> None:
    lab.domain(state="running")
    lab.vm_interface(
        {"name": "back", "mac": MAC, "type": "bridge", "source": {"bridge": "br0"}, "teaming": {"type": "persistent"}})
    lab.four_runs({"name": "vf", "mac": MAC, "type": "network", "source": {"network": "pool"},
                   "teaming": {"type": "transient", "persistent": "back"}})
    assert "have this MAC" in lab.vm_interface({"mac": MAC}, state="absent")["msg"]
    lab.four_runs({"name": "vf"}, state="absent")
    assert [nic[0] for nic in seen(lab, live=True)] == ["back"]
