# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Appliances on CPUs, memory and huge pages of one NUMA node: chosen before anything is made, and kept."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_placement
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    BRIDGE,
    DIRECT,
    HOSTDEV,
    PFS,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakenetwork import FakeNetwork
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.placement.hosts import Machine, build
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

# Two sockets of six cores; CPU n and n+12 are one core. The PF is on the second one.
MACHINE = Machine(("0-5,12-17", "6-11,18-23"), threads=12, memory=16, pages={
    (node, size): (count, count) for node in (0, 1) for size, count in ((1048576, 4), (2048, 1024))})
DEDICATED: Result = {"policy": "dedicated"}
VCPUS = 2


@pytest.fixture
def numa(site: WholeHost) -> WholeHost:
    """The whole host with two NUMA nodes."""
    memory = site.kernel.read("/proc/meminfo") or ""
    build(site.files, MACHINE)
    site.files.write("/proc/meminfo", memory)
    site.files.write(f"{PCI_DEVICES}/{PF}/numa_node", "1")
    return site


def whole(**more: t.Any) -> Result:
    return {**WHOLE, "profile": profile(vcpus=VCPUS, memory=2048), **more}


def pin(site: WholeHost, name: str, cpus: str) -> None:
    """A domain of somebody else whose vCPUs share CPUs."""
    site.libvirt.defineXML(f"<domain type='kvm'><name>{name}</name><vcpu>1</vcpu><os><type machine='pc'>hvm</type></os>"
                           f"<cputune><vcpupin vcpu='0' cpuset='{cpus}'/></cputune><devices/></domain>")


SHOWN: Result = {"policy": "dedicated", "numa_node": 1, "vcpus": [6, 18], "emulator_cpus": [0, 12], "hugepages": "none",
                 "threads": "prefer"}
# The option, that of the profile, whether the profile wants huge pages, and what is returned
PLACEMENTS: dict[str, tuple[Result, Result, bool, Result | None]] = {
    "no placement": ({}, {}, False, None),
    "policy none": ({"policy": "none"}, {"policy": "dedicated"}, False, None),
    "CPUs of its own": (DEDICATED, {}, False, SHOWN),
    "as the profile says": ({}, {"policy": "dedicated"}, False, SHOWN),
    "the option wins": ({"threads": "isolate"}, {"policy": "dedicated", "threads": "require"}, False, {
        **SHOWN, "vcpus": [6, 7], "threads": "isolate"}),
    "huge pages": ({**DEDICATED, "hugepages": "1G"}, {}, False, {**SHOWN, "hugepages": "1G"}),
    "huge pages of the profile": (DEDICATED, {}, True, {**SHOWN, "hugepages": "2M"}),
    "no huge pages for all that": ({**DEDICATED, "hugepages": "none"}, {}, True, SHOWN),
    "another size than the profile's": ({**DEDICATED, "hugepages": "1G"}, {}, True, {**SHOWN, "hugepages": "1G"}),
    "shared": ({"policy": "shared"}, {}, False, {**SHOWN, "policy": "shared", "emulator_cpus": []}),
    "another node": ({**DEDICATED, "numa_node": "0"}, {}, False, {**SHOWN, "numa_node": 0, "vcpus": [1, 13]}),
    "named CPUs": ({**DEDICATED, "cpus": ["9", "8"], "emulator_cpus": ["6-7"]}, {}, False, {
        **SHOWN, "vcpus": [9, 8], "emulator_cpus": [6, 7]}),
    "locked memory": ({**DEDICATED, "memory_lock": True, "share_pages": False}, {}, False, SHOWN),
}


@pytest.mark.parametrize(("kind", "state"), [
    *((kind, "running") for kind in PLACEMENTS), ("CPUs of its own", "defined"), ("huge pages", "shutdown")])
def test_four_runs(numa: WholeHost, kind: str, state: str) -> None:
    given, of_profile, hugepages, shown = PLACEMENTS[kind]
    made = profile(vcpus=VCPUS, memory=2048, hugepages=hugepages, **({"placement": of_profile} if of_profile else {}))
    result = numa.four_runs(**whole(profile=made, placement=given, state=state))
    assert result["placement"] == shown
    found = read_placement(numa.domain.xml)
    assert (None if found is None else {**found.shown(), "threads": "prefer"}) == (
        None if shown is None else {**shown, "threads": "prefer"})
    assert ("placement" in result["diff"]["after"]) == (shown is not None)
    assert not result["needs_restart"]


def test_what_is_written(numa: WholeHost) -> None:
    numa.four_runs(**whole(placement={**DEDICATED, "hugepages": "1G", "memory_lock": True, "share_pages": False}))
    root = numa.domain.xml
    assert root.find("vcpu").get("cpuset") == "6,18"
    assert [pin.get("cpuset") for pin in root.findall("cputune/vcpupin")] == ["6", "18"]
    assert root.find("cputune/emulatorpin").get("cpuset") == "0,12"
    assert dict(root.find("numatune/memory").attrib) == {"mode": "strict", "nodeset": "1"}
    assert [found.tag for found in root.find("memoryBacking")] == ["hugepages", "nosharepages", "locked"]


