# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where NICs sit in the guest's PCI hierarchy, which is the order in which an appliance counts them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

ROOT_PORT = "pcie-root-port"
# Where QEMU can plug a device in and out; on others, such as pcie-root itself, it stays while the domain runs.
HOTPLUG = frozenset({ROOT_PORT, "pcie-switch-downstream-port", "pci-root", "pci-bridge"})
BEHIND_ALL = 0x100


@dataclass(frozen=True)
class Topology:
    """The PCI side of a domain without its NICs.

    :param root: pci-root (i440FX: NICs in the slots of bus 0), pcie-root (Q35: each NIC behind a root port of its own)
        or None for a machine without PCI
    :param bridges: bus → the model of the controller that makes it and its own guest PCI address
    :param taken: guest PCI address → the device there
    :param fixed: the buses whose controller has hotplug switched off
    """

    root: str | None
    bridges: dict[int, tuple[str, str | None]]
    taken: dict[str, str]
    fixed: frozenset[int] = frozenset()

    def candidates(self) -> list[str]:
        """Where a NIC can go, whether taken or not, in the guest's order.

        Slot 2 of bus 0 is left to the first video device, which libvirt wants there (qemu_domain_address.c). On Q35
        libvirt makes the root ports up to the bus that an address names, so buses without one are candidates too.
        """
        if self.root == "pci-root":
            return [f"0000:00:{slot:02x}.0" for slot in range(3, 0x20)]
        if self.root == "pcie-root":
            buses = [bus for bus in range(1, 0xFF) if self.bridges.get(bus, (ROOT_PORT, None))[0] == ROOT_PORT]
            return sorted((f"0000:{bus:02x}:00.0" for bus in buses), key=self.position)
        return []

    def holder(self, address: str) -> str | None:
        """The device in the slot of an address: functions of one slot are plugged together."""
        return next((device for taken, device in self.taken.items() if taken[:-2] == address[:-2]), None)

    def takes_live(self, address: str) -> bool:
        """Whether a device can be plugged in and out there while the domain runs.

        A controller cannot be plugged in: the running guest must have the one that the address names.
        """
        bus = int(address[5:7], 16)
        return self.root is None or (
            self.bridges.get(bus, ("", None))[0] in HOTPLUG and bus not in self.fixed and address.endswith(".0"))

    def position(self, address: str) -> tuple[int, ...]:
        """The place of an address in the guest's order: firmware and kernel walk the bridges depth first."""
        bus, slot, function = int(address[5:7], 16), int(address[8:10], 16), int(address[11:])
        if bus == 0:
            return (slot, function)
        own = self.bridges.get(bus, ("", None))[1]
        if own is None or int(own[5:7], 16) >= bus:  # not there yet: libvirt puts it behind those that are
            return (BEHIND_ALL, bus, slot, function)
        return (*self.position(own), slot, function)


@dataclass(frozen=True)
class Seat:
    """A NIC that needs an address: the one that is asked for, and the one that it has."""

    subject: str
    explicit: str | None
    current: str | None


def topology(domain: Element) -> Topology:
    """The topology of a domain's XML."""
    bridges, taken, fixed = {}, {}, set()
    for device in domain.findall("devices/*"):
        address = xml.pci_address(device.find("address"))
        if device.tag == "controller" and device.get("type") == "pci":
            bridges[int(device.get("index", "0"))] = (device.get("model", ""), address)
            if device.find("target[@hotplug='off']") is not None:
                fixed.add(int(device.get("index", "0")))
        if address is not None and device.tag != "interface":
            taken[address] = device.tag
    return Topology(bridges.get(0, (None, None))[0], bridges, taken, frozenset(fixed))


def in_order(seats: t.Sequence[Seat], place: Topology) -> list[str | None]:
    """Guest PCI addresses that ascend in the order of the list.

    Addresses that NICs have stay if the list can be ordered so; else all but the explicit ones are given anew.

    :raises ValidationError: the explicit ones do not ascend, are taken, or leave too little room
    """
    if not place.candidates():
        return [seat.explicit or seat.current for seat in seats]
    _check_explicit(seats, place)
    kept = [seat.explicit or seat.current for seat in seats]
    known = [address for address in kept if address is not None]
    free = all(address is None or address == seat.current or place.holder(address) is None
               for address, seat in zip(kept, seats))
    if _ascend(known, place) and free:
        filled = _fill(kept, place)
        if None not in filled:
            return filled
    filled = _fill([seat.explicit for seat in seats], place)
    if None in filled:
        seat = seats[filled.index(None)]
        raise ValidationError(seat.subject, "there is no free guest PCI address at its place in the list",
                              remedy="Give explicit addresses that leave room, or fewer NICs")
    return filled


def appended(seats: t.Sequence[Seat], place: Topology) -> list[str | None]:
    """Guest PCI addresses where those that NICs have stay, and new NICs come behind them.

    :raises ValidationError: an explicit one is taken
    """
    if not place.candidates():
        return [seat.explicit or seat.current for seat in seats]
    _check_explicit(seats, place)
    found = [seat.explicit or seat.current for seat in seats]
    for number, seat in enumerate(seats):
        if found[number] is not None:
            continue
        used = {address[:-2] for address in found if address is not None}
        last = max((place.position(address) for address in found if address is not None), default=())
        free = [address for address in place.candidates()
                if place.holder(address) is None and address[:-2] not in used]
        behind = [address for address in free if place.position(address) > last]
        if not free:
            raise ValidationError(seat.subject, "the guest has no free PCI address", remedy="Remove another device")
        found[number] = (behind or free)[0]
    return found


def _check_explicit(seats: t.Sequence[Seat], place: Topology) -> None:
    for seat in seats:
        if seat.explicit in (None, seat.current):
            continue
        holder = place.holder(seat.explicit)
        if holder is not None:
            raise ValidationError(f"{seat.subject}.address", f"a {holder} of the domain is there", seat.explicit,
                                  "Take a free address, or none for the next free one")


def _ascend(addresses: t.Sequence[str], place: Topology) -> bool:
    positions = [place.position(address) for address in addresses]
    return all(before < after for before, after in zip(positions, positions[1:]))


def _fill(fixed: list[str | None], place: Topology) -> list[str | None]:
    """Fill the gaps between fixed addresses with the first free ones; what finds no room stays None.

    :raises ValidationError: the fixed ones do not ascend
    """
    known = [address for address in fixed if address is not None]
    if not _ascend(known, place):
        raise ValidationError("interfaces", "the explicit addresses do not ascend in the order of the list", known,
                              "Order the list as the guest is to count its NICs, or remove an address")
    used = {address[:-2] for address in known}
    free = [address for address in place.candidates()
            if place.holder(address) is None and address[:-2] not in used]
    found, last = list(fixed), t.cast("tuple[int, ...]", ())
    for number, address in enumerate(fixed):
        if address is None:
            following = next((other for other in fixed[number:] if other is not None), None)
            address = next((other for other in free if place.position(other) > last and (
                following is None or place.position(other) < place.position(following))), None)
            found[number] = address
        if address is not None:
            last = place.position(address)
    return found
