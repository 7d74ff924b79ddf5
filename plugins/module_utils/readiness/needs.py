# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What appliances need of KVM and QEMU; only runs that ask for an appliance import it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.kvm import loaded_modules
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

PARAMETERS = "/sys/module/kvm_intel/parameters"
CACHE = "/var/cache/libvirt/qemu/capabilities"
"""Where libvirt keeps what it has found out of each QEMU (src/qemu/qemu_capabilities.c)."""
MACHINE = re.compile(r"<machine type='(\w+)' name='([^']+)'")
VERSIONED = re.compile(r"pc-(i440fx|q35)-(rhel|)([0-9]+)\.([0-9]+)(?:\.[0-9]+)?")
LAST_WITH_32_BITS = {"": (8, 0), "rhel": (9, 2)}
"""The last machine types with a 32-bit SMBIOS entry point: of QEMU (hw/i386/pc_piix.c and pc_q35.c, 8.1), and of RHEL,
whose 9.4 was the first to come with a later QEMU."""


@dataclass(frozen=True)
class Needs:
    """What an appliance needs.

    :param pml: what its vendor says of PML, None if nothing
    :param machine: the machine type of its profile, of those with a 32-bit SMBIOS entry point; None: any will do
    """

    pml: str | None = None
    machine: str | None = None


TABLE = {
    # Juniper's guide for KVM on PML; the machine is that of the profile vsrx of the role virtual_appliance.
    "vsrx": Needs("Juniper says that it can keep vSRX from booting", "pc-i440fx-6.2"),
    "vmx": Needs(),
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
    """Whether QEMU has the machine type of the appliance's profile, or which other would do."""
    needs = TABLE.get(appliance)
    if needs is None:
        return Verdict.unknown(f"what machine type {appliance} needs is not known", "See its vendor's guide for KVM")
    names = machines(host)
    if names is None:
        return Verdict.unknown(
            f"libvirt has not looked at the QEMU of this host, or {CACHE} cannot be read",
            "Run virsh domcapabilities, which makes libvirt look, and then the check as root")
    if needs.machine is None or needs.machine in names:
        return Verdict.ok(f"QEMU has {needs.machine or f'{len(names)} machine types'}")
    fit = newest_fit(names)
    found = f"QEMU has no {needs.machine}, the machine type of the profile {appliance}"
    if fit is None:
        return Verdict.warn(
            f"{found}, and no other with a 32-bit SMBIOS entry point", "host",
            "Install a QEMU that has one, such as pc-i440fx-8.0 or pc-q35-rhel9.2.0; see qemu-system-x86_64 -machine "
            "help, or /usr/libexec/qemu-kvm -machine help")
    # Machines of q35 have no IDE, which the profile's disks are on.
    buses = "" if "i440fx" in fit else ", disk: {bus: virtio}, day0: {kind: iso, bus: sata, label: juniper}"
    return Verdict.warn(
        f"{found}; the newest with a 32-bit SMBIOS entry point is {fit}", "appliance",
        f"Set {appliance}_overrides: {{machine: {fit}{buses}}} for the role nfv.kvm.{appliance}, or machine: {fit} in "
        "your profile")


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
            found.update(MACHINE.findall(text))
    kinds = ({name for kind, name in found if kind == wanted} for wanted in ("kvm", "qemu"))
    return next(filter(None, kinds), None)


def newest_fit(names: t.Iterable[str]) -> str | None:
    """The newest machine type with a 32-bit SMBIOS entry point, of i440fx if there is one."""
    fits = []
    for name in names:
        found = VERSIONED.fullmatch(name)
        version = (int(found[3]), int(found[4])) if found else (0, 0)
        if found and version <= LAST_WITH_32_BITS[found[2]]:
            fits.append((found[1] == "i440fx", version, name))
    return max(fits)[2] if fits else None
