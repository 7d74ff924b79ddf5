# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Open vSwitch's database lacks."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.given import Arguments, State
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.model import OvsBridge, OvsBridges, OvsPort
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.ovsdb import (
    MARK,
    BridgeRow,
    InterfaceRow,
    PortRow,
    Tables,
    tables_of,
)

Words = list[str]


@dataclass(frozen=True)
class FlowExport(Arguments):
    """The arguments of ovs_flow_export."""

    bridge: str
    state: State
    sflow: Mapping[str, object] | None = None
    netflow: Mapping[str, object] | None = None
    ipfix: Mapping[str, object] | None = None


@dataclass(frozen=True)
class OvsPlan:
    """What is to be done.

    :param steps: the arguments of ovs-vsctl for one transaction
    :param failed: what ovs-vswitchd could not make
    :param exports: those of bridges that are there
    """

    steps: Words
    failed: list[str]
    exports: list[FlowExport]


def ovs_plan(ovs_bridges: OvsBridges, said: tuple[str, ...]) -> OvsPlan:
    """What Open vSwitch lacks, and what it has too much.

    :param ovs_bridges: virtual_switch_ovs_bridges
    :param said: what ovs-vsctl printed of its tables, a line of JSON each; none if it does not run
    """
    tables = tables_of(said)
    links = [name for bridge in ovs_bridges for name in (bridge.name, *(port.name for port in bridge.ports))]
    errors = {link: tables.interfaces[link].error for link in links if link in tables.interfaces}
    return OvsPlan(
        [word for bridge in ovs_bridges for step in bridge_steps(bridge, tables) for word in ("--", *step)],
        [f"{link}: {error}" for link, error in errors.items() if error],
        [export for bridge in ovs_bridges if bridge.name in tables.bridges for export in exports(bridge)],
    )


def exports(bridge: OvsBridge) -> t.Iterator[FlowExport]:
    """The flow exports that are to be on, and those that are to be off."""
    given = {"sflow": bridge.sflow, "netflow": bridge.netflow, "ipfix": bridge.ipfix}
    on = {kind: export for kind, export in given.items() if export}
    off = {kind: export for kind, export in given.items() if export is not None and not export}
    if on and bridge.state == "present":
        yield FlowExport(bridge.name, "present", **on)
    if off and bridge.state == "present":
        yield FlowExport(bridge.name, "absent", **off)


def bridge_steps(bridge: OvsBridge, tables: Tables) -> t.Iterator[Words]:
    """Commands of ovs-vsctl from what a bridge is to what it is to be."""
    found = tables.bridges.get(bridge.name)
    if bridge.state == "absent":
        yield from [["del-br", bridge.name]] if found else []
        return
    if found is None:
        yield ["add-br", bridge.name]
        yield ["set", "Bridge", bridge.name, "external_ids:" + "=".join(MARK)]
    there = (found or BridgeRow()).ports
    wanted = [port.name for port in bridge.ports]
    yield from (["del-port", bridge.name, port] for port in there if port not in wanted and tables.ports[port].own)
    for port in bridge.ports:
        if port.name not in there:
            yield ["add-port", bridge.name, port.name]
        yield from port_steps(port, tables.ports.get(port.name, PortRow()),
                              tables.interfaces.get(port.name, InterfaceRow()))
    for name in [bridge.name, *wanted] if bridge.mtu is not None else []:
        if tables.interfaces.get(name, InterfaceRow()).mtu_request != bridge.mtu:
            yield ["set", "Interface", name, f"mtu_request={bridge.mtu}"]


def port_steps(port: OvsPort, row: PortRow, interface: InterfaceRow) -> t.Iterator[Words]:
    """The same of a port, whose rows are empty if it is still to be made."""
    if not row.own:
        yield ["set", "Port", port.name, "external_ids:" + "=".join(MARK)]
    if port.type == "internal" and interface.type != "internal":
        yield ["set", "Interface", port.name, "type=internal"]
    wanted = PortRow(tag=() if port.tag is None else (port.tag,), trunks=port.trunks)
    for column in ("tag", "trunks", "vlan_mode"):
        values = getattr(wanted, column)
        if getattr(row, column) != values:
            value = ",".join(map(str, values))
            yield ["set", "Port", port.name, f"{column}={value}"] if value else ["clear", "Port", port.name, column]
