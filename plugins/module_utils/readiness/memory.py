# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of the guests: in hugepages, and near the NIC."""

from __future__ import annotations

import functools

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.memory import NODES, has_merged, numa_nodes, pools_in
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import of_kernel
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics, each_pf, label
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

MEMORY = "/sys/kernel/mm"
DEFAULT_NODE_KIB = 8 << 20
"""How much of a node is proposed for hugepages where no node has any, in KiB."""

RESERVE = (
    "Add kernel arguments such as default_hugepagesz=1G hugepagesz=1G hugepages=8 and reboot, or write a number to "
    f"{MEMORY}/hugepages/hugepages-2048kB/nr_hugepages (after a reboot: vm.nr_hugepages in /etc/sysctl.d)"
)
RESERVE_NEARBY = f"Write a number to hugepages/hugepages-*/nr_hugepages of that node in {NODES}"
TELL_NODE = "Update the firmware, or disable Node Interleaving (Dell, HPE) in its setup, so that it tells the node"
FILL_NODE = "Put memory into the slots of that CPU, or the card into a slot of a CPU that has memory"
SAME_NODE = (
    "Give each appliance VFs of one node, and CPUs and memory of the same (vcpupin, numatune), or put the cards "
    "into slots of one CPU"
)


def hugepages(host: Host, _nics: Nics) -> Verdict:
    """Whether memory is set aside in hugepages, without which appliances run, but slowly."""
    pools = pools_in(host, f"{MEMORY}/hugepages")
    if not host.names(MEMORY) or None in pools.values():
        return Verdict.unknown(f"{MEMORY} cannot be read", "Run the check as root and outside of any container")
    found = [f"{pages} x {size(kib)} ({host.read(f'{MEMORY}/hugepages/hugepages-{kib}kB/free_hugepages')} free)"
             for kib, pages in pools.items() if pages]
    return Verdict.ok(", ".join(found)) if found else Verdict.warn("there are no hugepages", "kernel", RESERVE)


def size(kib: int) -> str:
    """A power of two for people."""
    for unit, factor in (("GiB", 1 << 20), ("MiB", 1 << 10)):
        if kib >= factor:
            return f"{kib // factor} {unit}"
    return f"{kib} KiB"


def node_hugepages(host: Host, nics: Nics) -> Verdict:
    """How many hugepages each NUMA node has, and whether those of the PFs have any."""
    nodes = numa_nodes(host)
    pools = {node: pools_in(host, f"{NODES}/node{node}/hugepages") for node in nodes}
    if not any(pools.values()) or any(None in pool.values() for pool in pools.values()):
        return Verdict.unknown(f"the hugepages of NUMA nodes cannot be read in {NODES}",
                               "Run the check as root, outside of any container, on a kernel with CONFIG_NUMA")
    words = {node: " and ".join(f"{pages} x {size(kib)}" for kib, pages in pool.items() if pages) or "none"
             for node, pool in pools.items()}
    found = "; ".join(f"NUMA node {node}: {text}" for node, text in words.items())
    lacking = [node for node in nodes if words[node] == "none"
               and node in {pci.numa_node(host, address) for address in nics.pfs}]
    if set(words.values()) == {"none"} or lacking:
        return Verdict.warn(found, "kernel", reserve_on(lacking or nodes[:1], pools))
    return Verdict.ok(found)


