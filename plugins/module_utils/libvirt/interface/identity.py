# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NIC of the list is which of the domain, and by what each is to be known outside."""

from __future__ import annotations

import hashlib
import itertools
import typing as t
import uuid
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.teaming import team_of, with_mac_of_team

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger

# What libvirt makes up for a virtualport that lacks it, once for the definition and again for the running domain
# (virDomainNetDefParseXML with VIR_VPORT_XML_GENERATE_MISSING_DEFAULTS in its src/conf/domain_conf.c)
MADE_UP = {"802.1Qbg": "instanceid", "openvswitch": "interfaceid"}


def identified(wanted: Interface, nics: t.Sequence[Interface]) -> Interface | None:
    """The NIC that is meant: that of the name, else that of the MAC."""
    return next(iter(_named(wanted, nics) or _of_mac(wanted, nics)), None)


def check_identity(item: Wanted, nics: t.Sequence[Interface], state: str) -> None:
    """Refuse an item that can mean several NICs, or that would give a NIC the name or the MAC of another one.

    :param state: exact, which says of each NIC which name and MAC it has, or present or absent
    :raises ValidationError: names the NICs that can be meant
    """
    named, found = _named(item.interface, nics), _of_mac(item.interface, nics)
    if named and (state == "exact" or not found or named[0] in found):
        return
    if named:
        raise ValidationError(f"{item.subject}.mac", f"its name is that of {_called(named[0])}, but its mac is that of "
                              f"{_called(found[0])}", item.interface.mac, "Set either name or mac; with state: exact "
                              "you can set both to rename a NIC")
    if state == "present" and _is_anothers(item.interface, found):
        raise ValidationError(f"{item.subject}.name", f"{_called(found[0])} has the mac {item.interface.mac}, and only "
                              "state: exact renames a NIC", item.name,
                              f"Set name: {found[0].label()}, or list all NICs with state: exact")
    if len(found) > 1 and not (state == "absent" and _is_anothers(item.interface, found)):
        raise ValidationError(f"{item.subject}.mac", f"{' and '.join(map(_called, found))} have this MAC",
                              item.interface.mac, "Set the name of the NIC, or its guest PCI address as address")


def leaving(item: Wanted, nics: t.Sequence[Interface]) -> Wanted:
    """An item of state absent: where a NIC of another name has its MAC, only the name tells the one that is to go."""
    if _is_anothers(item.interface, _of_mac(item.interface, nics)):
        return replace(item, interface=replace(item.interface, mac=None))
    return item


def _is_anothers(wanted: Interface, found: t.Sequence[Interface]) -> bool:
    return wanted.alias is not None and bool(found) and found[0].alias not in (None, wanted.alias)


def _named(wanted: Interface, nics: t.Sequence[Interface]) -> list[Interface]:
    return [nic for nic in nics if wanted.alias is not None and nic.alias == wanted.alias]


def _of_mac(wanted: Interface, nics: t.Sequence[Interface]) -> list[Interface]:
    """Those of the MAC, as far as the guest address and the name tell them apart: one without a name may get it."""
    found = [nic for nic in nics if wanted.mac is not None and nic.mac == wanted.mac]
    if team_of(wanted).type:  # the other NIC of its team has the same MAC
        found = [nic for nic in found if team_of(nic).type in (None, team_of(wanted).type)]
    found = [nic for nic in found if wanted.address is not None and nic.address == wanted.address] or found
    return [nic for nic in found if wanted.alias is not None and nic.alias is None] or found


def _called(nic: Interface) -> str:
    name = f"NIC {nic.label()}" if nic.alias else f"the {nic.type} NIC without a name"
    return name if nic.address is None else f"{name} (address {nic.address})"


def generated_mac(domain: str, label: str, used: t.Collection[str | None]) -> str:
    """A MAC in QEMU's range that the same domain (its UUID) and label give again, stepped past those in use."""
    for attempt in itertools.count():
        digest = hashlib.sha256(f"{domain}/{label}/{attempt}".encode()).hexdigest()
        mac = f"52:54:00:{digest[0:2]}:{digest[2:4]}:{digest[4:6]}"
        if mac not in used:
            return mac
    raise AssertionError  # count() does not end


def with_identities(wanted: t.Sequence[Wanted], nics: t.Sequence[Interface], domain: str, ledger: Ledger,
                    ) -> list[Wanted]:
    """The list with what each NIC is to be known by outside, and has not yet: its MAC and the UUID of its virtualport.

    :param nics: those of the definition, then those of the running domain
    :param domain: its UUID
    """
    given = {item.interface.mac for item in wanted} - {None}
    found: list[Wanted] = []
    for number, item in enumerate(wanted):
        follows = team_of(item.interface).type == "transient"
        if item.interface.mac is None and not follows and identified(item.interface, nics) is None:
            label = item.interface.alias or str(number)  # one without a name is known by its place in the list
            used = given | {entry.mac for entry in ledger} | {nic.mac for nic in nics if item.interface.alias}
            mac = generated_mac(domain, label, used)
            item = replace(item, interface=replace(item.interface, mac=mac), generated=True)
        found.append(item)
    return [_with_uuid(item, identified(item.interface, nics), domain) for item in with_mac_of_team(found, nics)]


def _with_uuid(item: Wanted, current: Interface | None, domain: str) -> Wanted:
    """The item with a UUID for its virtualport, one that the same domain and NIC give again."""
    port = item.interface.virtualport
    made_up = None if port is None else MADE_UP.get(port.type or "")
    if port is None or made_up is None:
        return item
    kept = port.over(None if current is None else current.virtualport)
    if getattr(kept, made_up) is not None:
        return item
    label = item.interface.alias or item.interface.mac
    made: dict[str, t.Any] = {made_up: str(uuid.uuid5(uuid.UUID(domain), f"{made_up}/{label}"))}
    return replace(item, interface=replace(item.interface, virtualport=replace(port, **made)))
