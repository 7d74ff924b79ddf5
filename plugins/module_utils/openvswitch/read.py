# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge with its exports as Open vSwitch's database has them; one process reads them all."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.model import FRESH, TABLES, Bridge, Export
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.targets import canonical_target

SECONDS = 10
INSTALL = "Install the package openvswitch-switch, or openvswitch if no package has that name"
START = "Run systemctl start openvswitch-switch, or openvswitch if no service has that name"

Row = dict[str, t.Any]


def vsctl(host: Host, commands: list[list[str]], *options: str) -> str:
    """Carry out commands in one process and one transaction; what they print.

    :raises DependencyMissing: there is no ovs-vsctl
    :raises CommandFailed: the database does not answer, ovs-vswitchd does not take the change, or it is refused
    """
    argv = ["ovs-vsctl", f"--timeout={SECONDS}", *options]
    for command in commands:
        argv += ["--", *command]
    try:
        done = host.run(argv)
    except DependencyMissing as error:
        raise DependencyMissing("ovs-vsctl", "it is not installed on this host", remedy=INSTALL) from error
    if done.returncode == 0:
        return done.stdout
    answer = " ".join(done.stderr.replace("ovs-vsctl: ", "").split())
    if "signal 14" in answer or done.returncode == -14:
        raise CommandFailed("Open vSwitch", f"ovs-vswitchd did not apply the change within {SECONDS} seconds",
                            remedy=START)
    if "connection failed" in answer:
        raise CommandFailed("Open vSwitch", f"its database does not answer: {answer}",
                            remedy=f"{START}. Only root can use the database (become: true)")
    raise CommandFailed("Open vSwitch", f"ovs-vsctl failed: {answer}")


def read_bridge(host: Host, name: str) -> Bridge:
    """A bridge with its exports.

    :raises ValidationError: there is no such bridge
    """
    printed = vsctl(host, [
        ["--columns=_uuid,name,sflow,netflow,ipfix", "list", "Bridge"],
        ["--columns=_uuid,bridge,id,ipfix", "list", "Flow_Sample_Collector_Set"],
        *(["list", table] for table in TABLES.values()),
    ], "--format=json")
    bridges, sets, *exports = map(json.loads, filter(None, printed.split("\n")))
    found = {row["name"]: row for row in rows_of(bridges)}
    if name not in found:
        raise ValidationError("bridge", "Open vSwitch has no such bridge", name, f"Run ovs-vsctl add-br {name}, or "
                              f"use an existing one ({', '.join(sorted(found)) or 'none'})")
    bridge = found[name]
    rows = {kind: bridge[kind] for kind in TABLES if bridge[kind] is not None}
    users = [(f"bridge {row['name']}", row) for row in found.values() if row is not bridge]
    users += [(f"Flow_Sample_Collector_Set {row['id']}", row) for row in rows_of(sets)]
    shared = {kind: tuple(sorted(user for user, row in users if row.get(kind) == uuid)) for kind, uuid in rows.items()}
    return Bridge(
        name, {kind: read_export(kind, table, rows.get(kind)) for kind, table in zip(TABLES, exports)}, bridge["_uuid"],
        rows, {kind: others for kind, others in shared.items() if others},
        {kind: tuple(column for column in FRESH[kind].columns() if column not in table["headings"])
         for kind, table in zip(TABLES, exports)},
    )


def read_export(kind: str, table: dict[str, t.Any], uuid: str | None) -> Export | None:
    """The export of a kind whose row has that UUID, None without one."""
    for row in rows_of(table):
        if row["_uuid"] == uuid:
            columns = {column: row.get(column) for column in FRESH[kind].columns()}
            targets = columns["targets"] or []
            columns["targets"] = tuple(sorted(map(usual, [targets] if isinstance(targets, str) else targets)))
            return dataclasses.replace(FRESH[kind], **columns)
    return None


def usual(target: str) -> str:
    """A target in its usual form, so that the same is the same; as it is where it is none that we would set."""
    try:
        return canonical_target(target)
    except ValueError:
        return target


def rows_of(table: dict[str, t.Any]) -> list[Row]:
    """The rows of what ``ovs-vsctl --format=json list`` prints, by column."""
    return [dict(zip(table["headings"], map(plain, row))) for row in table["data"]]


def plain(value: t.Any) -> t.Any:
    """A value in OVSDB's JSON (RFC 7047, 5.1) as Python has it: None for an empty set, an atom for a set of one."""
    if not isinstance(value, list):
        return value
    kind, content = value
    if kind == "map":
        return dict(content)
    if kind == "uuid":
        return content
    atoms = [plain(atom) for atom in content]
    return atoms if len(atoms) > 1 else atoms[0] if atoms else None
