# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where NICs sit in the guest's PCI hierarchy, which is the order in which an appliance counts them."""

from __future__ import annotations

import copy
import itertools
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

ROOT_PORT, PCI_BRIDGE = "pcie-root-port", "pcie-to-pci-bridge"
# Where QEMU can plug a device in and out; on others, such as pcie-root itself, it stays while the domain runs.
HOTPLUG = frozenset({ROOT_PORT, "pcie-switch-downstream-port", "pci-root", "pci-bridge"})
# The controllers of Q35 with slots for conventional PCI devices
CONVENTIONAL = frozenset({PCI_BRIDGE, "pci-bridge", "dmi-to-pci-bridge"})
# The slots of a bus by the model that makes it (virDomainPCIAddressBusSetModel in libvirt's src/conf/domain_addr.c)
SLOTS = {
    "pci-root": range(1, 0x20), "pcie-root": range(1, 0x20), "pci-bridge": range(1, 0x20), PCI_BRIDGE: range(1, 0x20),
    "dmi-to-pci-bridge": range(0x20), ROOT_PORT: range(1), "pcie-switch-downstream-port": range(1),
}
# Where the chipset of a PC is: PIIX3 and ICH9 (qemuDomainValidateDevicePCISlotsPIIX3 and …Q35 in libvirt's
# src/qemu/qemu_domain_address.c)
CHIPSETS = {"pci-root": "0000:00:01.0", "pcie-root": "0000:00:1f.0"}
BEHIND_ALL = 0x100
MOST_BUSES = 0xFF


@dataclass(frozen=True)
class Controller:
    """A PCI controller that the domain is to get.

    :param bus: libvirt's index of it, which is the bus in the addresses of what is behind it
    :param address: its own guest PCI address
    """

    bus: int
    model: str
    address: str

    def describe(self) -> str:
        """What becomes of it, in words."""
        return f"PCI controller {self.bus}: add {self.model} at {self.address}"


@dataclass(frozen=True)
class Topology:
    """The PCI side of a domain without its NICs.

    :param root: pci-root (i440FX: NICs in the slots of bus 0), pcie-root (Q35: each NIC behind a root port of its own,
        conventional ones in the slots of a bridge) or None for a machine without PCI
    :param bridges: bus → the model of the controller that makes it and its own guest PCI address
    :param taken: guest PCI address → the device there
    :param fixed: the buses whose controller has hotplug switched off
    :param shared: the slots, as dddd:bb:ss, whose function 0 lets other functions be found
    :param added: the controllers that it has beyond those of the domain
    """

    root: str | None
    bridges: dict[int, tuple[str, str | None]]
    taken: dict[str, str]
    fixed: frozenset[int] = frozenset()
    shared: frozenset[str] = frozenset()
    added: tuple[Controller, ...] = ()

    def is_known(self) -> bool:
        """Whether it is clear where NICs go."""
        return self.root in ("pci-root", "pcie-root")

    def candidates(self, conventional: bool = False) -> list[str]:
        """Where a NIC can go, whether taken or not, in the guest's order, on the buses that are there.

        Slot 2 of bus 0 is left to the first video device, which libvirt wants there (qemu_domain_address.c).
        """
        if self.root == "pci-root":
            return [f"0000:00:{slot:02x}.0" for slot in range(3, 0x20)]
        if self.root != "pcie-root":
            return []
        models, slots = (CONVENTIONAL, range(1, 0x20)) if conventional else ({ROOT_PORT}, range(1))
        found = [f"0000:{bus:02x}:{slot:02x}.0" for bus, (model, _own) in self.bridges.items() if model in models
                 for slot in slots]
        return sorted(found, key=self.position)

    def holder(self, address: str) -> str | None:
        """The device in the slot of an address: functions of one slot are plugged together."""
        return next((device for taken, device in self.taken.items() if taken[:-2] == address[:-2]), None)

    def model(self, address: str) -> str | None:
        """The model of the controller that makes the bus of an address, None for a bus that is not there."""
        return self.bridges.get(int(address[5:7], 16), (None, None))[0]

    def takes_live(self, address: str) -> bool:
        """Whether a device can be plugged in and out there while the domain runs.

        A controller cannot be plugged in: the running guest must have the one that the address names.
        """
        return self.root is None or (
            self.model(address) in HOTPLUG and int(address[5:7], 16) not in self.fixed and address.endswith(".0"))

    def position(self, address: str) -> tuple[int, ...]:
        """The place of an address in the guest's order: firmware and kernel walk the bridges depth first."""
        bus, slot, function = int(address[5:7], 16), int(address[8:10], 16), int(address[11:])
        if bus == 0:
            return (slot, function)
        own = self.bridges.get(bus, ("", None))[1]
        if own is None or int(own[5:7], 16) >= bus:  # not there yet: libvirt puts it behind those that are
            return (BEHIND_ALL, bus, slot, function)
        return (*self.position(own), slot, function)

    def grown(self, conventional: bool, used: t.Collection[str]) -> t.Iterator[tuple[str, Topology]]:
        """The ways to have one more bus for a NIC, each with its first address; those that add least come first.

        libvirt would add a bus as well, but of the model that it takes for right by itself: for vmxnet3 it makes a
        bridge, on which the address of a root port is not valid.

        :param used: the slots, as dddd:bb:ss, that NICs have
        """
        if self.root != "pcie-root" or len(self.bridges) > MOST_BUSES - 2:
            return
        ported = (self._with(ROOT_PORT, room) for room in self._rooms(used))
        ports = ((f"0000:{place.added[-1].bus:02x}:00.0", place) for place in ported)
        if not conventional:
            yield from ports
            return
        free = ((address, self) for address in self.candidates()
                if self.holder(address) is None and address[:-2] not in used)
        for address, place in itertools.chain(free, ports):
            bridged = place._with(PCI_BRIDGE, address)
            yield f"0000:{bridged.added[-1].bus:02x}:01.0", bridged

    def reaching(self, addresses: t.Iterable[str | None]) -> Topology:
        """It with root ports up to the buses of Q35 that addresses name.

        :raises ValidationError: there is no room for so many
        """
        known = [address for address in addresses if address is not None]
        used, place = {address[:-2] for address in known}, self
        for address in known if self.root == "pcie-root" else ():
            while place.model(address) is None:
                larger = next((found for _first, found in place.grown(False, used)), None)
                if larger is None:
                    raise ValidationError("interfaces", "the guest has no free slots for the root ports that this "
                                          "address needs",
                                          address, "Use an address on a lower bus, or omit address to get the next "
                                          "free one")
                place = larger
        return place

    def _with(self, model: str, address: str) -> Topology:
        """It with one more controller, which has the first number that is free."""
        bus = next(number for number in range(1, MOST_BUSES + 1) if number not in self.bridges)
        return replace(
            self, bridges={**self.bridges, bus: (model, address)}, taken={**self.taken, address: "controller"},
            shared=self.shared | {address[:-2]} if model == ROOT_PORT else self.shared,
            added=(*self.added, Controller(bus, model, address)))

    def _rooms(self, used: t.Collection[str]) -> t.Iterator[str]:
        """Guest addresses for one more root port: next to the last one as libvirt does, then behind it, then anywhere.

        Slot 1 is where libvirt wants the first video device of Q35, and slot 31 has the chipset.
        """
        own = {address for _model, address in self.bridges.values() if address is not None}
        ports = [address for model, address in self.bridges.values()
                 if model == ROOT_PORT and address is not None and address.startswith("0000:00:")]
        last = max(ports, key=self.position, default="0000:00:01.7")
        beside = f"{last[:-1]}{int(last[-1]) + 1}"
        if last[:-2] in self.shared and last[-1] < "7" and beside not in {*self.taken, *own}:
            yield beside
        busy = {address[:-2] for address in (*self.taken, *own)} | set(used)
        free = [slot for slot in (f"0000:00:{number:02x}" for number in range(2, 0x1F)) if slot not in busy]
        yield from (f"{slot}.0" for slot in sorted(free, key=lambda slot: (slot < last[:-2], slot)))


