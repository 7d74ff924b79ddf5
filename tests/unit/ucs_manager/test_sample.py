# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that the server begins with are what the metadata of Cisco's client allows."""

from __future__ import annotations

import pytest
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager import derived, sample
from ansible_collections.nfv.kvm.tests.ucs_manager.defaults import DEFAULTS
from ansible_collections.nfv.kvm.tests.ucs_manager.metadata import ROOT, kind_of
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.ucs_manager.tree import split

ELSEWHERE = {
    "org-root",  # in the metadata an org is only below another one
    "sys/fw-system",  # where ucsmsdk asks for the version
}


@pytest.mark.parametrize("model", ["UCS-FI-6248UP", "UCS-FI-6454"])
def test_metadata(model: str) -> None:
    tree = sample.system(model, "4.2(3d)")
    derived.derive(tree)
    for mo in tree.objects.values():
        kind, (parent, rn) = kind_of(mo.kind), split(mo.dn)
        names = kind.names(rn)
        assert names is not None, mo
        assert names.items() <= mo.values.items(), mo
        assert mo.dn in ELSEWHERE or (tree.objects[parent].kind if parent else ROOT) in kind.parents, mo
        for name, value in mo.values.items():
            assert kind.properties[name].allows(value), (mo.dn, name, value)


def test_defaults() -> None:
    for name, values in DEFAULTS.items():
        for key, value in values.items():
            assert kind_of(name).properties[key].allows(value), (name, key)


def test_the_client_reads_all_of_it(ucsm: UcsManager, handle: UcsHandle) -> None:
    found = [mo.dn for top in ("sys", "fabric", "org-root", "vmm") for mo in handle.query_dn(top, hierarchy=True)]
    assert sorted(found) == sorted(ucsm.tree.objects)


def test_model() -> None:
    with UcsManager("UCS-FI-6454", version="4.1(1a)") as ucsm:
        assert {mo.values["model"] for mo in ucsm.tree.of_kind("networkElement")} == {"UCS-FI-6454"}
        assert {mo.values["version"] for mo in ucsm.tree.of_kind("firmwareRunning")} == {"4.1(1a)"}
