# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a domain as it is to the domain that is wanted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.comparison import Difference, differences, waiting
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.define import (
    DefineRecorded,
    define,
    shown,
    warnings,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.definition import wanted_definition
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import CRASHED, RUNNING, SAVED, SHUTDOWN
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import (
    CutPower,
    DiscardSaved,
    SetAutostart,
    Start,
    check_alive,
    power_down,
    restart,
    undefine,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range


@dataclass(frozen=True)
class DomainState:
    """A domain on the host.

    :param state: absent, or one of the names of states.py
    :param definition: the persistent XML (secrets included), None when absent
    :param live: the running XML, None when it does not run
    :param saved: the XML that its saved state was made with, None without one
    :param changes: what a plan changes in the definition
    :param pfs: the PFs of the VFs that it may start with, as the engine locks them; only reading tells them
    """

    state: str
    uuid: str | None = None
    autostart: bool = False
    definition: Element | None = field(default=None, repr=False)
    live: Element | None = field(default=None, repr=False)
    saved: Element | None = field(default=None, repr=False)
    changes: tuple[Difference, ...] = ()
    pfs: tuple[str, ...] = ()


ABSENT = DomainState("absent")


@dataclass(frozen=True)
class DomainResource:
    """A domain with its desired state.

    :param wanted: the user's XML, None leaves the definition as it is
    :param state: defined, running, shutdown or absent
    :param autostart: None leaves it
    :param restart: whether it may be restarted where it runs, or is saved, with another definition than its own, and
        whether a saved state may go with the domain
    :param timeout: seconds for a guest to shut down
    :param keep_firmware_state: whether UEFI variables and the state of an emulated TPM stay when it is removed
    """

    connection: Connection = field(repr=False)
    name: str
    wanted: Element | None
    state: str
    autostart: bool | None
    restart: bool
    timeout: float
    keep_firmware_state: bool = False

    def objects(self, host: Host) -> tuple[str, ...]:
        """The domain, and the PFs of the VFs that its XML brings: a resize must not take them meanwhile."""
        return (f"domain {self.name}", *_pfs(host, self.wanted))

    def read(self, host: Host) -> DomainState:
        """The domain as libvirt has it.

        :raises ValidationError: it is transient
        :raises InUse: somebody has a device that its XML brings
        """
        domain = self.connection.find(self.name)
        if domain is None:
            self._check_devices(host, None)
            return ABSENT
        text = domain.definition()
        if text is None:
            raise ValidationError("name", "this domain is transient, so it has no definition to manage", self.name,
                                  "Shut it down, and define it with this module")
        live = domain.live_xml()
        saved = domain.saved_xml() if live is None else None
        definition = xml.parse(text, f"domain {self.name}", notes=True)
        running = None if live is None else xml.parse(live, f"domain {self.name}")
        self._check_devices(host, domain.uuid, definition, running)
        return DomainState(
            state=domain.state(), uuid=domain.uuid, autostart=domain.autostart(), definition=definition, live=running,
            saved=None if saved is None else xml.parse(saved, f"domain {self.name}"),
            pfs=_pfs(host, definition) if self.state == "running" or self.restart else (),
        )

    def _check_devices(self, host: Host, uuid: str | None, *current: Element | None) -> None:
        if self.wanted is not None and self.wanted.find("devices/hostdev") is not None:  # as few have
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.devices import check_devices

            check_devices(host, self.connection, self.name, uuid, self.wanted,
                          [domain for domain in current if domain is not None])

    def plan(self, current: DomainState) -> Plan[DomainState]:
        """Define, then autostart, then the running state, then a restart; or away with it.

        :raises InUse: the domain is on its way to another host
        """
        if self.state == "absent":
            return self._plan_absent(current)
        steps: list[Step] = []
        after = current
        if self.wanted is not None:
            after = self._plan_definition(self.wanted, current, steps)
        elif current.definition is None:
            raise ValidationError("name", "this host has no such domain, and no xml is given to define it", self.name,
                                  "Set xml, or correct the name")
        if self.autostart is not None and self.autostart != current.autostart:
            steps.append(SetAutostart(self.connection, self.name, self.autostart))
            after = replace(after, autostart=self.autostart)
        after = self._plan_power(after, steps)
        if steps and current.definition is not None:
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import check_stays

            check_stays(self.name, current.definition)
        return Plan(tuple(steps), after, current.pfs)

    def _plan_power(self, after: DomainState, steps: list[Step]) -> DomainState:
        """Start it, or shut it down; restart what waits for that, if it is allowed."""
        connection, name = self.connection, self.name
        if self.restart and after.state == SAVED and self._waiting(after):
            steps += restart(connection, name, SAVED, self.timeout)
            after = replace(after, state=SHUTDOWN, saved=None)
        if self.state == "running" and after.state != RUNNING:
            if after.state == CRASHED and self.restart:
                steps.append(CutPower(connection, name))
                after = replace(after, state=SHUTDOWN, live=None)
            check_alive(name, after.state)
            steps.append(Start(connection, name, after.state))
            runs = after.saved if after.live is None else after.live  # None: it is as it is defined
            after = replace(after, state=RUNNING, live=runs, saved=None)
        if self.state == "shutdown" and after.live is not None:
            steps.append(power_down(connection, name, after.state, self.timeout, cut=self.restart))
            after = replace(after, state=SHUTDOWN, live=None)
        waits = self._waiting(after) if self.restart else []
        if waits:
            advice = f"These parts of the running domain differ: {', '.join(difference.path for difference in waits)}"
            steps += restart(connection, name, after.state, self.timeout, advice)
            after = replace(after, state=RUNNING, live=None)
        return after

    def show(self, state: DomainState) -> dict[str, t.Any]:
        """State, autostart, and those parts of the definition that the user's XML changes."""
        parts: dict[str, t.Any] = {"state": state.state}
        if state.definition is None:
            return parts
        parts["autostart"] = state.autostart
        if self.wanted is not None:
            found = [] if state.changes else self._changes(state)
            parts["definition"] = shown(self.wanted, state.definition, found, state.changes)
        return parts

    def result(self, state: DomainState, plan: Plan[DomainState]) -> dict[str, t.Any]:
        """``state``, ``uuid`` (None while it is not known), ``needs_restart``, and what libvirt did not take over."""
        told = {"state": state.state, "uuid": state.uuid, "needs_restart": bool(self._waiting(state))}
        defined = any(isinstance(step, DefineRecorded) for step in plan.steps) and not state.changes
        return {**told, "warnings": warnings(self.name, self.wanted, state.definition) if defined else []}

    def _changes(self, state: DomainState) -> list[Difference]:
        return [] if self.wanted is None or state.definition is None else differences(self.wanted, state.definition)

    def _waiting(self, state: DomainState) -> list[Difference]:
        runs = state.saved if state.live is None else state.live
        return [] if runs is None or state.definition is None else waiting(state.definition, runs, state.changes)

    def _plan_definition(self, wanted: Element, current: DomainState, steps: list[Step]) -> DomainState:
        given = flatten(wanted).get("uuid")
        if current.definition is not None and given not in (None, current.uuid):
            raise ValidationError("xml", f"its <uuid> is {given}, but the domain {self.name} has {current.uuid}",
                                  remedy="Remove <uuid>, or make the domain absent first")
        changes = self._changes(current)
        if current.definition is not None and not changes:
            return current
        steps.append(define(self.connection, self.name, wanted, current.definition, changes))
        if current.definition is None:
            return DomainState(SHUTDOWN, uuid=given, definition=wanted)
        return replace(current, changes=tuple(changes))

    def _plan_absent(self, current: DomainState) -> Plan[DomainState]:
        """Shut it down and remove it.

        :raises InUse: its guest cannot react, or it is saved
        :raises NotSupported: libvirt would remove the state of a TPM that is to be kept
        """
        if current.definition is None:
            return Plan((), ABSENT)
        steps: list[Step] = []
        if current.live is not None:
            steps.append(power_down(self.connection, self.name, current.state, self.timeout, cut=self.restart))
        if current.state == SAVED:
            if not self.restart:
                raise InUse(f"domain {self.name}", "it is saved, and the saved memory of its guest would be lost",
                            remedy=f"Set restart: allowed to discard the saved memory, or start {self.name} with "
                            "state: running")
            steps.append(DiscardSaved(self.connection, self.name))
        steps.append(undefine(self.connection, self.name, current.definition, self.keep_firmware_state))
        return Plan(tuple(steps), ABSENT, current.pfs)


def _pfs(host: Host, definition: Element | None) -> tuple[str, ...]:
    """The PFs of the VFs that a definition brings, as the engine locks them."""
    pfs = {pci.pf_of(host, address) for address in (() if definition is None else xml.passed_through(definition))}
    return tuple(sorted(f"PF {pf}" for pf in pfs if pf))


def domain_resource(params: dict[str, t.Any]) -> DomainResource:
    """The resource of vm_domain's parameters.

    :raises ValidationError: a parameter is not valid
    """
    name = params["name"]
    if not name or "/" in name or "\n" in name:
        raise ValidationError("name", "libvirt allows no empty name, slash or newline in a domain's name", name)
    in_range("timeout", params["timeout"], 1)
    if params["state"] == "absent" and params["autostart"]:
        raise ValidationError("autostart", "a domain that is absent cannot start with the host", True,
                              "Remove autostart, or set another state")
    wanted = None
    if params["xml"] is not None and params["state"] != "absent":
        wanted = wanted_definition(name, params["xml"])
    return DomainResource(connect(params["uri"]), name, wanted, params["state"], params["autostart"],
                          params["restart"] == "allowed", params["timeout"], bool(params.get("keep_firmware_state")))
