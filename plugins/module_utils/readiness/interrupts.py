# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupts on the CPUs that appliances have for themselves."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Topology
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import MOST_CPUS, listed, numbers_of, of_kernel
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.cpus import NO_CPUS
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

SOCKETS = "/run/irqbalance"
"""Where irqbalance has a socket named by its process ID (irqbalance.h, SOCKET_TMPFS)."""
BANNED = re.compile(r"(?:^|\0)IRQBALANCE_BANNED_CPU(?:S=([0-9a-fA-F,]+)|LIST=([^\0]+))")
AS_ROOT = "Run the check as root"


def interrupts(host: Host, _nics: Nics, topology: Topology | None) -> Verdict:
    """Whether irqbalance and the interrupts of the NICs that the host uses stay off the isolated CPUs."""
    if topology is None:
        return NO_CPUS
    if not topology.isolated:
        return Verdict.ok("they may be anywhere, as no CPU is isolated")
    if not host.names("/proc/irq"):
        return Verdict.unknown("/proc/irq cannot be read", AS_ROOT)
    balanced = irqbalance(host, topology.isolated)
    return balanced or of_nics(host, topology)


def of_nics(host: Host, topology: Topology) -> Verdict:
    """Whether the interrupts of NICs are where they are to be."""
    left, astray = listed(set(topology.cpus) - topology.isolated), dict[str, list[int]]()
    for netdev in host.names(pci.NETDEVS):
        for interrupt in interrupts_of(host, netdev):
            cpus = affinity(host, interrupt)
            if cpus is None:
                return Verdict.unknown(f"/proc/irq/{interrupt} of {netdev} cannot be read", AS_ROOT)
            if cpus & topology.isolated:
                astray.setdefault(netdev, []).append(int(interrupt))
    if not astray:
        return Verdict.ok(f"those of NICs are on CPUs {left}")
    words = "; ".join(f"{listed(found)} of {netdev}" for netdev, found in astray.items())
    irqs = " ".join(str(interrupt) for found in astray.values() for interrupt in found)
    return Verdict.warn(
        f"interrupts on isolated CPUs: {words}", "host",
        f"Run for irq in {irqs}; do echo {left} > /proc/irq/$irq/smp_affinity_list; done. With "
        "kvm_host_isolated_cpus, the role nfv.kvm.kvm_host does so at each boot")


def interrupts_of(host: Host, netdev: str) -> list[str]:
    """The interrupts of a NIC that its driver has asked for; of a NIC that is down, the others have no folder in
    /proc/irq. A virtio NIC has those of the PCI device above it."""
    device = f"{pci.NETDEVS}/{netdev}/device"
    names = host.names(f"{device}/msi_irqs") or host.names(f"{device}/../msi_irqs")
    return [name for name in names if host.exists(f"/proc/irq/{name}")]


def affinity(host: Host, interrupt: str) -> set[int] | None:
    """The CPUs that an interrupt goes to, None where that cannot be read.

    The first file is the CPU that is used of those in the second (Documentation/core-api/irq/irq-affinity.rst).
    """
    texts = (host.read(f"/proc/irq/{interrupt}/{name}") for name in ("effective_affinity_list", "smp_affinity_list"))
    return next((of_kernel(text) for text in texts if text), None)


def irqbalance(host: Host, isolated: frozenset[int]) -> Verdict | None:
    """What is wrong with irqbalance, None if it runs not, or as it is to be.

    Unless it is told otherwise, it leaves the kernel's isolated CPUs alone (cputree.c, setup_banned_cpus).
    """
    pids = [found[1] for name in host.names(SOCKETS) for found in [re.search(r"(\d+)\.sock$", name)] if found]
    for pid in pids:
        if host.read(f"/proc/{pid}/comm") != "irqbalance":
            continue
        environment = host.read(f"/proc/{pid}/environ")
        if environment is None:
            return Verdict.unknown(f"the CPUs of irqbalance cannot be read (/proc/{pid}/environ)", AS_ROOT)
        found = BANNED.search(environment)
        if found:
            mask = int((found[1] or "").replace(",", "") or "0", 16)
            banned = {cpu for cpu in isolated if mask >> cpu & 1}
            banned |= set(numbers_of(found[2] or "", 0, MOST_CPUS) or ())
            if isolated - banned:
                return Verdict.warn(
                    f"irqbalance may use the isolated CPUs {listed(isolated - banned)}", "host",
                    "Set kvm_host_isolated_cpus for the role nfv.kvm.kvm_host, or take IRQBALANCE_BANNED_CPUS and "
                    "IRQBALANCE_BANNED_CPULIST out of /etc/default/irqbalance or /etc/sysconfig/irqbalance, and "
                    "restart irqbalance, which then leaves isolated CPUs alone")
    return None
