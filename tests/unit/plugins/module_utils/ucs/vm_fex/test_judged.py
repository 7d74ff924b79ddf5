# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Port profiles, UCS Manager and hosts that fit, and that do not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.filter.vm_fex import FilterModule
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vm_fex.judged import swapped
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.ucs.vm_fex.site import (
    FEX,
    FINANCE,
    POOL,
    UCS,
    UUID,
    Dict,
    settings,
)

vm_fex_judged = FilterModule().filters()["vm_fex_judged"]


def server(**changes: t.Any) -> Dict:
    """UCS Manager, with another service profile of the host."""
    return {**UCS, "service_profiles": [{**UCS["service_profiles"][0], **changes}]}


def test_all_fits() -> None:
    nothing: Dict = {"refused": [], "warnings": []}
    assert vm_fex_judged(settings()) == nothing
    assert vm_fex_judged(settings(), UCS, f"{UUID.upper()}\n") == nothing
    assert vm_fex_judged(settings(), UCS, swapped(UUID)) == nothing
    assert vm_fex_judged(settings(profiles=None, networks=None), UCS) == nothing
    assert vm_fex_judged(settings(networks=[{"name": "pool", "state": "absent"}]), UCS) == nothing


def test_the_other_order_of_bytes() -> None:
    assert swapped("00112233-4455-6677-8899-aabbccddeeff") == "33221100-5544-7766-8899-aabbccddeeff"


# (what is other than in settings(), the words of what is refused)
REFUSED: list[tuple[Dict, str]] = [
    ({"profiles": [{"name": "fin ance"}]}, "vm_fex_profiles[0].name = 'fin ance': with 802.1Qbh it must have 1 to 31"),
    ({"profiles": [{"name": "x" * 32}]}, "it must have 1 to 31 characters"),
    ({"profiles": [{"name": ""}]}, "vm_fex_profiles[0].name = ''"),
    ({"profiles": [FINANCE, FINANCE]}, "vm_fex_profiles[1].name = 'finance': this name is listed twice."),
    ({"profiles": [{**FINANCE, "clients": []}]}, "vm_fex_profiles[0].clients = 'none': VMs on KVM hosts can use the"),
    ({"profiles": [{**FINANCE, "clients": [{"name": "dvs", "switch": "dvs[12]"}]}]},
     "cluster default only, and no client matches it. Add {name: default}, or remove clients."),
    ({"networks": [FEX, {**POOL, "name": "fex"}]}, "vm_fex_networks[1].name = 'fex': this name is listed twice."),
    ({"networks": [{**FEX, "mode": "private"}]}, "vm_fex_networks[0].mode = 'private': VM-FEX supports VFs only. Set"),
    ({"networks": [{**FEX, "mode": None}]}, "vm_fex_networks[0].mode: VM-FEX supports VFs only."),
    ({"networks": [{**FEX, "pf": None}]}, "vm_fex_networks[0]: network fex needs either pf or devices."),
    ({"networks": [{**FEX, "devices": ["eno5v0"]}]}, "vm_fex_networks[0]: network fex needs either pf or devices."),
    ({"networks": [FEX, {**FEX, "name": "b"}]}, "vm_fex_networks[1].pf = 'eno5': network fex uses all VFs of this PF."),
    ({"networks": [{**FEX, "profiles": ["a&b"]}]}, "vm_fex_networks[0].profiles = 'a&b': with 802.1Qbh"),
    ({"networks": [{**FEX, "default_profile": "web"}]}, "default_profile = 'web': the network does not have this"),
    ({"networks": [{**FEX, "default_profile": "finance"}], "profiles": [{**FINANCE, "state": "absent"}]},
     "default_profile = 'finance': the network does not have this"),
]
# The same, where UCS Manager must be known
REFUSED_BY_UCS: list[tuple[Dict, str]] = [
    ({"networks": [{**FEX, "profiles": ["web1"]}]},
     "vm_fex_networks[0].profiles = 'web1': UCS Manager has no port profile of this name. It has dvs, web."),
    ({"networks": [{**FEX, "profiles": ["dvs"]}]}, "profiles = 'dvs': its clients in UCS Manager do not match the"),
]
# (UCS Manager, the UUID of the host, the words of a warning)
WARNED: list[tuple[Dict, str, str]] = [
    (UCS, "", "The UUID of this host cannot be read"),
    (UCS, "5c0a7f3e-0001-0203-0405-060708090a0c", "UCS Manager has no service profile with the UUID of this host, 5c"),
    (server(associated=False), UUID, "org-root/ls-kvm1 of this host is not associated with a server."),
    (server(dynamic_vnic_policies=[]), UUID, "org-root/ls-kvm1 of this host has no dynamic vNIC policy"),
]


@pytest.mark.parametrize(("changes", "told"), REFUSED)
def test_refused(changes: Dict, told: str) -> None:
    for ucs in (None, UCS):
        refused = vm_fex_judged(settings(**changes), ucs, UUID)["refused"]
        assert [text for text in refused if told in text] == refused
        assert len(refused) == 1


@pytest.mark.parametrize(("changes", "told"), REFUSED_BY_UCS)
def test_refused_for_what_ucs_manager_has(changes: Dict, told: str) -> None:
    assert not vm_fex_judged(settings(**changes))["refused"]
    refused = vm_fex_judged(settings(**changes), UCS, UUID)["refused"]
    assert [told in text for text in refused] == [True]


@pytest.mark.parametrize(("ucs", "uuid", "told"), WARNED)
def test_warnings_of_the_host(ucs: Dict, uuid: str, told: str) -> None:
    judged = vm_fex_judged(settings(), ucs, uuid)
    assert not judged["refused"]
    assert [told in text for text in judged["warnings"]] == [True]
    assert not vm_fex_judged(settings(networks=[]), ucs, uuid)["warnings"]


def test_a_warning_of_clients() -> None:
    both = [{"name": "default"}, {"name": "dvs", "switch": "dvs1"}]
    judged = vm_fex_judged(settings(profiles=[{**FINANCE, "clients": both}]), UCS, UUID)
    assert judged == {"refused": [], "warnings": [
        "vm_fex_profiles[0].clients: VMs on KVM hosts can use the cluster default only, not dvs."]}
