# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the vCPUs of a domain are on the CPUs of cores (SMT)."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.placement.free import Core
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import ISOLATE, PREFER
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Topology


def dedicated(topology: Topology, cores: t.Iterable[Core], vcpus: int, threads: str) -> tuple[int, ...]:
    """As many CPUs as vCPUs, or as there are.

    :param cores: the free CPUs by their cores
    """
    if threads != PREFER:
        cores = [core for core in cores if core == topology.core(core[0]) and (len(core) > 1 or threads == ISOLATE)]
    return tuple([cpu for core in cores for cpu in (core[:1] if threads == ISOLATE else core)][:vcpus])


def left_empty(topology: Topology, cpus: tuple[int, ...], threads: str) -> tuple[int, ...] | None:
    """The CPUs of the same cores that are to stay empty; None if the cores are not as ``threads`` asks for."""
    if threads == PREFER:
        return ()
    cores = {topology.core(cpu) for cpu in cpus}
    if threads == ISOLATE:
        fewest = len(cpus)
    else:
        fewest = -(-len(cpus) // max(map(len, cores)))
        if min(map(len, cores)) < 2:
            return None
    return None if len(cores) != fewest else tuple(sorted({cpu for core in cores for cpu in core}.difference(cpus)))
