# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host on which every check is ok, for the tests to break in one place each."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import checks
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost

KERNEL = "6.12.0-test"
NO_NICS = Nics(named=False)
# /sys/bus/pci/devices/*/resource of a PF, line by line: six BARs and the ROM, then VF BARs 0 and 3, each of 64 bits.
CPUS = "/sys/devices/system/cpu"
QUIET = {
    f"{CPUS}/online": "0-7", f"{CPUS}/isolated": "2-3,6-7", f"{CPUS}/nohz_full": "2-3,6-7",
    f"{CPUS}/smt/control": "on", f"{CPUS}/cpuidle/current_driver": "intel_idle",
    **{f"{CPUS}/cpu{cpu}/topology/thread_siblings_list": f"{cpu % 4},{cpu % 4 + 4}" for cpu in range(8)},
    **{f"{CPUS}/cpu{cpu}/cpufreq/scaling_governor": "performance" for cpu in range(8)},
    **{f"{CPUS}/cpu{cpu}/cpuidle/state{state}/{what}": text for cpu in range(8)
       for state, texts in enumerate((("POLL", "0", "0"), ("C1", "2", "0"), ("C6", "133", "1")))
       for what, text in zip(("name", "latency", "disable"), texts)},
    "/proc/irq/24/smp_affinity_list": "0-1,4-5",
    "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    "/sys/kernel/mm/ksm/run": "0", "/sys/kernel/mm/ksm/pages_shared": "0",
}
NOTHING = "0x0000000000000000 0x0000000000000000 0x0000000000000000"
VF_BAR_0 = "0x00000000fea00000 0x00000000fea1bfff 0x000000000014220c"
VF_BAR_3 = "0x00000000fea1c000 0x00000000fea37fff 0x000000000014220c"
RESOURCE = "\n".join([*[NOTHING] * 7, VF_BAR_0, NOTHING, NOTHING, VF_BAR_3, NOTHING, NOTHING])


def furnish(fake: FakeHost, address: str, group: int) -> None:
    """Give a NIC what is between it and the CPU: space, an IOMMU group of its own, a node and a link."""
    device = f"{PCI_DEVICES}/{address}"
    attributes = {
        "resource": RESOURCE, "numa_node": "0", "current_link_speed": "8.0 GT/s PCIe", "current_link_width": "8",
        "max_link_speed": "8.0 GT/s PCIe", "max_link_width": "8",
    }
    for name, text in attributes.items():
        fake.write(f"{device}/{name}", text)
    fake.folder(f"/sys/kernel/iommu_groups/{group}/devices/{address}")
    fake.link(f"{device}/iommu_group", f"/sys/kernel/iommu_groups/{group}")


def quiet(fake: FakeHost) -> None:
    """CPUs 0 to 7, of which 2-3 and 6-7 are for appliances and nothing else runs there; n shares a core with n + 4."""
    for path, text in QUIET.items():
        fake.write(path, text)


def examine(fake: FakeHost, **params: t.Any) -> dict[str, t.Any]:
    """The answer of bios_check with these parameters, the others as they are by default."""
    absent = dict.fromkeys(("pfs", "require", "appliance", "release", "appliances"))
    return checks.examine({**absent, "fail_on": "fail", **params}, fake.host)


@pytest.fixture
def ready(tmp_path: Path) -> FakeHost:
    """An Intel host with VT-d, nested KVM, two PFs (one with a VF), a NIC without SR-IOV, and an SSD."""
    fake = FakeHost(tmp_path)
    fake.write("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx sse")
    fake.write("/proc/cmdline", "root=/dev/vda intel_iommu=on iommu=pt quiet")
    fake.write("/proc/sys/kernel/osrelease", KERNEL)
    fake.write("/dev/kvm")
    fake.folder("/sys/class/misc/kvm")
    fake.write("/sys/module/kvm_intel/parameters/nested", "Y")
    fake.folder("/sys/module/kernel")
    fake.write("/sys/firmware/acpi/tables/FACP")
    fake.write("/sys/firmware/acpi/tables/DMAR")
    fake.folder("/sys/class/iommu/dmar0")
    fake.write("/sys/kernel/irq/0/chip_name", "IR-IO-APIC")
    fake.write("/sys/kernel/security/lockdown", "[none] integrity confidentiality")
    fake.write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512")
    fake.write("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "500")
    fake.write("/sys/devices/system/node/has_memory", "0-1")
    for node, cpus in ((0, "0-7"), (1, "8-15")):
        fake.write(f"/sys/devices/system/node/node{node}/cpulist", cpus)
        fake.write(f"/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages", "256")
        fake.write(f"/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/free_hugepages", "250")
    quiet(fake)
    fake.folder("/sys/class/net/lo")
    fake.nic("0000:01:00.0", "enp1s0", totalvfs=7)
    fake.vf("0000:01:00.0", 0, "0000:01:10.0", "enp1s0v0")
    fake.nic("0000:02:00.0", totalvfs=7, driver="vfio-pci")
    furnish(fake, "0000:01:00.0", 0)
    furnish(fake, "0000:02:00.0", 1)
    fake.nic("0000:03:00.0", "enp3s0", driver="e1000e")
    fake.write(f"{PCI_DEVICES}/0000:04:00.0/class", "0x010802")
    fake.write(f"/lib/modules/{KERNEL}/modules.dep", "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/virt/irqbypass.ko")
    fake.write(f"/lib/modules/{KERNEL}/modules.builtin", "kernel/fs/ext4/ext4.ko")
    return fake
