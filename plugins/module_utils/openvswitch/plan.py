# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the desired and the current exports of a bridge to those that are wanted."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.model import FRESH, TABLES, Bridge, Export, Sflow
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.params import PORTS, desired_bridge
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.read import read_bridge
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.targets import canonical_address, target_zone


class ExportsResource:
    """The flow exports of one bridge.

    :param desired: what ovs_flow_export is asked for
    """

    def __init__(self, desired: Bridge) -> None:
        self.desired = desired

    def objects(self, host: Host) -> tuple[str, ...]:
        return (f"bridge {self.desired.name}",)

    def read(self, host: Host) -> Bridge:
        """The bridge as it is.

        :raises ValidationError: there is no such bridge, or the host has no network interface of a name that was given
        """
        current = read_bridge(host, self.desired.name)
        for subject, name in self.netdevs():
            if not host.exists(f"/sys/class/net/{name}"):
                raise ValidationError(subject, "this host has no such network interface", name,
                                      "Run ip link to list the network interfaces of the host")
        return current

    def netdevs(self) -> t.Iterator[tuple[str, str]]:
        """Every network interface that is named, and where."""
        for kind, wanted in self.desired.exports.items():
            if isinstance(wanted, Sflow) and wanted.agent and canonical_address(wanted.agent) is None:
                yield f"{kind}.agent", wanted.agent
            for target in wanted.targets or () if wanted else ():
                zone = target_zone(target)
                if zone is not None:
                    yield f"{kind}.targets", zone

    def plan(self, current: Bridge) -> Plan[Bridge]:
        """What is wanted, and the one step to it.

        :raises ValidationError: an export would have no collector
        :raises NotSupported: this Open vSwitch has no such setting
        """
        exports = dict(current.exports)
        for kind, wanted in self.desired.exports.items():
            exports[kind] = None if wanted is None else wanted_export(kind, wanted, current)
        same = [kind for kind in TABLES if exports[kind] == current.exports[kind]]
        after = replace(current, exports=exports, rows=only(same, current.rows), shared=only(same, current.shared))
        if after == current:
            return Plan((), after)
        from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.steps import SetExports

        return Plan((SetExports(current, after),), after)

    def show(self, state: Bridge) -> dict[str, t.Any]:
        """The exports that are managed."""
        return {kind: shown(state.exports[kind]) for kind in self.desired.exports}

    def result(self, state: Bridge, plan: Plan[Bridge]) -> dict[str, t.Any]:
        """All three exports as the module documents them."""
        return {"bridge": state.name, **{kind: shown(state.exports[kind]) for kind in TABLES}}


def wanted_export(kind: str, wanted: Export, current: Bridge) -> Export:
    """An export afterwards: what is managed, over what there is.

    :raises ValidationError: it would have no collector
    :raises NotSupported: this Open vSwitch has no such setting
    """
    for column in current.lacking.get(kind, ()):
        value = getattr(wanted, column)
        if value is not None:
            raise NotSupported(f"{kind}.{column}", "the Open vSwitch of this host does not support it", value,
                               "Remove it, or upgrade to Open vSwitch 3.2 or later")
    export = (current.exports[kind] or FRESH[kind]).overlaid(wanted)
    if not export.targets:
        raise ValidationError(f"{kind}.targets", f"{current.name} has no {TABLES[kind]} yet, and a new export needs a "
                              "collector", remedy=f"Add a collector such as 192.0.2.9:{PORTS[kind]}")
    return export


def shown(export: Export | None) -> dict[str, t.Any] | None:
    """An export as users see it, None for one that is off."""
    if export is None:
        return None
    return {name: list(value) if isinstance(value, tuple) else value
            for name, value in export.columns().items() if name != "external_ids"}


Value = t.TypeVar("Value")


def only(keys: list[str], values: dict[str, Value]) -> dict[str, Value]:
    """The values of these keys."""
    return {key: value for key, value in values.items() if key in keys}


def exports_resource(params: dict[str, t.Any]) -> ExportsResource:
    """The resource of ovs_flow_export's parameters.

    :raises ValidationError: a parameter is not valid
    """
    return ExportsResource(desired_bridge(params))
