# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role virtual_switch that says what Open vSwitch's database lacks."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import Argv, complete_switch
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.read import rows_of
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes
from ansible_collections.nfv.kvm.plugins.plugin_utils.bridges import Dict, given

# Bridges and ports that are the role's have this in their external_ids.
MARK = ("nfv-kvm", "virtual_switch")


def virtual_switch_ovs_plan(bridges: list[Dict], said: list[str]) -> Dict:
    """What Open vSwitch lacks, and what it has too much.

    :param bridges: virtual_switch_ovs_bridges
    :param said: what ovs-vsctl told of its tables, a line of JSON each; none where it does not run
    :returns: ``steps`` (the arguments of ovs-vsctl, one transaction), ``failed`` (what ovs-vswitchd could not make) and
        ``exports`` (arguments of ovs_flow_export, for the bridges that are there)
    """
    tables = ovs_tables(said)
    wanted = [complete_switch(given(bridge)) for bridge in bridges]
    steps = [step for bridge in wanted for step in switch_steps(bridge, tables)]
    links = [port["name"] for bridge in wanted for port in [bridge, *bridge["ports"]]]
    errors = {link: tables["Interface"].get(link, {}).get("error") for link in links}
    return {
        "steps": [word for step in steps for word in ["--", *step]],
        "failed": [f"{link}: {error}" for link, error in errors.items() if error],
        "exports": [export for bridge in wanted if bridge["name"] in tables["Bridge"] for export in exports(bridge)],
    }


def exports(bridge: Dict) -> list[Dict]:
    """The flow exports of a bridge that are on, and those that are off, which are given as nothing."""
    given = {kind: bridge[kind] for kind in ("sflow", "netflow", "ipfix") if bridge.get(kind) is not None}
    on, off = ({kind: export for kind, export in given.items() if bool(export) == wanted} for wanted in (True, False))
    return [{"bridge": bridge["name"], "state": state, **kinds}
            for state, kinds in (("present", on), ("absent", off)) if kinds and bridge["state"] == "present"]


def ovs_tables(said: list[str]) -> dict[str, dict[str, Dict]]:
    """The rows of Open vSwitch's tables by their names; a bridge has the names of its ports."""
    tables: dict[str, dict[str, Dict]] = {"Bridge": {}, "Port": {}, "Interface": {}}
    for table, line in zip(tables, said):
        tables[table] = {row["name"]: row for row in rows_of(json.loads(line))}
    names = {row["_uuid"]: row["name"] for row in tables["Port"].values()}
    for bridge in tables["Bridge"].values():
        found = elements(bridge["ports"])
        bridge["ports"] = [names[port] for port in found if port in names and names[port] != bridge["name"]]
    return tables


def elements(column: t.Any) -> list[t.Any]:
    """What is in a column that has a set, as rows_of gives it."""
    return [] if column is None else column if isinstance(column, list) else [column]


def switch_steps(bridge: Dict, ovs: dict[str, dict[str, Dict]]) -> list[Argv]:
    """Commands of ovs-vsctl from what a bridge is to what it is to be."""
    name, found = bridge["name"], ovs["Bridge"].get(bridge["name"])
    if bridge["state"] == "absent":
        return [["del-br", name]] if found else []
    steps: list[Argv] = []
    if found is None:
        steps += [["add-br", name], ["set", "Bridge", name, "external_ids:" + "=".join(MARK)]]
    wanted = [port["name"] for port in bridge["ports"]]
    there = found["ports"] if found else []
    steps += [["del-port", name, port] for port in there if port not in wanted and is_own(ovs["Port"][port])]
    for port in bridge["ports"]:
        if port["name"] not in there:
            steps.append(["add-port", name, port["name"]])
        steps += port_steps(port, ovs["Port"].get(port["name"], {}), ovs["Interface"].get(port["name"], {}))
    if bridge["mtu"] is not None:
        for each in [name, *wanted]:
            if ovs["Interface"].get(each, {}).get("mtu_request") != int(bridge["mtu"]):
                steps.append(["set", "Interface", each, f"mtu_request={bridge['mtu']}"])
    return steps


def port_steps(port: Dict, row: Dict, interface: Dict) -> list[Argv]:
    """The same of a port, whose rows are empty if it is still to be made."""
    name = port["name"]
    wanted = {"tag": [int(port["tag"])] if "tag" in port else [], "trunks": port["trunks"], "vlan_mode": []}
    steps = []
    if not is_own(row):
        steps.append(["set", "Port", name, "external_ids:" + "=".join(MARK)])
    if port["type"] == "internal" and interface.get("type") != "internal":
        steps.append(["set", "Interface", name, "type=internal"])
    for column, values in wanted.items():
        if sorted(elements(row.get(column))) != values:
            value = ",".join(map(str, values))
            steps.append(["set", "Port", name, f"{column}={value}"] if value else ["clear", "Port", name, column])
    return steps


def is_own(row: Dict) -> bool:
    """Whether a row is one that the role has made."""
    key, value = MARK
    return bool(row.get("external_ids", {}).get(key) == value)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"virtual_switch_ovs_plan": door.guarded(virtual_switch_ovs_plan, bridges=[shapes.BRIDGE], said=[str])}
