# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VLANs as users list them."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.given import Wrong
from ansible_collections.nfv.kvm.plugins.module_utils.vlans import vlan_ids


def test_vlans_and_ranges_of_them() -> None:
    assert vlan_ids([7, "1-3", "5"]) == [1, 2, 3, 5, 7]
    assert vlan_ids(["10 - 12", " 20", "30-31 ", " 40 -41\n"]) == [10, 11, 12, 20, 30, 31, 40, 41]
    assert vlan_ids(9) == [9]
    assert vlan_ids("4094") == [4094]


@pytest.mark.parametrize("given", [0, 4095, "20-10", "1-4095", "all", None, [None], ["1-"], 1.5, True, {}])
def test_what_no_vlans_are(given: object) -> None:
    with pytest.raises(Wrong) as raised:
        vlan_ids(given)
    assert raised.value.cause == "VLAN IDs are numbers from 1 to 4094, and a range starts with the lower number"
