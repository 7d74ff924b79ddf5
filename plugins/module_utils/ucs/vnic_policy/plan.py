# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the desired and the current dynamic vNIC connection policy to the change that is needed."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs import limits
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.settings import (
    Change,
    Managed,
    described,
    refuse_settings,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import check_exists, check_interconnects
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy.model import (
    ADAPTER_VNICS,
    FRESH,
    PROPERTIES,
    ROOT,
    Policy,
    State,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy.read import dn_of, instances, read_state
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex_table import TABLE

# VFs of a PF that hosts can use with port profiles: on some, and on any.
VF_LIMITS = tuple(TABLE.vf_limits)
EMPTY = Policy("", None, "", None)


@dataclass(frozen=True)
class ChangePolicy(Change[Policy]):
    """A policy that is created, changed or removed."""

    org: str
    remedy = "Check in the audit log of UCS Manager who has changed the policy in the meantime, and run the task again"

    def describe(self) -> list[str]:
        return described(f"dynamic vNIC policy {self.name} of {self.org}", self.before, self.after, EMPTY)

    def apply(self, host: Host) -> None:
        changed = {} if self.after is None else self.after.changed(self.before, PROPERTIES)
        mo = limits.mo_class("VnicDynamicConPolicy")(self.org, self.name, **changed)
        mo.status = "deleted" if self.after is None else "created" if self.before is None else "modified"
        self.manager.commit(f"dynamic vNIC policy {self.name}", [mo])


class PolicyResource(Managed[Policy]):
    """One dynamic vNIC connection policy."""

    def __init__(self, org: str, name: str, wanted: Policy | None, allow: bool, manager: UcsManager) -> None:
        super().__init__(name, wanted, allow, manager)
        self.org = org

    def read(self, host: Host) -> State:
        return read_state(self.manager, self.org, self.name)

    def plan(self, current: State) -> Plan[State]:
        """:raises NotSupported: the fabric interconnects have no VM-FEX
        :raises ValidationError: something that the policy refers to does not exist
        :raises InUse: service profiles would be changed
        """
        if self.wanted is None:
            if current.policy is None:
                return Plan((), current)
            self._check_use(current, "it would be removed")
            after = None
        else:
            check_interconnects(current.interconnects)
            after = (current.policy or FRESH).overlaid(self.wanted)
            if after == current.policy:
                return Plan((), current)
            self._check_change(current, after)
        step = ChangePolicy(self.name, current.policy, after, self.manager, self.org)
        return Plan((step,), replace(current, policy=after))

    def _check_change(self, current: State, after: Policy) -> None:
        before = current.policy or Policy()
        if current.policy is None:
            check_exists("org", "organization", self.org, current.organizations)
        if after.adapter_policy and after.adapter_policy != before.adapter_policy:
            check_exists("adapter_policy", "Ethernet adapter policy", after.adapter_policy, current.adapter_policies)
        changed = [key for key in ("vnics", "adapter_policy", "protection")
                   if getattr(after, key) != getattr(before, key)]
        if current.policy is not None and changed:
            self._check_use(current, f"{' and '.join(changed)} would change")

    def _check_use(self, current: State, what: str) -> None:
        if current.users and not self.allow:
            raise InUse(
                f"dynamic vNIC policy {self.name}", f"{what}, and UCS Manager would reconfigure and may reboot the "
                f"servers that use it: {'; '.join(map(str, current.users))}",
                remedy="Give these service profiles another policy first, or set in_use: allow")

    def show(self, state: State) -> dict[str, t.Any]:
        """The options that are managed, and who is affected."""
        if state.policy is None:
            return {"state": "absent"}
        options = (self.wanted or state.policy).given()
        shown = {key: value for key, value in asdict(state.policy).items() if key in options}
        return {"state": "present", **shown, "consumers": [str(user) for user in state.users]}

    def result(self, state: State, plan: Plan[State]) -> dict[str, t.Any]:
        policy = state.policy
        vnics = 0 if policy is None else policy.vnics or 0
        shown = None if policy is None else {"name": self.name, "org": self.org, "dn": dn_of(self.org, self.name),
                                             **asdict(policy)}
        return {
            "policy": shown,
            "vfs": {"offered": vnics, "usable": min(vnics, VF_LIMITS[0]), "usable_at_most": min(vnics, VF_LIMITS[1])},
            "consumers": [user.shown() for user in state.users],
            "interconnects": [each.shown() for each in state.interconnects],
            "release": state.release,
            "warnings": list(warnings_of(vnics, state)),
        }


def warnings_of(vnics: int, state: State) -> t.Iterator[str]:
    """What the user should know of the number of dynamic vNICs."""
    least, most = VF_LIMITS
    if vnics > least:
        usable = f"at most {most}" if vnics > most else f"{least} to {most}, depending on their kernel"
        yield f"The PF of a vNIC with this policy offers {vnics} VFs, of which hosts can use {usable}."
    for user in instances(state.users):
        if len(user.vnics) * vnics > ADAPTER_VNICS:
            yield (f"Service profile {user.dn} has {len(user.vnics)} vNICs with {vnics} dynamic vNICs each. Place them "
                   f"on several adapters: each has at most {ADAPTER_VNICS} vNICs.")


def wanted_policy(params: dict[str, t.Any]) -> Policy | None:
    """What is managed of the policy, None for one that is to be absent.

    :raises ValidationError: a value that UCS Manager would refuse, or that no adapter has
    """
    limits.check("name", params["name"], "VnicDynamicConPolicy", "name")
    parts = params["org"].split("/")
    if parts[0] != ROOT or not all(part.startswith("org-") for part in parts):
        raise ValidationError("org", "it is not the DN of an organization", params["org"],
                              f"Write {ROOT}, or {ROOT}/org-NAME for an organization below it")
    for part in parts[1:]:
        limits.check("org", part[len("org-"):], "OrgOrg", "name")
    if params["state"] == "absent":
        refuse_settings(params, PROPERTIES, "policy")
        return None
    if params["vnics"] is not None and not 0 <= params["vnics"] <= ADAPTER_VNICS:
        raise ValidationError("vnics", f"a VIC adapter has at most {ADAPTER_VNICS} vNICs, static and dynamic",
                              params["vnics"], f"Choose a number from 0 to {ADAPTER_VNICS}")
    for key, prop in PROPERTIES.items():
        limits.check(key, params[key], "VnicDynamicConPolicy", prop)
    return Policy(**{key: params[key] for key in PROPERTIES})


def policy_resource(params: dict[str, t.Any], manager: UcsManager) -> PolicyResource:
    """The resource of ucs_dynamic_vnic_policy's parameters.

    :raises ValidationError: a parameter is not valid
    """
    return PolicyResource(params["org"], params["name"], wanted_policy(params), params["in_use"] == "allow", manager)
