# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of a host: which domains use which CPUs and huge pages. Errors show it if an appliance does not fit."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.placement.free import (
    free_cores,
    held,
    pages_for_others,
    pages_of,
    usable,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import DEDICATED, Holder, page_name
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Node, Topology
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed


def map_of(topology: Topology, holders: t.Sequence[Holder], policy: str = DEDICATED) -> str:
    """The whole host, node by node, in one line.

    :param policy: of the placement for which CPUs are free
    """
    nodes = "; ".join(_node(topology, node, holders, policy) for node in topology.nodes)
    lost = f"; PFs without a known node: {', '.join(pf.name for pf in topology.pfs)}" if topology.pfs else ""
    return nodes + lost


def _node(topology: Topology, node: Node, holders: t.Sequence[Holder], policy: str) -> str:
    pfs = f" (PFs {', '.join(pf.name for pf in node.pfs)})" if node.pfs else ""
    own = {cpu.number for cpu in node.cpus}
    free = {cpu for core in free_cores(topology, node, holders, policy) for cpu in core}
    parts = [f"CPUs {listed(free)} are free" if free else "no CPU is free"]
    parts += [f"{holder.domain} has CPUs {listed(holder.cpus & own)}" for holder in holders if holder.cpus & own]
    rest = own - usable(topology, policy) - held(holders)
    parts += [f"{'the host has' if rest <= topology.housekeeping else 'isolated'} CPUs {listed(rest)}"] if rest else []
    for pool in (pool for pool in node.pools if pool.total):
        free_pages = pool.free - pages_for_others(topology, node, holders, pool.size)
        takers = sorted(holder.domain for holder in holders if pages_of(holder, topology, node, pool.size))
        by = f", the rest is for {', '.join(takers)}" if takers else ""
        parts.append(f"{max(free_pages, 0)} of {pool.total} huge pages of {page_name(pool.size)} free{by}")
    return f"node {node.number}{pfs}: {', '.join(parts)}"
