# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs on Q35: the root ports and the bridges that they need are in the definition, in the order of the list."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import topology
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import recorded
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result


def nics(*models: str) -> list[Result]:
    return [{"name": f"n{number}", "type": "user", "model": model} for number, model in enumerate(models)]


def addresses(done: Result) -> list[str]:
    assert not done["failed"], done
    return [nic["pci_address"][5:] for nic in done["interfaces"]]


def controllers(lab: Lab) -> list[tuple[int, str, str]]:
    """Bus, model and own address of those that the domain did not have at first."""
    bridges = topology(lab.libvirt.found["a"].xml).bridges
    return [(bus, model, str(own)[5:]) for bus, (model, own) in bridges.items() if bus > 3]


PORT, BRIDGE = "pcie-root-port", "pcie-to-pci-bridge"
# The domain has root ports of buses 1 (with a disk), 2 and 3, in slot 1: (models, their addresses, what comes along)
PLANNED = [
    (["virtio", "vmxnet3", "virtio"], ["02:00.0", "03:00.0", "04:00.0"], [(4, PORT, "00:02.0")]),
    (["vmxnet3", "vmxnet3"], ["02:00.0", "03:00.0"], []),
    (["vmxnet3"] * 4, ["02:00.0", "03:00.0", "04:00.0", "05:00.0"], [(4, PORT, "00:02.0"), (5, PORT, "00:02.1")]),
    (["e1000"], ["04:01.0"], [(4, BRIDGE, "02:00.0")]),
    (["e1000", "rtl8139", "pcnet"], ["04:01.0", "04:02.0", "04:03.0"], [(4, BRIDGE, "02:00.0")]),
    (["virtio", "e1000", "virtio"], ["02:00.0", "04:01.0", "05:00.0"],
     [(4, BRIDGE, "03:00.0"), (5, PORT, "00:02.0")]),
    (["virtio", "virtio", "ne2k_pci"], ["02:00.0", "03:00.0", "05:01.0"],
     [(4, PORT, "00:02.0"), (5, BRIDGE, "04:00.0")]),
    (["i82551", "virtio", "i82559er", "igb"], ["04:01.0", "03:00.0", "06:01.0", "07:00.0"],
     [(4, BRIDGE, "02:00.0"), (5, PORT, "00:02.0"), (6, BRIDGE, "05:00.0"), (7, PORT, "00:02.1")]),
    (["virtio-transitional", "e1000e"], ["04:01.0", "03:00.0"], [(4, BRIDGE, "02:00.0")]),
]


@pytest.mark.parametrize("state", ["exact", "present"])
@pytest.mark.parametrize(("models", "there", "added"), PLANNED, ids=[" ".join(row[0]) for row in PLANNED])
def test_each_nic_has_a_bus_that_takes_it(
        lab: Lab, models: list[str], there: list[str], added: list[tuple[int, str, str]], state: str) -> None:
    lab.domain(machine="q35")
    made = lab.four_runs(*nics(*models), state=state)
    assert addresses(made) == there
    assert [nic["name"] for nic in made["interfaces"]] == [f"n{number}" for number in range(len(models))]
    assert controllers(lab) == added
    assert [line for line in made["actions"] if "controller" in line] == [
        f"domain a: PCI controller {bus}: add {model} at 0000:{own}" for bus, model, own in added]


def test_more_conventional_nics_than_a_bridge_has_slots(lab: Lab) -> None:
    lab.domain(machine="q35")
    made = lab.four_runs(*nics(*["e1000"] * 32), state="exact")
    assert addresses(made)[30:] == ["04:1f.0", "05:01.0"]


def test_one_that_comes_in_between_moves_no_other(lab: Lab) -> None:
    lab.domain(machine="q35")
    first, last = nics("virtio", "virtio")
    lab.vm_interface({**first, "address": "0000:02:00.0"}, {**last, "address": "0000:05:00.0"})
    done = lab.four_runs(first, {"name": "new", "type": "user", "model": "e1000"}, last, state="exact")
    assert addresses(done) == ["02:00.0", "06:01.0", "05:00.0"]
    assert controllers(lab)[-1] == (6, BRIDGE, "03:00.0")


def test_turned_round_all_are_given_anew_on_the_bridges_that_are_there(lab: Lab) -> None:
    lab.domain(machine="q35")
    one, two = nics("virtio", "e1000")
    lab.vm_interface(one, two, state="exact")
    done = lab.four_runs(two, one, state="exact")
    assert addresses(done) == ["04:01.0", "05:00.0"]


