# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the CPUs and the NUMA node of a domain: a pure function of the host, its domains and what is wanted."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, KvmError, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.placement.free import (
    free_cores,
    free_memory,
    free_pages,
    held,
    usable,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.map import map_of
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import (
    DEDICATED,
    ISOLATE,
    REQUIRE,
    SHARED,
    Demand,
    Holder,
    Placement,
    Want,
    page_name,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.threads import dedicated, left_empty
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Node, Topology
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed

FREE_SOME = "Remove or move a domain that is in the way, choose another node by placement.numa_node, or ask for less"
ISOLATE_MORE = "Isolate CPUs of that node with the role kvm_host, or choose another node by placement.numa_node"
LESS = "Lower vcpus or memory, or give the host more (CPUs, huge pages or memory of that node)"


@dataclass(frozen=True)
class Chooser:
    """A host and a domain that is to be placed on it.

    :param holders: the other domains
    :param present: where the domain is placed now, None for nowhere
    :param own: what the domain holds now, None if it is not there
    """

    topology: Topology
    holders: tuple[Holder, ...]
    want: Want
    demand: Demand
    present: Placement | None = None
    own: Holder | None = None

    def choose(self) -> Placement:
        """Where the domain is to run. What it has is kept as long as it is valid.

        :raises KvmError: it fits nowhere
        """
        self._check_host()
        if self.want.cpus:
            return self._placed(*self._given())
        kept = self._kept()
        if kept is not None:
            return kept
        reasons = []
        for node in self._nodes():
            found = self._fitting(node)
            if isinstance(found, Placement):
                return found
            reasons.append(found)
        raise self._refusal("; ".join(reasons))

    def warnings(self, placed: Placement) -> tuple[str, ...]:
        """What is not as good as it could be."""
        far = sorted({node for node in self.demand.near if node != placed.node})
        if not far:
            return ()
        return (f"The appliance runs on NUMA node {placed.node}, but NICs of it are on node {listed(far)}: each of "
                "their packets crosses from node to node. Give it NICs of one node.",)

    def _check_host(self) -> None:
        if self.want.threads == REQUIRE and not self.topology.smt:
            raise NotSupported("placement.threads", "no core of this host has more than one CPU (SMT)", REQUIRE,
                               "Enable Hyper-Threading or SMT in the firmware setup, or set threads: prefer")
        if self.want.node is not None and self.topology.node(self.want.node) is None:
            numbers = listed(node.number for node in self.topology.nodes)
            raise ValidationError("placement.numa_node", f"this host has no such NUMA node, only {numbers}",
                                  self.want.node, "Choose one of these, or auto")
        for cpu in (*self.want.cpus, *self.want.emulator_cpus):
            if cpu not in self.topology.cpus:
                name = "cpus" if cpu in self.want.cpus else "emulator_cpus"
                raise ValidationError(f"placement.{name}", "this CPU is not there, or offline", cpu,
                                      f"Choose from {listed(self.topology.cpus)}")

    def _nodes(self) -> list[Node]:
        """The nodes to try: the given one, or the one of most NICs. Without NICs of a known node, those without PFs
        come first, since others need the PFs, then the one with most free CPUs."""
        if self.want.node is not None:
            wanted: int | None = self.want.node
        else:
            wanted = Counter(self.demand.near).most_common(1)[0][0] if self.demand.near else None
        if wanted is not None:
            return [node for node in self.topology.nodes if node.number == wanted]

        def order(node: Node) -> tuple[bool, int, int]:
            cores = free_cores(self.topology, node, self.holders, self.want.policy)
            return bool(node.pfs), -sum(map(len, cores)), node.number

        return sorted((node for node in self.topology.nodes if node.cpus), key=order)

    def _kept(self) -> Placement | None:
        """The present placement, if it is what is wanted and nobody else has its CPUs."""
        now = self.present
        if now is None or now.policy != self.want.policy or now.node not in [node.number for node in self._nodes()]:
            return None
        node = self.topology.node(now.node)
        mine = {*now.cpus, *now.empty}
        own = {cpu.number for cpu in node.cpus} if node is not None else set()
        others = held(one for one in self.holders if now.policy == DEDICATED or not one.shared)
        if node is None or not mine <= (own & usable(self.topology, now.policy)) - others:
            return None
        if now.policy == DEDICATED:
            if len(now.cpus) != self.demand.vcpus or now.empty != left_empty(
                    self.topology, now.cpus, self.want.threads):
                return None
        elif len(now.cpus) < self.demand.vcpus:
            return None
        if self._is_settled(node) or self._lacks_memory(node) is None:
            return self._placed(now.node, now.cpus, now.empty)
        return None

    def _is_settled(self, node: Node) -> bool:
        """Whether it is not to start, and has the memory that it is to have: nothing more is asked of the host."""
        own = self.own
        return not self.demand.starts and own is not None and (own.memory, own.nodes) == (
            self.demand.memory, (node.number,)) and own.page == self._page()

    def _page(self) -> int | None:
        return self.topology.page if self.want.page == 0 else self.want.page

    def _fitting(self, node: Node) -> Placement | str:
        """The placement on a node, or why there is none."""
        cores = free_cores(self.topology, node, self.holders, self.want.policy)
        cpus = self._pool(node, cores) if self.want.policy == SHARED else dedicated(
            self.topology, cores, self.demand.vcpus, self.want.threads)
        lacks = [lack for lack in (self._lacks_cpus(node, len(cpus)), self._lacks_memory(node)) if lack is not None]
        if lacks:
            return " and ".join(lacks)
        empty = () if self.want.policy == SHARED else left_empty(self.topology, cpus, self.want.threads)
        return self._placed(node.number, cpus, empty or ())

    def _pool(self, node: Node, cores: list[tuple[int, ...]]) -> tuple[int, ...]:
        """The CPUs of the node that domains share already, with free ones if these are too few."""
        own = {cpu.number for cpu in node.cpus} & usable(self.topology, SHARED)
        shared = held(one for one in self.holders if one.shared) - held(one for one in self.holders if not one.shared)
        pool = sorted(shared & own)
        free = [cpu for core in cores for cpu in core]
        return tuple(sorted([*pool, *free[:max(0, self.demand.vcpus - len(pool))]]))

    def _lacks_cpus(self, node: Node, found: int) -> str | None:
        """What CPUs a node lacks, in words."""
        if found >= self.demand.vcpus:
            return None
        if not usable(self.topology, self.want.policy).intersection(cpu.number for cpu in node.cpus):
            kind = "isolated" if self.want.policy == DEDICATED and self.topology.isolated else "usable"
            return f"node {node.number} has no {kind} CPUs"
        how = {ISOLATE: " on cores of their own", REQUIRE: " on whole cores"}.get(self.want.threads, "")
        return f"node {node.number} has free CPUs for {found} of {self.demand.vcpus} vCPUs{how}"

    def _lacks_memory(self, node: Node) -> str | None:
        """What memory a node lacks, in words."""
        size, need = self._page(), self.demand.memory
        if size is None:
            free = free_memory(node, self.holders)
            found, needed = f"{max(free, 0) >> 10} MiB beside huge pages", f"{need >> 10} MiB"
        else:
            need = -(-need // size)
            free = free_pages(self.topology, node, self.holders, size, self.own)
            found, needed = f"{max(free, 0)} free huge pages of {page_name(size)}", str(need)
        return None if need <= free else f"node {node.number} has {found}, and {needed} are needed"

    def _given(self) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """The CPUs that the user names.

        :raises KvmError: somebody has one of them, they are too few or too many, on several nodes, or not such cores
        """
        cpus, alone = self.want.cpus, self.want.policy == DEDICATED
        shown = listed(cpus)
        if alone and len(cpus) != self.demand.vcpus:
            raise ValidationError("placement.cpus", f"these are {len(cpus)}, and the appliance has {self.demand.vcpus} "
                                  "vCPUs", shown, "Give one for each vCPU, or leave cpus out")
        nodes = {t.cast(int, self.topology.node_of(cpu)) for cpu in cpus}
        if len(nodes) > 1 or self.want.node not in (None, *nodes):
            raise ValidationError("placement.cpus", f"these are of NUMA node {listed(nodes)}, and an appliance runs on "
                                  "one node", shown, "Choose CPUs of one node, and leave numa_node out")
        empty = left_empty(self.topology, cpus, self.want.threads) if alone else ()
        if empty is None:
            raise ValidationError("placement.cpus", f"they are not cores as threads: {self.want.threads} asks for",
                                  shown, "Choose others, set threads: prefer, or leave cpus out")
        self._check_not_held("cpus", (*cpus, *empty), alone)
        number = nodes.pop()
        node = t.cast(Node, self.topology.node(number))
        lacks = None if self._is_settled(node) else self._lacks_memory(node)
        if lacks is not None:
            raise self._refusal(lacks)
        return number, cpus, empty

    def _check_not_held(self, name: str, cpus: tuple[int, ...], alone: bool) -> None:
        """:param alone: whether no domain may have one of these; else those that share their CPUs may"""
        for holder in self.holders:
            taken = holder.cpus.intersection(cpus)
            if taken and (alone or not holder.shared):
                raise InUse(f"placement.{name}", f"domain {holder.domain} has {listed(taken)} of them; "
                            f"{map_of(self.topology, self.holders, self.want.policy)}", listed(cpus),
                            f"Choose others, or leave {name} out")

    def _placed(self, node: int, cpus: tuple[int, ...], empty: tuple[int, ...]) -> Placement:
        want = self.want
        return Placement(want.policy, node, cpus, empty, self._emulator(node, cpus), self._page(), want.threads,
                         want.memory_lock, want.share_pages)

    def _emulator(self, node: int, cpus: tuple[int, ...]) -> tuple[int, ...]:
        """The CPUs of QEMU's own threads: the host's, of the same node if there are any. Domains with shared CPUs need
        none of their own."""
        if self.want.emulator_cpus:
            self._check_not_held("emulator_cpus", self.want.emulator_cpus, False)
            return self.want.emulator_cpus
        if self.want.policy == SHARED:
            return ()
        allowed = self.topology.housekeeping - held(one for one in self.holders if not one.shared) - {*cpus}
        now = () if self.present is None else self.present.emulator_cpus
        if now and self.present is not None and self.present.node == node and allowed.issuperset(now):
            return now
        near = [cpu for cpu in allowed if self.topology.node_of(cpu) == node]
        return tuple(sorted(near or allowed or self.topology.housekeeping))

    def _refusal(self, reasons: str) -> KvmError:
        """The error if it fits nowhere: whether it would if the other domains were gone makes the difference."""
        cause = f"{reasons}. The host: {map_of(self.topology, self.holders, self.want.policy)}"
        nodes = tuple(replace(node, pools=tuple(replace(pool, free=pool.total) for pool in node.pools))
                      for node in self.topology.nodes)
        alone = replace(self, topology=replace(self.topology, nodes=nodes), holders=(), present=None, own=None)
        if self.holders and any(isinstance(alone._fitting(node), Placement) for node in alone._nodes()):
            return InUse("placement", cause, self.want.policy, FREE_SOME)
        return ValidationError("placement", cause, self.want.policy, ISOLATE_MORE if "isolated" in reasons else LESS)
