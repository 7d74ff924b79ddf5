# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role virtual_switch finds to do about bridges of Open vSwitch."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.virtual_switch.switch_host import (
    OURS,
    OVS,
    Dict,
    ovs_interface,
    ovs_port,
    tables,
)

FILTERS = FilterModule().filters()


def transaction(*bridges: Dict, said: list[str] | None = None) -> list[str]:
    words = " ".join(FILTERS["virtual_switch_ovs_plan"](list(bridges), OVS if said is None else said)["steps"])
    return words.removeprefix("-- ").split(" -- ") if words else []


def test_a_new_bridge_of_open_vswitch() -> None:
    ports = [{"name": "eth1", "tag": 10}, {"name": "p1", "type": "internal", "trunks": ["10-12"]}]
    mark = "external_ids:nfv-kvm=virtual_switch"
    assert transaction({"name": "ovs1", "ports": ports, "mtu": 9000}, said=[]) == [
        "add-br ovs1", f"set Bridge ovs1 {mark}",
        "add-port ovs1 eth1", f"set Port eth1 {mark}", "set Port eth1 tag=10",
        "add-port ovs1 p1", f"set Port p1 {mark}", "set Interface p1 type=internal", "set Port p1 trunks=10,11,12",
        *(f"set Interface {name} mtu_request=9000" for name in ("ovs1", "eth1", "p1")),
    ]


def test_a_bridge_of_open_vswitch_that_is_so() -> None:
    ports = [{"name": "eth2", "tag": 10}, {"name": "p1", "type": "internal", "trunks": [20, 10]}]
    assert transaction({"name": "ovs0", "ports": ports}) == []


def test_ports_of_open_vswitch_that_are_otherwise() -> None:
    assert transaction({"name": "ovs0", "ports": [{"name": "eth2", "trunks": [10]}]}) == [
        "del-port ovs0 p1", "clear Port eth2 tag", "set Port eth2 trunks=10"]


def test_a_bridge_of_open_vswitch_that_goes() -> None:
    assert transaction({"name": "ovs0", "state": "absent"}, {"name": "ovs9", "state": "absent"}) == ["del-br ovs0"]


def test_what_open_vswitch_could_not_make() -> None:
    said = tables([{"name": "ovs0", "ports": ["uuid", "u-eth1"], "external_ids": OURS}], [ovs_port("eth1")],
                  [ovs_interface("eth1", error="could not open network device eth1")])
    found = FILTERS["virtual_switch_ovs_plan"]([{"name": "ovs0", "ports": ["eth1"]}], said)
    assert found["failed"] == ["eth1: could not open network device eth1"]


def test_flow_exports_on_and_off() -> None:
    on = {"targets": ["192.0.2.9:6343"]}
    wanted = [{"name": "ovs0", "sflow": on, "ipfix": {}}, {"name": "new", "sflow": on}]
    assert FILTERS["virtual_switch_ovs_plan"](wanted, OVS)["exports"] == [
        {"bridge": "ovs0", "state": "present", "sflow": on}, {"bridge": "ovs0", "state": "absent", "ipfix": {}}]
