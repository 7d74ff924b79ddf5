# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors to the rules of the role vsrx: which NICs and PFs a vSRX has."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.filter import appliance, vsrx
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.vsrx.test_refused import (
    VIRTIO,
    settings,
    vf,
)

Dict = dict[str, t.Any]

FILTERS = {**appliance.FilterModule().filters(), **vsrx.FilterModule().filters()}
PROFILE = yaml.safe_load((Path(__file__).parents[4] / "roles/virtual_appliance/profiles/vsrx.yml").read_text())
CONTROL = {"control": {"bridge": "br-control"}, "fabric": {"bridge": "br-fabric"}}


@pytest.mark.parametrize(("cluster", "expected"), [
    ({}, ["fxp0", "ge-0/0/0", "ge-0/0/1"]),
    ({**CONTROL, "node": 0}, ["fxp0", "em0", "ge-0/0/0", "ge-0/0/1", "ge-0/0/2"]),
    ({**CONTROL, "node": "1"}, ["fxp0", "em0", "ge-7/0/0", "ge-7/0/1", "ge-7/0/2"]),
    ({"control": {"bridge": "br-control"}, "node": 1}, ["fxp0", "em0", "ge-7/0/0", "ge-7/0/1"]),
])
def test_names(cluster: Dict, expected: list[str]) -> None:
    given = settings(cluster=cluster)
    profile = {**PROFILE, "nics": {**PROFILE["nics"], **FILTERS["vsrx_nics"](given)}}
    nics = FILTERS["appliance_nics"](FILTERS["vsrx_interfaces"](given), profile)
    assert [nic["name"] for nic in nics] == expected


def test_links_of_a_cluster_are_on_its_bridges() -> None:
    nics = FILTERS["vsrx_interfaces"](settings(cluster={**CONTROL, "node": 0}))
    assert [nic["source"].get("bridge") for nic in nics] == ["br-mgmt", "br-control", "br-fabric", None, None]


@pytest.mark.parametrize(("cluster", "expected"), [
    ({}, [None, {"max_tx_rate": 100}]),
    ({**CONTROL, "trust": False}, [None, {"max_tx_rate": 100}]),
    (CONTROL, [{"trust": True, "spoofchk": False}, {"trust": True, "spoofchk": False, "max_tx_rate": 100}]),
])
def test_trust(cluster: Dict, expected: list[Dict | None]) -> None:
    given = [vf(), vf(number=1), vf(number=2, vf={"max_tx_rate": 100})]
    nics = FILTERS["vsrx_interfaces"](settings(interfaces=given, cluster=cluster))
    assert nics[0] == vf()
    assert [nic.get("vf") for nic in nics[-2:]] == expected


ON = {"trust": True, "spoofchk": False}


@pytest.mark.parametrize(("cluster", "vfs", "expected"), [
    ({}, None, None),
    ({}, [{"index": "0-1", "vlan": 5}], [{"index": "0-1", "vlan": 5}]),
    ({**CONTROL, "trust": False}, None, None),
    (CONTROL, None, [{"index": 0, **ON}, {"index": 1, **ON}]),
    (CONTROL, [{"index": "1-2", "vlan": 5}, {"index": 3}],
     [{"index": 1, "vlan": 5, **ON}, {"index": 2, "vlan": 5}, {"index": 3}, {"index": 0, **ON}]),
])
def test_trust_that_outlasts_a_reboot(cluster: Dict, vfs: list[Dict] | None, expected: list[Dict] | None) -> None:
    other = {"pf": "eno9", "numvfs": 1}
    pf = {"pf": "eno2", "numvfs": 4, **({} if vfs is None else {"vfs": vfs})}
    found = FILTERS["vsrx_pfs"](settings(cluster=cluster, pfs=[other, pf]))
    assert found[0] == other
    assert found[1].get("vfs") == expected


def test_more_nics_than_were_seen_are_a_matter_of_the_user() -> None:
    assert FILTERS["vsrx_nics"](settings())["maximum"] == PROFILE["nics"]["maximum"] == 12
    assert FILTERS["vsrx_nics"](settings(interfaces=[VIRTIO] * 20))["maximum"] == 20
