# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placements in XML and back, and what other domains hold by theirs."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Holder, Placement
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_holder, read_placement, render

PLAIN = "<domain><memory unit='MiB'>2048</memory><vcpu>{vcpus}</vcpu>{more}</domain>"
PLACEMENTS = {
    "dedicated": Placement("dedicated", 1, (5, 4), (), (0, 1, 2)),
    "cores of their own": Placement("dedicated", 0, (2, 3), (10, 11), (0,), 1048576, "isolate", True, False),
    "whole cores": Placement("dedicated", 0, (2, 10, 3), (11,), (0,), threads="require"),
    "shared": Placement("shared", 1, (4, 5, 6), page=2048),
    "shared, with CPUs for QEMU": Placement("shared", 1, (4,), (), (1,), share_pages=False),
}


@pytest.mark.parametrize("name", PLACEMENTS)
def test_out_and_in(name: str) -> None:
    placement = PLACEMENTS[name]
    root = xml.parse(PLAIN.format(vcpus=len(placement.cpus), more="<memoryBacking><hugepages/></memoryBacking>"))
    render(root, placement)
    assert read_placement(root) == placement
    before = xml.serialise(root)
    render(root, placement)
    assert xml.serialise(root) == before


def test_what_is_written() -> None:
    root = xml.parse(PLAIN.format(vcpus=2, more=""))
    render(root, PLACEMENTS["cores of their own"])
    assert xml.serialise(root) == xml.serialise(xml.parse("""
        <domain><memory unit='MiB'>2048</memory><vcpu cpuset='2-3,10-11'>2</vcpu>
        <cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3'/><emulatorpin cpuset='0'/></cputune>
        <numatune><memory mode='strict' nodeset='0'/></numatune>
        <memoryBacking><hugepages><page size='1048576' unit='KiB'/></hugepages><nosharepages/><locked/></memoryBacking>
        </domain>"""))


PINS = "<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='{}'/><emulatorpin cpuset='7'/></cputune>"
BOUND = "<numatune><memory mode='{}' nodeset='1'/></numatune>"
HUGE = "<memoryBacking><hugepages>{}</hugepages></memoryBacking>"
# The vCPU's CPUs, more of the XML, and what the domain holds
HOLDERS = {
    "nothing": ("", "", (set(), True, None, ())),
    "its own CPUs, without the emulator's": ("", PINS.format(3), ({2, 3}, False, None, ())),
    "CPUs that stay empty": (" cpuset='2-5'", PINS.format(3), ({2, 3, 4, 5}, False, None, ())),
    "a vCPU with a choice": ("", PINS.format("3-4"), ({2, 3, 4}, True, None, ())),
    "two vCPUs on one CPU": ("", PINS.format("2"), ({2}, True, None, ())),
    "shared CPUs": (" cpuset='2-5,^3'", "", ({2, 4, 5}, True, None, ())),
    "all CPUs": (" cpuset='0-7'", "", (set(), True, None, ())),
    "all CPUs, pinned": (" cpuset='0-7'", PINS.format(3), ({2, 3}, False, None, ())),
    "what numad chooses": (" placement='auto' cpuset='2-5'", "", (set(), True, None, ())),
    "memory of a node": ("", BOUND.format("strict"), (set(), True, None, (1,))),
    "memory of a node, if there is some": ("", BOUND.format("preferred"), (set(), True, None, ())),
    "huge pages": ("", HUGE.format("") + BOUND.format("strict"), (set(), True, 0, (1,))),
    "large huge pages": ("", HUGE.format("<page size='1' unit='GiB'/>"), (set(), True, 1048576, ())),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_holders(name: str) -> None:
    attribute, more, (cpus, shared, page, nodes) = HOLDERS[name]
    root = xml.parse(PLAIN.format(vcpus=2, more=more).replace("<vcpu>", f"<vcpu{attribute}>"))
    expected = Holder("a", False, frozenset(cpus), shared, 2048 << 10, page, nodes)
    assert read_holder("a", range(8), root, None) == expected


def test_one_that_runs_with_another_definition() -> None:
    """It holds the CPUs of both, and the memory that it runs with."""
    definition = xml.parse(PLAIN.format(vcpus=2, more=PINS.format(3)))
    live = xml.parse(PLAIN.format(vcpus=2, more=PINS.format(4) + BOUND.format("strict")).replace("2048", "1024"))
    expected = Holder("a", True, frozenset({2, 3, 4}), False, 1024 << 10, None, (1,))
    assert read_holder("a", range(8), definition, live) == expected


@pytest.mark.parametrize("more", ["", PINS.format(3), BOUND.format("strict")])
def test_a_domain_that_is_not_placed(more: str) -> None:
    assert read_placement(xml.parse(PLAIN.format(vcpus=2, more=more))) is None
