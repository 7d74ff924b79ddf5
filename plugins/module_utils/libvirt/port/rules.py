# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for VLANs and virtualports that NICs, networks and port profiles share, and to what they are applied."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport, Vlan

# virNetDevVPortProfileCheckComplete in src/util/virnetdevvportprofile.c; libvirt makes up what else is missing.
NEEDED = {"802.1Qbg": ("managerid", "typeid", "typeidversion"), "802.1Qbh": ("profileid",), "midonet": ("interfaceid",)}
Thing = t.TypeVar("Thing")


def check_changed(rules: t.Iterable[t.Callable[..., None]], of: tuple[t.Any, ...], after: Thing, before: Thing | None,
                  ) -> None:
    """Apply rules to what something will be, except where they say the same of what it is.

    :param of: what the rules take before it
    :param before: it now, None for a new one
    :raises ValidationError: a rule does
    :raises NotSupported: a rule does
    """
    for rule in rules:
        answer = _answer(rule, *of, after)
        if answer is not None and (before is None or str(_answer(rule, *of, before)) != str(answer)):
            raise answer


def _answer(rule: t.Callable[..., None], *of: t.Any) -> KvmError | None:
    try:
        rule(*of)
    except (NotSupported, ValidationError) as error:
        return error
    return None


def check_vlan_of_vf(subject: str, vlan: Vlan | None, vfs: str = "") -> None:
    """:raises NotSupported: a VF is to have several VLANs."""
    if vlan is not None and (vlan.trunk or len(vlan.tags) > 1):
        raise NotSupported(subject, f"{vfs}a VF supports exactly one VLAN tag and no trunk", str(vlan),
                           "Set one tag, or remove vlan and tag inside the guest")


def check_vlan_of_profile(subject: str, vlan: Vlan | None, *switches: str | None) -> None:
    """:raises NotSupported: one of these types of virtualport brings its own VLAN."""
    if vlan and "802.1Qbh" in switches:
        raise NotSupported(subject, "with 802.1Qbh the port profile of the switch sets the VLAN", str(vlan),
                           "Remove vlan")


def check_agrees(subject: str, own: Virtualport | None, given: Virtualport, where: str, remedy: str) -> None:
    """Refuse a virtualport that contradicts what its network says.

    :param remedy: with ``{key}`` and ``{given}``
    :raises ValidationError: it has another value
    """
    for key, value in (own or Virtualport()).given().items():
        theirs = getattr(given, key)
        if theirs not in (None, value):
            raise ValidationError(f"{subject}.{key}", f"{where} sets {theirs}, and libvirt accepts no other value",
                                  value,
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
                                  remedy=f"Set {key}")