def test_policy_none_is_as_without_the_option(numa: WholeHost) -> None:
    numa.four_runs(**whole(profile=profile(hugepages=True)))
    before = numa.snapshot()
    assert not numa.applied(**whole(profile=profile(hugepages=True), placement={"policy": "none"}))["changed"]
    assert numa.snapshot() == before


@pytest.mark.parametrize("nics", [
    [HOSTDEV], [BRIDGE, DIRECT], [{"type": "network", "source": {"network": "vfs"}}], []])
def test_the_node_of_its_nics(numa: WholeHost, nics: list[Result]) -> None:
    """Also of VFs that are still to be made, and without NICs that tell one, that of the PFs."""
    numa.libvirt.networks["vfs"] = FakeNetwork(
        "<network><name>vfs</name><forward mode='hostdev'><pf dev='enp1s0'/></forward></network>")
    assert numa.run(check_mode=True, **whole(interfaces=nics, placement=DEDICATED))["placement"]["numa_node"] == 1


def test_nics_of_two_nodes_are_told(numa: WholeHost) -> None:
    numa.files.nic("0000:00:04.0", "eth9")
    numa.files.write(f"{PCI_DEVICES}/0000:00:04.0/numa_node", "0")
    far = {"type": "direct", "source": {"dev": "eth9", "mode": "bridge"}}
    result = numa.applied(**whole(interfaces=[DIRECT, far, HOSTDEV], placement=DEDICATED))
    assert result["placement"]["numa_node"] == 1
    assert any("NICs of it are on node 0" in text for text in result["warnings"])


def test_nobody_gets_what_another_has(numa: WholeHost) -> None:
    pin(numa, "a", "6-8")
    first = numa.four_runs(**whole(placement=DEDICATED))
    assert first["placement"]["vcpus"] == [9, 21]
    second = numa.applied(**{**whole(placement=DEDICATED), "name": "edge2", "pfs": PFS, "interfaces": [BRIDGE]})
    assert second["placement"]["vcpus"] == [10, 22]
    told = numa.refused(**{**whole(placement={**DEDICATED, "threads": "require"}, interfaces=[BRIDGE]), "name": "edge3",
                           "profile": profile(vcpus=4, memory=1024)})
    assert "node 1 has free CPUs for 2 of 4 vCPUs on whole cores" in told
    assert "a has CPUs 6-8" in told
    assert "edge1 has CPUs 9,21" in told


def test_one_that_goes_makes_room(numa: WholeHost) -> None:
    full = whole(profile=profile(vcpus=8, memory=1024), placement=DEDICATED, day0={})
    numa.applied(**{**full, "name": "edge2", "interfaces": [BRIDGE]})
    assert "edge2 has" in numa.refused(**full)
    numa.applied(name="edge2", state="absent")
    numa.four_runs(**full)


def test_a_change_waits_for_a_restart(numa: WholeHost) -> None:
    numa.applied(**whole())
    waits = numa.four_runs(**whole(placement=DEDICATED))
    assert waits["needs_restart"]
    assert waits["placement"] == SHOWN
    assert numa.domain.live.find("cputune") is None
    assert not numa.four_runs(**whole(placement=DEDICATED, restart="allowed"))["needs_restart"]
    assert read_placement(numa.domain.live) is not None
    numa.four_runs(**whole(restart="allowed"))
    assert read_placement(numa.domain.xml) is None
    assert numa.domain.live.find("numatune") is None


def test_it_moves_aside_only_if_it_must(numa: WholeHost) -> None:
    numa.applied(**whole(placement=DEDICATED))
    pin(numa, "a", "7")
    assert not numa.applied(**whole(placement=DEDICATED))["changed"]
    pin(numa, "b", "18")
    assert numa.four_runs(**whole(placement=DEDICATED))["placement"]["vcpus"] == [8, 20]


def test_its_own_pages_are_no_obstacle(numa: WholeHost) -> None:
    placed = {**DEDICATED, "hugepages": "1G"}
    pages = "/sys/devices/system/node/node1/hugepages/hugepages-1048576kB/free_hugepages"
    numa.applied(**whole(placement=placed))
    numa.files.write(pages, "0")
    assert not numa.applied(**whole(placement=placed))["changed"]
    bigger = profile(vcpus=VCPUS, memory=5120)
    assert "node 1 has 2 free huge pages of 1G, and 5 are needed" in numa.refused(**whole(
        profile=bigger, placement=placed))


@pytest.mark.parametrize(("placement", "told"), [
    ({"hugepages": "1G"}, "placement.policy: it is missing"),
    ({**DEDICATED, "numa_node": "7"}, "placement.numa_node = 7: this host has no such NUMA node, only 0-1"),
    ({**DEDICATED, "cpus": ["6"]}, "placement.cpus = '6': these are 1, and the appliance has 2 vCPUs"),
    ({**DEDICATED, "cpus": ["6-x"]}, "placement.cpus = '6-x': it must be numbers of CPUs"),
])
def test_refusals(numa: WholeHost, placement: Result, told: str) -> None:
    assert told in numa.refused(**whole(placement=placement))


def test_a_host_that_shows_no_nodes(site: WholeHost) -> None:
    assert "shows no NUMA nodes" in site.refused(**whole(placement=DEDICATED))