def test_a_bridge_that_somebody_made_is_taken(lab: Lab) -> None:
    lab.libvirt.defineXML(recorded("q35-router.libvirt").replace("rec-q35-router", "a"))
    done = lab.four_runs(*nics("e1000", "rtl8139"))
    assert addresses(done) == ["09:02.0", "09:03.0"]
    assert not [line for line in done["actions"] if "controller" in line]


@pytest.mark.parametrize("state", ["exact", "present"])
@pytest.mark.parametrize("model", ["e1000", "ne2k_pci", "pcnet", "i82551", "vmxnet3"])
def test_one_that_is_on_a_root_port_already_stays_there(lab: Lab, model: str, state: str) -> None:
    lab.domain(machine="q35")
    lab.vm_interface({**nics(model)[0], "address": "0000:02:00.0"})
    assert lab.vm_interface(*nics(model), state=state)["actions"] == []
    assert addresses(lab.four_runs({"name": "n0", "link_state": "down"}, state=state)) == ["02:00.0"]


def test_one_that_becomes_conventional_leaves_its_root_port(lab: Lab) -> None:
    lab.domain(machine="q35")
    lab.vm_interface(*nics("virtio"))
    done = lab.four_runs({"name": "n0", "model": "e1000"})
    assert addresses(done) == ["04:01.0"]
    assert done["interfaces"][0]["changes"] == {"model": "config", "address": "config"}


def test_a_running_domain_gets_a_new_bridge_at_its_next_start(lab: Lab) -> None:
    lab.domain(machine="q35", state="running")
    done = lab.four_runs(*nics("virtio", "e1000"), state="exact")
    assert [set(nic["changes"].values()) for nic in done["interfaces"]] == [{"live"}, {"needs_restart"}]
    assert not lab.four_runs(*nics("virtio", "e1000"), state="exact", restart="allowed")["needs_restart"]


@pytest.mark.parametrize(("address", "words"), [
    ("0000:02:03.0", "PCI controller 2 of the domain is a pcie-root-port, which does not have this slot"),
    ("0000:09:01.0", "the domain has no PCI controller 9, and a new one would be a root port, which has only slot 00"),
    ("0000:ff:00.0", "the domain has no PCI controller 255"),
    ("0000:fe:00.0", "the guest has no free slots for the root ports that this address needs"),
    ("0000:00:00.0", "PCI controller 0 of the domain is a pcie-root, which does not have this slot"),
])
def test_an_address_that_no_controller_can_have_is_refused(lab: Lab, address: str, words: str) -> None:
    lab.domain(machine="q35")
    before = lab.texts()
    refused = lab.vm_interface({**nics("virtio")[0], "address": address})
    assert words in refused["msg"]
    assert f"'{address}'" in refused["msg"]
    assert lab.texts() == before


def test_new_root_ports_are_as_libvirt_makes_them(lab: Lab) -> None:
    """The recorded domain has one free root port, 8 of them in slot 2, and one in slot 3."""
    lab.libvirt.defineXML(recorded("q35-router.libvirt").replace("rec-q35-router", "a"))
    lab.four_runs(*nics("vmxnet3", "virtio", "virtio"), state="exact")
    made = lab.libvirt.found["a"].xml.findall("devices/controller[@type='pci']")[-2:]
    assert [xml.serialise(one) for one in made] == [xml.serialise(xml.parse(
        f"<controller type='pci' index='{bus}' model='pcie-root-port'><target chassis='{bus}' port='{port}'/><address "
        f"type='pci' domain='0x0000' bus='0x00' slot='{slot}' function='0x0' multifunction='on'/></controller>"))
        for bus, port, slot in ((11, "0x20", "0x04"),)] + [xml.serialise(xml.parse(
            "<controller type='pci' index='12' model='pcie-root-port'><target chassis='12' port='0x21'/><address "
            "type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x1'/></controller>"))]


def test_a_chassis_is_given_once(lab: Lab) -> None:
    lab.domain(machine="q35")
    port = lab.libvirt.found["a"].xml.find("devices/controller[@index='2']")
    port.append(xml.parse("<target chassis='4' port='0x9'/>"))
    lab.four_runs(*nics("virtio", "virtio", "virtio"))
    targets = lab.libvirt.found["a"].xml.findall("devices/controller/target")
    assert sorted(target.get("chassis") for target in targets) == ["1", "4"]