def reserve_on(lacking: list[int], pools: dict[int, dict[int, int | None]]) -> str:
    """How to reserve hugepages on NUMA nodes: as many as another node has, all of which keep theirs."""
    _memory, count, kib = max(((pages or 0) * kib, pages or 0, kib) for pool in pools.values()
                              for kib, pages in pool.items())
    counts = {node: pools[node].get(kib) or (count or DEFAULT_NODE_KIB // kib) * (node in lacking) for node in pools}
    given = {node: pages for node, pages in counts.items() if pages}
    name = size(kib).replace(" ", "").replace("iB", "")
    return (f"Set kvm_host_hugepages: [{{size: {name}, nodes: "
            f"{{{', '.join(f'{node}: {pages}' for node, pages in given.items())}}}}}] for the role nfv.kvm.kvm_host, "
            f"or add the kernel arguments hugepagesz={name} "
            f"hugepages={','.join(f'{node}:{pages}' for node, pages in given.items())}, and reboot")


def transparent_hugepages(host: Host, _nics: Nics) -> Verdict:
    """Whether the kernel moves memory to make hugepages of it on its own, which it does while guests wait."""
    text = host.read(f"{MEMORY}/transparent_hugepage/enabled")
    if text is None and not host.names(MEMORY):
        return Verdict.unknown(f"{MEMORY} cannot be read", "Run the check as root and outside of any container")
    if text is not None and "[always]" in text:
        return Verdict.warn(
            "always", "kernel", "Set kvm_host_transparent_hugepages: madvise for the role nfv.kvm.kvm_host, or run "
            f"echo madvise > {MEMORY}/transparent_hugepage/enabled, which lasts until the next boot")
    return Verdict.ok("the kernel has none" if text is None else "never" if "[never]" in text else "madvise")


def ksm(host: Host, _nics: Nics) -> Verdict:
    """Whether the kernel looks for equal pages to merge, which guests that write to them wait for."""
    run = host.read(f"{MEMORY}/ksm/run")
    if not host.names(MEMORY) or (run is None and host.exists(f"{MEMORY}/ksm/run")):
        return Verdict.unknown(f"{MEMORY}/ksm cannot be read", "Run the check as root and outside of any container")
    shared = host.read(f"{MEMORY}/ksm/pages_shared")
    if has_merged(run, shared):
        return Verdict.warn(
            "on" if run == "1" else f"stopped, with {shared} pages merged", "kernel",
            "Set kvm_host_ksm: false for the role nfv.kvm.kvm_host, or run systemctl disable --now ksm ksmtuned where "
            f"they are, and echo 2 > {MEMORY}/ksm/run, which lasts until the next boot")
    return Verdict.ok("off" if run else "the kernel has none")


def numa(host: Host, nics: Nics) -> Verdict:
    """Whether each PF has memory on its own NUMA node, and all that the user named are on one.

    Appliances run on other nodes as well, but each packet then crosses from CPU to CPU.
    """
    nodes = numa_nodes(host)
    with_memory = host.read(f"{NODES}/has_memory")
    if len(nodes) == 1 or (not nodes and host.names("/sys/devices/system")):
        return Verdict.ok("there is one NUMA node")
    if with_memory is None:
        return Verdict.unknown(f"{NODES} cannot be read", "Run the check as root and outside of any container")
    verdict = each_pf(host, nics, functools.partial(placement, nodes=of_kernel(with_memory)))
    if verdict.status == "ok" and nics.named and len({pci.numa_node(host, address) for address in nics.pfs}) > 1:
        return Verdict.warn(f"the PFs are on different NUMA nodes ({verdict.found})", "host", SAME_NODE)
    return verdict


def placement(host: Host, address: str, nodes: set[int]) -> Verdict:
    """Whether the NUMA node of a PF has memory for guests.

    :param nodes: those with memory
    """
    name, node = label(host, address), pci.numa_node(host, address)
    if node is None:
        return Verdict.warn(f"{name}: firmware does not tell its NUMA node", "firmware", TELL_NODE)
    if node not in nodes:
        return Verdict.warn(f"{name}: its NUMA node {node} has no memory", "host", FILL_NODE)
    reserved = {other for other in nodes if any(pools_in(host, f"{NODES}/node{other}/hugepages").values())}
    if reserved and node not in reserved:
        return Verdict.warn(f"{name}: its NUMA node {node} has no hugepages, others have", "kernel", RESERVE_NEARBY)
    return Verdict.ok(f"{name}: NUMA node {node}")
