# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel lockdown."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

SECURITY = "/sys/kernel/security"

USE_SIGNED = (
    "Nothing, if all drivers come with the distribution; other PF drivers have to be signed by a key that the firmware "
    "trusts (mokutil --import), and vfio-pci has to take the place of uio"
)


def lockdown(host: Host, _nics: Nics) -> Verdict:
    """Whether the kernel keeps root from unsigned modules and from the registers of PCI devices.

    vfio-pci is not kept from anything (include/linux/security.h, enum lockdown_reason), so that this hinders only
    drivers from elsewhere, such as the PF drivers of an appliance's vendor, and uio.
    """
    if not host.names(SECURITY):
        return Verdict.unknown(f"{SECURITY} is not mounted", "Run the check as root and outside of any container")
    text = host.read(f"{SECURITY}/lockdown")
    if text is None and host.exists(f"{SECURITY}/lockdown"):
        return Verdict.unknown(f"{SECURITY}/lockdown cannot be read", "Run the check as root")
    level = re.search(r"\[(\w+)\]", text or "[none]")
    if level is None or level[1] == "none":
        return Verdict.ok("the kernel is not locked down")
    by_argument = any(word.startswith("lockdown=") for word in (host.read("/proc/cmdline") or "").split())
    cause, origin = ("kernel", "by its command line") if by_argument else ("firmware", "as with Secure Boot")
    return Verdict.warn(f"the kernel is locked down ({level[1]}), {origin}", cause, USE_SIGNED)
