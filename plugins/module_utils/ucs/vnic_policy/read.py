# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dynamic vNIC connection policy as UCS Manager has it, and who uses it."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Mo, interconnects_of, names_below, text
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy.model import Policy, State, User

CLASSES = ("NetworkElement", "OrgOrg", "AdaptorHostEthIfProfile", "LsServer", "VnicDynamicConPolicyRef")


def dn_of(org: str, name: str) -> str:
    """Where a policy is."""
    return f"{org}/dynamic-con-{name}"


def read_state(manager: UcsManager, org: str, name: str) -> State:
    """The policy and what belongs to it."""
    mo = manager.one(dn_of(org, name))
    found = manager.of_classes(*CLASSES)
    return State(
        None if mo is None else policy_of(mo), users_of(org, name, found),
        tuple(sorted(each.dn for each in found["OrgOrg"])),
        names_below(found["AdaptorHostEthIfProfile"], *organizations_above(org)),
        interconnects_of(found["NetworkElement"]), manager.release())


def policy_of(mo: Mo) -> Policy:
    """A policy."""
    number = text(mo, "dynamic_eth")
    return Policy(text(mo, "descr"), int(number) if number.isdecimal() else 0, text(mo, "adaptor_profile_name"),
                  text(mo, "protection"))


def organizations_above(org: str) -> tuple[str, ...]:
    """An organization and those above it, where UCS Manager looks for what has no DN."""
    parts = org.split("/")
    return tuple("/".join(parts[:length]) for length in range(len(parts), 0, -1))


def users_of(org: str, name: str, found: dict[str, list[Mo]]) -> tuple[User, ...]:
    """Who has a policy.

    :param found: the objects of CLASSES
    """
    vnics: dict[str, list[str]] = {}
    for reference in found["VnicDynamicConPolicyRef"]:
        if _means(reference, "con_policy_name", "oper_con_policy_name", org, name):
            vnic = reference.dn.rpartition("/")[0]
            owner, _slash, rn = vnic.rpartition("/")
            # The template of a vNIC is itself who has it; a vNIC belongs to a service profile or a policy.
            vnics.setdefault(vnic if rn.startswith("lan-conn-templ-") else owner, []).append(rn.partition("-")[2])
    servers = {server.dn: server for server in found["LsServer"]}
    whole = {dn for dn, server in servers.items()
             if _means(server, "dynamic_con_policy_name", "oper_dynamic_con_policy_name", org, name)}
    return tuple(sorted((_user(dn, servers.get(dn), () if dn in whole else tuple(sorted(vnics[dn])))
                         for dn in {*whole, *vnics}), key=lambda user: user.dn))


def _user(dn: str, server: Mo | None, vnics: tuple[str, ...]) -> User:
    if server is None:
        template = dn.rpartition("/")[2].startswith("lan-conn-templ-")
        return User(dn, "vnicLanConnTempl", ()) if template else User(dn, "vnicLanConnPolicy", vnics)
    return User(dn, "lsServer" if text(server, "type") in ("", "instance") else "lsServer template", vnics)


def _means(mo: Mo, prop: str, resolved: str, org: str, name: str) -> bool:
    """Whether an object refers to the policy: by its DN, or if UCS Manager has not resolved it, by its name from an
    organization in or below which the object is."""
    dn = text(mo, resolved)
    if dn:
        return dn == dn_of(org, name)
    return text(mo, prop) == name and f"{mo.dn}/".startswith(f"{org}/")


def instances(users: t.Iterable[User]) -> list[User]:
    """Those users that are service profiles, not templates."""
    return [user for user in users if user.kind == "lsServer"]
