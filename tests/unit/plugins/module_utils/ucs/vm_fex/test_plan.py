# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role vm_fex has modules do."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.filter.vm_fex import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.ucs.vm_fex.site import FEX, FINANCE, settings

vm_fex_plan = FilterModule().filters()["vm_fex_plan"]


def test_what_the_modules_are_to_do() -> None:
    virtualport = {"type": "802.1Qbh"}
    assert vm_fex_plan(settings(uri="test:///default")) == {
        "profiles": [{"state": "present", "name": "finance", "descr": "Finance", "vlans": FINANCE["vlans"]}],
        "networks": [
            {"uri": "test:///default", "name": "fex", "forward": {"mode": "passthrough", "pf": "eno5"},
             "state": "active", "autostart": True},
            {"uri": "test:///default", "name": "pool", "forward": {"mode": "hostdev", "devices": ["0000:0a:00.1"]},
             "state": "active", "autostart": False}],
        "groups": [
            {"uri": "test:///default", "name": "finance", "network": "fex", "state": "present",
             "virtualport": {**virtualport, "profileid": "finance"}},
            {"uri": "test:///default", "name": "finance", "network": "pool", "state": "present", "default": False,
             "virtualport": {**virtualport, "profileid": "finance"}},
            {"uri": "test:///default", "name": "web", "network": "pool", "state": "present", "default": True,
             "virtualport": {**virtualport, "profileid": "web"}}],
        "removed": [], "pfs": ["eno5"],
    }


def test_what_is_to_go() -> None:
    gone = {**FINANCE, "state": "absent", "in_use": "allow"}
    plan = vm_fex_plan(settings(profiles=[gone], networks=[FEX, {"name": "pool", "state": "absent"}]))
    assert plan["profiles"] == [{"name": "finance", "state": "absent", "in_use": "allow"}]
    assert plan["groups"] == [{"uri": "qemu:///system", "name": "finance", "network": "fex", "state": "absent"}]
    assert plan["removed"] == [{"uri": "qemu:///system", "name": "pool", "state": "absent"}]


def test_the_new_default_comes_after_the_old_one() -> None:
    profiles = [{"name": name} for name in ("a", "b", "c")]
    plan = vm_fex_plan(settings(profiles=profiles, networks=[{**FEX, "default_profile": "a"}]))
    assert [(group["name"], group["default"]) for group in plan["groups"]] == [("b", False), ("c", False), ("a", True)]
