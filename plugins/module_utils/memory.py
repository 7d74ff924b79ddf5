# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a host by NUMA node, in huge pages and merged (KSM), as the kernel shows it.

Sources: Linux Documentation/filesystems/proc.rst, Documentation/admin-guide/mm/hugetlbpage.rst, ksm.rst beside it, and
Documentation/ABI/stable/sysfs-devices-node.
"""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

NODES = "/sys/devices/system/node"
# A line of a meminfo, such as "MemTotal:  16384 kB", or of that of a node "Node 0 MemTotal:  16384 kB"
LINE = re.compile(r"^(?:Node \d+ )?(\w+):\s+(\d+)", re.MULTILINE)


def meminfo(host: Host, folder: str = "/proc") -> dict[str, int]:
    """The values of a meminfo by their names; sizes are in KiB. Empty if it cannot be read."""
    return {name: int(value) for name, value in LINE.findall(host.read(f"{folder}/meminfo") or "")}


def numa_nodes(host: Host) -> list[int]:
    """The numbers of the NUMA nodes in order; none if the kernel shows none."""
    return sorted(int(name[len("node"):]) for name in host.names(NODES) if name[len("node"):].isdigit())


def pools_in(host: Host, folder: str) -> dict[int, int | None]:
    """How many huge pages there are by their size in KiB; None for a number that cannot be read."""
    texts = {name: host.read(f"{folder}/{name}/nr_hugepages") for name in host.names(folder)}
    return {int(name[len("hugepages-"):-len("kB")]): None if text is None else int(text)
            for name, text in texts.items()}


def has_merged(run: str | None, pages_shared: str | None) -> bool:
    """Whether KSM merges pages, or has stopped and left pages merged, by its files of these names."""
    return run == "1" or (run == "0" and pages_shared not in (None, "", "0"))
