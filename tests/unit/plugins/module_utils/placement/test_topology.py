# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as they are read from sysfs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Pool, read_topology
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.placement.hosts import (
    DELL,
    GIB,
    MACHINES,
    SNC,
    build,
    topology_of,
)


@pytest.mark.parametrize(("name", "nodes", "core", "housekeeping", "pfs"), [
    ("Dell", 2, (1, 21), {0, 20}, {"eno1": 1, "eno2": 1}),
    ("small", 1, (1,), {0}, {"enp1s0": 0}),
    ("EPYC", 8, (1, 33), {0, 32}, {"enp65s0f0": 2, "enp65s0f1": 2, "enp129s0": 5}),
    ("SNC", 4, (1, 25), {0, 1, 6, 7, 12, 13, 18, 19, 24, 25, 30, 31, 36, 37, 42, 43}, {"ens1f0": 0, "ens2f0": 3}),
])
def test_layouts(name: str, nodes: int, core: tuple[int, ...], housekeeping: set[int],
                 pfs: dict[str, int]) -> None:
    found = topology_of(MACHINES[name])
    assert len(found.nodes) == nodes
    assert found.core(1) == core
    assert found.smt == (len(core) > 1)
    assert found.housekeeping == housekeeping
    assert {pf.name: pf.node for node in found.nodes for pf in node.pfs} == pfs
    assert all(pf.node == node.number for node in found.nodes for pf in node.pfs)


def test_memory_and_pages() -> None:
    node = topology_of(DELL).nodes[1]
    assert node.memory == 64 * GIB
    assert node.pools == (Pool(1048576, 16, 16),)
    assert node.pool(2048) == Pool(2048, 0, 0)


def test_isolated_cpus_and_governors() -> None:
    cpus = topology_of(SNC).cpus
    assert (cpus[2].isolated, cpus[2].governor) == (True, "performance")
    assert (cpus[0].isolated, cpus[0].governor, cpus[0].nohz_full) == (False, "powersave", False)


def test_offline_cpus_are_not_there(tmp_path: Path) -> None:
    fake = FakeHost(tmp_path)
    build(fake, DELL)
    fake.write("/sys/devices/system/cpu/online", "0-20")
    found = read_topology(fake.host)
    assert sorted(found.cpus) == list(range(21))
    assert found.core(1) == (1,)


def test_without_frequency_scaling(tmp_path: Path) -> None:
    fake = FakeHost(tmp_path)
    build(fake, SNC)
    fake.remove("/sys/devices/system/cpu/cpu3/cpufreq")
    assert read_topology(fake.host).cpus[3].governor is None


def test_a_pf_of_no_node_on_a_host_with_several(tmp_path: Path) -> None:
    fake = FakeHost(tmp_path)
    build(fake, DELL)
    fake.write(f"{PCI_DEVICES}/0000:17:00.0/numa_node", "-1")
    found = read_topology(fake.host)
    assert [pf.name for pf in found.pfs] == ["eno1"]
    assert [pf.name for node in found.nodes for pf in node.pfs] == ["eno2"]


def test_a_kernel_without_numa(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="shows no NUMA nodes"):
        read_topology(FakeHost(tmp_path).host)
