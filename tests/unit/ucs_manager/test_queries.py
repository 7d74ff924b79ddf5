# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries of Cisco's client."""

from __future__ import annotations

import pytest
from ucsmsdk import ucsmethodfactory as factory
from ucsmsdk.ucsexception import UcsException
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager import sample
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager

WEB = "fabric/lan/profiles/vnic-web"
VLANS = ["default", "mgmt", "web", "db"]


def test_object(handle: UcsHandle) -> None:
    profile = handle.query_dn(WEB)
    assert profile.check_prop_match(name="web", max_ports="64", host_nw_io_perf="high-perf-reqd", descr="")
    assert not profile.child
    assert handle.query_dn("fabric/lan/profiles/vnic-none") is None


def test_objects(handle: UcsHandle) -> None:
    found = handle.query_dns("sys", "fabric/lan/net-none", "fabric/lan/net-web")
    assert {dn: mo and mo.get_class_id() for dn, mo in found.items()} == {
        "sys": "TopSystem", "fabric/lan/net-none": None, "fabric/lan/net-web": "FabricVlan"}


def test_object_with_all_below(handle: UcsHandle) -> None:
    found = handle.query_dn("org-root/ls-kvm2", hierarchy=True)
    assert [mo.dn for mo in found] == [
        "org-root/ls-kvm2", "org-root/ls-kvm2/ether-eth0", "org-root/ls-kvm2/ether-eth0/con-ref-kvm"]


def test_children(handle: UcsHandle) -> None:
    assert {mo.get_class_id() for mo in handle.query_children(in_dn=WEB)} == {"VnicEtherIf", "VmVnicProfCl"}
    assert [mo.sw_name for mo in handle.query_children(in_dn=WEB, class_id="VmVnicProfCl")] == ["default$"]
    assert handle.query_children(in_dn=WEB, class_id="VmVnicProfCl", filter_str='(name,"x",type="eq")') == []
    assert handle.query_children(in_dn="nothing") == []


def test_classes(handle: UcsHandle) -> None:
    found = handle.query_classids("NetworkElement", "EpqosDefinition")
    assert [mo.model for mo in found["NetworkElement"]] == ["UCS-FI-6248UP"] * 2
    assert [mo.name for mo in found["EpqosDefinition"]] == ["gold"]


def test_consumers_of_a_profile(ucsm: UcsManager, handle: UcsHandle) -> None:
    sample.add_vm(ucsm.tree, sample.VM_UUID[:-1] + "2", "vm2", "web", "other", status="offline")
    nics = handle.query_classid("VmNic", '(profile_name,"web",type="eq")')
    assert [nic.v_status for nic in nics] == ["online", "offline"]
    vms = handle.query_dns([nic.dn.rpartition("/")[0] for nic in nics])
    assert [vm.name for vm in vms.values()] == ["vm1", "vm2"]
    assert [vif.oper_state for vif in handle.query_children(in_mo=nics[0], class_id="VmVif")] == ["active"]


def test_hosts_of_a_dynamic_policy(handle: UcsHandle) -> None:
    servers = handle.query_classid("LsServer", '(dynamic_con_policy_name,"kvm",type="eq")')
    references = handle.query_classid("VnicDynamicConPolicyRef", '(con_policy_name,"kvm",type="eq")')
    assert [mo.dn for mo in servers + references] == [
        "org-root/ls-kvm1", "org-root/ls-kvm2/ether-eth0/con-ref-kvm"]


@pytest.mark.parametrize(("filter_str", "names"), [
    ('(name,"web",type="eq")', ["web"]),
    ('(name,"web",type="ne")', ["default", "mgmt", "db"]),
    ('(id,"200",type="gt")', ["db"]),
    ('(id,"100",type="ge")', ["mgmt", "web", "db"]),
    ('(id,"100",type="lt")', ["default"]),
    ('(id,"20",type="le")', ["default"]),
    ('(name,"m.m")', ["mgmt"]),
    ('(name,"WEB",flag="I")', ["web"]),
    ('(dn,"fabric/lan/net-db",type="eq")', ["db"]),
    ('not (name,"web",type="eq")', ["default", "mgmt", "db"]),
    ('(id,"1",type="gt") and (id,"201",type="lt")', ["mgmt", "web"]),
    ('(name,"db",type="eq") or (name,"web",type="eq")', ["web", "db"]),
])
def test_filters(handle: UcsHandle, filter_str: str, names: list[str]) -> None:
    assert [mo.name for mo in handle.query_classid("FabricVlan", filter_str)] == names


@pytest.mark.parametrize(("term", "names"), [
    ('<bw class="fabricVlan" property="id" firstValue="100" secondValue="200"/>', ["mgmt", "web"]),
    ('<anybit class="fabricVlan" property="transport" value="fc,ether"/>', VLANS),
    ('<allbits class="fabricVlan" property="transport" value="fc,ether"/>', []),
    ('<eq class="vnicProfile" property="name" value="web"/>', []),
    ("", VLANS),
])
def test_more_filters(handle: UcsHandle, term: str, names: list[str]) -> None:
    request = f'<configFindDnsByClassId cookie="{handle.cookie}" classId="fabricVlan"><inFilter>{term}</inFilter>' \
        '</configFindDnsByClassId>'
    answer = handle.post_xml(request.encode())
    assert [part.partition('"')[0] for part in answer.split("fabric/lan/net-")[1:]] == names


@pytest.mark.parametrize("kind", ["fabricVlan", "fabricVsan"])  # some, and none
@pytest.mark.parametrize(("term", "detail"), [
    ('<like class="fabricVlan" property="id" value="1"/>', "unknown filter like"),
    ('<eq class="fabricVlan" property="colour" value="1"/>', "no property colour"),
    ('<eq class="fabricVlan" property="id" value="1"/>' * 2, "more than one filter"),
    ('<wcard class="fabricVlan" property="id" value="("/>', "wildcard"),
    ('<eq class="fabricWlan" property="id" value="1"/>', "no class named fabricWlan"),
])
def test_filters_that_are_none(handle: UcsHandle, term: str, detail: str, kind: str) -> None:
    request = f'<configResolveClass cookie="{handle.cookie}" classId="{kind}"><inFilter>{term}</inFilter>' \
        '</configResolveClass>'
    answer = handle.post_xml(request.encode())
    assert detail in answer
    assert "errorCode" in answer


def test_other_methods(handle: UcsHandle) -> None:
    def dns(element: object) -> list[str]:
        return [mo.dn for mo in handle.process_xml_elem(element)]

    cookie = handle.cookie
    assert dns(factory.config_resolve_dn(cookie, "sys/switch-A")) == ["sys/switch-A"]
    assert dns(factory.config_resolve_dn(cookie, "sys/switch-C")) == []
    assert dns(factory.config_resolve_parent(cookie, f"{WEB}/if-web")) == [WEB]
    assert dns(factory.config_scope(cookie, "sys", "vmSwitch", None, "true")) == [sample.SWITCH]
    assert dns(factory.config_scope(cookie, "sys", "vmSwitch", None, "false")) == []
    found = handle.process_xml_elem(factory.config_find_dns_by_class_id(cookie, "NetworkElement", None))
    assert [dn.value for dn in found] == ["sys/switch-A", "sys/switch-B"]


def test_unknown_class(handle: UcsHandle) -> None:
    with pytest.raises(UcsException, match="XML PARSING ERROR: no class named vnicProfil") as error:
        handle.query_classid("vnicProfil")
    assert error.value.error_code == "ERR-xml-parse-error"
