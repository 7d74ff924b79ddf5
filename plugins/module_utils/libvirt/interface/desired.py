# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs that a domain is to have, with their guest addresses, and what they cannot have together."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import ROOT_PORT, Topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_seats import Addresses, Seat, appended, in_order
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.identity import identified
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import overlaid
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.rules import check_whole
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.teaming import are_a_team, check_teams

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# QEMU's NIC models with PCI Express (INTERFACE_PCIE_DEVICE in its hw/); all others are conventional PCI devices.
EXPRESS = frozenset({"virtio", "virtio-non-transitional", "e1000e", "igb", "vmxnet3"})
# What no two NICs of a domain have alike, by what messages call it
CONFLICTS = {"mac": "mac", "source_vf": "source", "boot_order": "boot_order", "alias": "name", "address": "address",
             "target_dev": "target_dev"}


@dataclass(frozen=True)
class Nic:
    """A NIC that the domain is to have.

    :param subject: what messages call it
    :param before: it in the persistent definition, None for a new one
    """

    subject: str
    before: Interface | None
    after: Interface


def desired_nics(state: str, wanted: t.Sequence[Wanted], nics: t.Sequence[Interface],
                 running: t.Sequence[Interface], place: Topology) -> tuple[list[Nic], Topology]:
    """All NICs that the domain is to have, with their guest addresses, and the topology that has these.

    :param wanted: the list, with MACs
    :param nics: the NICs of the persistent definition
    :param running: those of the running domain
    :raises ValidationError: the list is not valid for this domain
    """
    pairs = [(item, identified(item.interface, nics)) for item in wanted]
    if state == "absent":
        gone = [current for _item, current in pairs]
        return [Nic(nic.label(), nic, nic) for nic in nics if nic not in gone], place
    _check_pairs(pairs)
    listed = [_nic(item, current, running) for item, current in pairs]
    if state == "exact":
        return _seated(listed, wanted, place, in_order)
    by_current = {nic.before: nic for nic in listed if nic.before is not None}
    others = [by_current.get(nic, Nic(f"NIC {nic.label()}", nic, nic)) for nic in nics]
    explicit = {nic.subject: item for nic, item in zip(listed, wanted)}
    final = others + [nic for nic in listed if nic.before is None]
    return _seated(final, [explicit.get(nic.subject) for nic in final], place, appended)


def excludes(nic: Interface, other: Interface, below: t.Mapping[str, str]) -> bool:
    """Whether one of two NICs needs for itself what the other one is put on, too.

    :param below: the PCI address of the VF by its netdev, for those that macvtaps are on
    """
    device = _device(nic, below)
    alone = any(one.source_vf is not None or one.source_mode == "passthrough" for one in (nic, other))
    return device is not None and device == _device(other, below) and alone


def _device(nic: Interface, below: t.Mapping[str, str]) -> str | None:
    if nic.source_vf is not None or nic.source_dev is None or nic.type != "direct":
        return nic.source_vf
    return below.get(nic.source_dev, nic.source_dev)


def check_conflicts(nics: t.Sequence[Nic], ledger: Ledger, below: t.Mapping[str, str]) -> None:
    """Refuse what is there twice: in the domain any of CONFLICTS or a device of the host, on the host a MAC.

    :param below: as for excludes()
    :raises ValidationError: two NICs of the domain have one of them alike, or are no team, or another has the MAC
    """
    check_teams(nics)
    for field, parameter in CONFLICTS.items():
        seen: dict[str, Nic] = {}
        for nic in nics:
            value = getattr(nic.after, field)
            if value and value in seen and (_changes(nic, field) or _changes(seen[value], field)) \
                    and not (field == "mac" and are_a_team(nic.after, seen[value].after)):
                new, other = (nic, seen[value]) if _changes(nic, field) else (seen[value], nic)
                raise ValidationError(f"{new.subject}.{parameter}", f"{other.subject} already has it", value,
                                      "Set another one, or remove the other NIC")
            seen[value] = nic
    for first, second in itertools.combinations(nics, 2):
        new, other = (second, first) if _changes(second, "source_vf", "source_dev", "source_mode") else (first, second)
        if excludes(first.after, second.after, below) and _changes(new, "source_vf", "source_dev", "source_mode"):
            raise ValidationError(f"{new.subject}.source", f"{other.subject} uses the same device of the host, and one "
                                  "of the two NICs needs it exclusively", new.after.source_vf or new.after.source_dev,
                                  "Use another device, or remove the other NIC")
    for nic in nics:
        for entry in ledger:
            if nic.after.mac and nic.after.mac == entry.mac and _changes(nic, "mac"):
                raise ValidationError(f"{nic.subject}.mac", f"domain {entry.domain} already has this MAC",
                                      nic.after.mac,
                                      "Set another one, or omit mac to have one created")


