# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From ucs_port_profile's parameters to the desired profile; whatever is not valid is refused here, before a login."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.ucs import limits
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import (
    CLIENT_PROPERTIES,
    PROPERTIES,
    Client,
    Profile,
    Vlan,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.settings import refuse_settings

SETTINGS = (*PROPERTIES, "vlans", "clients")


def wanted_profile(params: dict[str, t.Any]) -> Profile | None:
    """What is managed of the profile, None for one that is to be absent.

    :raises ValidationError: a value that UCS Manager would refuse, or that contradicts another
    """
    limits.check("name", params["name"], "VnicProfile", "name")
    if params["state"] == "absent":
        refuse_settings(params, SETTINGS, "profile")
        return None
    for key, prop in PROPERTIES.items():
        limits.check(key, params[key], "VnicProfile", prop)
    return Profile(**{key: params[key] for key in PROPERTIES}, vlans=_vlans(params["vlans"]),
                   clients=_clients(params["clients"]))


def _vlans(given: list[dict[str, t.Any]] | None) -> tuple[Vlan, ...] | None:
    if given is None:
        return None
    for place, vlan in enumerate(given):
        limits.check(f"vlans[{place}].name", vlan["name"], "VnicEtherIf", "name")
    _check_once("vlans", "VLAN", given)
    native = [vlan["name"] for vlan in given if vlan["native"]]
    if len(native) > 1:
        raise ValidationError("vlans", f"{' and '.join(native)} are native, and a profile has at most one native VLAN",
                              remedy="Set native: true for one of them")
    return tuple(sorted((Vlan(vlan["name"], bool(vlan["native"])) for vlan in given), key=lambda vlan: vlan.name))


def _clients(given: list[dict[str, t.Any]] | None) -> tuple[Client, ...] | None:
    if given is None:
        return None
    for place, client in enumerate(given):
        limits.check(f"clients[{place}].name", client["name"], "VmVnicProfCl", "name")
        for key, prop in CLIENT_PROPERTIES.items():
            limits.check(f"clients[{place}].{key}", client[key], "VmVnicProfCl", prop)
    _check_once("clients", "client", given)
    return tuple(sorted((Client(client["name"], *(client[key] for key in CLIENT_PROPERTIES)) for client in given),
                        key=lambda client: client.name))


def _check_once(option: str, kind: str, given: list[dict[str, t.Any]]) -> None:
    seen: set[str] = set()
    for place, each in enumerate(given):
        if each["name"] in seen:
            raise ValidationError(f"{option}[{place}].name", f"this {kind} is listed twice", each["name"],
                                  "List it once")
        seen.add(each["name"])
