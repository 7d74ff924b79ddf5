# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host is free for a domain."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import DEDICATED, Holder
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Node, Topology

Core = tuple[int, ...]


def usable(topology: Topology, policy: str) -> frozenset[int]:
    """The CPUs that vCPUs may have.

    Dedicated ones are isolated, if the host has any isolated CPUs. Shared ones never are: the scheduler does not move
    threads among isolated CPUs, and all vCPUs would stay on the first one (Linux
    Documentation/admin-guide/kernel-parameters.txt, isolcpus).
    """
    if topology.isolated:
        return topology.isolated if policy == DEDICATED else topology.housekeeping
    return frozenset(topology.cpus) - topology.housekeeping


def held(holders: t.Iterable[Holder]) -> frozenset[int]:
    """The CPUs that domains hold."""
    return frozenset(cpu for holder in holders for cpu in holder.cpus)


def free_cores(topology: Topology, node: Node, holders: t.Iterable[Holder], policy: str) -> list[Core]:
    """The free CPUs of a node by their cores: whole cores first, and the core of CPU 0 last."""
    taken = held(holders)
    free = {cpu.number for cpu in node.cpus if cpu.number not in taken} & usable(topology, policy)
    cores = {tuple(one for one in topology.core(cpu) if one in free): topology.core(cpu) for cpu in sorted(free)}
    return sorted(cores, key=lambda core: (core[0] in topology.first_core, core != cores[core], core))


def pages_of(holder: Holder, topology: Topology, node: Node, size: int) -> int:
    """How many huge pages of a size in KiB a domain has on a node, or will have."""
    if holder.page is None or (holder.page or topology.page) != size:
        return 0
    return -(-holder.memory_on(node.number) // size)


def pages_for_others(topology: Topology, node: Node, holders: t.Iterable[Holder], size: int) -> int:
    """The huge pages that are free, but are for domains that are defined and do not run."""
    return sum(pages_of(holder, topology, node, size) for holder in holders if not holder.running)


def free_pages(topology: Topology, node: Node, holders: t.Iterable[Holder], size: int, own: Holder | None) -> int:
    """The huge pages of a size in KiB that a domain can have on a node.

    :param own: what it holds now: it gives back what it runs with. If that is bound to no node, it may be on any
    """
    pool = node.pool(size)
    free = pool.free - pages_for_others(topology, node, holders, size)
    if own is not None and own.running and own.page is not None and (own.page or topology.page) == size:
        back = pages_of(own, topology, node, size) if own.nodes else -(-own.memory // size)
        free += min(back, pool.total - pool.free)
    return free


def free_memory(node: Node, holders: t.Iterable[Holder]) -> int:
    """KiB of the memory of a node that is neither in huge pages nor of domains that are bound to it."""
    pages = sum(pool.size * pool.total for pool in node.pools)
    return node.memory - pages - sum(holder.memory_on(node.number) for holder in holders if holder.page is None)
