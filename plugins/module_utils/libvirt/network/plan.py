# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a network as it is to the network that is wanted."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import all_networks, find_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import (
    ROWS,
    overlaid,
    read_network,
    write_network,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.params import network_name, wanted_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.rules import (
    check,
    check_new_addresses,
    warnings_of_ports,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.steps import (
    Define,
    SetAutostart,
    Start,
    Stop,
    Undefine,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.users import (
    NOBODY,
    OnBridge,
    defined_domains,
    on_bridge,
    running_domains,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rows
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class NetworkState:
    """A network on the host.

    :param definition: the persistent XML, None when absent
    :param running: what it runs with, None when it is not started
    :param used_by: the running domains with NICs on it
    :param on_bridge: who else uses the bridge that libvirt made for it
    :param defined_by: the domains whose definition has a NIC on it or on that bridge, as far as that matters
    :param wanted: what the host says of the wanted one
    :param warnings: what is known not to work
    """

    uuid: str | None = None
    definition: Element | None = field(default=None, repr=False)
    network: Network | None = None
    running: Network | None = None
    autostart: bool = False
    used_by: tuple[str, ...] = ()
    on_bridge: OnBridge = NOBODY
    defined_by: tuple[str, ...] = ()
    wanted: Network | None = None
    warnings: tuple[str, ...] = ()

    def state(self) -> str:
        """absent, active or inactive."""
        if self.network is None:
            return "absent"
        return "inactive" if self.running is None else "active"

    def waits(self) -> bool:
        """Whether it runs with something else than its definition."""
        return self.running is not None and self.running != self.network


@dataclass(frozen=True)
class NetworkResource:
    """A network with its desired state.

    :param state: present, active, inactive or absent
    :param autostart: None leaves it
    """

    connection: Connection = field(repr=False)
    name: str
    wanted: Network
    state: str
    autostart: bool | None

    def objects(self, host: Host) -> tuple[str, ...]:
        return (f"network {self.name}",)

    def read(self, host: Host) -> NetworkState:
        """The network as libvirt has it, and what it is to be connected to.

        :raises ValidationError: it is transient, or nothing is there to connect it to
        """
        found = find_network(self.connection, self.name)
        current = NetworkState()
        if found is not None:
            if not found.persistent():
                raise ValidationError("name", "this network is transient, so it has no definition to manage", self.name,
                                      f"Stop it with virsh net-destroy {self.name}, and define it with this module")
            definition, live = found.root(notes=True), found.live_root()
            network = read_network(definition)
            running = None if live is None else read_network(live)
            ports = found.ports()
            current = NetworkState(
                found.uuid(), definition, network, running, found.autostart(), running_domains(ports),
                on_bridge(host, self.connection, self.name, running, len(ports)),
                defined_domains(self.connection, self.name, network) if self.state == "absent" else ())
        return current if self.state == "absent" else self._with_sources(host, current)

    def _with_sources(self, host: Host, current: NetworkState) -> NetworkState:
        from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network import sources

        wanted = replace(self.wanted, pf=sources.netdev_of_pf(host, self.wanted.pf))
        after = self._after(current.network, wanted)
        starts = self._restarts(current, after) or (self.state == "active" and current.running is None)
        if after != current.network or starts:
            check(after, wanted)
            check_new_addresses(wanted, current.network)
            others = {one.name: one.root() for one in all_networks(self.connection) if one.name != self.name}
            sources.check_sources(host, self.connection, after, others, starts, current.running)
        return replace(current, wanted=wanted, warnings=warnings_of_ports(host, after, after, "forward"))

    def _after(self, network: Network | None, wanted: Network) -> Network:
        if network is None and wanted.mode is None:
            raise ValidationError("forward", f"network {self.name} does not exist yet, and a new network needs it",
                                  remedy="Set forward, or correct the name")
        return overlaid(network, wanted)

    def _restarts(self, current: NetworkState, after: Network) -> bool:
        idle = not current.used_by and not current.on_bridge.names()
        return current.running not in (None, after) and idle and self.state != "inactive"

    def plan(self, current: NetworkState) -> Plan[NetworkState]:
        """Define, then autostart, then start or stop; or away with it."""
        if self.state == "absent":
            return self._plan_absent(current)
        steps: list[Step] = []
        network = self._after(current.network, current.wanted or self.wanted)
        lines = tuple(differences(current.network, network))
        after = replace(current, network=network)
        restart = self._restarts(current, network)
        if lines or restart:
            before = None if current.definition is None else xml.serialise(current.definition)
            root = write_network(self.name, network, current.definition) if lines else current.definition
            steps.append(Define(self.connection, self.name, xml.serialise(root), lines, before, restart))
            after = replace(after, definition=root, running=network if restart else after.running)
        if self.autostart is not None and self.autostart != current.autostart:
            steps.append(SetAutostart(self.connection, self.name, self.autostart))
            after = replace(after, autostart=self.autostart)
        if self.state == "active" and current.running is None:
            steps.append(Start(self.connection, self.name))
            after = replace(after, running=network)
        if self.state == "inactive" and current.running is not None:
            self._check_idle(current)
            steps.append(Stop(self.connection, self.name))
            after = replace(after, running=None)
        return Plan(tuple(steps), after)

    def _plan_absent(self, current: NetworkState) -> Plan[NetworkState]:
        if current.definition is None:
            return Plan((), current)
        self._check_idle(current)
        self._check_unused(current.defined_by, "has a NIC on it and could not start again",
                           "have NICs on it and could not start again")
        steps: list[Step] = [] if current.running is None else [Stop(self.connection, self.name)]
        steps.append(Undefine(self.connection, self.name, xml.serialise(current.definition)))
        return Plan(tuple(steps), NetworkState())

    def _check_idle(self, current: NetworkState) -> None:
        self._check_unused(current.used_by, "runs with a NIC on it", "run with NICs on it")
        bridge, others = None if current.running is None else current.running.bridge, current.on_bridge
        self._check_unused(others.domains, f"runs with a NIC on its bridge {bridge}",
                           f"run with NICs on its bridge {bridge}")
        self._check_unused(others.netdevs, f"is on its bridge {bridge}", f"are on its bridge {bridge}",
                           "Run ip link set NAME nomaster for a port, or ip link delete NAME for a device on top of "
                           "the bridge")

    def _check_unused(self, users: tuple[str, ...], one: str, many: str, remedy: str | None = None) -> None:
        if users:
            told = f"{', '.join(users)} {one if len(users) == 1 else many}"
            raise InUse("state", f"network {self.name} is in use: {told}", self.state, remedy
                        or "Remove these NICs first with nfv.kvm.vm_interface and state: absent")

    def show(self, state: NetworkState) -> dict[str, t.Any]:
        """State, autostart and what the network is."""
        if state.network is None:
            return {"state": "absent"}
        return {"state": state.state(), "autostart": state.autostart,
                **{row.parameter: text for row, text in rows.shown(ROWS, state.network)}}

    def result(self, state: NetworkState, plan: Plan[NetworkState]) -> dict[str, t.Any]:
        """What the module documents, and the warnings."""
        return {
            "state": state.state(), "uuid": state.uuid, "autostart": state.autostart,
            "bridge": None if state.network is None else state.network.bridge,
            "used_by": sorted({*state.used_by, *state.on_bridge.domains}),
            "needs_restart": state.waits(), "warnings": list(plan.after.warnings),
        }


def differences(before: Network | None, after: Network) -> t.Iterator[str]:
    """What changes in the definition, a line each."""
    if before is None:
        source = after.pf or ", ".join(after.devices or ()) or after.bridge or ""
        yield f"define, {after.mode} {source}".rstrip()
        return
    yield from rows.differences(ROWS, before, after)


def network_resource(params: dict[str, t.Any]) -> NetworkResource:
    """The resource of vm_network's parameters.

    :raises ValidationError: a parameter is not valid
    """
    name, wanted = network_name(params["name"]), wanted_network(params)
    return NetworkResource(connect(params["uri"]), name, wanted, params["state"], params["autostart"])
