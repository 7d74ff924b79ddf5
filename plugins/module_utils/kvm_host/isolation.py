# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPUs that only appliances use, by arguments of the kernel.

It is done so on all distributions, with or without tuned. tuned's profile cpu-partitioning gives the kernel isolcpus
only for no_balance_cores, so that /sys/devices/system/cpu/isolated, by which placement and bios_check find the CPUs,
would be empty; and two authors of nohz_full and rcu_nocbs would undo each other's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed

# What the role has given; not every boot loader's settings show whose an argument is.
RECORD = "/etc/nfv.kvm/kernel_arguments"
NAMES = ("isolcpus", "nohz_full", "rcu_nocbs", "irqaffinity")


def arguments_of(isolated: Iterable[int], present: Set[int]) -> tuple[str, ...]:
    """The arguments, in the kernel's Documentation/admin-guide/kernel-parameters.txt: no load balancing and no managed
    interrupts, no tick while one task runs, no RCU callbacks, and other interrupts on the CPUs that are left.

    :param present: the CPUs of the host
    """
    cpus = listed(isolated)
    if not cpus:
        return ()
    left = listed(present - set(isolated))
    return f"isolcpus=managed_irq,domain,{cpus}", f"nohz_full={cpus}", f"rcu_nocbs={cpus}", f"irqaffinity={left}"
