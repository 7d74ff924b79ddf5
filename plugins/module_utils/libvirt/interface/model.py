# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A NIC of a domain, as wanted and as libvirt has it."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import PortSettings
from ansible_collections.nfv.kvm.plugins.module_utils.settings import Settings

# libvirt 11.3 keeps an alias of the user only with this beginning and of letters, digits, "-" and "_";
# any other alias it drops without a word (seen on the lab host).
ALIAS_PREFIX = "ua-"
VIRTIO = frozenset({"virtio", "virtio-transitional", "virtio-non-transitional"})


@dataclass(frozen=True)
class Filterref:
    """The nwfilter of a NIC (empty: none), with values for its variables, of which one may have several."""

    filter: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.filter)

    def __str__(self) -> str:
        return " ".join([self.filter or "none", *(f"{name}={value}" for name, value in self.parameters)])


@dataclass(frozen=True)
class Teaming(Settings):
    """The part of a NIC in a pair of which one is unplugged for a migration; ``persistent``: alias of the other."""

    type: str | None = None
    persistent: str | None = None

    def __bool__(self) -> bool:
        return self.type is not None

    def __str__(self) -> str:
        return " ".join(part for part in (self.type or "none", self.persistent) if part)


@dataclass(frozen=True)
class Interface(PortSettings):
    """One NIC. None is "not managed" in a wanted one, and "libvirt says nothing of it" in a current one.

    :param alias: the user alias that carries the label, such as ua-ge-0_0_0
    :param type: one of libvirt's; a running NIC of a network that gives VFs has its ``source_vf`` too
    :param became: the type that a running NIC of a network shows, if it is another
    :param source_vf: host PCI address of the VF, dddd:bb:ss.f
    :param source_portgroup: empty for none
    :param source_dev: the host's netdev of a macvtap, or the vhost-vdpa device
    :param source_mode: of a macvtap, or which side of a vhost-user socket QEMU is
    :param target_dev: the host's name of the TAP or macvtap, empty for one that libvirt makes up
    :param mtu: bytes
    :param link_state: up or down
    :param address: guest PCI address, dddd:bb:ss.f
    :param bus: another bus of the guest that it is on, such as usb
    :param managed: whether libvirt binds the VF to vfio-pci and back
    :param managed_tap: whether libvirt makes the TAP
    """

    alias: str | None = None
    mac: str | None = None
    type: str | None = None
    became: str | None = None
    source_vf: str | None = None
    source_bridge: str | None = None
    source_network: str | None = None
    source_portgroup: str | None = None
    source_dev: str | None = None
    source_mode: str | None = None
    source_path: str | None = None
    target_dev: str | None = None
    model: str | None = None
    mtu: int | None = None
    link_state: str | None = None
    boot_order: int | None = None
    driver_name: str | None = None
    driver_queues: int | None = None
    driver_rx_queue_size: int | None = None
    driver_tx_queue_size: int | None = None
    driver_iommu: bool | None = None
    driver_ats: bool | None = None
    driver_packed: bool | None = None
    filterref: Filterref | None = None
    teaming: Teaming | None = None
    address: str | None = None
    bus: str | None = None
    managed: bool | None = None
    managed_tap: bool | None = None

    def label(self) -> str:
        """What a message calls it."""
        return (self.alias or "").replace(ALIAS_PREFIX, "", 1) or self.mac or "without a name"


def alias_of(name: str) -> str:
    """The user alias that carries a label; / and . have no place in one."""
    return ALIAS_PREFIX + name.replace("/", "_").replace(".", "_")
