# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with Open vSwitch: ovs-vsctl lists, sets, clears and creates rows, in transactions, as 3.5 was seen to."""

from __future__ import annotations

import copy
import json
import re
import typing as t
import uuid
from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.errors import DependencyMissing
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.plan import exports_resource
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

# vswitch.ovsschema 8.8.0: each column's atom, its bounds, and whether it is one, optional, a set or a map.
STRINGS, MAP = ("string", None, None, "set"), ("string", None, None, "map")
UINT32 = 2**32 - 1


def integer(least: int | None = None, most: int | None = None, many: str = "optional") -> tuple[t.Any, ...]:
    """A column of integers."""
    return ("integer", least, most, many)


REFERENCE = ("uuid", None, None, "optional")
SCHEMA: dict[str, dict[str, tuple[t.Any, ...]]] = {
    "Bridge": {"name": ("string", None, None, "one"), "sflow": REFERENCE, "netflow": REFERENCE, "ipfix": REFERENCE},
    "Flow_Sample_Collector_Set": {
        "id": integer(0, UINT32, "one"), "bridge": ("uuid", None, None, "one"), "ipfix": REFERENCE},
    "sFlow": {
        "agent": ("string", None, None, "optional"), "external_ids": MAP, "header": integer(), "polling": integer(),
        "sampling": integer(), "targets": STRINGS},
    "NetFlow": {
        "active_timeout": integer(-1, None, "one"), "add_id_to_interface": ("boolean", None, None, "one"),
        "engine_id": integer(0, 255), "engine_type": integer(0, 255), "external_ids": MAP, "targets": STRINGS},
    "IPFIX": {
        "cache_active_timeout": integer(0, 4200), "cache_max_flows": integer(0, UINT32), "external_ids": MAP,
        "obs_domain_id": integer(0, UINT32), "obs_point_id": integer(0, UINT32), "other_config": MAP,
        "sampling": integer(1, UINT32), "stats_interval": integer(1, 3600), "targets": STRINGS,
        "template_interval": integer(1, 3600)},
}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,=\[\]{}:!<>"]+')
ONE = {"integer": 0, "boolean": False, "string": ""}


class Refused(Exception):
    """ovs-vsctl ends with this message, and the database is as it was."""


