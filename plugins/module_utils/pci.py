# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI devices as sysfs shows them (Linux Documentation/ABI/testing/sysfs-bus-pci)."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

DEVICES = "/sys/bus/pci/devices"
NETDEVS = "/sys/class/net"
IFF_UP = 1  # linux/if.h
NETWORK_CLASS = "0x02"  # PCI code and ID assignment specification
PCI_ADDRESS = re.compile(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7]")


def attribute(host: Host, address: str, name: str) -> str | None:
    """One attribute file of a device, None if the device has no such file."""
    return host.read(f"{DEVICES}/{address}/{name}")


def number(host: Host, address: str, name: str) -> int | None:
    """A decimal attribute of a device, None if the device has no such file."""
    text = attribute(host, address, name)
    return None if text is None else int(text)


def driver(host: Host, address: str) -> str | None:
    """The name of the driver that is bound to the device, None for an unbound one."""
    return host.link_name(f"{DEVICES}/{address}/driver")


def iommu_group(host: Host, address: str) -> int | None:
    """The IOMMU group of the device; it may be another after a reboot."""
    group = host.link_name(f"{DEVICES}/{address}/iommu_group")
    return None if group is None else int(group)


def numa_node(host: Host, address: str) -> int | None:
    """The NUMA node of the device, None if the firmware names none (the kernel says -1)."""
    node = number(host, address, "numa_node")
    return None if node is None or node < 0 else node


def upstream_port(host: Host, address: str) -> str | None:
    """The PCI address of the port or bridge that the device is plugged into, None for one on a root bus."""
    place = (host.link(f"{DEVICES}/{address}") or "").split("/")
    return place[-2] if len(place) > 1 and PCI_ADDRESS.fullmatch(place[-2]) else None


def netdevs(host: Host, address: str) -> list[str]:
    """The netdevs of the device in the host's own network namespace."""
    return host.names(f"{DEVICES}/{address}/net")


def uppers(host: Host, netdev: str) -> list[str]:
    """The links on top of a netdev that are in the same network namespace: a bridge, a bond, a macvtap, …"""
    return [name[len("upper_"):] for name in host.names(f"{NETDEVS}/{netdev}") if name.startswith("upper_")]


def is_up(host: Host, netdev: str) -> bool:
    """Whether a netdev is up, also without a link."""
    return bool(int(host.read(f"{NETDEVS}/{netdev}/flags") or "0", 16) & IFF_UP)


def netdev_of(host: Host, name: str) -> str | None:
    """The netdev of a name, also an alternative one, for which sysfs has no folder; None if there is none."""
    if not name or "/" in name:
        return None
    if host.exists(f"{NETDEVS}/{name}"):
        return name
    from ansible_collections.nfv.kvm.plugins.module_utils import rtnetlink  # few name one so

    return rtnetlink.netdev_of(host, name)


def bus_address(host: Host, device: str) -> str | None:
    """What address_of returns, for a device that is there; of one that is not, its PCI address or None."""
    if PCI_ADDRESS.fullmatch(device):
        return device.lower()
    netdev = netdev_of(host, device)
    return None if netdev is None else host.link_name(f"{NETDEVS}/{netdev}/device")


def address_of(host: Host, device: str) -> str | None:
    """The address of a device that is named by its netdev (see netdev_of) or PCI address: PCI's, or of another bus.

    :returns: None for a netdev that is virtual
    :raises ValidationError: there is no such device
    """
    if PCI_ADDRESS.fullmatch(device):
        if not host.exists(f"{DEVICES}/{device.lower()}"):
            raise ValidationError(
                "pf", "this host has no such PCI device", device, "Run lspci -D to list the PCI devices of the host"
            )
    elif netdev_of(host, device) is None:
        raise ValidationError(
            "pf", "this host has no such network interface", device, "Run ip link to list the network interfaces of "
            "the host"
        )
    return bus_address(host, device)


def address_of_pf(host: Host, pf: str) -> str:
    """The PCI address of a PF that is named by its netdev or its PCI address.

    :raises ValidationError: there is no such device, or it has no SR-IOV
    """
    address = address_of(host, pf)
    if address is None or not host.exists(f"{DEVICES}/{address}/sriov_totalvfs"):
        raise ValidationError(
            "pf", "this device does not support SR-IOV (it has no sriov_totalvfs in sysfs)", pf,
            "Name the physical function of a NIC that supports SR-IOV, with SR-IOV enabled in firmware; run "
            "nfv.kvm.bios_check to find the layer that does not support it",
        )
    return address


def pf_addresses(host: Host) -> list[str]:
    """The PCI addresses of all NICs that can have VFs."""
    return [address for address in host.names(DEVICES)
            if (attribute(host, address, "class") or "").startswith(NETWORK_CLASS)
            and number(host, address, "sriov_totalvfs")]


def pf_of(host: Host, vf: str) -> str | None:
    """The PCI address of a VF's PF; None for what is not a VF, or not there."""
    return host.link_name(f"{DEVICES}/{vf}/physfn")


def vf_of_netdev(host: Host, netdev: str) -> str | None:
    """The PCI address of the VF that a netdev is of; None for what is of no VF, or not there."""
    folder = f"{NETDEVS}/{netdev}/device"
    return host.link_name(folder) if host.exists(f"{folder}/physfn") else None


def vf_address(host: Host, pf_address: str, index: int) -> str | None:
    """The PCI address of a VF, as the kernel links it; None if there is no such VF now."""
    return host.link_name(f"{DEVICES}/{pf_address}/virtfn{index}")


def future_vf_address(host: Host, pf_address: str, index: int) -> str | None:
    """The PCI address that a VF will have: PF + offset + index x stride (PCIe base specification, SR-IOV capability).

    None if the kernel does not show offset and stride.
    """
    offset, stride = number(host, pf_address, "sriov_offset"), number(host, pf_address, "sriov_stride")
    if offset is None or stride is None:
        return None
    domain, bus, rest = pf_address.split(":")
    slot, function = rest.split(".")
    routing_id = (int(bus, 16) << 8 | int(slot, 16) << 3 | int(function)) + offset + index * stride
    return f"{domain}:{routing_id >> 8:02x}:{routing_id >> 3 & 0x1f:02x}.{routing_id & 7}"
