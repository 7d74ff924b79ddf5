# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs and their SR-IOV capability."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.ethtool import feature
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict, worst

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
NO_DRIVER = (
    "Load the driver of the PF, which alone can make VFs (lspci -k names it, modprobe loads it), and see dmesg "
    "if it does not take the NIC"
)


@dataclass(frozen=True)
class Nics:
    """The NICs that the checks are about."""

    named: bool
    """Whether the user named them; else they are the NICs of the host, of which one that is ready will do."""
    verdicts: tuple[Verdict, ...] = ()
    """For each, whether it can have VFs; without names only those with SR-IOV count."""
    pfs: tuple[str, ...] = ()
    """The PCI addresses of those that can."""


def look(host: Host, names: t.Sequence[str]) -> Nics:
    """The NICs that are meant.

    :param names: by netdev or PCI address; none: all of the host
    """
    if names:
        found = [named_pf(host, name) for name in names]
    else:
        found = [(address, capability(host, address)) for address in host.names(pci.DEVICES)
                 if host.exists(f"{pci.DEVICES}/{address}/sriov_totalvfs") and is_nic(host, address)]
    pfs = dict.fromkeys(address for address, verdict in found if verdict.status == "ok")
    return Nics(bool(names), tuple(verdict for _address, verdict in found), tuple(pfs))


def nic_sriov(host: Host, nics: Nics) -> Verdict:
    """Whether each PF of the user's, or without any at least one NIC of the host, can have VFs."""
    if not host.names("/sys/bus") or not host.names(pci.NETDEVS):  # there is always lo
        return Verdict.unknown("/sys cannot be read", "Run the check as root")
    capable = [verdict for verdict in nics.verdicts if verdict.status == "ok"]
    if nics.verdicts:
        return worst(nics.verdicts if nics.named else capable or nics.verdicts)
    count = sum(is_nic(host, address) for address in host.names(pci.DEVICES))
    return Verdict.fail(f"none of {count} PCI NICs has SR-IOV (no sriov_totalvfs)", "nic", NO_CAPABILITY)


def each_pf(host: Host, nics: Nics, judge: t.Callable[[Host, str], Verdict]) -> Verdict:
    """What is to be said of the PFs, each judged by its PCI address."""
    if not nics.pfs:
        return Verdict.unknown("there is no PF that could have VFs", "See what the check nic_sriov found")
    verdicts = [judge(host, address) for address in nics.pfs]
    if not nics.named and any(verdict.status != "fail" for verdict in verdicts):
        verdicts = [replace(one, status="warn") if one.status == "fail" else one for one in verdicts]
    return worst(verdicts)


def named_pf(host: Host, name: str) -> tuple[str, Verdict]:
    """The PCI address of a NIC that the user named (empty where there is none), and whether it can have VFs."""
    try:
        address = pci.address_of(host, name) or ""
    except ValidationError as error:
        return "", Verdict.fail(f"{name}: {error.cause}", "host", choice(host))
    if not is_nic(host, address):
        return "", Verdict.fail(f"{name}: is not a PCI NIC", "host", choice(host))
    parent = pci.pf_of(host, address)
    if parent:
        return "", Verdict.fail(f"{name}: is a VF of {label(host, parent)}", "host", choice(host))
    return address, capability(host, address)


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
    if pci.driver(host, address) is None:
        return Verdict.fail(f"{name}: {total} VFs, but no driver", "driver", NO_DRIVER)
    return Verdict.ok(f"{name}: {total} VFs{vmdq(host, address)}")


def vmdq(host: Host, address: str) -> str:
    """What is to be said of a NIC's queues for macvtap interfaces (VMDq), if it has them; VFs do without."""
    for netdev in pci.netdevs(host, address)[:1]:
        found = feature(host, netdev, "l2-fwd-offload")
        if found and (found.active or not found.fixed):
            queues = sum(queue.startswith("rx-") for queue in host.names(f"{pci.NETDEVS}/{netdev}/queues"))
            return f", VMDq (l2-fwd-offload) {'on' if found.active else 'off'}, {queues} queues"
    return ""


def is_nic(host: Host, address: str) -> bool:
    """Whether a PCI device is a network controller."""
    return (pci.attribute(host, address, "class") or "").startswith(NETWORK_CLASS)


def label(host: Host, address: str) -> str:
    """A PCI device for a reader, such as ``0000:01:00.0 (enp1s0)``; one in vfio-pci's hands has no netdev."""
    names = ", ".join(pci.netdevs(host, address))
    return f"{address} ({names})" if names else address


def choice(host: Host) -> str:
    """The remedy for a wrong name: the PFs that the host does have."""
    pfs = ", ".join(label(host, address) for address in look(host, ()).pfs)
    return f"Name a PF of this host: {pfs}" if pfs else "This host has no NIC with SR-IOV to name"
