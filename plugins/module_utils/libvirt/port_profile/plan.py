# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a port profile as it is to the one that is wanted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import check_reacts
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import find_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import read_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.rules import warnings_of_ports
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rows
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import PortSettings
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rules import check_changed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.consumers import Consumer, read_consumers
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.following import pluggable, updated_live
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import (
    GROUP_ROWS,
    ROWS,
    PortProfile,
    find_group,
    overlaid,
    read_profile,
    read_settings,
    write_profile,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.params import wanted_profile
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.rules import (
    check,
    check_default,
    check_on_host,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.steps import SetProfile, Side
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class ProfileState:
    """A port profile on the host.

    :param definition: the persistent XML of its network
    :param live: what the network runs with, None when it is not started
    :param profile: None for none
    :param consumers: the NICs that have it
    :param follow: of a plan, those that run with it then, as domain and MAC
    :param power: of the domains that run, by the names of domain/states.py; only if NICs may be plugged again
    :param warnings: what is known not to work
    """

    definition: Element = field(repr=False)
    live: Element | None = field(repr=False)
    profile: PortProfile | None
    consumers: tuple[Consumer, ...]
    follow: frozenset[tuple[str, str]] = frozenset()
    power: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def network_settings(self) -> PortSettings:
        """What the network gives; its bandwidth is that of its bridge."""
        return replace(read_settings(self.definition), inbound=None, outbound=None)

    def current(self, nic: Consumer) -> bool | None:
        """Whether a NIC runs with the profile; None if it does not run."""
        if nic.running is None:
            return None
        return (nic.domain, nic.mac) in self.follow or not self.outdated(nic)

    def outdated(self, nic: Consumer) -> frozenset[str]:
        """The parameters in which a running NIC is not as the profile has it."""
        return frozenset(nic.outdated(self.profile or PortProfile(), self.network_settings()))


@dataclass(frozen=True)
class ProfileResource:
    """A port profile with its desired state.

    :param network: the name of its network
    :param present: whether it is to be there
    :param replug: whether NICs that run with something else may be plugged again
    """

    connection: Connection = field(repr=False)
    name: str
    network: str
    wanted: PortProfile
    present: bool
    replug: bool

    def objects(self, host: Host) -> tuple[str, ...]:
        """The network; the domains whose NICs follow are locked by the step."""
        return (f"network {self.network}",)

    def read(self, host: Host) -> ProfileState:
        """The profile as its network has it, and the NICs that have it.

        :raises ValidationError: there is no such persistent network
        """
        found = find_network(self.connection, self.network)
        if found is None or not found.persistent():
            cause = "libvirt has no such network" if found is None else "it is transient, without a definition"
            raise ValidationError("network", cause, self.network, "Define it with nfv.kvm.vm_network")
        root = found.root(notes=True)
        group = find_group(root, self.name)
        current = None if group is None else read_profile(group)
        after = overlaid(current, self.wanted)
        default = bool((after if self.present else current or after).default)
        consumers = read_consumers(self.connection, found, self.name, default)
        network = read_network(root)
        if self.present and after != current:
            if after.default:
                check_default(self.name, root)
            check(after, current, self.network, network)
            check_changed((check_on_host,), (host, self.connection, self.network, network), after, current)
        warnings = warnings_of_ports(host, after, network, f"network {self.network}") if self.present else ()
        power = {name: self.connection.domain(name).state() for name in
                 sorted({nic.domain for nic in consumers if nic.running is not None})} if self.replug else {}
        return ProfileState(root, found.live_root(), current, consumers, power=power, warnings=warnings)

    def plan(self, current: ProfileState) -> Plan[ProfileState]:
        """One step: the port group in the definition and in what runs, then the NICs that are plugged again."""
        if not self.present and current.profile is not None and current.consumers:
            domains = sorted({nic.domain for nic in current.consumers})
            raise InUse("state", f"NICs of {', '.join(domains)} use it, and would start without its settings",
                        "absent", "Set another port group for them first, with nfv.kvm.vm_interface")
        profile = overlaid(current.profile, self.wanted) if self.present else None
        sides = tuple(self._sides(current, profile))
        after = replace(current, profile=profile)
        updates, replugs = self._following(after) if self.present else ((), ())
        for nic in replugs:
            check_reacts(nic.domain, current.power[nic.domain], cannot="release a NIC")
        after = replace(after, follow=frozenset((nic.domain, nic.mac) for nic in (*updates, *replugs)))
        if not after.follow and all(side.before == side.after for side in sides):
            return Plan((), after)
        lines = tuple(differences(current.profile, profile)) or (() if after.follow else ("as defined, live",))
        step = SetProfile(self.connection, self.network, self.name, sides, lines, updates, replugs)
        return Plan((step,), after)

    def _following(self, after: ProfileState) -> tuple[tuple[Consumer, ...], tuple[Consumer, ...]]:
        """The NICs that libvirt changes as they run, and those that are plugged again."""
        network = read_network(after.definition)
        now = updated_live(network.kind(), (after.profile and after.profile.switch) or network.switch)
        updates, replugs = [], []
        for nic in after.consumers:
            outdated = after.outdated(nic) if nic.running is not None else frozenset()
            if outdated and outdated <= now and nic.definition is not None:
                updates.append(nic)
            elif outdated and self.replug and pluggable(nic):
                replugs.append(nic)
        return tuple(updates), tuple(replugs)

    def _sides(self, current: ProfileState, profile: PortProfile | None) -> t.Iterator[Side]:
        for root in (current.definition, current.live):
            if root is None:
                continue
            group = find_group(root, self.name)
            if profile is None:
                then = None
            elif group is not None and read_profile(group) == profile:
                then = group
            else:
                then = write_profile(self.name, profile, group)
            yield Side(root is current.live, group, then)

    def show(self, state: ProfileState) -> dict[str, t.Any]:
        """What the profile says, and the NICs that do not run with it."""
        if state.profile is None:
            return {"state": "absent"}
        return {"state": "present", "default": state.profile.default,
                **{row.parameter: text for row, text in rows.shown(ROWS, state.profile)},
                "outdated": [f"{nic.domain} {nic.name or nic.mac}" for nic in state.consumers
                             if state.current(nic) is False]}

    def result(self, state: ProfileState, plan: Plan[ProfileState]) -> dict[str, t.Any]:
        """The consumers, and the warnings."""
        return {"consumers": [
            {"domain": nic.domain, "name": nic.name, "mac": nic.mac, "running": nic.running is not None,
             "current": state.current(nic)} for nic in state.consumers], "warnings": list(plan.after.warnings)}


def differences(before: PortProfile | None, after: PortProfile | None) -> t.Iterator[str]:
    """What changes, a line each."""
    if after is None:
        yield "remove"
        return
    if before is None:
        yield "add"
    yield from rows.differences(GROUP_ROWS, before or PortProfile(), after)


def profile_resource(params: dict[str, t.Any]) -> ProfileResource:
    """The resource of port_profile's parameters.

    :raises ValidationError: a parameter is not valid
    """
    wanted = wanted_profile(params)
    return ProfileResource(connect(params["uri"]), params["name"], params["network"], wanted,
                           params["state"] == "present", params["replug"] == "allowed")
