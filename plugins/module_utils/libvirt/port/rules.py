# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules for VLANs and virtualports that NICs, networks and port profiles share, and to what they are applied."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport, Vlan

# virNetDevVPortProfileCheckComplete in src/util/virnetdevvportprofile.c; libvirt makes up what else is missing.
NEEDED = {"802.1Qbg": ("managerid", "typeid", "typeidversion"), "802.1Qbh": ("profileid",), "midonet": ("interfaceid",)}
Thing = t.TypeVar("Thing")


def check_changed(rule: t.Callable[[Thing], None], after: Thing, before: Thing | None) -> None:
    """Apply a rule to what something will be, unless it says the same of what it is.

    :param before: it now, None for a new one
    :raises ValidationError: the rule does
    :raises NotSupported: the rule does
    """
    try:
        rule(after)
    except (NotSupported, ValidationError) as error:
        if before is None or _answer(rule, before) != str(error):
            raise


def _answer(rule: t.Callable[[Thing], None], thing: Thing) -> str:
    try:
        rule(thing)
    except (NotSupported, ValidationError) as error:
        return str(error)
    return ""


def check_vlan_of_vf(subject: str, vlan: Vlan | None, vfs: str = "") -> None:
    """:raises NotSupported: a VF is to have several VLANs."""
    if vlan is not None and (vlan.trunk or len(vlan.tags) > 1):
        raise NotSupported(subject, f"{vfs}a VF takes exactly one VLAN tag and no trunk", str(vlan),
                           "Give one tag, or none and tag inside the guest")


def check_vlan_of_profile(subject: str, vlan: Vlan | None, *switches: str | None) -> None:
    """:raises NotSupported: one of these types of virtualport brings its own VLAN."""
    if vlan and "802.1Qbh" in switches:
        raise NotSupported(subject, "with 802.1Qbh the port profile of the switch says the VLAN", str(vlan),
                           "Remove vlan")


def check_agrees(subject: str, own: Virtualport | None, given: Virtualport, where: str, remedy: str) -> None:
    """Refuse a virtualport that contradicts what its network says.

    :param remedy: with ``{key}`` and ``{given}``
    :raises ValidationError: it has another value
    """
    for key, value in (own or Virtualport()).given().items():
        theirs = getattr(given, key)
        if theirs not in (None, value):
            raise ValidationError(f"{subject}.{key}", f"{where} says {theirs}, and libvirt takes no other", value,
                                  remedy.format(key=key, given=theirs))


def check_complete(subject: str, switch: str | None, said: t.Collection[str], further: str = "") -> None:
    """Refuse a virtualport that lacks what its type needs.

    :param said: the parameters that there are
    :param further: how the cause goes on
    :raises ValidationError: one is missing
    """
    for key in NEEDED.get(str(switch), ()):
        if key not in said:
            raise ValidationError(f"{subject}.{key}", f"a virtualport of type {switch} needs it{further}",
                                  remedy=f"Give {key}")
