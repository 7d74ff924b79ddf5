# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a host as the kernel shows it."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.memory import NODES, meminfo, numa_nodes, pools_in
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost


def test_memory(tmp_path: Path) -> None:
    fake = FakeHost(tmp_path)
    host = fake.host
    assert meminfo(host) == {}
    assert numa_nodes(host) == []
    fake.write("/proc/meminfo", "MemTotal:       16384 kB\nActive(anon):     12 kB\nHugepagesize:       2048 kB\n")
    fake.write(f"{NODES}/node10/meminfo", "Node 10 MemTotal:        8192 kB\n")
    fake.write(f"{NODES}/node2/hugepages/hugepages-1048576kB/nr_hugepages", "3")
    fake.folder(f"{NODES}/node2/hugepages/hugepages-2048kB")
    fake.write(f"{NODES}/possible", "0-63")
    assert meminfo(host) == {"MemTotal": 16384, "Hugepagesize": 2048}
    assert meminfo(host, f"{NODES}/node10") == {"MemTotal": 8192}
    assert numa_nodes(host) == [2, 10]
    assert pools_in(host, f"{NODES}/node2/hugepages") == {1048576: 3, 2048: None}
