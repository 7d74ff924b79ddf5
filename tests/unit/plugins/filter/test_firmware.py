# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters about BIOS settings take the role's variables, and hand what is known from one to the next."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.redfish.bmc import ADDRESS, FILTERS, VENDORS, way


@pytest.mark.parametrize(("name", "given", "told"), [
    ("firmware_start", [{"uri": "https://192.0.2.10"}], "kvm_host_bmc.username: it is missing."),
    ("firmware_start", [{**ADDRESS, "system": 1}], "kvm_host_bmc.system = 1: it must be a text."),
    ("firmware_plan", [way(), {"NumLock": []}, VENDORS, [], True],
     "kvm_host_firmware_attributes.NumLock = []: it must be a single value."),
    ("firmware_plan", [way(), {}, [{"manufacturer": "Dell"}], [], True],
     "kvm_host_firmware_vendors[0].attributes: it is missing."),
    ("firmware_plan", [way(), {}, VENDORS, [], "maybe"], "kvm_host_firmware_change = 'maybe': it must be true or"),
])
def test_variables_are_named(name: str, given: list[object], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        FILTERS[name](*given)
    assert str(raised.value).startswith(told)
    assert "secret" not in str(raised.value)


def test_what_is_known_is_handed_on() -> None:
    known = way()
    assert FILTERS["firmware_follow"](known, {"status": 404})["name"] == known["name"]
    assert sorted(known) == [
        "apply_times", "etag", "fault", "found", "manufacturer", "name", "path", "pending", "resource", "system", "uri",
        "username"]
