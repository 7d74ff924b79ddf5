# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a domain runs: what is wanted, what it has, and what other domains hold."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

DEDICATED, SHARED = "dedicated", "shared"
PREFER, ISOLATE, REQUIRE = "prefer", "isolate", "require"
# Huge pages by the names that users give them, in KiB
PAGES = {"2M": 2048, "1G": 1048576}


def page_name(size: int | None) -> str:
    """What users call huge pages of a size in KiB; None for no huge pages."""
    names = {kib: name for name, kib in PAGES.items()}
    return "none" if size is None else names.get(size, f"{size}K")


@dataclass(frozen=True)
class Want:
    """What is wanted of the placement of a domain.

    :param policy: DEDICATED, each vCPU has a CPU that nobody else has, or SHARED
    :param node: the NUMA node, None for the one of its NICs
    :param cpus: the CPUs, in the order of the vCPUs if they are dedicated; none: they are chosen
    :param emulator_cpus: those of QEMU's own threads; none: they are chosen
    :param page: KiB of a huge page, 0 for the host's default, None without huge pages
    :param memory_lock: whether the memory is locked; None: libvirt's default
    :param share_pages: whether the host may merge equal pages (KSM); None: libvirt's default
    """

    policy: str
    node: int | None = None
    cpus: tuple[int, ...] = ()
    emulator_cpus: tuple[int, ...] = ()
    page: int | None = None
    threads: str = PREFER
    memory_lock: bool | None = None
    share_pages: bool | None = None


@dataclass(frozen=True)
class Demand:
    """What a domain needs.

    :param memory: KiB
    :param near: the NUMA nodes of its NICs, one for each whose node is known
    :param starts: whether it is to start now
    """

    vcpus: int
    memory: int
    near: tuple[int, ...] = ()
    starts: bool = True


@dataclass(frozen=True)
class Placement:
    """Where a domain runs.

    :param cpus: one for each vCPU if they are dedicated, else those that all vCPUs share
    :param empty: CPUs of the same cores that stay empty for it
    :param emulator_cpus: those of QEMU's own threads, none if they run where its vCPUs may run
    :param page: KiB of a huge page, None without huge pages
    """

    policy: str
    node: int
    cpus: tuple[int, ...]
    empty: tuple[int, ...] = ()
    emulator_cpus: tuple[int, ...] = ()
    page: int | None = None
    threads: str = PREFER
    memory_lock: bool | None = None
    share_pages: bool | None = None

    def shown(self) -> dict[str, t.Any]:
        """For users."""
        return {"policy": self.policy, "numa_node": self.node, "vcpus": list(self.cpus),
                "emulator_cpus": list(self.emulator_cpus), "hugepages": page_name(self.page), "threads": self.threads}


@dataclass(frozen=True)
class Holder:
    """A domain with what it holds of the host.

    :param cpus: the CPUs to which its vCPUs are pinned
    :param shared: whether several vCPUs share these
    :param memory: KiB
    :param page: KiB of its huge pages, 0 for the host's default, None without huge pages
    :param nodes: the NUMA nodes to which its memory is bound
    """

    domain: str
    running: bool
    cpus: frozenset[int] = frozenset()
    shared: bool = False
    memory: int = 0
    page: int | None = None
    nodes: tuple[int, ...] = ()

    def memory_on(self, node: int) -> int:
        """Its memory on a node, in KiB, rounded up."""
        return -(-self.memory // len(self.nodes)) if node in self.nodes else 0
