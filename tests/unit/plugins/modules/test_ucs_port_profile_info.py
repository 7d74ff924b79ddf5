# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ucs_port_profile_info against a UCS Manager."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.modules import ucs_port_profile
from ansible_collections.nfv.kvm.plugins.modules import ucs_port_profile_info as module
from ansible_collections.nfv.kvm.tests.ucs_manager.sample import HOST_UUID, SWITCH, VM_UUID, add_vm
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.runucs import PASSWORD, Ucs


def test_all_that_it_returns(ucs: Ucs) -> None:
    add_vm(ucs.server.tree, VM_UUID[:-1] + "2", "vm2", "finance", "web", status="offline")
    ucs.run(ucs_port_profile, name="finance", vlans=[{"name": "db"}])
    ucs.server.requests.clear()
    before = ucs.content()
    results = [ucs.run(module, check_mode=check_mode) for check_mode in (True, False)]
    result = results[0]
    assert results[0] == results[1]
    assert not result["changed"]
    assert ucs.content() == before
    assert ucs.server.requests.count("configResolveClasses") == 2
    assert [profile["name"] for profile in result["profiles"]] == ["finance", "web"]
    finance, web = result["profiles"]
    assert finance["vlans"] == [{"name": "db", "native": False}]
    assert [(user["vm"], user["nic"], user["status"]) for user in finance["consumers"]] == [("vm2", "1", "offline")]
    assert [(user["vm"], user["nic"], user["mac"]) for user in web["consumers"]] == [
        ("vm1", "1", "52:54:00:00:a1:01"), ("vm2", "2", "52:54:00:00:a2:02")]
    assert web["clients"] == [{"name": "default", "datacenter": ".*", "folder": ".*", "switch": "default$"}]
    assert result["clusters"] == [{"name": "default", "dn": SWITCH, "manager": "unmanaged", "usable": True,
                                   "profiles": ["finance", "web"]}]
    assert [(each["name"], each["uuid"], each["associated"], each["dynamic_vnic_policies"])
            for each in result["service_profiles"]] == [
        ("kvm1", HOST_UUID, True, ["kvm"]), ("kvm2", HOST_UUID[:-1] + "2", True, ["kvm"])]
    assert result["release"] == "4.2(3d)"
    assert not len(ucs.server.sessions)


def test_one_profile(ucs: Ucs) -> None:
    assert [profile["name"] for profile in ucs.run(module, name="web")["profiles"]] == ["web"]
    assert ucs.run(module, name="nonesuch")["profiles"] == []
    ucs.refused(module, "name = 'a b': it must have 1 to 31 characters of letters, digits and - . : _", name="a b")


def test_clusters_other_than_the_default_are_not_usable(ucs: Ucs) -> None:
    ucs.server.tree.add("vmSwitch", f"{SWITCH[:-len('default')]}dvs7", name="dvs7", manager="vcenter")
    assert [(each["name"], each["usable"]) for each in ucs.run(module)["clusters"]] == [
        ("default", True), ("dvs7", False)]


def test_interconnects_without_port_profiles_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with UcsManager("UCS-FI-6536", password=PASSWORD) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        result = Ucs(server).run(module)
    assert [each["supported"] for each in result["interconnects"]] == [False, False]
    assert "UCS 6454 and later fabric interconnects support neither" in result["interconnects"][0]["reason"]


def test_documented_examples(ucs: Ucs) -> None:
    task = yaml.safe_load(module.EXAMPLES)[0]["nfv.kvm.ucs_port_profile_info"]
    assert not ucs.run(module, **{**task, **ucs.connection})["changed"]
