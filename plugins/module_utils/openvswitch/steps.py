# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one change that is made to the exports of a bridge: a transaction of one ovs-vsctl."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.model import FRESH, TABLES, Bridge, Export
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.read import read_bridge, vsctl


@dataclass(frozen=True)
class SetExports:
    """All exports of a bridge, in one transaction."""

    before: Bridge
    after: Bridge
    remedy = "Check the log of ovs-vswitchd, and whether another program writes to its database"

    def describe(self) -> list[str]:
        lines = []
        for kind, then in self.after.exports.items():
            now = self.before.exports[kind]
            if now == then:
                continue
            subject = f"{self.after.name}: {kind}"
            if now is None or then is None:
                lines.append(f"{subject} {'off → on' if now is None else 'on → off'}")
            elif kind in self.before.shared:
                lines.append(f"{subject} gets its own row, and {', '.join(self.before.shared[kind])} keeps the shared "
                             "one")
            if then is not None:
                lines += [f"{subject}.{line}" for line in differences(now or FRESH[kind], then)]
        return lines

    def apply(self, host: Host) -> None:
        vsctl(host, list(transaction(self.before, self.after)))

    def undo(self, host: Host) -> None:
        """Whatever was reached; ovs-vswitchd, which may not run, is not waited for."""
        commands = list(transaction(read_bridge(host, self.before.name), self.before))
        if commands:
            vsctl(host, commands, "--no-wait")


def transaction(found: Bridge, wanted: Bridge) -> t.Iterator[list[str]]:
    """The commands that make the exports of a bridge those that are wanted.

    Rows and the bridge are named by UUID, for a name could be read as something else. A row that nothing refers to
    goes by itself. A row that others use stays as it is.
    """
    for kind, table in TABLES.items():
        now, then = found.exports[kind], wanted.exports[kind]
        if kind in wanted.shared:
            if found.rows.get(kind) != wanted.rows[kind]:
                yield ["set", "Bridge", found.uuid, f"{kind}={wanted.rows[kind]}"]
        elif now == then:
            continue
        elif then is None:
            yield ["clear", "Bridge", found.uuid, kind]
        elif now is None or kind in found.shared:
            yield [f"--id=@{kind}", "create", table, *assignments(FRESH[kind], then)]
            yield ["set", "Bridge", found.uuid, f"{kind}=@{kind}"]
        else:
            yield ["set", table, found.rows[kind], *assignments(now, then)]


def assignments(now: Export, then: Export) -> list[str]:
    """``column=value`` for every column that differs."""
    return [f"{column}={literal(value)}" for column, value in then.columns().items() if value != getattr(now, column)]


def literal(value: t.Any) -> str:
    """A value in the syntax of ovs-vsctl, in which a text within quotes is that of JSON."""
    if value is None:
        return "[]"
    if isinstance(value, tuple):
        return f"[{','.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{literal(key)}={literal(text)}' for key, text in value.items())}}}"
    return json.dumps(value)


def differences(now: Export, then: Export) -> t.Iterator[str]:
    """What changes, a line each."""
    for column, value in then.columns().items():
        old = getattr(now, column)
        if isinstance(value, dict):
            for key in sorted({*old, *value}):
                if old.get(key) != value.get(key):
                    yield f"{column}.{key} {words(old.get(key))} → {words(value.get(key))}"
        elif value != old:
            yield f"{column} {words(old)} → {words(value)}"


def words(value: t.Any) -> str:
    """A value for people."""
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "unset" if value is None or value == "" else str(value)
