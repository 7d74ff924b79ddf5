# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one change that is made to a port profile: a transaction that UCS Manager makes as a whole or refuses."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, fields

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.limits import mo_class
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import (
    CLIENT_PROPERTIES,
    PROPERTIES,
    Client,
    Profile,
    Vlan,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.read import FOLDER, dn_of
from ansible_collections.nfv.kvm.plugins.module_utils.values import words

Mo = t.Any
CLASSES = {Vlan: "VnicEtherIf", Client: "VmVnicProfCl"}
EMPTY = Profile("", "", "", "", None, "none", (), ())


@dataclass(frozen=True)
class ChangeProfile:
    """A profile that is made, changed or removed.

    :param before: None for one that is made
    :param after: None for one that is removed
    """

    name: str
    before: Profile | None
    after: Profile | None
    manager: UcsManager = field(repr=False, compare=False)
    remedy = "See the audit log of UCS Manager for who has changed the profile meanwhile, and run this again"

    def describe(self) -> list[str]:
        subject = f"port profile {self.name}"
        if self.after is None:
            return [f"{subject}: removed"]
        lines = [f"{subject}: created"] if self.before is None else []
        before = self.before or EMPTY
        for option in (each.name for each in fields(Profile)):
            old, new = getattr(before, option), getattr(self.after, option)
            if old != new:
                lines.append(f"{subject}: {option} {_words(old)} → {_words(new)}")
        return lines

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
    are no longer wanted are deleted by name, for those that a transaction does not have stay.
    """
    old = before or Profile()
    there, wanted = children_of(old), children_of(after)
    changed = {prop: str(getattr(after, option)) for option, prop in PROPERTIES.items()
               if getattr(after, option) not in (None, getattr(old, option))}
    mo = mo_class("VnicProfile")(FOLDER, name, **changed)
    mo.status = "created" if before is None else "modified"
    for child in wanted:
        if child not in there:
            child_of(mo, child).status = "created,modified"
    yield mo
    kept = {(type(child), child.name) for child in wanted}
    for child in there:
        if (type(child), child.name) not in kept:
            removed = mo_class(CLASSES[type(child)])(dn_of(name), child.name)
            removed.status = "deleted"
            yield removed


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


def _words(value: t.Any) -> str:
    return words(tuple(str(each) for each in value) if isinstance(value, tuple) else value)
