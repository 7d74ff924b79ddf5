# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processor."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

CPUINFO = "/proc/cpuinfo"
UNREADABLE = f"{CPUINFO} has no line with x86 CPU flags"
READ_IT = "Run the check on an x86 host, outside of any container that hides /proc"
KVM_REGISTERED = "/sys/class/misc/kvm"
"""There while KVM runs; the node /dev/kvm alone proves nothing, as udev makes it before any module is loaded."""


def field(host: Host, name: str) -> str | None:
    """The value of the first line of that name in /proc/cpuinfo, None without such a line."""
    for line in (host.read(CPUINFO) or "").splitlines():
        key, _separator, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def flags(host: Host) -> frozenset[str] | None:
    """The flags of the first CPU, None where they cannot be read or the CPU is no x86."""
    text = field(host, "flags")
    return None if text is None else frozenset(text.split())


def is_arm(host: Host) -> bool:
    """Whether the CPU is one of ARM's 64-bit ones (arch/arm64/kernel/cpuinfo.c)."""
    return field(host, "CPU implementer") is not None


def cpu_virtualisation(host: Host, _nics: Nics) -> Verdict:
    """Whether the CPU offers hardware virtualisation: vmx (Intel VT-x) or svm (AMD-V).

    The kernel takes vmx out of /proc/cpuinfo when firmware locked it off (arch/x86/kernel/cpu/feat_ctl.c, Linux 5.6),
    and so svm (arch/x86/kernel/cpu/amd.c, Linux 6.7). That of ARM shows only by KVM, which is there if the kernel was
    started in EL2 (Documentation/arch/arm64/booting.rst).
    """
    if is_arm(host):
        if host.exists(KVM_REGISTERED):
            return Verdict.ok("EL2 of ARM, as KVM runs")
        return Verdict.unknown("ARM CPUs show it by KVM only, which does not run", "See what the check kvm found")
    present = flags(host)
    if present is None:
        return Verdict.unknown(UNREADABLE, READ_IT)
    vendor = field(host, "vendor_id") or "unknown vendor"
    for flag in ("vmx", "svm"):
        if flag in present:
            return Verdict.ok(f"{flag} ({vendor})")
    return Verdict.fail(f"neither vmx nor svm in {CPUINFO} ({vendor})", "firmware", enable_in_firmware(host))


def in_virtual_machine(host: Host) -> bool:
    """Whether the host is itself a guest: a hypervisor tells it so by a CPU flag."""
    return "hypervisor" in (flags(host) or ())


def enable_in_firmware(host: Host) -> str:
    """Where hardware virtualisation is switched on."""
    if in_virtual_machine(host):
        return ("This is a virtual machine: let its hypervisor pass on hardware virtualisation "
                "(nested virtualisation; libvirt: <cpu mode='host-passthrough'/>)")
    return ("Enable Intel VT-x (Dell: Virtualization Technology; HPE: Intel Virtualization Technology) "
            "or AMD SVM Mode in the firmware setup, then switch the host off and on")