def topology(domain: Element) -> Topology:
    """The topology of a domain's XML."""
    bridges, taken, fixed, shared = {}, {}, set(), set()
    for device in domain.findall("devices/*"):
        address = xml.pci_address(device.find("address"))
        if device.tag == "controller" and device.get("type") == "pci":
            bridges[int(device.get("index", "0"))] = (device.get("model", ""), address)
            if device.find("target[@hotplug='off']") is not None:
                fixed.add(int(device.get("index", "0")))
            if address is not None and device.find("address[@multifunction='on']") is not None:
                shared.add(address[:-2])
        if address is not None and device.tag != "interface":
            taken[address] = device.tag
    root, kind = bridges.get(0, (None, None))[0], domain.find("os/type")
    if root in CHIPSETS and kind is not None and kind.get("arch") == "x86_64":
        taken.setdefault(CHIPSETS[root], "chipset")
    return Topology(root, bridges, taken, frozenset(fixed), frozenset(shared))


def with_controllers(domain: Element, added: t.Sequence[Controller]) -> Element:
    """A domain's XML with more PCI controllers; a root port gets the numbers that libvirt would give it."""
    if not added:
        return domain
    root = copy.deepcopy(domain)
    devices = xml.child(root, "devices")
    taken = {int(target.get("chassis"), 0) for target in devices.findall("controller/target[@chassis]")}
    for controller in added:
        element = xml.etree().SubElement(
            devices, "controller", type="pci", index=str(controller.bus), model=controller.model)
        address = xml.child(element, "address")
        xml.set_pci_address(address, controller.address)
        if controller.model == ROOT_PORT:
            slot, function = int(controller.address[8:10], 16), int(controller.address[11:])
            chassis = next(number for number in (controller.bus, *range(1, MOST_BUSES + 1)) if number not in taken)
            taken.add(chassis)
            address.addprevious(xml.etree().Element("target", chassis=str(chassis), port=f"0x{slot << 3 | function:x}"))
            if function == 0:
                address.set("multifunction", "on")
    return root
