# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server refuses to change, with which error; a refused commit changes nothing."""

from __future__ import annotations

import pytest
from lxml import etree
from ucsmsdk.mometa.fabric.FabricVlan import FabricVlan
from ucsmsdk.mometa.vnic.VnicProfile import VnicProfile
from ucsmsdk.ucsexception import UcsException
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.metadata import kind_of
from ansible_collections.nfv.kvm.tests.ucs_manager.sample import PROFILES
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager

WEB = f"{PROFILES}/vnic-web"
PARSE = "ERR-xml-parse-error"


def commit(handle: UcsHandle, *elements: str) -> tuple[str, str]:
    """The error of a commit of these elements; twice the empty text if there is none."""
    keyed = [(element.split('dn="')[1].split('"')[0], element) for element in elements]
    pairs = "".join(f'<pair key="{key}">{element}</pair>' for key, element in keyed)
    request = f'<configConfMos cookie="{handle.cookie}"><inConfigs>{pairs}</inConfigs></configConfMos>'
    answer = etree.fromstring(handle.post_xml(request.encode()).encode())
    return answer.get("errorCode", ""), answer.get("errorDescr", "")


@pytest.mark.parametrize(("element", "code", "text"), [
    (f'<vnicProfile dn="{WEB}" status="created"/>', "103", "Cannot create; object already exists."),
    (f'<vnicProfile dn="{PROFILES}/vnic-no" status="modified"/>', "102", "vnic-no does not exist"),
    (f'<vnicProfile dn="{PROFILES}/vnic-no" status="deleted"/>', "102", "Cannot delete"),
    ('<vnicProfile dn="fabric/lan/elsewhere/vnic-no"/>', "102", "Cannot create; object fabric/lan/elsewhere"),
    ('<vnicProfile dn="org-root/vnic-no"/>', "107", "class:vnicProfile under orgOrg"),
    ('<vnicProfile dn="vnic-no"/>', "107", "class:vnicProfile under topRoot"),
    ('<networkElement dn="sys/switch-NONE"/>', "105",
     "Cannot create non-creatable object of class:networkElement under topSystem"),
    ('<vnicProfileSet dn="fabric/lan/profiles" status="deleted"/>', "106", "Cannot delete object"),
    ('<vmEp dn="vmm" status="deleted"/>', "111", "class:vmEp is not for privileges admin, read-only"),
    (f'<vnicProfile dn="{PROFILES}/profile-no"/>', "108", "profile-no is not a name of class:vnicProfile"),
    (f'<vnicProfile dn="{PROFILES}/vnic-no" name="other"/>', "108", "property name = other differs"),
    (f'<vnicProfile dn="{PROFILES}/vnic-no" rn="vnic-other"/>', "108", "vnic-no is not a name"),
    (f'<vnicProfile dn="{WEB}"><vnicEtherIf dn="{PROFILES}/vnic-x/if-web"/></vnicProfile>', "108", "is not below"),
    (f'<vnicProfile dn="{WEB}"><vnicEtherIf/></vnicProfile>', "108", "class:vnicEtherIf needs name or a dn"),
    (f'<vmVnicProfCl dn="{WEB}"/>', "108", "is not a name of class:vmVnicProfCl"),
    (f'<vnicProfile dn="{WEB}" status="deleted"/>', "110", "in use by vmm/vm-"),
    (f'<vnicProfile dn="{WEB}" cos="1"/>', "109", "Property cos of class:vnicProfile is read-only"),
    (f'<vnicProfile dn="{WEB}" intId="77"/>', "109", "intId"),
    ('<lsServer dn="org-root/ls-kvm1" type="initial-template"/>', "109", "type"),
    (f'<vnicProfile dn="{WEB}" colour="red"/>', PARSE, "unknown attribute 'colour' in element 'vnicProfile'"),
    (f'<vnicProfil dn="{WEB}"/>', PARSE, "no class named vnicProfil"),
    (f'<VnicProfile dn="{WEB}"/>', PARSE, "no class named VnicProfile"),
    (f'<vnicProfile dn="{WEB}" status="gone"/>', PARSE, "invalid value 'gone' of attribute 'status'"),
    (f'<vnicProfile dn="{WEB}" childAction="deleteNonPresent"/>', PARSE, "does not implement childAction"),
    (f'<vnicProfile dn="{PROFILES}/vnic-{"x" * 32}"/>', PARSE, "of attribute 'name'"),
    (f'<vnicProfile dn="{WEB}" maxPorts="0"/>', PARSE, "invalid value '0' of attribute 'maxPorts'"),
    (f'<vnicProfile dn="{WEB}" maxPorts="4097"/>', PARSE, "'4097'"),
    (f'<vnicProfile dn="{WEB}" maxPorts="many"/>', PARSE, "'many'"),
    (f'<vnicProfile dn="{WEB}" hostNwIOPerf="yes"/>', PARSE, "'yes'"),
    (f'<vnicProfile dn="{WEB}" qosPolicyName="with space"/>', PARSE, "'with space'"),
    (f'<vmVnicProfCl dn="{WEB}/cl-{"x" * 17}"/>', PARSE, "of attribute 'name'"),
    (f'<vnicEtherIf dn="{WEB}/if-web" defaultNet="maybe"/>', PARSE, "'maybe'"),
    ('<fabricVlan dn="fabric/lan/net-x" id="4045"/>', PARSE, "'4045'"),
    ('<vnicDynamicConPolicy dn="org-root/dynamic-con-x" dynamicEth="257"/>', PARSE, "'257'"),
    ('<vnicDynamicConPolicy dn="org-root/dynamic-con-x" dynamicEth="on"/>', PARSE, "'on'"),
    ('<topSystem dn="sys" address="here"/>', PARSE, "'here'"),
])
def test_refused(ucsm: UcsManager, handle: UcsHandle, element: str, code: str, text: str) -> None:
    before = dict(ucsm.tree.objects)
    good = '<fabricVlan dn="fabric/lan/net-good" id="400"/>'
    error = commit(handle, good, element)
    assert error[0] == code
    assert text in error[1]
    assert ucsm.tree.objects == before
    assert commit(handle, good) == ("", "")


