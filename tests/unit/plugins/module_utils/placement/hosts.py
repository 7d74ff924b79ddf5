# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of vendors by their NUMA nodes, as trees of the files that a kernel shows of them."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Topology, read_topology
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost

GIB = 1 << 20  # KiB


@dataclass(frozen=True, eq=False)
class Machine:
    """A host.

    :param nodes: the CPUs of each NUMA node, as the kernel lists them
    :param threads: how far the second CPU of a core is from the first; 0 without SMT
    :param isolated: the isolated CPUs, as the kernel lists them
    :param memory: GiB of each node
    :param pages: by node and size in KiB, how many huge pages there are, and how many are free
    :param pfs: netdevs of PFs with their nodes, in the order of their PCI addresses
    """

    nodes: tuple[str, ...]
    threads: int = 0
    isolated: str = ""
    memory: int = 64
    pages: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    pfs: tuple[tuple[str, int], ...] = ()


def members(text: str) -> list[int]:
    """The CPUs of a list of the kernel's."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def build(fake: FakeHost, machine: Machine) -> None:
    """Write a host into its folder."""
    cpus = sorted(cpu for node in machine.nodes for cpu in members(node))
    for name, text in (("online", ",".join(map(str, cpus))), ("isolated", machine.isolated), ("nohz_full", "(null)")):
        fake.write(f"/sys/devices/system/cpu/{name}", text)
    for cpu in cpus:
        first = cpu % machine.threads if machine.threads else cpu
        core = (first, first + machine.threads) if machine.threads else (cpu,)
        folder = f"/sys/devices/system/cpu/cpu{cpu}"
        fake.write(f"{folder}/topology/thread_siblings_list", ",".join(map(str, core)))
        governor = "performance" if cpu in members(machine.isolated) else "powersave"
        fake.write(f"{folder}/cpufreq/scaling_governor", governor)
    for number, node in enumerate(machine.nodes):
        folder = f"/sys/devices/system/node/node{number}"
        fake.write(f"{folder}/cpulist", node)
        fake.write(f"{folder}/meminfo", f"Node {number} MemTotal:       {machine.memory * GIB} kB")
    for (number, size), (total, free) in machine.pages.items():
        folder = f"/sys/devices/system/node/node{number}/hugepages/hugepages-{size}kB"
        fake.write(f"{folder}/nr_hugepages", str(total))
        fake.write(f"{folder}/free_hugepages", str(free))
    fake.write("/proc/meminfo", "Hugepagesize:       2048 kB")
    for place, (name, number) in enumerate(machine.pfs):
        address = f"0000:{0x17 + place:02x}:00.0"
        fake.nic(address, name, totalvfs=64)
        fake.write(f"{PCI_DEVICES}/{address}/numa_node", str(number))


@functools.cache
def topology_of(machine: Machine) -> Topology:
    """The host as it is read."""
    with tempfile.TemporaryDirectory() as folder:
        fake = FakeHost(Path(folder))
        build(fake, machine)
        return read_topology(fake.host)


# Two sockets of ten cores, numbered in turns as firmware of Dell does; the PFs are on the second one.
DELL = Machine(("0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38",
                "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39"),
               threads=20, pages={(0, 1048576): (16, 16), (1, 1048576): (16, 16)}, pfs=(("eno1", 1), ("eno2", 1)))
# One socket of eight cores without SMT, which names no node for its PF
SMALL = Machine(("0-7",), memory=16, pages={(0, 2048): (2048, 2048)}, pfs=(("enp1s0", -1),))
# Two sockets of AMD EPYC with 16 cores and four nodes each (NPS4)
EPYC = Machine(tuple(f"{4 * node}-{4 * node + 3},{32 + 4 * node}-{32 + 4 * node + 3}" for node in range(8)),
               threads=32, memory=32, pfs=(("enp65s0f0", 2), ("enp65s0f1", 2), ("enp129s0", 5)))
# Two sockets of Intel with two nodes each (sub-NUMA clustering), all but two cores of each node isolated
SNC = Machine(("0-5,24-29", "6-11,30-35", "12-17,36-41", "18-23,42-47"), threads=24,
              isolated="2-5,8-11,14-17,20-23,26-29,32-35,38-41,44-47",
              pages={(node, 1048576): (8, 8) for node in range(4)}, pfs=(("ens1f0", 0), ("ens2f0", 3)))
MACHINES: dict[str, Machine] = {"Dell": DELL, "small": SMALL, "EPYC": EPYC, "SNC": SNC}
