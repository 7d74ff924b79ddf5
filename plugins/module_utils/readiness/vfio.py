# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver that gives a VF to a guest."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict


def vfio(host: Host, _nics: Nics) -> Verdict:
    """Whether vfio-pci is in the kernel, or can be loaded into it: libvirt does so when a guest needs it.

    modules.dep and modules.builtin list every module of a kernel by its file (kmod, depmod(8)).
    """
    if host.exists("/sys/bus/pci/drivers/vfio-pci") or host.exists("/sys/module/vfio_pci"):
        return Verdict.ok("vfio-pci is in the kernel")
    release = host.read("/proc/sys/kernel/osrelease")
    if release is None:
        return Verdict.unknown("/proc/sys/kernel/osrelease cannot be read", "Run the check as root")
    folder = f"/lib/modules/{release}"
    lists = [host.read(f"{folder}/{name}") for name in ("modules.dep", "modules.builtin")]
    if any("/vfio-pci.ko" in (text or "") for text in lists):
        return Verdict.ok(f"vfio-pci can be loaded from {folder}")
    if None in lists:
        return Verdict.unknown(
            f"vfio-pci is not loaded, and the lists of modules in {folder} cannot be read",
            "Install the modules of the running kernel, or reboot into a kernel whose modules are installed",
        )
    return Verdict.fail(
        f"the kernel {release} has no vfio-pci", "kernel",
        "Install the kernel's full set of modules (Debian: linux-image-amd64 instead of the cloud image; "
        "Ubuntu: linux-modules-extra-RELEASE; RHEL: kernel-modules-core) and reboot if that brings a newer kernel",
    )
