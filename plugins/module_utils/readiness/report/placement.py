# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has what of a host by NUMA node, in words, from what vm_placement_info returns."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed


@dataclass(frozen=True)
class Cpu:
    """A CPU.

    :param housekeeping: whether it is left to the host
    :param pinned_by: the domains whose vCPUs are pinned to it
    """

    cpu: int
    housekeeping: bool = False
    pinned_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Use:
    """The huge pages that a domain has."""

    domain: str
    pages: int


@dataclass(frozen=True)
class Pages:
    """The huge pages of one size."""

    size: str
    total: int
    free: int
    used_by: tuple[Use, ...] = ()


@dataclass(frozen=True)
class Pf:
    """A NIC with SR-IOV."""

    name: str
    numvfs: int
    totalvfs: int


@dataclass(frozen=True)
class Node:
    """A NUMA node, as the module returns it."""

    numa_node: int
    cpus: tuple[Cpu, ...] = ()
    hugepages: tuple[Pages, ...] = ()
    pfs: tuple[Pf, ...] = ()


def cpus_of(node: Node) -> str:
    """Its CPUs by who has them."""
    by_owner: dict[str, list[int]] = {}
    for cpu in node.cpus:
        owner = f"of {' and '.join(cpu.pinned_by)}" if cpu.pinned_by else "of the host" if cpu.housekeeping else "free"
        by_owner.setdefault(owner, []).append(cpu.cpu)
    return "; ".join(f"{listed(cpus)} {owner}" for owner, cpus in by_owner.items()) or "none"


def pages_of(node: Node) -> str:
    """Its huge pages."""
    words = []
    for pages in node.hugepages:
        uses = "".join(f", {use.pages} of {use.domain}" for use in pages.used_by)
        words += [f"{pages.size}: {pages.free} of {pages.total} free{uses}"] if pages.total or uses else []
    return "; ".join(words) or "none"


def pfs_of(node: Node) -> str:
    """Its NICs."""
    return "; ".join(f"{pf.name} with {pf.numvfs} of {pf.totalvfs} VFs" for pf in node.pfs) or "none"


def sentence(node: Node) -> str:
    """All of it in one line."""
    return f"NUMA node {node.numa_node}: CPUs {cpus_of(node)}. Huge pages {pages_of(node)}. PFs {pfs_of(node)}."
