# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role virtual_switch take its variables, and give what its tasks and templates use."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.virtual_switch.switch_host import host

FILTERS = FilterModule().filters()
# Variables, and what is said of them
WRONG = [
    ([{"name": "br0", "mtu": "many"}], [], "virtual_switch_bridges[0].mtu = 'many': it must be a number from 68"),
    ([{"name": "br0"}, {}], [], "virtual_switch_bridges[1].name: it is missing."),
    ([], [{"name": "ovs0", "ports": [5]}], "virtual_switch_ovs_bridges[0].ports[0] = 5: it must be a text or a dict"),
]


@pytest.mark.parametrize(("bridges", "ovs_bridges", "told"), WRONG)
def test_variables_are_named(bridges: object, ovs_bridges: object, told: str) -> None:
    (refused,) = FILTERS["virtual_switch_refused"](bridges, ovs_bridges, host())
    assert refused.startswith(told)
    with pytest.raises(AnsibleFilterError) as raised:
        FILTERS["virtual_switch_plan"](bridges, ovs_bridges, host())
    assert told in str(raised.value)


def test_what_templates_use_of_a_file() -> None:
    ports = [{"name": "eth1", "vlans": ["10-12", 20]}]
    *_others, file = FILTERS["virtual_switch_plan"](
        [{"name": "br0", "vlan_filtering": "yes", "ports": ports}], [], host())["files"]
    assert file["path"] == "/etc/systemd/network/05-nfv-kvm-eth1.network"
    assert file["template"] == "networkd/port.network.j2"
    assert {key: file["bridge"][key] for key in ("kind", "name", "mtu", "vlan_filtering", "default_pvid")} == {
        "kind": "bridge", "name": "br0", "mtu": None, "vlan_filtering": True, "default_pvid": 1}
    assert file["port"] == {"name": "eth1", "pvid": 1, "tagged": [10, 11, 12, 20], "ranges": ["10-12", "20"]}
    assert file["ports"] == [file["port"]]
