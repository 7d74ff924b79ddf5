# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What appliances need of KVM and QEMU; only runs that ask for an appliance import it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.machine import chosen
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.kvm import loaded_modules
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

PARAMETERS = "/sys/module/kvm_intel/parameters"
CACHE = "/var/cache/libvirt/qemu/capabilities"
"""Where libvirt keeps what it has found out of each QEMU (src/qemu/qemu_capabilities.c)."""
MACHINE = re.compile(r"<machine type='(\w+)' name='([^']+)'(?: alias='([^']+)')?")
JUNOS = ("pc-i440fx-6.2", "pc-i440fx-4.2", "pc-i440fx-rhel7.6.0")
"""The machine types of the profiles vsrx, vmx_vcp and vmx_vfp; roles/virtual_appliance/profiles/ gives the reasons."""


@dataclass(frozen=True)
class Needs:
    """What an appliance needs.

    :param pml: what its vendor says of PML, None if nothing
    :param machines: the machine types of its profile
    :param without_ide: those that would do as well, but have no IDE, which the disks of its profile are on
    """

    machines: tuple[str, ...]
    without_ide: tuple[str, ...] = ()
    pml: str | None = None


TABLE = {
    # RHEL 10 has q35 alone. RHEL 9.4 was the first to come with a QEMU of the 64-bit SMBIOS entry point.
    "vsrx": Needs(JUNOS, ("pc-q35-rhel9.2.0", "pc-q35-rhel9.0.0"),
                  "Juniper says that it can keep vSRX from booting"),  # its guide for KVM
    "vmx": Needs((*JUNOS, "pc")),
}


def pml_apicv(host: Host, _nics: Nics, appliance: str) -> Verdict:
    """Whether KVM uses nothing of Intel's CPUs that keeps the appliance from booting."""
    needs, loaded = TABLE.get(appliance), loaded_modules(host)
    if not loaded:
        return Verdict.unknown("neither kvm_intel nor kvm_amd is loaded", "See what the check kvm found")
    if "kvm_intel" not in loaded:
        return Verdict.ok(f"{loaded[0]} has neither PML nor APICv")
    values = {name: host.read(f"{PARAMETERS}/{name}") for name in ("pml", "enable_apicv")}
    found = " ".join(f"{name}={value}" for name, value in values.items())
    if None in values.values():
        return Verdict.unknown(f"{PARAMETERS} cannot be read", "Run the check as root")
    if needs is None:
        return Verdict.unknown(f"{found}, and what {appliance} needs is not known", "See its vendor's guide for KVM")
    if needs.pml and values["pml"] == "Y":
        return Verdict.warn(
            f"kvm_intel {found}; of pml, {needs.pml}", "kernel",
            "Set kvm_host_pml: false for the role nfv.kvm.kvm_host, or write \"options kvm_intel pml=0\" to "
            "/etc/modprobe.d/kvm-pml.conf, and run modprobe --remove kvm_intel and modprobe kvm_intel while no guest "
            "runs")
    return Verdict.ok(f"kvm_intel {found}")


def machine_types(host: Host, _nics: Nics, appliance: str) -> Verdict:
    """Whether QEMU has a machine type of the appliance's profile, or which other would do."""
    needs = TABLE.get(appliance)
    if needs is None:
        return Verdict.unknown(f"what machine type {appliance} needs is not known", "See its vendor's guide for KVM")
    names = machines(host)
    if names is None:
        return Verdict.unknown(
            f"libvirt has not looked at the QEMU of this host, or {CACHE} cannot be read",
            "Run virsh domcapabilities, which makes libvirt look, and then the check as root")
    machine = chosen(needs.machines, names.__contains__)
    if machine is not None:
        return Verdict.ok(f"QEMU has {machine}")
    found = f"QEMU has none of the machine types of the profile {appliance}: {', '.join(needs.machines)}"
    other = chosen(needs.without_ide, names.__contains__)
    if other is None:
        return Verdict.warn(found, "host", "Install a QEMU that has one; see qemu-system-x86_64 -machine help, or "
                            "/usr/libexec/qemu-kvm -machine help")
    values = f"{{machine: {other}, disk: {{bus: virtio}}, day0: {{kind: iso, bus: sata, label: juniper}}}}"
    return Verdict.warn(
        f"{found}; it has {other}, which has no IDE", "appliance",
        f"Set {appliance}_overrides: {values} for the role nfv.kvm.{appliance}, or these keys in your profile")


def machines(host: Host) -> set[str] | None:
    """The machine types of QEMU for x86 as libvirt knows them, with KVM if it has any; None if it knows none.

    What libvirt found out of a QEMU that has changed since is left out.
    """
    found: set[tuple[str, str]] = set()
    for name in host.names(CACHE):
        text = host.read(f"{CACHE}/{name}") or "" if name.endswith(".xml") else ""
        emulator, changed = (re.search(f"<{tag}>([^<]+)</{tag}>", text) for tag in ("emulator", "qemuctime"))
        status = host.status(emulator[1]) if emulator else None
        if "<arch>x86_64</arch>" in text and status and changed and status.st_ctime < int(changed[1]) + 1:
            found.update((kind, name) for kind, *names in MACHINE.findall(text) for name in names if name)
    kinds = ({name for kind, name in found if kind == wanted} for wanted in ("kvm", "qemu"))
    return next(filter(None, kinds), None)
