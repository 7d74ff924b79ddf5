# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a UCS system is: its fabric interconnects, and the names of what port profiles and policies refer to."""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.models import lacks_vm_fex

Mo = t.Any

FEW = 12


@dataclass(frozen=True)
class Interconnect:
    """A fabric interconnect.

    :param fabric: A or B
    """

    fabric: str
    model: str
    serial: str = ""

    def lacks(self) -> str | None:
        """Why it has no port profiles, None if it has or is not known."""
        if lacks_vm_fex(self.model):
            return ("UCS 6454 and later fabric interconnects support neither VM-FEX nor port profiles and "
                    "distributed virtual switches")
        return None

    def shown(self) -> dict[str, t.Any]:
        """It as users see it."""
        reason = self.lacks()
        return {"fabric": self.fabric, "model": self.model, "serial": self.serial, "supported": reason is None,
                "reason": reason}


def interconnects_of(elements: t.Iterable[Mo]) -> tuple[Interconnect, ...]:
    """The fabric interconnects.

    :param elements: objects of the class networkElement
    """
    return tuple(sorted((Interconnect(text(mo, "id"), text(mo, "model"), text(mo, "serial")) for mo in elements),
                        key=lambda each: each.fabric))


def check_interconnects(interconnects: t.Iterable[Interconnect]) -> None:
    """Refuse what cannot carry VM-FEX.

    :raises NotSupported: a fabric interconnect has no port profiles
    """
    for each in interconnects:
        reason = each.lacks()
        if reason is not None:
            raise NotSupported(f"fabric interconnect {each.fabric}", reason, each.model,
                               "Use a UCS domain with UCS 6300 or earlier fabric interconnects, or give the VMs plain "
                               "SR-IOV virtual functions without a port profile")


def check_exists(subject: str, kind: str, name: str, existing: t.Collection[str]) -> None:
    """Refuse a name that UCS Manager does not have.

    :param kind: what it would be, such as VLAN
    :raises ValidationError: it does not exist
    """
    if name in existing:
        return
    shown = sorted(existing)
    if len(shown) > FEW:
        shown = difflib.get_close_matches(name, shown, n=3, cutoff=0.5)
        remedy = f"Similar names are {', '.join(shown)}" if shown else f"Choose one of the {len(existing)} that exist"
    else:
        remedy = f"It has {', '.join(shown)}" if shown else f"Create the {kind} first"
    raise ValidationError(subject, f"UCS Manager has no {kind} of this name", name, remedy)


def names_below(objects: t.Iterable[Mo], *parents: str) -> tuple[str, ...]:
    """The names of objects right below one of some DNs."""
    return tuple(sorted({text(mo, "name") for mo in objects if mo.dn.rpartition("/")[0] in parents}))


def text(mo: Mo, prop: str) -> str:
    """A property as a text, empty if UCS Manager does not report it."""
    return str(getattr(mo, prop, None) or "")