@pytest.mark.parametrize("element", [
    f'<vnicProfile dn="{WEB}" maxPorts="1"/>',
    f'<vnicProfile dn="{WEB}" configQualifier="normal" name="web"/>',
    f'<vnicProfile dn="{WEB}"><vnicEtherIf rn="if-db"/><vnicEtherIf name="mgmt"/></vnicProfile>',
    '<lsServer dn="org-root/ls-new" type="initial-template"/>',
    '<vnicDynamicConPolicy dn="org-root/dynamic-con-x" dynamicEth="off"/>',
    '<vnicDynamicConPolicy dn="org-root/dynamic-con-x" dynamicEth="256"/>',
    '<networkElement dn="sys/switch-A" forceEvac="yes"/>',
    '<topSystem dn="sys" address="192.0.2.1"/>',
])
def test_accepted(handle: UcsHandle, element: str) -> None:
    assert commit(handle, element) == ("", "")


def test_a_class_that_nobody_sets(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.users["admin"] = ("secret", "admin")
    ucsm.tree.add("vmInstance", "vmm/vm-0", uuid="0")
    assert commit(handle, '<vmInstance dn="vmm/vm-0" descr="x"/>')[0] == "106"


def test_object_of_another_class(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.tree.add("fabricVsan", "fabric/lan/net-x", name="x")
    assert commit(handle, '<fabricVlan dn="fabric/lan/net-x" id="7"/>')[0] == "108"
    assert commit(handle, '<fabricVlan dn="fabric/lan/net-x" status="deleted"/>')[0] == "102"


@pytest.mark.parametrize(("privileges", "code"), [("read-only", "111"), ("read-only,ls-network-policy", "")])
def test_privileges(ucsm: UcsManager, handle: UcsHandle, privileges: str, code: str) -> None:
    ucsm.users["admin"] = ("secret", privileges)
    assert commit(handle, f'<vnicProfile dn="{WEB}" descr="x"/>')[0] == code


def test_the_client_gets_the_error(ucsm: UcsManager, handle: UcsHandle) -> None:
    handle.add_mo(FabricVlan("fabric/lan", "new", id="300"))
    handle.add_mo(VnicProfile(PROFILES, "web"))
    with pytest.raises(UcsException, match="object already exists") as error:
        handle.commit()
    assert error.value.error_code == "103"
    assert handle.query_dn("fabric/lan/net-new") is None


@pytest.mark.parametrize(("body", "detail"), [
    ('<pair key="a"/>', "a pair needs one element"),
    (f'<pair key="a"><vnicProfile dn="{WEB}"/></pair>', "with the key as its dn"),
    (f'<pair dn="{WEB}"><vnicProfile dn="{WEB}"/></pair>', "unknown attribute 'dn' in element 'pair'"),
])
def test_pairs(handle: UcsHandle, body: str, detail: str) -> None:
    request = f'<configConfMos cookie="{handle.cookie}"><inConfigs>{body}</inConfigs></configConfMos>'
    assert detail in handle.post_xml(request.encode()).replace("&apos;", "'")


def test_one_object_of_another_dn(handle: UcsHandle) -> None:
    request = f'<configConfMo cookie="{handle.cookie}" dn="a"><inConfig><vnicProfile dn="{WEB}"/></inConfig>' \
        '</configConfMo>'
    assert "with the dn of the request" in handle.post_xml(request.encode())


@pytest.mark.parametrize(("kind", "name", "good", "bad"), [
    ("vnicProfile", "portProfileUuid", ["0", "5c000000-0000-0000-0000-000000000001"], ["5c", ""]),
    ("vnicProfile", "orgDn", ["", "x" * 256], ["x" * 257]),
    ("vmNic", "vifId", ["17"], ["x", ""]),
    ("lsServer", "extIPPoolName", ["", "x" * 510], ["x" * 511]),
    ("vmNic", "name", ["x"], ["", "x" * 32]),
    ("epqosEgress", "rate", ["line-rate", "8", "100000000"], ["7", "100000001", "fast"]),
])
def test_values(kind: str, name: str, good: list[str], bad: list[str]) -> None:
    known = kind_of(kind).properties[name]
    assert [value for value in good + bad if known.allows(value)] == good
