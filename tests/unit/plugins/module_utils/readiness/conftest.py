# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host on which every check is ok, for the tests to break in one place each."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost

KERNEL = "6.12.0-test"


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
    fake.write("/sys/firmware/acpi/tables/FACP")
    fake.write("/sys/firmware/acpi/tables/DMAR")
    fake.folder("/sys/class/iommu/dmar0")
    fake.folder("/sys/kernel/iommu_groups/0")
    fake.folder("/sys/kernel/iommu_groups/1")
    fake.folder("/sys/class/net/lo")
    fake.nic("0000:01:00.0", "enp1s0", totalvfs=7)
    fake.vf("0000:01:00.0", 0, "0000:01:10.0", "enp1s0v0")
    fake.nic("0000:02:00.0", totalvfs=7, driver="vfio-pci")
    fake.nic("0000:03:00.0", "enp3s0", driver="e1000e")
    fake.write(f"{PCI_DEVICES}/0000:04:00.0/class", "0x010802")
    fake.write(f"/lib/modules/{KERNEL}/modules.dep", "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/virt/irqbypass.ko")
    fake.write(f"/lib/modules/{KERNEL}/modules.builtin", "kernel/fs/ext4/ext4.ko")
    return fake
