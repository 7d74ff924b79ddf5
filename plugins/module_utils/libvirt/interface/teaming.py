# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams: a persistent NIC and a VF with the same MAC, which the guest takes for one (virtio's failover)."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import ALIAS_PREFIX, Interface, Teaming
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import Nic


def team_of(nic: Interface) -> Teaming:
    """The part that a NIC has in a team."""
    return nic.teaming or Teaming()


def are_a_team(one: Interface, other: Interface) -> bool:
    """Whether two NICs are the two of one team."""
    return any(team_of(first).type == "transient" and team_of(first).persistent == second.alias
               for first, second in ((one, other), (other, one)))


def with_mac_of_team(wanted: t.Sequence[Wanted], nics: t.Sequence[Interface]) -> list[Wanted]:
    """The list, where a transient NIC without a MAC gets that of the persistent one, if it is known already.

    :param nics: the NICs of the persistent definition, then those of the running domain
    """
    macs = {nic.alias: nic.mac for nic in reversed(nics)}
    macs.update({item.interface.alias: item.interface.mac for item in wanted if item.interface.mac})
    found = []
    for item in wanted:
        mac = macs.get(team_of(item.interface).persistent) if team_of(item.interface).persistent else None
        if item.interface.mac is None and mac is not None:
            item = replace(item, interface=replace(item.interface, mac=mac))
        found.append(item)
    return found


def check_teams(nics: t.Sequence[Nic]) -> None:
    """Refuse teams that libvirt would take, and the guest would not. Those that the domain has already stay.

    :raises ValidationError: a transient NIC names no persistent one of the domain, or has another MAC
    """
    known = {nic.after.alias: nic.after for nic in nics if nic.after.alias is not None}
    changed = {nic.after.alias for nic in nics if _part(nic.after) != _part(nic.before)}
    taken: dict[str, str] = {}
    for nic in nics:
        partner = team_of(nic.after).persistent
        if partner is None or not {nic.after.alias, partner} & changed:
            continue
        subject, name = f"{nic.subject}.teaming.persistent", partner.replace(ALIAS_PREFIX, "", 1)
        other = known.get(partner)
        if other is None:
            raise ValidationError(subject, "the domain has no NIC of this name", name,
                                  "Set persistent to the name of the persistent NIC")
        if team_of(other).type != "persistent":
            raise ValidationError(subject, "this NIC is not the persistent one of a team", name,
                                  "Set teaming with type: persistent for it")
        if partner in taken:
            raise ValidationError(subject, f"{taken[partner]} is already in a team with it", name,
                                  "Use another persistent NIC for this VF")
        if other.mac != nic.after.mac:
            raise ValidationError(f"{nic.subject}.mac", f"the two NICs of a team need the same MAC, and {name} has "
                                  f"{other.mac}", nic.after.mac, "Set the same mac for both, or omit mac for this one")
        taken[partner] = nic.subject


def _part(nic: Interface | None) -> tuple[object, ...] | None:
    """What makes a NIC the one that it is in a team."""
    return None if nic is None else (nic.alias, nic.mac, team_of(nic))