def check_domain(nics: t.Sequence[Nic], definition: Element) -> None:
    """Refuse what the rest of the domain does not go with; libvirt would do so when it is defined.

    :param definition: the persistent XML of the domain
    :raises ValidationError: it has a boot order as a whole, another device has that of a NIC, or it keeps its memory
        for itself
    """
    orders = {device.find("boot").get("order"): device.tag for device in definition.findall("devices/*[boot]")
              if device.tag != "interface"}
    for nic in nics:
        if nic.after.boot_order is not None and definition.find("os/boot") is not None:
            raise ValidationError(
                f"{nic.subject}.boot_order", "the <os> element of the domain has <boot>, which excludes a boot order "
                "of devices",
                nic.after.boot_order, "Replace it by <boot order='1'/> of a disk, in the xml of nfv.kvm.vm_domain")
        if str(nic.after.boot_order) in orders and _changes(nic, "boot_order"):
            raise ValidationError(
                f"{nic.subject}.boot_order", f"a {orders[str(nic.after.boot_order)]} of the domain already has it",
                nic.after.boot_order, "Set another one")
        if nic.after.type == "vhostuser" and _changes(nic, "type") and not shares_memory(definition):
            raise ValidationError(
                f"{nic.subject}.type", "the domain does not share its memory, which a user-space switch must access",
                nic.after.type, "Add <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking> to "
                "the xml of nfv.kvm.vm_domain")


def shares_memory(definition: Element) -> bool:
    """Whether all of a guest's memory can be shared (qemuValidateDomainDefVhostUserRequireSharedMemory in libvirt's
    src/qemu/qemu_validate.c)."""
    access = definition.find("memoryBacking/access")
    default = None if access is None else access.get("mode")
    cells = definition.findall("cpu/numa/cell")
    return all(cell.get("memAccess", default) == "shared" for cell in cells) if cells else default == "shared"


def _changes(nic: Nic, *fields: str) -> bool:
    before = nic.before
    return before is None or any(getattr(before, field) != getattr(nic.after, field) for field in fields)


def _check_pairs(pairs: t.Sequence[tuple[Wanted, Interface | None]]) -> None:
    seen: dict[Interface, Wanted] = {}
    for item, current in pairs:
        if current is not None and current in seen:
            raise ValidationError(item.subject, f"it refers to NIC {current.mac}, as does {seen[current].subject}: one "
                                  "by its name and one by its MAC", remedy="Set both name and mac in one item")
        if current is not None:
            seen[current] = item


def _nic(item: Wanted, current: Interface | None, running: t.Sequence[Interface]) -> Nic:
    """The NIC of an item; one that only the running domain has gives what the item leaves open."""
    after = overlaid(current or identified(item.interface, running) or Interface(), item.interface)
    if after.type is None:
        called = item.name or (None if item.generated else item.interface.mac)
        raise ValidationError(f"{item.subject}.type", f"the domain has no NIC{f' {called}' if called else ''} yet, and "
                              "a new NIC needs a type", remedy="Set type and source")
    check_whole(item.subject, after, current)
    return Nic(item.subject, current, after)


def _seated(nics: t.Sequence[Nic], wanted: t.Sequence[Wanted | None], place: Topology,
            seat: t.Callable[[t.Sequence[Seat], Topology], tuple[Addresses, Topology]]) -> tuple[list[Nic], Topology]:
    """The NICs with guest PCI addresses, but for those on another bus, and the topology that has these."""
    seats = [_seat(nic, None if item is None else item.interface.address, place) for nic, item in zip(nics, wanted)
             if nic.after.bus is None]
    found, place = seat(seats, place)
    addresses = iter(found)
    return [nic if nic.after.bus is not None else replace(nic, after=replace(nic.after, address=next(addresses)))
            for nic in nics], place


def _seat(nic: Nic, explicit: str | None, place: Topology) -> Seat:
    """What the address of a NIC depends on; one that becomes a conventional PCI device leaves its root port."""
    current = nic.after.address if explicit is None else _address(nic.before)
    conventional = nic.after.model is not None and nic.after.model not in EXPRESS
    if conventional and current is not None and place.model(current) == ROOT_PORT and _changes(nic, "model"):
        current = None
    return Seat(nic.subject, explicit, current, conventional)


def _address(nic: Interface | None) -> str | None:
    return None if nic is None else nic.address
