# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PCI Express must give to a PF and its VFs: space for their registers, isolation, and the whole of the link."""

from __future__ import annotations

import re
import struct
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics, each_pf, label
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_vfio

VF_BARS = slice(7, 13)
"""The lines of the attribute resource that are the VF BARs, after six BARs and the ROM (include/linux/pci.h)."""
UNSET = 0x20000000
"""IORESOURCE_UNSET of include/linux/ioport.h: a size without an address."""
EXTENDED, SRIOV, SRIOV_BARS = 0x100, 0x10, 0x24
"""Where the extended capabilities of a device begin, the number of SR-IOV's, and where in it the VF BARs are
(include/uapi/linux/pci_regs.h)."""
BRIDGE_CLASS = "0x06"
"""How the PCI class of every bridge and port begins (PCI Code and ID Assignment Specification)."""
PASSIVE = (None, "pci-stub", "pcieport")
"""Drivers that leave the IOMMU group of their device to a guest, as VFIO's do (driver_managed_dma of struct
pci_driver)."""
NO_WIDTH = 255
"""The width of a device without a link (PCIE_LNK_WIDTH_UNKNOWN of include/linux/pci.h)."""

GIVE_SPACE = (
    "Enable SR-IOV (Dell: Integrated Devices, SR-IOV Global Enable; Supermicro: SR-IOV Support) and Above 4G Decoding "
    "(Dell: Memory Mapped I/O above 4GB; HPE: PCI Resource Padding = High) in the firmware setup, or add the kernel "
    "argument pci=realloc, then reboot"
)
ISOLATE = (
    "Enable ACS (HPE: Access Control Service; Supermicro: ACS Control) and ARI (ARI Support) in the firmware setup, "
    "or put the card into a slot whose root port has ACS, then reboot"
)
TRAIN_LINK = (
    "Put the card into a slot with as many lanes and of its generation, or reseat it; see that the firmware setup "
    "neither splits the slot (bifurcation) nor limits its link speed"
)


def mmio(host: Host, nics: Nics) -> Verdict:
    """Whether the VFs have space for their registers, without which the kernel makes none."""
    return each_pf(host, nics, space)


def space(host: Host, address: str) -> Verdict:
    """Whether the VF BARs of a PF have addresses.

    One for which the kernel found no place loses its flags as well (drivers/pci/setup-bus.c, reset_resource), and to
    write sriov_numvfs is ENOMEM then (drivers/pci/iov.c, sriov_enable). That there is such a BAR, only the device
    itself says.
    """
    name, numvfs = label(host, address), pci.number(host, address, "sriov_numvfs")
    if numvfs:
        return Verdict.ok(f"{name}: there was space for {numvfs} VFs")
    lines = (pci.attribute(host, address, "resource") or "").splitlines()[VF_BARS]
    if not lines:
        return Verdict.unknown(f"{name}: resource cannot be read", "Run the check as root")
    resources = [[int(word, 16) for word in line.split()] for line in lines]
    sizes = {number: end - start + 1 for number, (start, end, flags) in enumerate(resources)
             if flags and start and not flags & UNSET}
    bars = {number for number, (_start, _end, flags) in enumerate(resources) if flags}
    own = vf_bars(host, address)
    if not sizes or (bars | (own or set())) - set(sizes):
        which = "some of the BARs" if sizes else "the BARs"
        return Verdict.fail(f"{name}: {which} of its VFs have no MMIO space", "firmware", GIVE_SPACE)
    if own is None and 0 not in sizes:
        return Verdict.unknown(f"{name}: whether BAR 0 of its VFs has no MMIO space, or is not there, cannot be seen",
                               "Run the check as root")
    return Verdict.ok(f"{name}: {sum(sizes.values()) >> 10} KiB of MMIO space for VFs")


def vf_bars(host: Host, address: str) -> set[int] | None:
    """The VF BARs that a PF has, by its configuration space; None where that cannot be read, as by others than root.

    One of 32 bits that never got an address cannot be told from none.
    """
    try:
        with open(host.path(f"{pci.DEVICES}/{address}/config"), "rb", buffering=0) as file:
            place, seen = EXTENDED, set[int]()
            while place >= EXTENDED and place not in seen:
                seen.add(place)
                header = dwords(file, place, 1)
                if header and header[0] & 0xFFFF == SRIOV:
                    return implemented(dwords(file, place + SRIOV_BARS, 6))
                place = header[0] >> 20 & 0xFFC if header else 0
    except OSError:
        pass
    return None


def dwords(file: t.BinaryIO, place: int, count: int) -> tuple[int, ...]:
    """Registers of a configuration space; none behind its end."""
    file.seek(place)
    data = file.read(4 * count)
    return struct.unpack(f"<{count}I", data) if len(data) == 4 * count else ()


