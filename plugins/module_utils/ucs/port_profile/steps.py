# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one change that is made to a port profile: a transaction that UCS Manager makes as a whole or refuses."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.limits import mo_class
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import (
    CLIENT_PROPERTIES,
    PROPERTIES,
    Client,
    Profile,
    Vlan,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.read import FOLDER, dn_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.settings import Change, described

Mo = t.Any
CLASSES = {Vlan: "VnicEtherIf", Client: "VmVnicProfCl"}
EMPTY = Profile("", "", "", "", None, "none", (), ())


@dataclass(frozen=True)
class ChangeProfile(Change[Profile]):
    """A profile that is created, changed or removed."""

    remedy = "Check in the audit log of UCS Manager who has changed the profile in the meantime, and run the task again"

    def describe(self) -> list[str]:
        return described(f"port profile {self.name}", self.before, self.after, EMPTY)

    def apply(self, host: Host) -> None:
        what = f"port profile {self.name}"
        if self.after is None:
            mo = mo_class("VnicProfile")(FOLDER, self.name)
            mo.status = "deleted"
            return self.manager.commit(what, [mo])
        return self.manager.commit(what, list(objects_of(self.name, self.before, self.after)))


def objects_of(name: str, before: Profile | None, after: Profile) -> t.Iterator[Mo]:
    """The objects of the transaction.

    The statuses have UCS Manager refuse it if another writer has made or removed the profile meanwhile. Children that
    are no longer wanted are deleted by name, because those that a transaction does not have stay. The order is such
    that the profile never has two native VLANs.
    """
    there, wanted = children_of(before or Profile()), children_of(after)
    mo = mo_class("VnicProfile")(FOLDER, name, **after.changed(before, PROPERTIES))
    mo.status = "created" if before is None else "modified"
    kept = {(type(child), child.name) for child in wanted}
    for child in there:
        if (type(child), child.name) not in kept:
            removed = mo_class(CLASSES[type(child)])(dn_of(name), child.name)
            removed.status = "deleted"
            yield removed
    for child in sorted(wanted, key=lambda child: isinstance(child, Vlan) and child.native):
        if child not in there:
            child_of(mo, child).status = "created,modified"
    yield mo


def children_of(profile: Profile) -> tuple[Vlan | Client, ...]:
    """Its VLANs and clients."""
    return (*(profile.vlans or ()), *(profile.clients or ()))


def child_of(parent: Mo, child: Vlan | Client) -> Mo:
    """A VLAN or a client as an object below a profile."""
    if isinstance(child, Vlan):
        properties = {"default_net": "yes" if child.native else "no"}
    else:
        properties = {prop: getattr(child, option) for option, prop in CLIENT_PROPERTIES.items()}
    return mo_class(CLASSES[type(child)])(parent, child.name, **properties)
