# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge and its flow exports: the same classes for what is wanted and what is there.

An export's fields are the columns of its table (ovs-vswitchd.conf.db(5)). None means not managed in what is wanted, and
left to Open vSwitch in what is there.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Export:
    """What all three kinds have."""

    targets: tuple[str, ...] | None = None
    """The collectors, in order, each ADDRESS:PORT."""
    external_ids: dict[str, str] | None = None
    """What others keep with the row; no option of ours sets it."""

    def columns(self) -> dict[str, t.Any]:
        """Every column with its value."""
        return {column.name: getattr(self, column.name) for column in dataclasses.fields(self)}

    def overlaid(self: Kind, wanted: Export) -> Kind:
        """This export with what is managed in ``wanted`` put over it; an empty text takes away what is set."""
        changes: dict[str, t.Any] = {}
        for name, value in wanted.columns().items():
            if isinstance(value, dict):
                merged = {**(getattr(self, name) or {}), **value}
                changes[name] = {key: text for key, text in merged.items() if value.get(key) != ""}
            elif value is not None:
                changes[name] = None if value == "" else value
        return dataclasses.replace(self, **changes)


Kind = t.TypeVar("Kind", bound=Export)


@dataclass(frozen=True)
class Sflow(Export):
    """Table sFlow."""

    agent: str | None = None
    header: int | None = None
    sampling: int | None = None
    polling: int | None = None


@dataclass(frozen=True)
class Netflow(Export):
    """Table NetFlow."""

    active_timeout: int | None = None
    engine_id: int | None = None
    engine_type: int | None = None
    add_id_to_interface: bool | None = None


@dataclass(frozen=True)
class Ipfix(Export):
    """Table IPFIX."""

    sampling: int | None = None
    obs_domain_id: int | None = None
    obs_point_id: int | None = None
    cache_active_timeout: int | None = None
    cache_max_flows: int | None = None
    stats_interval: int | None = None
    template_interval: int | None = None
    other_config: dict[str, str] | None = None


# By the column of the table Bridge that refers to it: the table of the kind, and a row as Open vSwitch makes it.
TABLES = {"sflow": "sFlow", "netflow": "NetFlow", "ipfix": "IPFIX"}
FRESH: dict[str, Export] = {
    "sflow": Sflow((), {}),
    "netflow": Netflow((), {}, active_timeout=0, add_id_to_interface=False),
    "ipfix": Ipfix((), {}, other_config={}),
}


@dataclass(frozen=True)
class Bridge:
    """A bridge with its exports by kind, None for one that is off. As a desired state, those that are managed."""

    name: str
    exports: dict[str, Export | None]
    uuid: str = ""
    rows: dict[str, str] = field(default_factory=dict)
    """The UUID of each export's row."""
    shared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Who else uses an export's row, in words."""
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of a kind that this Open vSwitch does not have."""
