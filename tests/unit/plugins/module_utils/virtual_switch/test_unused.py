# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which bridges go with their guests."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.filter.virtual_switch import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.virtual_switch.switch_host import (
    OWN,
    Dict,
    bridge,
    host,
    link,
)

PORT = link("eth1", master="br0")
FILTERS = FilterModule().filters()


def unused(on: Dict, *made: Dict) -> Dict:
    found: Dict = FILTERS["virtual_switch_unused"](list(made) or [{"name": "br0", "ports": ["eth1"]}], on)
    return found


@pytest.mark.parametrize("links", [(bridge(), PORT), (bridge(),), ()])
def test_one_that_nothing_else_uses_goes(links: tuple[Dict, ...]) -> None:
    """With the port that the role gave it, and if only its files are left."""
    on = host(*links, own=OWN)
    assert unused(on) == {"bridges": [{"name": "br0", "state": "absent"}], "staying": []}
    assert FILTERS["virtual_switch_refused"](unused(on)["bridges"], [], on) == []


@pytest.mark.parametrize(("links", "own", "why"), [
    ((bridge(), PORT), [], "the role virtual_switch did not create it"),
    ((bridge(), PORT, link("vnet0", master="br0")), OWN, "vnet0 uses it"),
    ((bridge(), link("vnet0", master="br0"), link("br0.5", link="br0")), OWN, "vnet0, br0.5 use it"),
    (({**bridge(), "addr_info": [{"local": "192.0.2.9", "scope": "global"}]},), OWN, "the host's address 192.0.2.9"),
])
def test_one_that_stays(links: tuple[Dict, ...], own: list[str], why: str) -> None:
    found = unused(host(*links, own=own))
    assert found["bridges"] == []
    assert found["staying"][0].startswith("The bridge br0 is not removed: ")
    assert found["staying"][0].endswith(f"{why}.")


def test_one_that_never_was_is_no_matter() -> None:
    assert unused(host()) == {"bridges": [], "staying": []}
    assert unused(host(bridge(), own=OWN), {"name": "br1"}, {"name": "br0"})["bridges"][0]["name"] == "br0"
