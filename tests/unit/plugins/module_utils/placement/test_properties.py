# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the host, its domains and what is wanted: what every choice has to be."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.placement.choose import Chooser
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Demand, Holder, Want
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Cpu, Node, Pool, Topology

GIB = 1 << 20


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """One to four nodes of one to six cores with one or two CPUs each; some may be isolated."""
    nodes, cores, threads = draw(st.integers(1, 4)), draw(st.integers(1, 6)), draw(st.integers(1, 2))
    isolated = draw(st.sets(st.integers(0, nodes * cores * threads - 1)) | st.just(set[int]()))
    found = []
    for node in range(nodes):
        numbers = [tuple(core + nodes * cores * thread for thread in range(threads))
                   for core in range(node * cores, (node + 1) * cores)]
        cpus = sorted((Cpu(cpu, core, cpu in isolated) for core in numbers for cpu in core), key=lambda cpu: cpu.number)
        pages = draw(st.integers(0, 8))
        found.append(Node(node, tuple(cpus), 64 * GIB, (Pool(1048576, pages, draw(st.integers(0, pages))),)))
    return Topology(tuple(found))


@st.composite
def choosers(draw: st.DrawFn) -> Chooser:
    """A domain on such a host, and up to three others."""
    topology = draw(topologies())
    cpus, nodes = st.sampled_from(sorted(topology.cpus)), st.sampled_from([node.number for node in topology.nodes])
    holders = tuple(
        Holder(f"d{number}", draw(st.booleans()), frozenset(draw(st.sets(cpus, max_size=4))), draw(st.booleans()),
               draw(st.integers(0, 4)) * GIB, draw(st.sampled_from([None, 0, 1048576])), (draw(nodes),))
        for number in range(draw(st.integers(0, 3))))
    policy = draw(st.sampled_from(["dedicated", "shared"]))
    threads = draw(st.sampled_from(["prefer", "isolate", "require"])) if policy == "dedicated" else "prefer"
    want = Want(policy, draw(st.none() | nodes), tuple(draw(st.just([]) | st.lists(cpus, max_size=4, unique=True))), (),
                draw(st.sampled_from([None, 1048576])), threads)
    demand = Demand(draw(st.integers(1, 6)), draw(st.integers(1, 8)) * GIB, tuple(draw(st.lists(nodes, max_size=2))))
    return Chooser(topology, holders, want, demand)


@given(choosers())
def test_what_every_choice_is(made: Chooser) -> None:
    try:
        found = made.choose()
    except KvmError:
        return
    mine = {*found.cpus, *found.empty}
    assert len(mine) == len(found.cpus) + len(found.empty), "no two vCPUs on one CPU"
    assert {made.topology.node_of(cpu) for cpu in mine} == {found.node}, "all on one node"
    others = [holder for holder in made.holders if found.policy == "dedicated" or not holder.shared]
    assert not any(holder.cpus & mine for holder in others), "never a CPU that somebody has"
    assert len(found.cpus) == made.demand.vcpus or found.policy == "shared"
    cores = {made.topology.core(cpu) for cpu in found.cpus}
    if made.want.threads == "isolate":
        assert len(cores) == len(found.cpus)
    if made.want.threads != "prefer":
        assert mine == {cpu for core in cores for cpu in core}
    if found.policy == "dedicated":
        assert found.emulator_cpus or not made.topology.housekeeping
        isolated = made.topology.isolated
        assert made.want.cpus or mine <= (isolated or set(made.topology.cpus) - made.topology.housekeeping)
    assert replace(made, present=found).choose() == found, "a second run changes nothing"
