# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains that are bound to CPUs and memory of a NUMA node move to the same CPUs, to others, or not at all."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Placement
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_placement, render
from ansible_collections.nfv.kvm.plugins.modules import vm_migration, vm_migration_info
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.migration.conftest import (
    BRIDGE,
    VF,
    Pair,
    killed,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.placement.hosts import Machine, build
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MACHINE = Machine(("0-3,8-11", "4-7,12-15"), threads=8, memory=8, pages={(0, 2048): (512, 512), (1, 2048): (512, 512)})
HERE = Placement("dedicated", 1, (5, 13), (), (0, 8), 2048)


@pytest.fixture
def numa(pair: Pair) -> Pair:
    """Two hosts with two nodes each; the PF is on the second one."""
    for lab in pair.hosts.values():
        build(lab.files, MACHINE)
        lab.files.write(f"{PCI_DEVICES}/0000:02:00.0/numa_node", "1")
    return pair


def placed(pair: Pair, nics: str = BRIDGE, state: str = "running", placement: Placement = HERE) -> Result:
    """A domain of 512 MiB on kvm1; what it needs."""
    domain = pair.domain(nics, state="off")
    domain.xml.append(xml.parse("<memory unit='MiB'>512</memory>"))
    domain.xml.append(xml.parse(f"<vcpu>{len(placement.cpus)}</vcpu>"))
    render(domain.xml, placement)
    if state == "running":
        domain.create()
    needs: Result = pair.info("kvm1")["needs"]
    return needs


def pin(pair: Pair, cpus: str) -> None:
    """A domain of kvm2 that is pinned to CPUs."""
    pair.hosts["kvm2"].libvirt.defineXML(
        "<domain type='kvm'><name>b</name><vcpu>1</vcpu><os><type machine='pc'>hvm</type></os><cputune>"
        f"<vcpupin vcpu='0' cpuset='{cpus}'/></cputune><devices/></domain>")


def copies(pair: Pair) -> list[Placement | None]:
    """Where the domain runs and is defined to run on kvm2."""
    found = pair.hosts["kvm2"].libvirt.found["a"]
    return [read_placement(root) for root in (found.live, found.xml) if root is not None]


def test_what_it_needs(numa: Pair) -> None:
    needs = placed(numa)
    assert needs["placement"] == {
        "policy": "dedicated", "node": 1, "cpus": (5, 13), "empty": (), "emulator_cpus": (0, 8), "page": 2048,
        "threads": "prefer", "memory_lock": None, "share_pages": None, "vcpus": 2, "memory": 524288}
    assert not ArgumentSpecValidator(vm_migration_info.SPEC).validate(
        json.loads(json.dumps({"name": "a", "needs": needs}))).error_messages


@pytest.mark.parametrize(("nics", "state", "taken", "node", "cpus"), [
    (BRIDGE, "running", None, 1, (5, 13)), (BRIDGE, "off", None, 1, (5, 13)), (VF, "running", None, 1, (5, 13)),
    (BRIDGE, "running", "13", 0, (1, 9)), (BRIDGE, "off", "13", 0, (1, 9)), (VF, "running", "13", 1, (4, 12))])
def test_it_goes_to_the_same_cpus_or_to_others(numa: Pair, nics: str, state: str, taken: str | None, node: int,
                                               cpus: tuple[int, ...]) -> None:
    needs = placed(numa, nics, state)
    if taken is not None:
        pin(numa, taken)
    there = numa.info("kvm2", needs)
    assert (there["placement"]["node"], there["placement"]["cpus"]) == (node, cpus)
    given = json.loads(json.dumps({"name": "a", "target": "kvm2", "placement": there["placement"]}))
    assert not ArgumentSpecValidator(vm_migration.SPEC).validate(given).error_messages
    result = numa.move(vfs=there["vfs"], placement=given["placement"])
    assert not result["failed"], result["msg"]
    assert [found and (found.node, found.cpus, found.page) for found in copies(numa)] == [
        (node, cpus, 2048)] * (1 if state == "off" else 2)


def test_the_node_of_its_nics_there(numa: Pair) -> None:
    numa.hosts["kvm2"].files.write(f"{PCI_DEVICES}/0000:02:00.0/numa_node", "0")
    there = numa.info("kvm2", placed(numa, VF))["placement"]
    assert (there["node"], there["cpus"]) == (0, (1, 9))


@pytest.mark.parametrize(("pages", "taken", "told"), [
    ("255", False, "node 0 has 255 free huge pages of 2M, and 256 are needed"), ("512", True, "b has CPUs 4-7,12-15")])
def test_a_target_that_lacks_something_is_refused(numa: Pair, pages: str, taken: bool, told: str) -> None:
    needs = placed(numa)
    for node in (0, 1):
        numa.hosts["kvm2"].files.write(
            f"/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/free_hugepages", pages)
    if taken:
        pin(numa, "1-15")
    before = numa.all()
    with pytest.raises(KvmError, match=told) as error:
        numa.info("kvm2", needs)
    assert error.value.remedy
    assert numa.all() == before


def test_the_module_alone_wants_to_be_told(numa: Pair) -> None:
    placed(numa)
    before = numa.all()
    result = numa.move()
    assert "placement: the domain is bound to CPUs 5,13 and NUMA node 1 of the source" in result["msg"]
    assert "vm_migration_info" in result["error"]["remedy"]
    assert numa.all() == before


def test_an_unfinished_move_of_one(numa: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the target has of it by then, it says where the domain goes."""
    needs = placed(numa)
    given: Result = {"placement": numa.info("kvm2", needs)["placement"]}
    number = 0
    while killed(numa, number, monkeypatch, **given):
        there = numa.info("kvm2", numa.info("kvm1")["needs"] or needs)
        if there["state"] != "running":
            assert there["placement"]["cpus"] == (5, 13)
        number += 1
    assert [found and found.cpus for found in copies(numa)] == [(5, 13), (5, 13)]


@pytest.mark.parametrize("wrong", [{"cpus": [-1, 5]}, {"page": -1}, {"node": -1}, {"empty": [-1]}])
def test_wrong_numbers(numa: Pair, wrong: t.Any) -> None:
    needs = placed(numa)
    with pytest.raises(KvmError, match=r"needs\.placement\."):
        numa.info("kvm2", {**needs, "placement": {**needs["placement"], **wrong}})


def test_one_that_is_not_bound_needs_nothing(numa: Pair) -> None:
    numa.domain()
    needs = numa.info("kvm1")["needs"]
    assert needs["placement"] is None
    assert numa.info("kvm2", needs)["placement"] is None
