# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role vm_fex take its variables, and results of modules."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.vm_fex import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.ucs.vm_fex.site import (
    FEX,
    FINANCE,
    UCS,
    UUID,
    Dict,
    settings,
)

FILTERS = FilterModule().filters()


@pytest.mark.parametrize(("changes", "told"), [
    ({"profiles": [{**FINANCE, "state": "gone"}]}, "vm_fex_profiles[0].state = 'gone': it must be present or absent."),
    ({"networks": [{**FEX, "state": "off"}]}, "vm_fex_networks[0].state = 'off': it must be present or absent."),
    ({"networks": [{**FEX, "devices": "eno5v0"}]}, "vm_fex_networks[0].devices = 'eno5v0': it must be a list."),
    ({"profiles": [{"descr": "x"}]}, "vm_fex_profiles[0].name: it is missing."),
    ({"profiles": [{**FINANCE, "clients": [{}]}]}, "vm_fex_profiles[0].clients[0].name: it is missing."),
    ({"uri": None}, "vm_fex_uri: it is missing."),
])
def test_variables_are_named(changes: Dict, told: str) -> None:
    for name, more in (("vm_fex_plan", []), ("vm_fex_judged", [UCS, UUID])):
        with pytest.raises(AnsibleFilterError) as raised:
            FILTERS[name](settings(**changes), *more)
        assert str(raised.value).startswith(told)


def test_all_that_is_given_of_a_profile_goes_to_its_module() -> None:
    given = {"name": "web", "max_ports": 8, "vlans": [{"name": "web"}], "pin_group": None}
    assert FILTERS["vm_fex_plan"](settings(profiles=[given]))["profiles"] == [
        {"name": "web", "max_ports": 8, "vlans": [{"name": "web"}], "state": "present"}]
