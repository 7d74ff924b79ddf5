# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPUs that appliances have for themselves: which they are, and what else runs there or slows them down."""

from __future__ import annotations

import struct

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.isolation import arguments_of
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import CPUS, Topology, read_topology
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

NO_CPUS = Verdict.unknown(f"{CPUS} or the NUMA nodes cannot be read",
                          "Run the check as root, outside of any container, on a kernel with CONFIG_NUMA")
IDLE_LIMIT = 10
"""Microseconds; C1 of x86 takes 1 or 2, C6 some hundreds."""
LATENCY_REQUEST = "/dev/cpu_dma_latency"
"""What programs such as tuned allow at most (Documentation/power/pm_qos_interface.rst)."""
USE_C1 = (
    "Add the kernel arguments intel_idle.max_cstate=1 processor.max_cstate=1 (kvm_host_kernel_arguments of the role "
    "nfv.kvm.kvm_host) and reboot, or turn off deep C-states in the firmware setup (Dell: C States = Disabled; HPE: "
    "Minimum Processor Idle Power Core C-State = No C-states)"
)


def look(host: Host) -> Topology | None:
    """The CPUs by NUMA node, None where they cannot be read."""
    try:
        topology = read_topology(host)
    except NotSupported:
        return None
    return topology if topology.cpus else None


def isolated_cpus(_host: Host, nics: Nics, topology: Topology | None) -> Verdict:
    """Whether CPUs are isolated, on the NUMA nodes of the PFs."""
    if topology is None:
        return NO_CPUS
    if not topology.isolated:
        return Verdict.warn("no CPU is isolated", "kernel", isolate(topology))
    by_node = {node.number: [cpu.number for cpu in node.cpus if cpu.isolated] for node in topology.nodes}
    words = ", ".join(f"{listed(cpus)} of NUMA node {node}" for node, cpus in by_node.items() if cpus)
    lacking = [f"{pf.name} is on NUMA node {node.number}, which has none" for node in topology.nodes
               for pf in node.pfs if pf.pci_address in nics.pfs and not by_node[node.number]]
    if lacking:
        return Verdict.warn(f"isolated CPUs: {words}; {'; '.join(lacking)}", "kernel", isolate(topology))
    ticking = [cpu.number for cpu in topology.cpus.values() if cpu.isolated and not cpu.nohz_full]
    return Verdict.ok(f"{words}{f' ({listed(ticking)} with the tick, as nohz_full is not set)' if ticking else ''}")


def isolate(topology: Topology) -> str:
    """How to isolate all cores but the first of each NUMA node."""
    first = {cpu for node in topology.nodes if node.cpus for cpu in topology.core(node.cpus[0].number)}
    rest = set(topology.cpus) - first
    if not rest:
        return "Use a host with more cores, as each NUMA node needs one of its own for the host"
    return (f"Set kvm_host_isolated_cpus: [{listed(rest).replace(',', ', ')}] for the role nfv.kvm.kvm_host, or add "
            f"the kernel arguments {' '.join(arguments_of(rest, set(topology.cpus)))}, and reboot")


def smt(host: Host, _nics: Nics, topology: Topology | None) -> Verdict:
    """Whether the threads of a core are both isolated, or neither is."""
    if topology is None:
        return NO_CPUS
    split = [topology.core(number) for number in sorted(topology.isolated)
             if set(topology.core(number)) - topology.isolated]
    if split:
        shown = ", ".join(dict.fromkeys(listed(core) for core in split))
        whole = {number for core in split for number in core if 0 not in core} | topology.isolated
        cpus = listed(whole - topology.first_core)
        return Verdict.warn(
            f"the threads of a core are isolated in part: CPUs {shown} share a core each", "kernel",
            f"Set kvm_host_isolated_cpus: [{cpus.replace(',', ', ')}] for the role nfv.kvm.kvm_host, and reboot")
    if topology.smt:
        return Verdict.ok(f"on, {max(len(one.core) for one in topology.cpus.values())} threads per core")
    words = {"notsupported": "the CPU or its hypervisor has none", "forceoff": "off by a kernel argument"}
    return Verdict.ok(words.get(host.read(f"{CPUS}/smt/control") or "", "off"))


def cpu_governor(host: Host, _nics: Nics, topology: Topology | None) -> Verdict:
    """Whether the CPUs keep their frequency."""
    if topology is None:
        return NO_CPUS
    governors = {one.number: one.governor for one in topology.cpus.values() if one.isolated or not topology.isolated}
    known = {number: governor for number, governor in governors.items() if governor}
    if not known:
        if cpu.in_virtual_machine(host):
            return Verdict.ok("none, as the hypervisor sets the frequency of the CPUs")
        return Verdict.unknown(
            "Linux does not set the frequency of the CPUs, so firmware may",
            "Leave it to the operating system in the firmware setup (Dell: System Profile = Custom, CPU Power "
            "Management = OS DBPM; HPE: Power Regulator = OS Control Mode), or choose its profile for performance")
    slow = {number: governor for number, governor in known.items() if governor != "performance"}
    if slow:
        words = "; ".join(f"{governor} on CPUs {listed(number for number in slow if slow[number] == governor)}"
                          for governor in sorted(set(slow.values())))
        return Verdict.warn(
            words, "kernel", "Set kvm_host_cpu_governor: performance for the role nfv.kvm.kvm_host, or run "
            f"echo performance | tee {CPUS}/cpu*/cpufreq/scaling_governor, which lasts until the next boot")
    return Verdict.ok("performance")


def cpu_idle(host: Host, _nics: Nics, topology: Topology | None) -> Verdict:
    """Whether an idle CPU is back at work at once."""
    driver = host.read(f"{CPUS}/cpuidle/current_driver")
    if topology is None or driver is None:
        return NO_CPUS
    first = min(topology.isolated or topology.cpus)
    folder = f"{CPUS}/cpu{first}/cpuidle"
    states = host.names(folder)
    if driver == "none" or not states:
        return Verdict.ok("CPUs have no C-states beside C1")
    limit = latency_request(host)
    deep = []
    for state in states:
        name, latency, disable = (host.read(f"{folder}/{state}/{what}") for what in ("name", "latency", "disable"))
        if name is None or latency is None:
            return NO_CPUS
        if disable != "1" and IDLE_LIMIT < int(latency) <= (limit if limit is not None else int(latency)):
            deep.append(f"{name} ({latency} µs)")
    if deep:
        return Verdict.warn(f"CPU {first} may sleep in {', '.join(deep)}", "kernel", USE_C1)
    return Verdict.ok(f"a CPU is back at work within {IDLE_LIMIT} µs")


def latency_request(host: Host) -> int | None:
    """How many microseconds programs allow, None if nobody but root may see that. To open it asks for nothing."""
    try:
        with open(host.path(LATENCY_REQUEST), "rb", buffering=0) as file:
            data = file.read(4)
    except OSError:
        return None
    return struct.unpack("<i", data)[0] if len(data) == 4 else None
