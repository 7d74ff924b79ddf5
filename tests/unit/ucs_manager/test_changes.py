# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that Cisco's client commits."""

from __future__ import annotations

import pytest
from ucsmsdk import ucsmethodfactory as factory
from ucsmsdk.mometa.fabric.FabricVlan import FabricVlan
from ucsmsdk.mometa.org.OrgOrg import OrgOrg
from ucsmsdk.mometa.vm.VmVnicProfCl import VmVnicProfCl
from ucsmsdk.mometa.vnic.VnicDynamicConPolicy import VnicDynamicConPolicy
from ucsmsdk.mometa.vnic.VnicEtherIf import VnicEtherIf
from ucsmsdk.mometa.vnic.VnicProfile import VnicProfile
from ucsmsdk.ucsbasetype import ConfigConfig
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.sample import PROFILES, SWITCH, VM_UUID
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager

NEW = f"{PROFILES}/vnic-new"


def new_profile(handle: UcsHandle, **values: str) -> VnicProfile:
    profile = VnicProfile(PROFILES, "new", **values)
    VnicEtherIf(profile, "db", default_net="yes")
    VmVnicProfCl(profile, "default", dc_name=".*", org_path=".*", sw_name="default$")
    handle.add_mo(profile)
    handle.commit()
    return profile


def test_create_with_children(handle: UcsHandle) -> None:
    new_profile(handle, max_ports="8")
    made = {mo.dn: mo for mo in handle.query_dn(NEW, hierarchy=True)}
    assert list(made) == [NEW, f"{NEW}/if-db", f"{NEW}/cl-default"]
    assert made[NEW].check_prop_match(max_ports="8", host_nw_io_perf="none", qos_policy_name="", descr="")
    assert made[f"{NEW}/if-db"].check_prop_match(default_net="yes", vnet="201", oper_vnet_dn="fabric/lan/net-db")


def test_the_client_knows_what_became_of_its_object(handle: UcsHandle) -> None:
    profile = new_profile(handle)
    assert profile.check_prop_match(max_ports="64", host_nw_io_perf="none")


def test_a_profile_applies_to_the_default_cluster(handle: UcsHandle) -> None:
    new_profile(handle)
    instances = handle.query_children(in_dn=SWITCH, class_id="VmVnicProfInst")
    assert [(mo.name, mo.prof_dn) for mo in instances] == [("web", f"{PROFILES}/vnic-web"), ("new", NEW)]
    client = handle.query_dn(f"{NEW}/cl-default")
    client.sw_name = "other"
    handle.set_mo(client)
    handle.commit()
    assert handle.query_dn(f"{SWITCH}/vnic-prof-new") is None
    client.sw_name = "("
    handle.set_mo(client)
    handle.commit()
    assert handle.query_dn(f"{SWITCH}/vnic-prof-new") is None


def test_modify(handle: UcsHandle) -> None:
    profile = handle.query_dn(f"{PROFILES}/vnic-web")
    profile.max_ports, profile.qos_policy_name, profile.nw_ctrl_policy_name = "128", "none-such", "cdp-on"
    handle.set_mo(profile)
    handle.commit()
    profile = handle.query_dn(f"{PROFILES}/vnic-web")
    assert profile.check_prop_match(max_ports="128", qos_policy_name="none-such", host_nw_io_perf="high-perf-reqd")
    assert (profile.oper_qos_policy_name, profile.oper_nw_ctrl_policy_name) == ("", "org-root/nwctrl-cdp-on")


def test_create_or_modify(handle: UcsHandle) -> None:
    for dynamic_eth in ("10", "20"):
        handle.add_mo(VnicDynamicConPolicy("org-root", "lab", dynamic_eth=dynamic_eth), modify_present=True)
        handle.commit()
        found = handle.query_dn("org-root/dynamic-con-lab")
        assert found.check_prop_match(dynamic_eth=dynamic_eth, protection="protected", adaptor_profile_name="")


def test_remove_with_all_below(handle: UcsHandle, ucsm: UcsManager) -> None:
    handle.remove_mo(new_profile(handle))
    handle.commit()
    assert not [dn for dn in ucsm.tree.objects if "new" in dn]


def test_children_change_in_the_same_commit(handle: UcsHandle) -> None:
    profile = new_profile(handle)
    VnicEtherIf(profile, "web", default_net="yes")
    handle.set_mo(profile)
    handle.remove_mo(handle.query_dn(f"{NEW}/if-db"))
    handle.commit()
    assert [mo.name for mo in handle.query_children(in_dn=NEW, class_id="VnicEtherIf")] == ["web"]


def test_one_object(handle: UcsHandle) -> None:
    config = ConfigConfig()
    vlan = FabricVlan("fabric/lan", "new", id="300")
    vlan.status = "created"
    config.child_add(vlan)
    made = handle.process_xml_elem(factory.config_conf_mo(handle.cookie, vlan.dn, config, True))
    assert [(mo.dn, mo.id, mo.status) for mo in made] == [("fabric/lan/net-new", "300", "created")]


def test_a_profile_whose_vm_is_off_can_go(handle: UcsHandle, ucsm: UcsManager) -> None:
    ucsm.tree.set(f"vmm/vm-{VM_UUID}/nic-1", vStatus="offline")
    handle.remove_mo(handle.query_dn(f"{PROFILES}/vnic-web"))
    handle.commit()
    assert handle.query_dn(f"{PROFILES}/vnic-web") is None


def test_order_of_a_commit(handle: UcsHandle) -> None:
    org = OrgOrg("org-root", "one")
    handle.add_mo(org)
    handle.add_mo(VnicDynamicConPolicy(org.dn, "kvm"))
    handle.commit()
    assert handle.query_dn("org-root/org-one/dynamic-con-kvm").dynamic_eth == "54"


@pytest.mark.parametrize("status", ["deleted", "removed"])
def test_both_words_delete(handle: UcsHandle, status: str) -> None:
    request = f'<configConfMos cookie="{handle.cookie}"><inConfigs><pair key="fabric/lan/net-db">' \
        f'<fabricVlan dn="fabric/lan/net-db" status="{status}"/></pair></inConfigs></configConfMos>'
    assert 'status="deleted"' in handle.post_xml(request.encode())
    assert handle.query_dn("fabric/lan/net-db") is None
