# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The IOMMU: Intel VT-d and AMD-Vi, without which no VF can be given to a guest."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

TABLES = "/sys/firmware/acpi/tables"
UNITS = "/sys/class/iommu"
GROUPS = "/sys/kernel/iommu_groups"

SET_ARGUMENTS = (
    "in GRUB_CMDLINE_LINUX of /etc/default/grub followed by update-grub (Debian, Ubuntu), "
    "or with grubby --update-kernel=ALL (RHEL, Fedora), then reboot"
)


def firmware_tables(host: Host) -> list[str] | None:
    """Which ACPI tables describe an IOMMU: DMAR (VT-d) or IVRS (AMD-Vi); None where the tables cannot be seen.

    Every ACPI host has tables (at least FACP), so an empty folder is one that is hidden from us.
    """
    names = host.names(TABLES)
    return [table for table in ("DMAR", "IVRS") if table in names] if names else None


def iommu_firmware(host: Host, _pfs: t.Sequence[str]) -> Verdict:
    """Whether firmware offers an IOMMU. Either table will do: an emulated host may pair an AMD CPU with VT-d."""
    tables = firmware_tables(host)
    if tables is None:
        return Verdict.unknown(f"{TABLES} cannot be read", "Run the check as root and outside of any container")
    if tables:
        return Verdict.ok(f"ACPI {', '.join(tables)}")
    return Verdict.fail("firmware has neither an ACPI DMAR nor an IVRS table", "firmware", enable_in_firmware(host))


def enable_in_firmware(host: Host) -> str:
    """Where an IOMMU is switched on."""
    if cpu.in_virtual_machine(host):
        return "This is a virtual machine: give it an IOMMU (QEMU: -device intel-iommu,intremap=on)"
    return ("Enable Intel VT-d (Dell: part of Virtualization Technology; HPE: Intel VT-d) or AMD IOMMU "
            "(AMD-Vi; set it to Enabled, not Auto) in the firmware setup, then reboot")


def iommu_kernel(host: Host, _pfs: t.Sequence[str]) -> Verdict:
    """Whether the kernel drives an IOMMU and has put devices into groups.

    Only sysfs tells (Documentation/ABI/testing/sysfs-class-iommu and sysfs-kernel-iommu_groups):
    ``intel_iommu=on`` on the command line is a wish.
    """
    units, groups = host.names(UNITS), host.names(GROUPS)
    if units and groups:
        return Verdict.ok(f"{', '.join(units)} with {len(groups)} IOMMU groups")
    if not host.names("/sys/class") or not host.names("/sys/kernel"):
        return Verdict.unknown("/sys cannot be read", "Run the check as root")
    words = [word for word in (host.read("/proc/cmdline") or "").split()
             if word.partition("=")[0] in ("iommu", "intel_iommu", "amd_iommu")]
    found = (f"the kernel drives no IOMMU ({UNITS} has {len(units)} entries, {GROUPS} {len(groups)}) "
             f"with {' '.join(words) or 'no IOMMU argument'} on its command line")
    tables = firmware_tables(host)
    if tables == []:
        return Verdict.fail(f"{found}, as firmware offers none", "firmware", enable_in_firmware(host))
    if tables is None:
        found += f"; {TABLES} cannot be read, so firmware may be at fault, too"
    return Verdict.fail(found, "kernel", kernel_remedy(words, intel_like(host, tables)))


def intel_like(host: Host, tables: list[str] | None) -> bool:
    """Whether the IOMMU is VT-d: by its table, or by the CPU where the tables cannot be seen."""
    return "DMAR" in tables if tables else cpu.field(host, "vendor_id") == "GenuineIntel"


def kernel_remedy(words: list[str], intel: bool) -> str:
    """What to change on the kernel's command line (Documentation/admin-guide/kernel-parameters.txt).

    VT-d waits for ``intel_iommu=on`` unless the kernel was built otherwise; AMD-Vi is on by default, and
    ``amd_iommu=on`` does not exist.

    :param words: its arguments about the IOMMU as they are
    """
    off = [word for word in words if word.endswith("=off")]
    if off:
        wanted = "intel_iommu=on iommu=pt" if intel else "iommu=pt"
        return f"Replace the kernel argument {' '.join(off)} by {wanted} {SET_ARGUMENTS}"
    if intel and not any(word.startswith("intel_iommu=on") for word in words):
        return f"Add the kernel arguments intel_iommu=on iommu=pt {SET_ARGUMENTS}"
    driver, option = ("DMAR", "CONFIG_INTEL_IOMMU") if intel else ("AMD-Vi", "CONFIG_AMD_IOMMU")
    return (f"See why the driver did not start: dmesg | grep {driver}; the kernel needs {option}, "
            "and the IOMMU must be enabled in firmware")