def implemented(registers: t.Sequence[int]) -> set[int]:
    """The BARs that are there by their registers; one of 64 bits takes two (PCI_BASE_ADDRESS_MEM_TYPE_64)."""
    found: set[int] = set()
    for number, register in enumerate(registers):
        if register and not (number - 1 in found and registers[number - 1] & 0x6 == 0x4):
            found.add(number)
    return found


def acs(host: Host, nics: Nics) -> Verdict:
    """Whether each VF can be given to a guest without anything else."""
    return each_pf(host, nics, isolation)


def isolation(host: Host, address: str) -> Verdict:
    """Whether the VFs of a PF are alone in their IOMMU groups.

    A guest takes whole groups, none of which the host may use (Documentation/driver-api/vfio.rst).
    """
    name, group = label(host, address), pci.iommu_group(host, address)
    if group is None:
        return Verdict.unknown(f"{name}: is in no IOMMU group", "See what the check iommu_kernel found")
    count = pci.number(host, address, "sriov_numvfs") or 0
    vfs = [vf for vf in (pci.vf_address(host, address, index) for index in range(count)) if vf]
    if not vfs:
        return future_isolation(host, address, group)
    shared = [companions(host, vf, pci.iommu_group(host, vf)) for vf in vfs]
    used = sorted({device for devices in shared for device in devices if used_by_host(host, device)})
    if used:
        found = f"{name}: no guest can have its VFs, as their IOMMU groups also have {', '.join(used)}"
        return Verdict.fail(found, "firmware", ISOLATE)
    if any(shared):
        found = f"{name}: its VFs share IOMMU groups, each of which only one guest can have"
        return Verdict.warn(found, "firmware", ISOLATE)
    return Verdict.ok(f"{name}: its {len(vfs)} VFs have IOMMU groups of their own")


def future_isolation(host: Host, address: str, group: int) -> Verdict:
    """Whether the VFs that a PF does not have yet will be isolated.

    They join the group of the first bridge above them that lacks ACS, as their PF did (drivers/iommu/iommu.c,
    pci_device_group).
    """
    found, devices = f"{label(host, address)}: IOMMU group {group}", companions(host, address, group)
    if not devices:
        return Verdict.ok(f"{found} for itself")
    found += f" with {', '.join(devices)}"
    if any((pci.attribute(host, device, "class") or "").startswith(BRIDGE_CLASS) for device in devices):
        return Verdict.fail(f"{found}, and no guest can have its VFs, which will be there too", "firmware", ISOLATE)
    return Verdict.warn(f"{found}, and its VFs may be there too", "firmware", ISOLATE)


def companions(host: Host, address: str, group: int | None) -> list[str]:
    """The other devices of an IOMMU group."""
    return [name for name in host.names(f"/sys/kernel/iommu_groups/{group}/devices") if name != address]


def used_by_host(host: Host, address: str) -> bool:
    """Whether the host needs a device itself, which it does not with a VF."""
    driver = pci.driver(host, address)
    passive = driver in PASSIVE or is_vfio(driver)
    return not passive and pci.pf_of(host, address) is None


def pcie_link(host: Host, nics: Nics) -> Verdict:
    """Whether the PFs run at the speed and width that they were made for."""
    return each_pf(host, nics, link)


def link(host: Host, address: str) -> Verdict:
    """Whether the link of a PF is as fast and wide as the NIC can be; if not, whether its slot is the limit."""
    name, now, most = label(host, address), rate(host, address, "current"), rate(host, address, "max")
    if most is not None and not any(most):
        return Verdict.ok(f"{name}: is part of the chipset, without a PCIe link")
    if now is None or most is None or not all(now):
        return Verdict.unknown(f"{name}: its PCIe link cannot be read", "Run the check as root, with the NIC awake")
    if now[0] >= most[0] and now[1] >= most[1]:
        return Verdict.ok(f"{name}: PCIe {words(now)}")
    found, port = f"{name}: PCIe {words(now)}, while the NIC can do {words(most)}", pci.upstream_port(host, address)
    slot = rate(host, port, "max") if port else None
    if slot and (slot[0] < most[0] or slot[1] < most[1]):
        found += f" and its slot ({port}) {words(slot)}"
    return Verdict.warn(found, "host", TRAIN_LINK)


def rate(host: Host, address: str, which: str) -> tuple[float, int] | None:
    """The ``current`` or ``max`` rate of a link in GT/s and lanes, each 0 without one; None where it cannot be read."""
    speed, width = (pci.attribute(host, address, f"{which}_link_{what}") for what in ("speed", "width"))
    if speed is None or width is None:
        return None
    gigatransfers = re.match(r"[\d.]+", speed)  # "8.0 GT/s PCIe", "8 GT/s" before Linux 5.7, "Unknown"
    return float(gigatransfers[0]) if gigatransfers else 0, int(width) % NO_WIDTH


def words(speed_and_width: tuple[float, int]) -> str:
    """A rate for people."""
    return "{:g} GT/s x{}".format(*speed_and_width)
