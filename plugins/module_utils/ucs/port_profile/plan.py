# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the desired and the current port profile to the change that is needed."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.consumers import DEFAULT_CLUSTER, Consumer
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import FRESH, Profile, State
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.params import wanted_profile
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.read import REFERENCES, read_state
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.steps import ChangeProfile
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.settings import Managed
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import check_exists, check_interconnects

KINDS = {"qos_policy": "QoS policy", "network_control_policy": "network control policy", "pin_group": "LAN pin group"}


class ProfileResource(Managed[Profile]):
    """One port profile of UCS Manager."""

    def read(self, host: Host) -> State:
        options = {} if self.wanted is None else self.wanted.given()
        return read_state(self.manager, self.name, [option for option in REFERENCES if options.get(option)])

    def plan(self, current: State) -> Plan[State]:
        """:raises NotSupported: the fabric interconnects have no port profiles
        :raises ValidationError: something that the profile refers to does not exist
        :raises InUse: VM interfaces would lose the profile
        """
        if self.wanted is None:
            return self._removal(current)
        check_interconnects(current.interconnects)
        after = (current.profile or FRESH).overlaid(self.wanted)
        if after == current.profile:
            return Plan((), current)
        check_references(current, after)
        lost = [consumer for consumer in current.consumers if current.profile is not None
                and current.profile.admits(consumer.cluster or DEFAULT_CLUSTER)
                and not after.admits(consumer.cluster or DEFAULT_CLUSTER)]
        self._check_use("clients", "the remaining clients of the profile do not match the cluster of", lost)
        step = ChangeProfile(self.name, current.profile, after, self.manager)
        return Plan((step,), replace(current, profile=after))

    def _removal(self, current: State) -> Plan[State]:
        if current.profile is None:
            return Plan((), current)
        self._check_use(f"port profile {self.name}", "VM interfaces use it:", current.consumers)
        step = ChangeProfile(self.name, current.profile, None, self.manager)
        return Plan((step,), replace(current, profile=None))

    def _check_use(self, subject: str, cause: str, users: t.Sequence[Consumer]) -> None:
        if users and not self.allow:
            raise InUse(subject, f"{cause} {'; '.join(map(str, users))}", remedy="Detach these NICs or shut down and "
                        "undefine the VMs, or set in_use: allow")

    def show(self, state: State) -> dict[str, t.Any]:
        """The options that are managed, the clients, which each new profile has, and who is affected at once."""
        if state.profile is None:
            return {"state": "absent"}
        options = (self.wanted or state.profile).given()
        shown = {key: value for key, value in shown_profile(state.profile).items() if key in (*options, "clients")}
        return {"state": "present", **shown, "consumers": [str(consumer) for consumer in state.consumers]}

    def result(self, state: State, plan: Plan[State]) -> dict[str, t.Any]:
        return {
            "profile": None if state.profile is None else {"name": self.name, **shown_profile(state.profile)},
            "consumers": [consumer.shown() for consumer in state.consumers],
            "interconnects": [each.shown() for each in state.interconnects],
            "release": state.release,
            "warnings": list(warnings_of(self.name, state.profile)),
        }


def check_references(current: State, after: Profile) -> None:
    """Check that what the profile is to refer to exists; what it refers to already is not checked.

    :raises ValidationError: it does not
    """
    before = current.profile or Profile()
    for option, kind in KINDS.items():
        name = getattr(after, option)
        if name and name != getattr(before, option):
            check_exists(option, kind, name, current.existing[option])
    known = {vlan.name for vlan in before.vlans or ()}
    for vlan in after.vlans or ():
        if vlan.name not in known:
            check_exists("vlans", "VLAN", vlan.name, current.existing["vlans"])


def shown_profile(profile: Profile) -> dict[str, t.Any]:
    """A profile as users see it."""
    return {**asdict(profile), **{key: [asdict(each) for each in getattr(profile, key) or ()]
                                  for key in ("vlans", "clients")}}


def warnings_of(name: str, profile: Profile | None) -> t.Iterator[str]:
    """What the user should know about a profile that exists."""
    if profile is not None and not profile.admits(DEFAULT_CLUSTER):
        yield (f"No client of port profile {name} matches the cluster {DEFAULT_CLUSTER!r}, the only one that VMs on "
               "KVM hosts can use. Add the client {name: default} to clients.")


def profile_resource(params: dict[str, t.Any], manager: UcsManager) -> ProfileResource:
    """The resource of ucs_port_profile's parameters.

    :raises ValidationError: a parameter is not valid
    """
    return ProfileResource(params["name"], wanted_profile(params), params["in_use"] == "allow", manager)
