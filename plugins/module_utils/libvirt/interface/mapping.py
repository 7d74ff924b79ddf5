# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which attribute of a NIC is where in libvirt's XML: one row of ROWS for each."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import places as own
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import (
    VIRTIO,
    Filterref,
    Interface,
    Teaming,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import places, rows
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Row
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

HOSTDEV, BRIDGE, NETWORK, DIRECT = (frozenset({name}) for name in ("hostdev", "bridge", "network", "direct"))
ETHERNET, USER, VDPA, VHOSTUSER = (frozenset({name}) for name in ("ethernet", "user", "vdpa", "vhostuser"))
TAP = BRIDGE | NETWORK | ETHERNET
EMULATED = TAP | DIRECT | USER | VDPA | VHOSTUSER
# The one model that is not on PCI (QEMU's hw/usb/dev-network.c)
USB_NET = "usb-net"
# libvirt does not update NICs of the other types, whatever it is (qemuDomainChangeNet in src/qemu/qemu_hotplug.c).
UPDATED = TAP | DIRECT | USER


@dataclass(frozen=True)
class NicRow(Row):
    """An attribute of a NIC.

    :param initial: what a new NIC gets when it is not given
    :param live: whether libvirt can change it in a running domain (qemuDomainChangeNet in src/qemu/qemu_hotplug.c)
    :param runs: whether a running domain works otherwise with another value
    :param stays: whether a NIC of another type, which is connected otherwise, keeps it
    """

    initial: t.Any = None
    live: bool = False
    runs: bool = True
    stays: bool = True

    @property
    def parameter(self) -> str:
        """What messages and ``changes`` call it: the option with those below it."""
        return self.option.partition(".")[0]

    def updates(self, after: Interface, live: Interface) -> bool:
        """Whether libvirt can make a running NIC so in this."""
        kind = live.type if live.source_vf is None else "hostdev"
        # A port of an Open vSwitch is not moved to another bridge. A macvtap of a network keeps its limits: libvirt
        # 11.3 takes others without an error, and does nothing.
        fixed = (self.field == "source_bridge" and (after.switch or live.switch)) or (
            self.parameter == "bandwidth" and live.became == "direct")
        return self.live and self.of(kind) and kind in UPDATED and not fixed


ROWS = (
    NicRow("type", "type", own.interface_type()),
    NicRow("became", "type", own.became(), NETWORK, asked=False, runs=False, stays=False),
    NicRow("managed", "managed", places.yes_no("@managed"), HOSTDEV, default=False, initial=True, stays=False),
    NicRow("alias", "name", own.user_alias(), runs=False),
    NicRow("mac", "mac", places.text("mac/@address", str.lower)),
    NicRow("source_vf", "source.pci_address", own.pci("source/address"), HOSTDEV, stays=False),
    NicRow("source_bridge", "source.bridge", places.text("source/@bridge"), BRIDGE, live=True, stays=False),
    NicRow("source_network", "source.network", places.text("source/@network"), NETWORK, stays=False),
    NicRow("source_portgroup", "source.portgroup", places.text("source/@portgroup"), NETWORK, default="", stays=False),
    NicRow("source_dev", "source.dev", places.text("source/@dev"), DIRECT | VDPA, stays=False),
    NicRow("source_mode", "source.mode", places.text("source/@mode"), DIRECT | VHOSTUSER, initial="vepa", stays=False),
    NicRow("source_path", "source.path", own.socket_path(), VHOSTUSER, stays=False),
    NicRow("target_dev", "target_dev", own.target_dev(), TAP | DIRECT, default=""),
    NicRow("managed_tap", "managed", places.yes_no("target/@managed"), ETHERNET, default=True, asked=False),
    NicRow("virtualport", "virtualport", places.virtualport(), BRIDGE | NETWORK | DIRECT | HOSTDEV,
           default=Virtualport(), stays=False),
    NicRow("vlan", "vlan", places.vlan(), BRIDGE | NETWORK | DIRECT | HOSTDEV, default=Vlan(), stays=False),
    NicRow("model", "model", places.text("model/@type"), EMULATED, initial="virtio"),
    NicRow("driver_name", "driver.name", places.text("driver/@name"), EMULATED),
    # libvirt writes no single queue down (src/conf/domain_conf.c; seen with 11.3).
    NicRow("driver_queues", "driver.queues", places.number("driver/@queues"), EMULATED, default=1),
    NicRow("driver_rx_queue_size", "driver.rx_queue_size", places.number("driver/@rx_queue_size"), EMULATED),
    NicRow("driver_tx_queue_size", "driver.tx_queue_size", places.number("driver/@tx_queue_size"), EMULATED),
    NicRow("driver_iommu", "driver.iommu", places.on_off("driver/@iommu"), EMULATED),
    NicRow("driver_ats", "driver.ats", places.on_off("driver/@ats"), EMULATED),
    NicRow("driver_packed", "driver.packed", places.on_off("driver/@packed"), EMULATED),
    NicRow("inbound", "bandwidth.inbound", places.rate("inbound"), TAP | DIRECT, default=Rate(), live=True),
    NicRow("outbound", "bandwidth.outbound", places.rate("outbound"), TAP | DIRECT, default=Rate(), live=True),
    NicRow("filterref", "filterref", own.filterref(), TAP, default=Filterref(), live=True),
    NicRow("trust_guest_rx_filters", "trust_guest_rx_filters", places.yes_no("@trustGuestRxFilters"), TAP | DIRECT,
           default=False),
    # vhostuser could have it, but libvirt 11.3 then does not start: "Cannot set interface MTU on ''".
    NicRow("mtu", "mtu", places.number("mtu/@size"), TAP),
    NicRow("link_state", "link_state", places.text("link/@state"), EMULATED, default="up", live=True),
    NicRow("boot_order", "boot_order", places.number("boot/@order")),
    NicRow("teaming", "teaming", own.teaming(), default=Teaming()),
    NicRow("address", "address", own.pci("address")),
    NicRow("bus", "address", own.other_bus(), asked=False),
)
SOURCES = tuple(row for row in ROWS if row.parameter == "source")
# Another value of one of the others never has a NIC connected again.
CONNECTING = tuple(row for row in ROWS if row.parameter not in ("name", "link_state", "boot_order", "address"))
DRIVER = tuple(row for row in ROWS if row.parameter == "driver")


def read_interface(nic: Element) -> Interface:
    """A NIC from its ``<interface>``; a type that the module does not make is read as far as it is like the others."""
    return Interface(**rows.meanings(rows_of(own.interface_type().read(nic)), nic))


def rows_of(kind: str | None) -> list[NicRow]:
    """The rows that a NIC of this type has."""
    return [row for row in ROWS if row.of(kind)]


def overlaid(base: Interface, wanted: Interface) -> Interface:
    """A NIC with all that ``wanted`` manages; one that is new or of another type gets what its type has at first."""
    kind = wanted.type or base.type
    values = {}
    for row in ROWS:
        value = getattr(wanted, row.field)
        if value is None and row.of(kind):
            value = getattr(base, row.field) if kind == base.type or row.stays else None
            if value is None and kind != base.type:
                value = row.default if row.initial is None else row.initial
        values[row.field] = value
    if kind in ETHERNET and wanted.managed is not None:
        values.update(managed=None, managed_tap=wanted.managed)
    if wanted.virtualport is not None and kind == base.type:
        values["virtualport"] = wanted.virtualport.over(base.virtualport)
    if values["model"] not in VIRTIO:
        # libvirt has no driver options for the other models, and drops those that are there.
        values.update({row.field: row.meant(wanted) if row.of(kind) else None for row in DRIVER})
    if values["model"] == USB_NET:
        values.update(address=wanted.address, bus=values["bus"] or "usb")
    elif wanted.address is not None or values["model"] != base.model:
        values["bus"] = None
    return Interface(**values)


def write_interface(wanted: Interface, current: Element | None) -> Element:
    """The ``<interface>`` of a NIC; what no row knows of a current one stays, unless it changes its type.

    A current element is not touched: a new one is returned.
    """
    nic = xml.etree().Element("interface", type=wanted.type)
    if current is not None and read_interface(current).type == wanted.type:
        nic = xml.parse(xml.serialise(current), "interface")
    before = read_interface(nic)
    rows.write(rows_of(wanted.type), nic, wanted, before)
    if wanted.model not in VIRTIO and wanted.type in EMULATED and wanted.model != before.model:
        xml.remove(nic, "driver")
    return nic