class FakeVsctl(Host):
    """The bridges flow0 and flow1, and the network interfaces eth0 and lo."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.tables: dict[str, dict[str, Result]] = {table: {} for table in SCHEMA}
        self.schema = copy.deepcopy(SCHEMA)
        self.processes: list[list[str]] = []
        self.clock = 0.0
        # What is wrong with the host: no program, no database, no ovs-vswitchd, an answer to the next change.
        self.installed = self.database = self.vswitchd = True
        self.refusal = ""
        for name in ("eth0", "lo"):
            FakeHost(root).folder(f"/sys/class/net/{name}")
        for name in ("flow0", "flow1"):
            self.add("Bridge", name=name)

    def add(self, table: str, **columns: t.Any) -> str:
        """A new row; its UUID."""
        row = {name: self.empty(table, name) for name in self.schema[table]}
        identity = str(uuid.uuid4())
        self.tables[table][identity] = {**row, **columns}
        return identity

    def empty(self, table: str, column: str) -> t.Any:
        """What a column of a new row has."""
        atom, _least, _most, many = self.schema[table][column]
        return {"one": ONE.get(atom), "optional": None, "set": [], "map": {}}[many]

    def bridge(self, name: str) -> Result:
        """A row of the table Bridge."""
        return next(row for row in self.tables["Bridge"].values() if row["name"] == name)

    def export(self, bridge: str, kind: str) -> Result | None:
        """The row that a bridge's export has."""
        table = {"sflow": "sFlow", "netflow": "NetFlow", "ipfix": "IPFIX"}[kind]
        return self.tables[table].get(self.bridge(bridge)[kind])

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        """One ovs-vsctl."""
        assert argv[:2] == ["ovs-vsctl", "--timeout=10"]
        assert timeout > 10
        self.processes.append(argv)
        if not self.installed:
            raise DependencyMissing(argv[0], "is not installed on this host")
        if not self.database:
            return Completed(1, "", "ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed "
                                    "(No such file or directory)\n")
        options, *commands = split(argv[2:])
        before = copy.deepcopy(self.tables)
        try:
            printed = self.transaction(commands, options)
        except Refused as refused:
            self.tables = before
            return Completed(1, "", f"ovs-vsctl: {refused}\n")
        if self.tables != before and "--no-wait" not in options and not self.vswitchd:
            return Completed(-14, "", "2026-01-01T00:00:00Z|00002|fatal_signal|WARN|terminating with signal 14 "
                                      "(Alarm clock)\n")
        return Completed(0, printed)

    def transaction(self, commands: list[list[str]], options: list[str]) -> str:
        """All commands, or Refused."""
        names: dict[str, str] = {}
        printed = ""
        for command in commands:
            flags = [word for word in command if word.startswith("--")]
            verb, table, *rest = [word for word in command if not word.startswith("--")]
            if verb == "list":
                assert "--format=json" in options
                printed += self.list(table, flags) + "\n"
                continue
            if self.refusal:
                raise Refused(self.refusal)
            if verb == "create":
                identity = self.add(table)
                names.update({flag[len("--id="):]: identity for flag in flags})
            else:
                identity, *rest = rest
            if identity not in self.tables[table]:
                raise Refused(f'no row "{identity}" in table {table}')
            for argument in rest:
                column, _equals, text = argument.partition("=")
                value = self.empty(table, column) if verb == "clear" else self.parsed(table, column, text, names)
                self.tables[table][identity][column] = value
        self.collect_garbage()
        return printed

    def collect_garbage(self) -> None:
        """Rows that nothing refers to go; bridges and collector sets are roots here."""
        used = {value for table in ("Bridge", "Flow_Sample_Collector_Set") for row in self.tables[table].values()
                for value in row.values() if isinstance(value, str)}
        for table in ("sFlow", "NetFlow", "IPFIX"):
            self.tables[table] = {identity: row for identity, row in self.tables[table].items() if identity in used}
            for row in self.tables[table].values():
                if not row["targets"] and table != "IPFIX":
                    raise Refused(f"constraint violation: {table} targets")

    def list(self, table: str, flags: list[str]) -> str:
        """A table as --format=json prints it."""
        columns = ["_uuid", *self.schema[table]]
        for flag in flags:
            columns = flag[len("--columns="):].split(",")
        data = [[encoded(table, column, {**row, "_uuid": identity}[column]) for column in columns]
                for identity, row in self.tables[table].items()]
        return json.dumps({"data": data, "headings": columns}, ensure_ascii=False)

    def parsed(self, table: str, column: str, text: str, names: dict[str, str]) -> t.Any:
        """A value in ovs-vsctl's syntax, within the bounds of its column."""
        if column not in self.schema[table]:
            raise Refused(f'{table} does not contain a column whose name matches "{column}"')
        atom, least, most, many = self.schema[table][column]
        tokens = [unquoted(token) for token in TOKEN.findall(text)]
        leftover = re.sub(r"[,\s]", "", TOKEN.sub("", text))
        if leftover != ("{" + "=" * (len(tokens) // 2) + "}" if many == "map" else "[]" if text[:1] == "[" else ""):
            raise Refused(f"{text}: unexpected {leftover}")
        if many == "map":
            return dict(zip(tokens[::2], tokens[1::2]))
        atoms: list[t.Any] = [names[token] if token.startswith("@") else token for token in tokens]
        if atom == "integer":
            atoms = [int(token) for token in tokens]
            if any((least is not None and value < least) or (most is not None and value > most) for value in atoms):
                raise Refused(f"constraint violation: {column}={text}")
        if atom == "boolean":
            atoms = [{"true": True, "false": False}[token] for token in tokens]
        if many == "set":
            return sorted(atoms)
        if len(atoms) > 1 or (many == "one" and not atoms):
            raise Refused(f"{text}: wrong number of values")
        return atoms[0] if atoms else None


def split(words: list[str]) -> list[list[str]]:
    """The words between the --."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def unquoted(token: str) -> str:
    """A token without its quotes."""
    return str(json.loads(token)) if token.startswith('"') else token


def encoded(table: str, column: str, value: t.Any) -> t.Any:
    """A value in OVSDB's JSON: a set of one is the atom itself."""
    if column == "_uuid" or SCHEMA[table][column][0] == "uuid":
        return ["set", []] if value is None else ["uuid", value]
    if isinstance(value, dict):
        return ["map", [list(item) for item in value.items()]]
    if value is None or isinstance(value, list):
        atoms = value or []
        return atoms[0] if len(atoms) == 1 else ["set", atoms]
    return value


def flow_export(host: FakeVsctl, check_mode: bool = False, **params: t.Any) -> Result:
    """One run of ovs_flow_export on flow0, with the options that main() would fill in."""
    filled = {"bridge": "flow0", "sflow": None, "netflow": None, "ipfix": None, "state": "present", **params}
    for kind, names in OPTIONS.items():
        if filled[kind] is not None:
            filled[kind] = {**dict.fromkeys(names), **filled[kind]}
    return run(exports_resource, filled, host, check_mode)


OPTIONS = {
    kind: [name for name in SCHEMA[table] if name != "external_ids"]
    for kind, table in (("sflow", "sFlow"), ("netflow", "NetFlow"), ("ipfix", "IPFIX"))
}
