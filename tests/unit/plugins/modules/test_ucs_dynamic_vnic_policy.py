# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ucs_dynamic_vnic_policy against a UCS Manager: four runs, each property alone, who uses it, wrong input."""

from __future__ import annotations

import itertools

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.modules import ucs_dynamic_vnic_policy as module
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result
from ansible_collections.nfv.kvm.tests.unit.runucs import PASSWORD, Ucs

LAB = "org-root/org-lab"
WHOLE: Result = {"name": "fex", "descr": "VM-FEX", "vnics": 16, "adapter_policy": "Linux",
                 "protection": "protected-pref-a"}


@pytest.mark.parametrize("wanted", [
    {"name": "fex"}, WHOLE, {**WHOLE, "org": LAB}, {"name": "n" * 16, "vnics": 0}, {"name": "-.:_", "vnics": 116},
    {"name": "fex", "descr": "", "adapter_policy": "", "protection": "none"},
])
def test_check_apply_check_apply(ucs: Ucs, wanted: Result) -> None:
    result = ucs.four_runs(module, **wanted)
    org = wanted.get("org", "org-root")
    assert {key: result["policy"][key] for key in wanted} == wanted
    assert result["policy"]["dn"] == f"{org}/dynamic-con-{wanted['name']}"
    assert result["actions"][0] == f"dynamic vNIC policy {wanted['name']} of {org}: created"
    assert result["diff"]["before"] == {"state": "absent"}
    offered = wanted.get("vnics", 54)
    assert result["vfs"] == {"offered": offered, "usable": min(offered, 22), "usable_at_most": min(offered, 32)}
    assert ucs.four_runs(module, name=wanted["name"], org=org, state="absent")["policy"] is None


@pytest.mark.parametrize(("change", "told"), [
    ({"descr": "other"}, "descr VM-FEX → other"), ({"descr": ""}, "descr VM-FEX → none"),
    ({"vnics": 17}, "vnics 16 → 17"), ({"vnics": 0}, "vnics 16 → 0"),
    ({"adapter_policy": "SRIOV"}, "adapter_policy Linux → SRIOV"),
    ({"adapter_policy": ""}, "adapter_policy Linux → none"),
    ({"protection": "none"}, "protection protected-pref-a → none"),
    ({"protection": "protected-pref-b"}, "protection protected-pref-a → protected-pref-b"),
])
def test_each_property_alone(ucs: Ucs, change: Result, told: str) -> None:
    ucs.run(module, **WHOLE)
    result = ucs.four_runs(module, name="fex", **change)
    assert result["actions"] == [f"dynamic vNIC policy fex of org-root: {told}"]
    assert set(result["diff"]["after"]) == {"state", "consumers", *change}
    assert result["policy"] == {**WHOLE, **change, "org": "org-root", "dn": "org-root/dynamic-con-fex"}


@pytest.mark.parametrize(("params", "told"), [
    ({"state": "absent"}, "it would be removed"), ({"vnics": 16}, "vnics would change"),
    ({"adapter_policy": "SRIOV", "protection": "none"}, "adapter_policy and protection would change"),
])
def test_in_use(ucs: Ucs, params: Result, told: str) -> None:
    for check_mode in (True, False):
        result = ucs.refused(module, f"dynamic vNIC policy kvm: {told}, and UCS Manager would reconfigure and may "
                             "reboot the servers that use it: org-root/ls-kvm1; org-root/ls-kvm2 (eth0)", check_mode,
                             name="kvm", **params)
        assert "in_use: allow" in result["msg"]
        assert result["error"]["type"] == "InUse"
    assert ucs.four_runs(module, name="kvm", in_use="allow", **params)["changed"]


def test_description_of_what_is_in_use(ucs: Ucs) -> None:
    result = ucs.four_runs(module, name="kvm", descr="for VM-FEX", vnics=54)
    assert result["consumers"] == [{"dn": "org-root/ls-kvm1", "kind": "lsServer", "vnics": []},
                                   {"dn": "org-root/ls-kvm2", "kind": "lsServer", "vnics": ["eth0"]}]
    assert result["diff"]["after"]["consumers"] == ["org-root/ls-kvm1", "org-root/ls-kvm2 (eth0)"]


def test_templates_use_it(ucs: Ucs) -> None:
    tree = ucs.server.tree
    tree.add("vnicLanConnTempl", "org-root/org-lab/lan-conn-templ-vm", name="vm")
    tree.add("vnicDynamicConPolicyRef", "org-root/org-lab/lan-conn-templ-vm/con-ref-fex", conPolicyName="fex")
    tree.add("vnicLanConnPolicy", "org-root/lan-conn-pol-lan", name="lan")
    tree.add("vnicEther", "org-root/lan-conn-pol-lan/ether-eth1", name="eth1")
    tree.add("vnicDynamicConPolicyRef", "org-root/lan-conn-pol-lan/ether-eth1/con-ref-fex", conPolicyName="fex")
    tree.add("lsServer", "org-root/ls-template", name="template", type="updating-template", dynamicConPolicyName="fex")
    result = ucs.run(module, **WHOLE)
    assert result["consumers"] == [
        {"dn": "org-root/lan-conn-pol-lan", "kind": "vnicLanConnPolicy", "vnics": ["eth1"]},
        {"dn": "org-root/ls-template", "kind": "lsServer template", "vnics": []},
        {"dn": "org-root/org-lab/lan-conn-templ-vm", "kind": "vnicLanConnTempl", "vnics": []}]
    # That of the organization hides that of the root, as far as UCS Manager has resolved it.
    result = ucs.run(module, **{**WHOLE, "org": LAB})
    assert [user["dn"] for user in result["consumers"]] == ["org-root/org-lab/lan-conn-templ-vm"]


