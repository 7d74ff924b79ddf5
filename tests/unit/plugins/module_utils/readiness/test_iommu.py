# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness checks of the IOMMU, which must tell firmware from kernel."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import iommu
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import NO_NICS

INTEL, AMD = "GenuineIntel", "AuthenticAMD"


@pytest.mark.parametrize("vendor", [INTEL, AMD])
@pytest.mark.parametrize("table", ["DMAR", "IVRS"])
def test_either_table_will_do_on_any_cpu(ready: FakeHost, vendor: str, table: str) -> None:
    ready.remove("/sys/firmware/acpi/tables/DMAR")
    ready.write(f"/sys/firmware/acpi/tables/{table}")
    ready.write("/proc/cpuinfo", f"vendor_id : {vendor}\nflags : fpu")
    verdict = iommu.iommu_firmware(ready.host, NO_NICS)
    assert (verdict.status, verdict.found) == ("ok", f"ACPI {table}")


@pytest.mark.parametrize(("flags", "remedy"), [("vmx", "Intel VT-d"), ("vmx hypervisor", "-device intel-iommu")])
def test_without_a_table_firmware_is_at_fault(ready: FakeHost, flags: str, remedy: str) -> None:
    ready.remove("/sys/firmware/acpi/tables/DMAR")
    ready.write("/proc/cpuinfo", f"vendor_id : {INTEL}\nflags : {flags}")
    verdict = iommu.iommu_firmware(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == ("fail", "firmware")
    assert "neither" in verdict.found
    assert remedy in verdict.remedy


@pytest.mark.parametrize("folder", ["/sys/firmware/acpi/tables", "/sys/firmware"])
def test_hidden_tables_are_unknown(ready: FakeHost, folder: str) -> None:
    ready.hide(folder)
    verdict = iommu.iommu_firmware(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == ("unknown", "host")
    assert "root" in verdict.remedy


def test_iommu_at_work(ready: FakeHost) -> None:
    ready.write("/proc/cmdline", "quiet")
    verdict = iommu.iommu_kernel(ready.host, NO_NICS)
    assert (verdict.status, verdict.found) == ("ok", "dmar0 with 2 IOMMU groups")


@pytest.mark.parametrize("gone", ["/sys/class/iommu", "/sys/kernel/iommu_groups"])
def test_units_and_groups_must_both_be_there(ready: FakeHost, gone: str) -> None:
    ready.remove(gone)
    ready.folder(gone)
    assert iommu.iommu_kernel(ready.host, NO_NICS).status == "fail"


@pytest.mark.parametrize(
    ("vendor", "tables", "cmdline", "cause", "remedy"),
    [
        (INTEL, ["DMAR"], "quiet", "kernel", "Add the kernel arguments intel_iommu=on iommu=pt in GRUB_CMDLINE_LINUX"),
        (INTEL, ["DMAR"], "intel_iommu=off", "kernel", "Replace the kernel argument intel_iommu=off by intel_iommu=on"),
        (INTEL, ["DMAR"], "intel_iommu=on iommu=pt", "kernel", "dmesg | grep -i DMAR"),
        (INTEL, ["DMAR"], "intel_iommu=on,sm_on", "kernel", "CONFIG_INTEL_IOMMU"),
        (AMD, ["IVRS"], "quiet", "kernel", "dmesg | grep -i AMD-Vi"),
        (AMD, ["IVRS"], "amd_iommu=off", "kernel", "Replace the kernel argument amd_iommu=off by iommu=pt in"),
        (AMD, ["DMAR"], "quiet", "kernel", "Add the kernel arguments intel_iommu=on"),
        (INTEL, [], "intel_iommu=on", "firmware", "Enable Intel VT-d"),
        (INTEL, None, "quiet", "kernel", "Add the kernel arguments intel_iommu=on"),
        (AMD, None, "quiet", "kernel", "CONFIG_AMD_IOMMU"),
    ],
)
def test_no_iommu_in_the_kernel(ready: FakeHost, vendor: str, tables: list[str] | None, cmdline: str, cause: str,
                                remedy: str) -> None:
    for folder in ("/sys/class/iommu/dmar0", "/sys/kernel/iommu_groups/0", "/sys/kernel/iommu_groups/1",
                   "/sys/firmware/acpi/tables/DMAR"):
        ready.remove(folder)
    for table in tables or ():
        ready.write(f"/sys/firmware/acpi/tables/{table}")
    if tables is None:
        ready.hide("/sys/firmware/acpi/tables")
    ready.write("/proc/cmdline", f"root=/dev/vda {cmdline}")
    ready.write("/proc/cpuinfo", f"vendor_id : {vendor}\nflags : fpu")
    verdict = iommu.iommu_kernel(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == ("fail", cause)
    assert remedy in verdict.remedy
    assert (cmdline if "iommu" in cmdline else "no IOMMU argument") in verdict.found
    assert ("cannot be read" in verdict.found) == (tables is None)


@pytest.mark.parametrize("folder", ["/sys", "/sys/class", "/sys/kernel"])
def test_hidden_sysfs_is_unknown(ready: FakeHost, folder: str) -> None:
    ready.hide(folder)
    assert iommu.iommu_kernel(ready.host, NO_NICS).status == "unknown"
