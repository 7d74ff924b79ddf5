# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where appliances go on hosts of four vendors, and why."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, KvmError, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.placement.choose import Chooser
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Demand, Holder, Placement, Want
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.placement.hosts import (
    DELL,
    EPYC,
    GIB,
    SMALL,
    SNC,
    Machine,
    topology_of,
)

OWN = Want("dedicated")
POOL = Want("shared")


def needs(vcpus: int, *near: int, memory: int = 4, starts: bool = True) -> Demand:
    """A domain of so many GiB with NICs on these nodes."""
    return Demand(vcpus, memory * GIB, near, starts)


def has(name: str, *cpus: int, **more: t.Any) -> Holder:
    """A domain that runs on CPUs of its own."""
    return Holder(name, **{"running": True, "cpus": frozenset(cpus), **more})


def chooser(machine: Machine, want: Want, demand: Demand, holders: t.Sequence[Holder] = (), **more: t.Any) -> Chooser:
    """A domain that is to be placed on a host."""
    return Chooser(topology_of(machine), tuple(holders), want, demand, **more)


# The host, what is wanted, what it needs, who is there; the node, the CPUs, those that stay empty, the emulator's
CHOICES: dict[str, t.Any] = {
    "both siblings of a core first, on the node of the PFs, QEMU on CPU 0's core": (
        DELL, OWN, needs(4, 1), [], 1, (1, 21, 3, 23), (), (0, 20)),
    "a core each, with its sibling": (
        DELL, replace(OWN, threads="isolate"), needs(3, 1), [], 1, (1, 3, 5), (21, 23, 25), (0, 20)),
    "whole cores, of which the last sibling stays empty": (
        DELL, replace(OWN, threads="require"), needs(3, 1), [], 1, (1, 21, 3), (23,), (0, 20)),
    "the core of CPU 0 is left to the host": (
        DELL, replace(OWN, node=0), needs(2), [], 0, (2, 22), (), (0, 20)),
    "cores that somebody has are passed over, half a core comes last": (
        DELL, OWN, needs(4, 1), [has("a", 1, 3, 23)], 1, (5, 25, 7, 27), (), (0, 20)),
    "half a core where there is no whole one": (
        DELL, OWN, needs(1, 1), [has("a", *range(1, 20, 2))], 1, (21,), (), (0, 20)),
    "siblings that stay empty for others are theirs": (
        DELL, OWN, needs(2, 1), [has("a", 1, 21)], 1, (3, 23), (), (0, 20)),
    "CPUs that others share are held": (
        DELL, OWN, needs(2, 1), [has("a", 1, 21, shared=True)], 1, (3, 23), (), (0, 20)),
    "without NICs, the node without PFs": (
        DELL, OWN, needs(2), [], 0, (2, 22), (), (0, 20)),
    "the node of most NICs": (
        DELL, OWN, needs(2, 0, 1, 1), [], 1, (1, 21), (), (0, 20)),
    "as many on both: that of the first NIC": (
        DELL, OWN, needs(2, 1, 0), [], 1, (1, 21), (), (0, 20)),
    "huge pages of the node": (
        DELL, replace(OWN, page=1048576), needs(2, 1, memory=16), [], 1, (1, 21), (), (0, 20)),
    "one node without SMT": (
        SMALL, OWN, needs(4, 0), [], 0, (1, 2, 3, 4), (), (0,)),
    "without SMT nothing stays empty": (
        SMALL, replace(OWN, threads="isolate"), needs(2, 0), [], 0, (1, 2), (), (0,)),
    "huge pages of the default size": (
        SMALL, replace(OWN, page=0), needs(1, 0), [], 0, (1,), (), (0,)),
    "one of eight nodes of AMD": (
        EPYC, OWN, needs(8, 2), [], 2, (8, 40, 9, 41, 10, 42, 11, 43), (), (0, 32)),
    "without NICs, the free node without PFs that has most": (
        EPYC, OWN, needs(4), [has("a", 4, 36)], 3, (12, 44, 13, 45), (), (0, 32)),
    "isolated CPUs, QEMU on those of the same node that are not": (
        SNC, OWN, needs(4, 3), [], 3, (20, 44, 21, 45), (), (18, 19, 42, 43)),
    "QEMU not on a CPU that somebody has": (
        SNC, OWN, needs(2, 3), [has("a", 18)], 3, (20, 44), (), (19, 42, 43)),
    "shared CPUs are not isolated, for the scheduler does not move threads there": (
        SNC, POOL, needs(2, 3), [], 3, (18, 42), (), ()),
    "shared CPUs, CPU 0's last": (
        SNC, POOL, needs(3, 0), [], 0, (0, 1, 25), (), ()),
    "shared CPUs": (
        DELL, POOL, needs(2, 1), [], 1, (1, 21), (), ()),
    "CPUs that others share already": (
        DELL, POOL, needs(2, 1), [has("a", 5, 7, 9, shared=True), has("b", 1, 21)], 1, (5, 7, 9), (), ()),
    "more than others share already": (
        DELL, POOL, needs(4, 1), [has("a", 5, 25, shared=True)], 1, (1, 5, 21, 25), (), ()),
    "CPUs that the user names, in this order": (
        DELL, replace(OWN, cpus=(9, 3)), needs(2, 1), [has("a", 1, 21)], 1, (9, 3), (), (0, 20)),
    "named CPUs on cores of their own": (
        DELL, replace(OWN, cpus=(9, 3), threads="isolate"), needs(2, 1), [], 1, (9, 3), (23, 29), (0, 20)),
    "named CPUs that are shared with others that share": (
        DELL, replace(POOL, cpus=(3, 5)), needs(4, 1), [has("a", 3, shared=True)], 1, (3, 5), (), ()),
    "named CPUs for QEMU": (
        DELL, replace(OWN, emulator_cpus=(2, 4)), needs(2, 1), [], 1, (1, 21), (), (2, 4)),
}


