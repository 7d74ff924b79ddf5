# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IOMMU: Intel VT-d, AMD-Vi and SMMU of ARM, without which no VF can be given to a guest."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

TABLES = "/sys/firmware/acpi/tables"
UNITS = "/sys/class/iommu"
GROUPS = "/sys/kernel/iommu_groups"
IRQS = "/sys/kernel/irq"
UNSAFE = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

DRIVERS = {
    "DMAR": ("DMAR", "CONFIG_INTEL_IOMMU"), "IVRS": ("AMD-Vi", "CONFIG_AMD_IOMMU"),
    "VIOT": ("virtio_iommu", "CONFIG_VIRTIO_IOMMU"), "IORT": ("smmu", "CONFIG_ARM_SMMU_V3"),
}
"""By the ACPI table that describes an IOMMU: what its driver calls itself in dmesg, and the option that builds it."""
REMAPPED = ("IR-", "ITS-")
"""How the kernel names interrupt chips behind remapping: of x86 (arch/x86/kernel/apic/io_apic.c, msi_parent_ops of the
IOMMU drivers), and of ARM (drivers/irqchip/irq-gic-v3-its-pci-msi.c)."""
CAN_REMAP = 1 << 3
"""The bit of VT-d's extended capability register (Intel VT-d specification, ECAP_REG.IR)."""

SET_ARGUMENTS = (
    "in GRUB_CMDLINE_LINUX of /etc/default/grub followed by update-grub (Debian, Ubuntu), "
    "or with grubby --update-kernel=ALL (RHEL, Fedora), then reboot"
)


def firmware_tables(host: Host) -> list[str] | None:
    """Which ACPI tables describe an IOMMU, such as DMAR (VT-d) or IVRS (AMD-Vi); None where they cannot be seen.

    Every ACPI host has tables (at least FACP), so an empty folder is one that is hidden from us.
    """
    names = host.names(TABLES)
    return [table for table in DRIVERS if table in names] if names else None


def iommu_firmware(host: Host, _nics: Nics) -> Verdict:
    """Whether firmware offers an IOMMU. Either table will do: an emulated host may pair an AMD CPU with VT-d."""
    tables = firmware_tables(host)
    if tables is None:
        return Verdict.unknown(f"{TABLES} cannot be read", "Run the check as root and outside of any container")
    if tables == ["IORT"] and not host.names(UNITS):
        return Verdict.unknown("ACPI IORT, which need not describe an SMMU", "See what the check iommu_kernel found")
    if tables:
        return Verdict.ok(f"ACPI {', '.join(tables)}")
    lacking = "no ACPI IORT table" if cpu.is_arm(host) else "neither an ACPI DMAR nor an IVRS table"
    return Verdict.fail(f"firmware has {lacking}", "firmware", enable_in_firmware(host))


def enable_in_firmware(host: Host) -> str:
    """Where an IOMMU is switched on."""
    if cpu.in_virtual_machine(host):
        return "This is a virtual machine: give it an IOMMU (QEMU: -device intel-iommu,intremap=on)"
    if cpu.is_arm(host):
        return "Enable the SMMU in the firmware setup, then reboot"
    return ("Enable Intel VT-d (Dell: part of Virtualization Technology; HPE: Intel VT-d) or AMD IOMMU "
            "(AMD-Vi; set it to Enabled, not Auto) in the firmware setup, then reboot")


def iommu_kernel(host: Host, _nics: Nics) -> Verdict:
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
    return Verdict.fail(found, "kernel", kernel_remedy(words, tables[0] if tables else likely_table(host)))


def likely_table(host: Host) -> str:
    """The ACPI table that this CPU would have, where the tables cannot be seen."""
    if cpu.is_arm(host):
        return "IORT"
    return "DMAR" if cpu.field(host, "vendor_id") == "GenuineIntel" else "IVRS"


def kernel_remedy(words: list[str], table: str) -> str:
    """What to change on the kernel's command line (Documentation/admin-guide/kernel-parameters.txt).

    VT-d waits for ``intel_iommu=on`` unless the kernel was built otherwise; all others are on by default, and
    ``amd_iommu=on`` does not exist.

    :param words: its arguments about the IOMMU as they are
    """
    off = [word for word in words if word.endswith("=off")]
    if off:
        wanted = "intel_iommu=on iommu=pt" if table == "DMAR" else "iommu=pt"
        return f"Replace the kernel argument {' '.join(off)} by {wanted} {SET_ARGUMENTS}"
    if table == "DMAR" and not any(word.startswith("intel_iommu=on") for word in words):
        return f"Add the kernel arguments intel_iommu=on iommu=pt {SET_ARGUMENTS}"
    driver, option = DRIVERS[table]
    return (f"See why the driver did not start: dmesg | grep -i {driver}; the kernel needs {option}, "
            "and the IOMMU must be enabled in firmware")


def interrupt_remapping(host: Host, _nics: Nics) -> Verdict:
    """Whether devices can raise only interrupts of their own.

    Where they can raise any, VFIO gives none to a guest (drivers/vfio/vfio_iommu_type1.c), unless a parameter allows
    it.
    """
    units = host.names(UNITS)
    if not units:
        return Verdict.unknown("there is no IOMMU to remap interrupts", "See what the check iommu_kernel found")
    chips = (host.read(f"{IRQS}/{irq}/chip_name") for irq in host.names(IRQS))
    seen = False
    for chip in chips:
        if chip and chip.startswith(REMAPPED):
            return Verdict.ok(f"interrupts are remapped ({chip})")
        seen = seen or chip is not None
    if not seen:
        return Verdict.unknown(f"{IRQS} cannot be read", "Run the check as root")
    cause, remedy = who_remaps_not(host, units)
    if host.read(UNSAFE) in ("Y", "1"):
        return Verdict.warn("interrupts are not remapped, and vfio allows that: guests with VFs can harm the host",
                            cause, remedy)
    return Verdict.fail("interrupts are not remapped, so that vfio gives no VF to a guest", cause, remedy)


def who_remaps_not(host: Host, units: list[str]) -> tuple[str, str]:
    """The layer that leaves interrupts as they are, and what to do about it."""
    off = [word for word in (host.read("/proc/cmdline") or "").split() if word in ("nointremap", "intremap=off")]
    if off:
        return "kernel", f"Remove the kernel argument {' '.join(off)} {SET_ARGUMENTS}"
    if cpu.in_virtual_machine(host):
        return "firmware", "This is a virtual machine: give its IOMMU remapping (QEMU: -device intel-iommu,intremap=on)"
    capabilities = [host.read(f"{UNITS}/{unit}/intel-iommu/ecap") for unit in units]
    if any(text and not int(text, 16) & CAN_REMAP for text in capabilities):
        return "host", f"This host's VT-d cannot remap interrupts; if its guests are trusted, write Y to {UNSAFE}"
    return "firmware", ("Enable Interrupt Remapping and x2APIC (Dell: x2APIC Mode; HPE: Processor x2APIC Support) in "
                        "the firmware setup, or update the firmware, then reboot")