def test_warnings(ucs: Ucs) -> None:
    assert "warnings" not in ucs.run(module, name="fex", vnics=22)
    assert "offers 23 VFs, of which hosts can use 22 to 32, depending on their kernel" in str(
        ucs.run(module, name="fex", vnics=23)["warnings"])
    assert "offers 54 VFs, of which hosts can use at most 32" in str(ucs.run(module, name="kvm")["warnings"])
    for number in (1, 2):
        vnic = f"org-root/ls-kvm2/ether-more{number}"
        ucs.server.tree.add("vnicEther", vnic, name=f"more{number}")
        ucs.server.tree.add("vnicDynamicConPolicyRef", f"{vnic}/con-ref-kvm", conPolicyName="kvm",
                            operConPolicyName="org-root/dynamic-con-kvm")
    assert "Service profile org-root/ls-kvm2 has 3 vNICs with 54 dynamic vNICs each" in str(
        ucs.run(module, name="kvm")["warnings"])


def test_fabric_interconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    with UcsManager("UCS-FI-6454", password=PASSWORD) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        ucs = Ucs(server)
        ucs.refused(module, "fabric interconnect A = 'UCS-FI-6454': UCS 6454 and later", **WHOLE)
        assert ucs.run(module, name="kvm", state="absent", in_use="allow")["changed"]


def test_second_writer(ucs: Ucs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SETTLE_SECONDS", 0.3)
    ucs.server.failures.second_writer = lambda tree: tree.set("org-root/dynamic-con-fex", dynamicEth="off")
    result = ucs.run(module, **WHOLE)
    assert result["failed"]
    assert result["changed"]
    assert "UCS Manager 127.0.0.1 still needs: dynamic vNIC policy fex of org-root: vnics 0 → 16" in result["msg"]


def test_documented_examples(ucs: Ucs) -> None:
    ucs.server.tree.add("orgOrg", "org-root/org-nfv", name="nfv")
    ucs.server.tree.add("vnicDynamicConPolicy", "org-root/org-nfv/dynamic-con-kvm-old", name="kvm-old")
    for task in yaml.safe_load(module.EXAMPLES):
        assert ucs.run(module, **{**task["nfv.kvm.ucs_dynamic_vnic_policy"], **ucs.connection})["changed"], task


NAMES = "it must have 1 to 16 characters of letters, digits and - . : _"
WRONG: list[tuple[Result, str]] = [
    ({"name": None}, "missing required arguments: name"),
    *(({"name": name}, f"name = {name!r}: {NAMES}") for name in ("", "n" * 17, "a b", "a/b", "é", "fex\n")),
    ({"descr": "d" * 257}, "descr = 'ddd"),
    ({"descr": "a\tb"}, "it must have 0 to 256 characters of letters, digits, spaces and ! #"),
    ({"vnics": 117}, "vnics = 117: a VIC adapter has at most 116 vNICs, static and dynamic. Choose a number from 0 to"),
    ({"vnics": 256}, "vnics = 256: a VIC adapter has at most 116 vNICs"),
    ({"vnics": -1}, "vnics = -1: a VIC adapter has at most 116 vNICs"),
    ({"vnics": True}, "vnics = True: it must be an integer"),
    ({"vnics": "off"}, "unable to convert to int"),
    ({"adapter_policy": "a" * 17}, "it must have 0 to 16 characters of letters, digits and - . : _"),
    ({"adapter_policy": "linux"}, "adapter_policy = 'linux': UCS Manager has no Ethernet adapter policy of this name. "
                                  "It has Linux, SRIOV, default"),
    ({"protection": "yes"}, "value of protection must be one of: none, protected, protected-pref-a, protected-pref-b"),
    ({"org": ""}, "org = '': it is not the DN of an organization. Write org-root"),
    ({"org": "root"}, "org = 'root': it is not the DN of an organization"),
    ({"org": "org-root/"}, "it is not the DN of an organization"),
    ({"org": "org-root/nfv"}, "it is not the DN of an organization"),
    ({"org": "org-root/org-"}, "org = '': it must have"),
    ({"org": "org-root/org-a b"}, "org = 'a b': it must have"),
    ({"org": "org-root/org-nonesuch"}, "org = 'org-root/org-nonesuch': UCS Manager has no organization of this name. "
                                       "It has org-root, org-root/org-lab"),
    ({"state": "off"}, "value of state must be one of: present, absent, got: off"),
    ({"state": "absent", "vnics": 1}, "vnics: it is not valid for a policy that is absent. Remove vnics"),
    ({"state": "absent", "descr": ""}, "descr: it is not valid for a policy that is absent"),
    ({"in_use": "yes"}, "value of in_use must be one of: fail, allow"),
    ({"vfs": 4}, "Unsupported parameters"),
]


def test_wrong_input(ucs: Ucs) -> None:
    for (wrong, told), check_mode in itertools.product(WRONG, (False, True)):
        ucs.server.requests.clear()
        ucs.refused(module, told, check_mode, **{"name": "fex", **wrong})
        assert (ucs.server.requests != []) is ("UCS Manager has no" in told), wrong
