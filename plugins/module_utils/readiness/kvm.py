# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hypervisor in the kernel."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

MODULES = {"vmx": "kvm_intel", "svm": "kvm_amd"}
"""The KVM module for each CPU flag; /sys/module shows it when it is built in, too."""

BUILT_IN = "the kernel's own KVM"
NODE = "/dev/kvm"


def loaded_modules(host: Host) -> list[str]:
    """Those of kvm_intel and kvm_amd that are in the kernel now."""
    return [module for module in MODULES.values() if host.exists(f"/sys/module/{module}")]


def kvm(host: Host, _nics: Nics) -> Verdict:
    """Whether the kernel runs KVM on hardware virtualisation, and offers it as /dev/kvm."""
    registered = host.exists(cpu.KVM_REGISTERED)
    if not registered and not host.names("/sys/module"):  # there are always some
        return Verdict.unknown("/sys cannot be read", "Run the check as root and outside of any container")
    if cpu.is_arm(host) and not registered:
        return Verdict.fail(
            "KVM did not start on this ARM CPU", "firmware",
            "See dmesg | grep kvm for the reason; firmware (or the hypervisor of a virtual machine) has to start the "
            "kernel in EL2",
        )
    loaded = [BUILT_IN] if cpu.is_arm(host) else loaded_modules(host)
    if loaded and registered and host.exists(NODE):
        return Verdict.ok(f"{NODE} of {loaded[0]}")
    if loaded and registered:
        return Verdict.fail(
            f"{loaded[0]} runs, but there is no {NODE}", "host",
            "Let udev make the device node (udevadm trigger --name-match=kvm), or pass it into this container",
        )
    return not_running(host, loaded, registered)


def not_running(host: Host, loaded: list[str], registered: bool) -> Verdict:
    """Why neither kvm_intel nor kvm_amd runs."""
    present = cpu.flags(host)
    if present is None:
        return Verdict.unknown(cpu.UNREADABLE, cpu.READ_IT)
    module = next((module for flag, module in MODULES.items() if flag in present), None)
    if module is None:
        stranger = f", and the {NODE} that is there belongs to neither" if registered else ""
        return Verdict.fail(
            f"kvm_intel and kvm_amd cannot run: the CPU shows neither vmx nor svm{stranger}", "firmware",
            cpu.enable_in_firmware(host),
        )
    if loaded:
        # Kernels older than those named in cpu.py show the flag even though firmware has locked it off.
        return Verdict.fail(
            f"{loaded[0]} is in the kernel but did not start: hardware virtualisation is disabled in firmware",
            "firmware", cpu.enable_in_firmware(host),
        )
    return Verdict.fail(
        f"{module} is not loaded", "kernel",
        f"Run modprobe {module}, and name it in /etc/modules-load.d/kvm.conf; if modprobe refuses, "
        "see dmesg: \"disabled by bios\" means that firmware has it switched off",
    )


def nested(host: Host, _nics: Nics) -> Verdict:
    """Whether guests may run guests of their own, as vJunos-switch and vJunos-router do for their control plane.

    The parameter reads Y or N (kvm_intel), 1 or 0 (kvm_amd); ARM has an argument of the kernel instead
    (Documentation/admin-guide/kernel-parameters.txt, kvm-arm.mode).
    """
    if cpu.is_arm(host):
        if "kvm-arm.mode=nested" in (host.read("/proc/cmdline") or "").split():
            return Verdict.ok("kvm-arm.mode=nested")
        return Verdict.warn(
            "kvm-arm.mode is not nested", "kernel",
            "Add the kernel argument kvm-arm.mode=nested (Linux 6.16, on a CPU with FEAT_NV2) and reboot",
        )
    for module in loaded_modules(host):
        value = host.read(f"/sys/module/{module}/parameters/nested")
        if value in ("Y", "1"):
            return Verdict.ok(f"{module} nested={value}")
        if value in ("N", "0"):
            return Verdict.warn(
                f"{module} nested={value}", "kernel",
                f"Write \"options {module} nested=1\" to /etc/modprobe.d/kvm.conf, and reload {module} "
                "while no guest runs, or reboot",
            )
        return Verdict.unknown(
            f"/sys/module/{module}/parameters/nested cannot be read", "Run the check as root",
        )
    return Verdict.unknown("neither kvm_intel nor kvm_amd is loaded", "See what the check kvm found")
