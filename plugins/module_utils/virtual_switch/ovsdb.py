# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of Open vSwitch's database that the role virtual_switch reads and changes."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.read import Row, rows_of

# Bridges and ports that are the role's have this in their external_ids.
MARK = ("nfv-kvm", "virtual_switch")


@dataclass(frozen=True)
class BridgeRow:
    """A bridge with the names of its ports.

    :param own: whether the role has made it
    """

    ports: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class PortRow:
    """A port. Its columns are sets (ovs-vswitchd.conf.db(5))."""

    own: bool = False
    tag: tuple[int, ...] = ()
    trunks: tuple[int, ...] = ()
    vlan_mode: tuple[str, ...] = ()


@dataclass(frozen=True)
class InterfaceRow:
    """An interface.

    :param error: why ovs-vswitchd could not make it
    """

    type: str = ""
    mtu_request: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class Tables:
    """The rows by their names."""

    bridges: Mapping[str, BridgeRow]
    ports: Mapping[str, PortRow]
    interfaces: Mapping[str, InterfaceRow]


def tables_of(printed: t.Sequence[str]) -> Tables:
    """The tables Bridge, Port and Interface, in this order.

    :param printed: a line of JSON for each, as ovs-vsctl prints it; none if Open vSwitch does not run
    """
    bridges, ports, interfaces = ([*(rows_of(json.loads(line)) for line in printed), [], [], []][:3])
    names = {row["_uuid"]: row["name"] for row in ports}
    return Tables(
        {row["name"]: BridgeRow(tuple(names[port] for port in elements(row["ports"])
                                      if port in names and names[port] != row["name"]), is_own(row))
         for row in bridges},
        {row["name"]: PortRow(is_own(row), *(elements(row.get(column)) for column in ("tag", "trunks", "vlan_mode")))
         for row in ports},
        {row["name"]: InterfaceRow(row["type"], row["mtu_request"], row["error"]) for row in interfaces},
    )


def elements(column: t.Any) -> tuple[t.Any, ...]:
    """What is in a column that has a set, as rows_of gives it."""
    return () if column is None else tuple(sorted(column)) if isinstance(column, list) else (column,)


def is_own(row: Row) -> bool:
    """Whether the role has made what a row is about."""
    key, value = MARK
    return bool(row["external_ids"].get(key) == value)