@pytest.mark.parametrize("why", CHOICES)
def test_choices(why: str) -> None:
    machine, want, demand, holders, node, cpus, empty, emulator = CHOICES[why]
    made = chooser(machine, want, demand, holders)
    found = made.choose()
    assert (found.node, found.cpus, found.empty, found.emulator_cpus) == (node, cpus, empty, emulator)
    assert replace(made, present=found).choose() == found, "a second run changes nothing"


# The host, what is wanted, what it needs, who is there; the error and what it says
REFUSALS: dict[str, t.Any] = {
    "too few CPUs are free": (
        DELL, OWN, needs(18, 1), [has("a", 1, 21, 3)], InUse,
        r"node 1 has free CPUs for 17 of 18 vCPUs\. The host: .*node 1 \(PFs eno1, eno2\): CPUs .* are free, "
        r"a has CPUs 1,3,21"),
    "there are too few CPUs": (
        DELL, OWN, needs(21, 1), [], ValidationError, r"for 20 of 21 vCPUs.*Lower vcpus"),
    "too few whole cores are free": (
        DELL, replace(OWN, threads="require"), needs(19, 1), [has("a", 21)], InUse,
        "for 18 of 19 vCPUs on whole cores"),
    "too few cores for one vCPU each": (
        DELL, replace(OWN, threads="isolate"), needs(11, 1), [], ValidationError,
        "10 of 11 vCPUs on cores of their own"),
    "no SMT": (SMALL, replace(OWN, threads="require"), needs(2, 0), [], NotSupported, r"threads.*SMT"),
    "no such node": (SMALL, replace(OWN, node=1), needs(2, 0), [], ValidationError, "no such NUMA node, only 0"),
    "too few huge pages are free": (
        DELL, replace(OWN, page=1048576), needs(2, 1, memory=8),
        [has("a", running=False, memory=9 * GIB, page=1048576, nodes=(1,))], InUse,
        r"node 1 has 7 free huge pages of 1G, and 8 are needed.*7 of 16 huge pages of 1G free, the rest is for a"),
    "there are too few huge pages": (
        DELL, replace(OWN, page=2048), needs(2, 1), [], ValidationError, "0 free huge pages of 2M, and 2048"),
    "too little memory": (
        SMALL, OWN, needs(2, 0, memory=13), [], ValidationError, "12288 MiB beside huge pages, and 13312 MiB"),
    "memory that others are bound to": (
        SMALL, OWN, needs(2, 0, memory=8), [has("a", memory=8 * GIB, nodes=(0,))], InUse, "4096 MiB"),
    "no isolated CPUs on the node": (
        replace(SNC, isolated="2-5,26-29"), OWN, needs(2, 3), [], ValidationError,
        "node 3 has no isolated CPUs.*role kvm_host"),
    "CPUs that somebody has": (
        DELL, replace(OWN, cpus=(1, 3)), needs(2, 1), [has("a", 3)], InUse, r"placement\.cpus = '1,3': domain a has 3"),
    "a sibling that somebody has": (
        DELL, replace(OWN, cpus=(1, 3), threads="isolate"), needs(2, 1), [has("a", 23)], InUse, "domain a has 23"),
    "shared CPUs that somebody has": (
        DELL, replace(POOL, cpus=(1, 3)), needs(2, 1), [has("a", 3)], InUse, "domain a has 3"),
    "too few named CPUs": (
        DELL, replace(OWN, cpus=(1, 3)), needs(3, 1), [], ValidationError,
        "these are 2, and the appliance has 3 vCPUs"),
    "named CPUs of two nodes": (
        DELL, replace(OWN, cpus=(1, 2)), needs(2, 1), [], ValidationError, "these are of NUMA node 0-1"),
    "named CPUs of another node": (
        DELL, replace(OWN, cpus=(1, 3), node=0), needs(2, 1), [], ValidationError, "these are of NUMA node 1"),
    "two named CPUs of one core": (
        DELL, replace(OWN, cpus=(1, 21), threads="isolate"), needs(2, 1), [], ValidationError, "not cores as"),
    "a named CPU that is not there": (
        DELL, replace(OWN, cpus=(1, 99)), needs(2, 1), [], ValidationError, r"placement\.cpus = 99: .*0-39"),
    "a CPU for QEMU that somebody has": (
        DELL, replace(OWN, emulator_cpus=(2,)), needs(2, 1), [has("a", 2)], InUse, r"placement\.emulator_cpus = '2'"),
    "shared CPUs on a node whose CPUs are all isolated": (
        replace(SNC, isolated="18-23,42-47"), POOL, needs(2, 3), [], ValidationError, "node 3 has no usable CPUs"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_refusals(why: str) -> None:
    machine, want, demand, holders, kind, words = REFUSALS[why]
    with pytest.raises(KvmError, match=words) as told:
        chooser(machine, want, demand, holders).choose()
    assert isinstance(told.value, kind)
    assert told.value.remedy
    assert "\n" not in str(told.value)


HERE = Placement("dedicated", 1, (5, 25), (), (0, 20))
# What is wanted and needed, who is there, what it holds itself, and whether it stays where it is
STABLE: dict[str, t.Any] = {
    "as it is": (OWN, needs(2, 1), [], None, True),
    "others came": (OWN, needs(2, 1), [has("a", 1, 21)], None, True),
    "others have one of its CPUs": (OWN, needs(2, 1), [has("a", 5)], None, False),
    "one vCPU more": (OWN, needs(3, 1), [], None, False),
    "its NICs went to another node": (OWN, needs(2, 0), [], None, False),
    "another node is named": (replace(OWN, node=0), needs(2), [], None, False),
    "its node is named": (replace(OWN, node=1), needs(2, 0), [], None, True),
    "no NICs any more": (OWN, needs(2), [], None, True),
    "cores of their own": (replace(OWN, threads="isolate"), needs(2, 1), [], None, False),
    "whole cores, as they are": (replace(OWN, threads="require"), needs(2, 1), [], None, True),
    "another policy": (POOL, needs(2, 1), [], None, False),
}


@pytest.mark.parametrize("why", STABLE)
def test_a_choice_is_kept_as_long_as_it_is_valid(why: str) -> None:
    want, demand, holders, own, stays = STABLE[why]
    found = chooser(DELL, want, demand, holders, present=HERE, own=own).choose()
    assert ((found.node, found.cpus) == (HERE.node, HERE.cpus)) == stays
    assert stays or found.policy != HERE.policy or (found.cpus, found.empty) != (HERE.cpus, HERE.empty)


def test_it_has_the_pages_that_it_runs_with() -> None:
    full = replace(DELL, pages={(1, 1048576): (16, 2)})
    want, own = replace(OWN, page=1048576), has("own", 5, 25, memory=8 * GIB, page=1048576, nodes=(1,))
    made = chooser(full, want, needs(2, 1, memory=8, starts=False), present=HERE, own=own)
    assert made.choose().cpus == HERE.cpus
    assert replace(made, demand=needs(2, 1, memory=10, starts=False)).choose().cpus == HERE.cpus
    with pytest.raises(ValidationError, match="10 free huge pages of 1G, and 11 are needed"):
        replace(made, demand=needs(2, 1, memory=11, starts=False)).choose()
    assert replace(made, own=replace(own, nodes=())).choose().cpus == HERE.cpus


def test_nothing_is_asked_of_one_that_is_off_and_stays_off() -> None:
    full = replace(DELL, pages={(1, 1048576): (16, 0)})
    want = replace(OWN, page=1048576)
    own = has("own", 5, 25, running=False, memory=8 * GIB, page=1048576, nodes=(1,))
    made = chooser(full, want, needs(2, 1, memory=8, starts=False), present=HERE, own=own)
    assert made.choose().cpus == HERE.cpus
    with pytest.raises(KvmError, match="0 free huge pages"):
        replace(made, demand=needs(2, 1, memory=8)).choose()


@pytest.mark.parametrize(("near", "told"), [((1, 1), ""), ((1, 0, 1), "NICs of it are on node 0"), ((), "")])
def test_nics_on_another_node_are_told(near: tuple[int, ...], told: str) -> None:
    made = chooser(DELL, OWN, needs(2, *near))
    warnings = made.warnings(made.choose())
    assert len(warnings) == bool(told)
    assert told in "".join(warnings)
