# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which guest PCI address each NIC of a list gets."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import MOST_BUSES, SLOTS, Topology

Addresses = list[t.Optional[str]]


@dataclass(frozen=True)
class Seat:
    """A NIC that needs an address: the one that is asked for, and the one that it has.

    :param conventional: whether it is a conventional PCI device, which a root port of Q35 does not take
    """

    subject: str
    explicit: str | None
    current: str | None
    conventional: bool = False


def in_order(seats: t.Sequence[Seat], place: Topology) -> tuple[Addresses, Topology]:
    """Guest PCI addresses that ascend in the order of the list, and the topology that has them.

    Addresses that NICs have stay if the list can be ordered so; else all but the explicit ones are assigned again.

    :raises ValidationError: the explicit ones do not ascend, are taken, or leave too little room
    """
    kept = [seat.explicit or seat.current for seat in seats]
    if not place.is_known():
        return kept, place
    _check_explicit(seats, place)
    wide = place.reaching(kept)
    free = all(address is None or address == seat.current or wide.holder(address) is None
               for address, seat in zip(kept, seats))
    if free and _ascend([address for address in kept if address is not None], wide):
        filled, wide = _filled(seats, kept, wide)
        if None not in filled:
            return filled, wide
    explicit = [seat.explicit for seat in seats]
    filled, wide = _filled(seats, explicit, place.reaching(explicit))
    if None in filled:
        seat = seats[filled.index(None)]
        raise ValidationError(seat.subject, "there is no free guest PCI address at its position in the list",
                              remedy="Set addresses that leave free slots between them, or remove a NIC")
    return filled, wide


def appended(seats: t.Sequence[Seat], place: Topology) -> tuple[Addresses, Topology]:
    """Guest PCI addresses where those that NICs have stay, and new NICs come behind them, with the topology then.

    :raises ValidationError: an explicit one is taken
    """
    found = [seat.explicit or seat.current for seat in seats]
    if not place.is_known():
        return found, place
    _check_explicit(seats, place)
    place = place.reaching(found)
    for number, seat in enumerate(seats):
        if found[number] is not None:
            continue
        used = [address for address in found if address is not None]
        last = max(map(place.position, used), default=())
        for behind in (last, ()):
            if found[number] is None:
                found[number], place = _placed(seat, place, used, behind, None)
        if found[number] is None:
            raise ValidationError(seat.subject, "the guest has no free PCI address", remedy="Remove another device "
                                  "from the domain")
    return found, place


def _check_explicit(seats: t.Sequence[Seat], place: Topology) -> None:
    for seat in seats:
        if seat.explicit in (None, seat.current):
            continue
        subject, holder = f"{seat.subject}.address", place.holder(seat.explicit)
        if holder is not None:
            raise ValidationError(subject, f"a {holder} of the domain already has this address", seat.explicit,
                                  "Take a free address, or none for the next free one")
        bus, slot, model = int(seat.explicit[5:7], 16), int(seat.explicit[8:10], 16), place.model(seat.explicit)
        if model is None and place.root == "pcie-root" and (slot or bus >= MOST_BUSES):
            raise ValidationError(subject, f"the domain has no PCI controller {bus}, and a new one would be a root "
                                  "port, which has only slot 00",
                                  seat.explicit, "Use an address on an existing controller, or omit address to get the "
                                  "next free one")
        model = model or ("pci-bridge" if place.root == "pci-root" else None)  # the model of a new one
        if model in SLOTS and slot not in SLOTS[model]:
            raise ValidationError(subject, f"PCI controller {bus} of the domain is a {model}, which does not have this "
                                  "slot",
                                  seat.explicit, "Take a free address, or none for the next free one")


def _ascend(addresses: t.Sequence[str], place: Topology) -> bool:
    positions = [place.position(address) for address in addresses]
    return all(before < after for before, after in zip(positions, positions[1:]))


def _filled(seats: t.Sequence[Seat], fixed: Addresses, place: Topology) -> tuple[Addresses, Topology]:
    """Fill the gaps between fixed addresses with the first free ones; what finds no room stays None.

    :raises ValidationError: the fixed ones do not ascend
    """
    known = [address for address in fixed if address is not None]
    if not _ascend(known, place):
        raise ValidationError("interfaces", "the explicit addresses do not ascend in the order of the list", known,
                              "Put the NICs in the order of their addresses, or omit an address")
    found, last = list(fixed), t.cast("tuple[int, ...]", ())
    for number, address in enumerate(fixed):
        if address is None:
            following = next((place.position(other) for other in fixed[number:] if other is not None), None)
            used = [other for other in (*fixed, *found[:number]) if other is not None]
            address, place = _placed(seats[number], place, used, last, following)
            found[number] = address
        if address is not None:
            last = place.position(address)
    return found, place


def _placed(seat: Seat, place: Topology, used: t.Sequence[str], behind: tuple[int, ...],
            before: tuple[int, ...] | None) -> tuple[str | None, Topology]:
    """The first free address between two positions, and the topology that has it: one that is there, if any is free.

    :param used: the addresses that NICs have
    """
    slots = {address[:-2] for address in used}
    there = ((address, place) for address in place.candidates(seat.conventional)
             if place.holder(address) is None and address[:-2] not in slots)
    for address, where in itertools.chain(there, place.grown(seat.conventional, slots)):
        position = where.position(address)
        if position > behind and (before is None or position < before):
            return address, where
    return None, place
