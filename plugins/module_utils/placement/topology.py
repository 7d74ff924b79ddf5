# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPUs, the memory and the SR-IOV NICs of a host by NUMA node, as sysfs shows them.

Source: Linux Documentation/admin-guide/cputopology.rst; memory.py has those of the memory.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.memory import NODES, meminfo, numa_nodes, pools_in
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import of_kernel

CPUS = "/sys/devices/system/cpu"


@dataclass(frozen=True)
class Cpu:
    """A CPU that is online.

    :param core: the online CPUs of its core, itself among them, in order
    :param isolated: whether the scheduler leaves it alone (kernel argument isolcpus)
    :param nohz_full: whether its tick stops while one task runs
    :param governor: of its frequency, None without frequency scaling
    """

    number: int
    core: tuple[int, ...]
    isolated: bool = False
    nohz_full: bool = False
    governor: str | None = None


@dataclass(frozen=True)
class Pool:
    """The huge pages of one size on one node.

    :param size: of a page, in KiB
    """

    size: int
    total: int
    free: int


@dataclass(frozen=True)
class Pf:
    """A NIC with SR-IOV.

    :param name: its netdev, or its PCI address without one
    :param node: its NUMA node, None if the firmware names none
    """

    name: str
    pci_address: str
    node: int | None
    numvfs: int = 0
    totalvfs: int = 0


@dataclass(frozen=True)
class Node:
    """A NUMA node.

    :param cpus: those that are online, in order
    :param memory: in KiB, huge pages included
    """

    number: int
    cpus: tuple[Cpu, ...]
    memory: int
    pools: tuple[Pool, ...] = ()
    pfs: tuple[Pf, ...] = ()

    def pool(self, size: int) -> Pool:
        """Its huge pages of a size in KiB, none if there are none."""
        return next((pool for pool in self.pools if pool.size == size), Pool(size, 0, 0))


@dataclass(frozen=True)
class Topology:
    """A host.

    :param page: the default size of a huge page, in KiB
    :param pfs: those whose NUMA node is not known
    """

    nodes: tuple[Node, ...]
    page: int = 2048
    pfs: tuple[Pf, ...] = ()

    @functools.cached_property
    def cpus(self) -> dict[int, Cpu]:
        """The CPUs that are online, by number."""
        return {cpu.number: cpu for node in self.nodes for cpu in node.cpus}

    @functools.cached_property
    def isolated(self) -> frozenset[int]:
        """The isolated CPUs."""
        return frozenset(cpu.number for cpu in self.cpus.values() if cpu.isolated)

    @functools.cached_property
    def housekeeping(self) -> frozenset[int]:
        """The CPUs that are the host's own: those that are not isolated, or if none is, the whole core of CPU 0."""
        if self.isolated:
            return frozenset(self.cpus) - self.isolated
        return self.first_core

    @property
    def first_core(self) -> frozenset[int]:
        """The core of the lowest CPU, usually CPU 0, to which the kernel binds what it does not move."""
        return frozenset(self.cpus[min(self.cpus)].core) if self.cpus else frozenset()

    def node(self, number: int) -> Node | None:
        """A node, None without one of that number."""
        return next((node for node in self.nodes if node.number == number), None)

    def node_of(self, cpu: int) -> int | None:
        """The number of the node of a CPU, None for one that is not online."""
        return next((node.number for node in self.nodes for one in node.cpus if one.number == cpu), None)

    def core(self, cpu: int) -> tuple[int, ...]:
        """The online CPUs of the core of a CPU that is online."""
        return self.cpus[cpu].core

    @property
    def smt(self) -> bool:
        """Whether cores have more than one CPU."""
        return any(len(cpu.core) > 1 for cpu in self.cpus.values())


def read_topology(host: Host) -> Topology:
    """The host as it is.

    :raises NotSupported: its kernel shows no NUMA nodes, so that libvirt cannot bind memory to one
    """
    found = numa_nodes(host)
    if not found:
        raise NotSupported("placement", f"the kernel of this host shows no NUMA nodes in {NODES}", None,
                           "Use a kernel with CONFIG_NUMA, or leave placement out")
    pfs = read_pfs(host, found[0] if len(found) == 1 else None)
    online = of_kernel(host.read(f"{CPUS}/online"))
    isolated, nohz_full = (of_kernel(host.read(f"{CPUS}/{name}")) for name in ("isolated", "nohz_full"))
    nodes = []
    for number in found:
        folder = f"{NODES}/node{number}"
        here = sorted(of_kernel(host.read(f"{folder}/cpulist")) & online)
        cpus = tuple(Cpu(cpu, _core(host, cpu, online), cpu in isolated, cpu in nohz_full, _governor(host, cpu))
                     for cpu in here)
        nodes.append(Node(number, cpus, meminfo(host, folder).get("MemTotal", 0), _pools(host, f"{folder}/hugepages"),
                          tuple(pf for pf in pfs if pf.node == number)))
    lost = tuple(pf for pf in pfs if pf.node not in found)
    return Topology(tuple(nodes), meminfo(host).get("Hugepagesize", 2048), lost)


def read_pfs(host: Host, only: int | None) -> tuple[Pf, ...]:
    """The NICs with SR-IOV.

    :param only: the only NUMA node of the host, None if there are more
    """
    found = []
    for address in pci.pf_addresses(host):
        node = pci.numa_node(host, address)
        names = pci.netdevs(host, address)
        found.append(Pf(names[0] if names else address, address, only if node is None else node,
                        pci.number(host, address, "sriov_numvfs") or 0,
                        pci.number(host, address, "sriov_totalvfs") or 0))
    return tuple(found)


def _core(host: Host, cpu: int, online: set[int]) -> tuple[int, ...]:
    siblings = of_kernel(host.read(f"{CPUS}/cpu{cpu}/topology/thread_siblings_list"))
    return tuple(sorted(siblings & online | {cpu}))


def _governor(host: Host, cpu: int) -> str | None:
    return host.read(f"{CPUS}/cpu{cpu}/cpufreq/scaling_governor")


def _pools(host: Host, folder: str) -> tuple[Pool, ...]:
    return tuple(Pool(size, total or 0, int(host.read(f"{folder}/hugepages-{size}kB/free_hugepages") or 0))
                 for size, total in sorted(pools_in(host, folder).items()))
