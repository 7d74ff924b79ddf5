# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The NICs and their SR-IOV capability."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

NETWORK_CLASS = "0x02"
"""How the PCI class of every network controller begins (PCI Code and ID Assignment Specification)."""

# The kernel hides sriov_totalvfs when the NIC shows no SR-IOV capability, or one of no VFs (drivers/pci/iov.c,
# sriov_init); a NIC whose own firmware has SR-IOV off looks the same.
NO_CAPABILITY = (
    "Use a NIC with SR-IOV; if this model has it, enable it in the NIC's own firmware (Dell, HPE: device settings, "
    "Virtualization Mode = SR-IOV; NVIDIA: mlxconfig set SRIOV_EN=1 NUM_OF_VFS=n) and reboot"
)
NO_VFS = (
    "Enable SR-IOV in the firmware setup (Dell: Integrated Devices, SR-IOV Global Enable; HPE: SR-IOV; "
    "Supermicro: SR-IOV Support) and give the NIC VFs in its device settings, then reboot"
)


def nic_sriov(host: Host, pfs: t.Sequence[str]) -> Verdict:
    """Whether each PF of the user's, or without any at least one NIC of the host, can have VFs."""
    if not host.names("/sys/bus") or not host.names(pci.NETDEVS):  # there is always lo
        return Verdict.unknown("/sys cannot be read", "Run the check as root")
    if pfs:
        return worst([named_pf(host, pf) for pf in pfs])
    nics = [address for address in host.names(pci.DEVICES) if is_nic(host, address)]
    totals = {address: pci.number(host, address, "sriov_totalvfs") for address in nics}
    capable = [address for address, total in totals.items() if total]
    if capable:
        return Verdict.ok("; ".join(f"{label(host, address)}: {totals[address]} VFs" for address in capable))
    switched_off = [label(host, address) for address, total in totals.items() if total == 0]
    if switched_off:
        return Verdict.fail(f"SR-IOV is there with 0 VFs on {', '.join(switched_off)}", "firmware", NO_VFS)
    return Verdict.fail(f"none of {len(nics)} PCI NICs has SR-IOV (no sriov_totalvfs)", "nic", NO_CAPABILITY)


def worst(verdicts: list[Verdict]) -> Verdict:
    """One verdict for several PFs: that of the worst of them, with all that is to be said of its kind."""
    status = next(status for status in ("fail", "unknown", "ok") if any(one.status == status for one in verdicts))
    alike = [one for one in verdicts if one.status == status]
    found, remedies = (list(dict.fromkeys(texts)) for texts in zip(*((one.found, one.remedy) for one in alike)))
    return Verdict(status, "; ".join(found), alike[0].cause, ". ".join(remedies))


def named_pf(host: Host, pf: str) -> Verdict:
    """Whether one PF, named by its netdev or its PCI address, can have VFs."""
    if pci.PCI_ADDRESS.fullmatch(pf):
        address: str | None = pf.lower()
        known = address in host.names(pci.DEVICES)
    else:
        address = host.link_name(f"{pci.NETDEVS}/{pf}/device")
        known = pf in host.names(pci.NETDEVS)
    if not known:
        return Verdict.fail(f"{pf}: this host has no such device", "host", choice(host))
    if address is None or not is_nic(host, address):
        return Verdict.fail(f"{pf}: is no PCI NIC", "host", choice(host))
    parent = host.link_name(f"{pci.DEVICES}/{address}/physfn")
    if parent:
        return Verdict.fail(f"{pf}: is a VF of {label(host, parent)}", "host", choice(host))
    return capability(host, address)


def capability(host: Host, address: str) -> Verdict:
    """Whether a NIC that exists can have VFs."""
    name = label(host, address)
    if not host.exists(f"{pci.DEVICES}/{address}/sriov_totalvfs"):
        return Verdict.fail(f"{name}: has no SR-IOV (no sriov_totalvfs)", "nic", NO_CAPABILITY)
    total = pci.number(host, address, "sriov_totalvfs")
    if total is None:
        return Verdict.unknown(f"{name}: sriov_totalvfs cannot be read", "Run the check as root")
    if total == 0:
        return Verdict.fail(f"{name}: SR-IOV is there with 0 VFs", "firmware", NO_VFS)
    return Verdict.ok(f"{name}: {total} VFs")


def is_nic(host: Host, address: str) -> bool:
    """Whether a PCI device is a network controller."""
    return (pci.attribute(host, address, "class") or "").startswith(NETWORK_CLASS)


def label(host: Host, address: str) -> str:
    """A PCI device for a reader, such as ``0000:01:00.0 (enp1s0)``; one in vfio-pci's hands has no netdev."""
    names = ", ".join(pci.netdevs(host, address))
    return f"{address} ({names})" if names else address


def choice(host: Host) -> str:
    """The remedy for a wrong name: the PFs that the host does have."""
    pfs = [label(host, address) for address in host.names(pci.DEVICES)
           if is_nic(host, address) and pci.number(host, address, "sriov_totalvfs")]
    return f"Name a PF of this host: {', '.join(pfs)}" if pfs else "This host has no NIC with SR-IOV to name"
