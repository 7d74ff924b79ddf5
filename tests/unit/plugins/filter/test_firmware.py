# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""BIOS settings by Redfish: the way to them through a BMC, and what is to be done about them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.filter.firmware import firmware_fault, firmware_follow, firmware_start
from ansible_collections.nfv.kvm.plugins.filter.firmware_plan import firmware_plan

Dict = dict[str, t.Any]

VENDORS = yaml.safe_load(
    (Path(__file__).parents[4] / "roles/kvm_host/vars/firmware.yml").read_text())["kvm_host_firmware_vendors"]
ADDRESS = {"uri": "https://192.0.2.10/", "username": "root", "password": "secret"}
SYSTEM = "/redfish/v1/Systems/1"
SERVICE = {"RedfishVersion": "1.9.0", "Systems": {"@odata.id": "/redfish/v1/Systems"}}
# What a Dell says on the way; HPE, Lenovo and Supermicro differ in the places that the tests below have.
ANSWERS: dict[str, Dict] = {
    "service": SERVICE,
    "systems": {"Members": [{"@odata.id": SYSTEM}]},
    "system": {"Manufacturer": "Dell Inc.", "Model": "PowerEdge R750", "BiosVersion": "1.8.2",
               "Bios": {"@odata.id": f"{SYSTEM}/Bios"}},
    "bios": {"Attributes": {"ProcVirtualization": "Enabled", "SriovGlobalEnable": "Disabled", "NumLock": "On"},
             "@Redfish.Settings": {"SettingsObject": {"@odata.id": f"{SYSTEM}/Bios/Settings"},
                                   "SupportedApplyTimes": ["OnReset", "AtMaintenanceWindowStart"]}},
    "settings": {"Attributes": {}},
}


def answer(body: object, status: int = 200, **more: t.Any) -> Dict:
    return {"status": status, "json": body, **more}


def way(bmc: Dict | None = None, **answers: Dict) -> Dict:
    """What is known when all has been read, or when there is no way on.

    :param answers: by resource, what differs from a Dell's: a body, or a whole answer with its status
    """
    state = firmware_start({**ADDRESS, **(bmc or {})})
    for resource, usual in ANSWERS.items():
        if state["path"]:
            assert state["resource"] == resource
            given = answers.get(resource, usual)
            state = firmware_follow(state, given if "status" in given else answer(given))
    assert not (state["fault"] and state["path"])
    return state


def server(manufacturer: str, pending: Dict | None = None, **attributes: t.Any) -> Dict:
    """A server of a vendor, read to the end."""
    return way(system={**ANSWERS["system"], "Manufacturer": manufacturer},
               bios={**ANSWERS["bios"], "Attributes": attributes}, settings={"Attributes": pending or {}})


def plan(state: Dict, wanted: Dict | None = None, checks: list[Dict] | None = None, change: bool = True) -> Dict:
    return firmware_plan(state, wanted or {}, VENDORS, checks or [], change)


def failed(name: str, **more: str) -> Dict:
    return {"name": name, "status": "fail", "found": "this and that", "cause": "firmware", **more}


def test_the_way_to_the_settings() -> None:
    state = way(settings=answer({"Attributes": {"NumLock": "Off"}}, etag='"1"'))
    assert state["fault"] == ""
    assert (state["name"], state["manufacturer"]) == ("Dell Inc. PowerEdge R750 with BIOS 1.8.2", "Dell Inc.")
    assert (state["path"], state["etag"]) == (f"{SYSTEM}/Bios/Settings", '"1"')
    assert (state["found"], state["pending"]) == (ANSWERS["bios"]["Attributes"], {"NumLock": "Off"})


def test_the_password_is_not_in_what_is_known() -> None:
    assert "secret" not in str(way())


@pytest.mark.parametrize("uri", ["192.0.2.10", "ssh://192.0.2.10", "https://", "https://192.0.2.10/redfish/v1",
                                 "https://192.0.2.10:x", "https://[2001:db8::1", "https://192.0.2.10?a=b"])
def test_an_address_that_is_none(uri: str) -> None:
    fault = way({"uri": uri})["fault"]
    assert fault.startswith(f"kvm_host_bmc.uri = '{uri}': it is not the address of a BMC")


def test_a_password_in_the_address_is_not_shown() -> None:
    state = way({"uri": "https://root:secret@192.0.2.10"})
    assert state["fault"].startswith("kvm_host_bmc.uri: it has a user name in it. Give that as kvm_host_bmc.username")
    assert "secret" not in str(state)


@pytest.mark.parametrize(("given", "told"), [
    (answer("<html>"), "it answers, but not as a Redfish service (200 at /redfish/v1/)"),
    (answer({"name": "something else"}), "not as a Redfish service"),
    (answer(None, 404), "not as a Redfish service (404"),
    (answer(None, 301, location="https://bmc/redfish/v1/"), "Give that address: https://bmc/redfish/v1/."),
    (answer(None, 503), "(503 at /redfish/v1/). Wait until the BMC is up, or restart it."),
    (answer({"RedfishVersion": "1.0"}), "BMC https://192.0.2.10: it shows no systems by Redfish. Update"),
    ({"status": -1, "msg": "Status code was -1 and not [200]: Request failed: <urlopen error timed out>"},
     "BMC https://192.0.2.10: it does not answer (timed out). See whether"),
    ({"status": -1, "msg": "Status code was -1 and not [200]: Request failed: <urlopen error certificate has expired>"},
     "kvm_host_bmc.validate_certs = True: the certificate of BMC https://192.0.2.10 is not trusted (certificate has e"),
])
def test_no_redfish_service(given: Dict, told: str) -> None:
    assert told in way(service=given)["fault"]


@pytest.mark.parametrize(("status", "told"), [
    (401, "kvm_host_bmc.username = 'root': BMC https://192.0.2.10 does not let it in with that password (401 at"),
    (403, "kvm_host_bmc.username = 'root': its account on BMC https://192.0.2.10 may not do that (403 at /"),
    (404, "it does not do what it was asked (404 at /redfish/v1/Systems)"),
])
def test_a_bmc_that_refuses(status: int, told: str) -> None:
    assert told in way(systems=answer(None, status))["fault"]


def members(*names: str) -> Dict:
    return {"Members": [{"@odata.id": f"/redfish/v1/Systems/{name}/"} for name in names]}


@pytest.mark.parametrize(("wanted", "there", "told"), [
    (None, ["a", "b"], "kvm_host_bmc.system: BMC https://192.0.2.10 has these systems: a, b. Give the Id of one."),
    ("c", ["a"], "kvm_host_bmc.system = 'c': BMC https://192.0.2.10 has these systems: a. Give the Id of one."),
    (None, [], "kvm_host_bmc.system: BMC https://192.0.2.10 has these systems: none."),
])
def test_a_system_that_cannot_be_told(wanted: str | None, there: list[str], told: str) -> None:
    assert way({"system": wanted}, systems=members(*there))["fault"] == told


def test_one_of_several_systems() -> None:
    state = firmware_follow(firmware_start({**ADDRESS, "system": "b"}), answer(SERVICE))
    assert firmware_follow(state, answer(members("a", "b")))["path"] == "/redfish/v1/Systems/b/"


@pytest.mark.parametrize("answers", [
    {"system": {"Manufacturer": "Dell Inc."}},
    {"system": {"Manufacturer": "Dell Inc.", "Bios": {"@odata.id": "elsewhere.example/"}}},
    {"bios": {"Attributes": {}}},
])
def test_a_system_without_bios_settings(answers: dict[str, Dict]) -> None:
    assert "it shows no BIOS" in way(**answers)["fault"]


def test_settings_that_can_only_be_read() -> None:
    state = way(bios={"Attributes": {"SriovGlobalEnable": "Disabled"}})
    assert (state["path"], state["pending"]) == ("", {})
    assert plan(state, change=False)["refused"] == []
    assert "shows BIOS settings, but takes none by Redfish" in plan(state)["refused"][0]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_settings_that_were_taken(status: int) -> None:
    assert firmware_fault({"status": status}, way()) == ""


@pytest.mark.parametrize(("error", "told"), [
    ({"message": "A general error.", "@Message.ExtendedInfo": [{"Message": "No such value"}, {"Message": "Locked"}]},
     "(400 at /redfish/v1/Systems/1/Bios/Settings; No such value; Locked)"),
    ({"message": "A general error.", "@Message.ExtendedInfo": [{"MessageId": "Base.1.0.GeneralError"}]}, "; A general"),
    ({"message": "It is locked.", "@Message.ExtendedInfo": {}}, "Settings; It is locked.)"),
    ({}, "(400 at /redfish/v1/Systems/1/Bios/Settings). Its own log"),
    ("unusual", "(400 at /redfish/v1/Systems/1/Bios/Settings). Its own log"),
])
def test_settings_that_were_refused(error: object, told: str) -> None:
    assert told in firmware_fault(answer({"error": error}, 400), way())


@pytest.mark.parametrize(("state", "changes"), [
    (server("Dell Inc.", ProcVirtualization="Disabled", SriovGlobalEnable="Enabled", MmioAbove4Gb="Disabled"),
     {"ProcVirtualization": "Enabled", "MmioAbove4Gb": "Enabled"}),
    (server("HPE", ProcVirtualization="Enabled", IntelProcVtd="Disabled", Sriov="Disabled", ProcX2Apic="Disabled"),
     {"IntelProcVtd": "Enabled", "Sriov": "Enabled"}),
    (server("Hewlett Packard Enterprise", ProcAmdIoVt="Disabled"), {"ProcAmdIoVt": "Enabled"}),
    (server("Lenovo", DevicesandIOPorts_SRIOV="Disabled", Processors_IntelVirtualizationTechnology="Disabled"),
     {"DevicesandIOPorts_SRIOV": "Enabled", "Processors_IntelVirtualizationTechnology": "Enabled"}),
    (server("Supermicro", SR_IOVSupport_0047="Disabled", IntelVTforDirectedI_O_VT_d__1E32="Disable",
            IntelVirtualizationTechnology_3C6F="Disable", Above4GDecoding_0041="Enabled", SR_IOVSupportX="Disabled"),
     {"SR_IOVSupport_0047": "Enabled", "IntelVTforDirectedI_O_VT_d__1E32": "Enable",
      "IntelVirtualizationTechnology_3C6F": "Enable"}),
])
def test_the_usual_names_of_a_vendor(state: Dict, changes: Dict) -> None:
    assert plan(state)["changes"] == changes


def test_what_is_listed_takes_the_place_of_the_usual_names() -> None:
    wanted = plan(server("Dell Inc.", SriovGlobalEnable="Disabled", NumLock="On"), {"NumLock": "Off"})
    assert wanted["changes"] == {"NumLock": "Off"}


@pytest.mark.parametrize(("found", "pending", "state"), [
    ("Enabled", {}, "set"),
    ("Enabled", {"Sriov": "Enabled"}, "set"),
    ("Disabled", {"Sriov": "Enabled"}, "pending"),
    ("Disabled", {"Sriov": None}, "different"),
    ("Enabled", {"Sriov": "Disabled"}, "different"),
])
def test_what_is_pending_counts(found: str, pending: Dict, state: str) -> None:
    (attribute,) = plan(server("HPE", pending, Sriov=found))["attributes"]
    assert attribute["state"] == state


@pytest.mark.parametrize(("found", "pending", "change", "told"), [
    ("Enabled", {}, True, "Sriov: Enabled, as wanted"),
    ("Disabled", {"Sriov": "Enabled"}, True, "Sriov: Disabled, and Enabled after the next reboot, as wanted"),
    ("Disabled", {}, True, "Sriov: Disabled, but Enabled is wanted: to be set for the next reboot"),
    ("Disabled", {}, False, "Sriov: Disabled, but Enabled is wanted: left alone, since kvm_host_firmware_change is not "
                            "true"),
    ("Enabled", {"Sriov": "Disabled"}, True,
     "Sriov: Enabled, and Disabled after the next reboot, but Enabled is wanted: to be set for the next reboot"),
])
def test_each_attribute_in_words(found: str, pending: Dict, change: bool, told: str) -> None:
    assert plan(server("HPE", pending, Sriov=found), change=change)["report"] == [told]


@pytest.mark.parametrize(("found", "wanted", "value"), [
    (True, "false", False), (False, True, True), (8, "16", 16), (8, -1, -1), ("8", 16, "16"), ("On", "Off", "Off"),
    (None, "asset 7", "asset 7"),
])
def test_values_get_the_type_that_the_bios_has(found: object, wanted: object, value: object) -> None:
    changes = plan(server("Dell Inc.", Some=found), {"Some": wanted})["changes"]
    assert [(type(each), each) for each in changes.values()] == [(type(value), value)]


@pytest.mark.parametrize(("found", "wanted", "told"), [
    ("On", True, "kvm_host_firmware_attributes.Some = True: this attribute is a text, such as 'On'. Put it in quotes."),
    (8, "many", "kvm_host_firmware_attributes.Some = 'many': this attribute is a number, such as 8."),
    (True, "On", "kvm_host_firmware_attributes.Some = 'On': this attribute is true or false."),
])
def test_values_of_another_type(found: object, wanted: object, told: str) -> None:
    assert plan(server("Dell Inc.", Some=found), {"Some": wanted})["refused"] == [told]


@pytest.mark.parametrize(("attributes", "told"), [
    ({"SriovGlobalEnable": "Enabled", "NumLock": "On"}, "has no attribute of this name. It has SriovGlobalEnable."),
    ({"VT-d": "Enabled", "NumLock": "On"}, "has no attribute of this name. It has VT-d."),
    ({"NumLock": "On"}, "has no attribute of this name."),
])
def test_an_attribute_that_is_not_there(attributes: Dict, told: str) -> None:
    (error,) = plan(server("Dell Inc.", **attributes), {"SriovGlobal": "Enabled"})["refused"]
    assert error == ("kvm_host_firmware_attributes.SriovGlobal = 'Enabled': Dell Inc. PowerEdge R750 with BIOS 1.8.2 "
                     + told)


@pytest.mark.parametrize(("state", "told"), [
    (server("Example", SRIOV="Disabled", NumLock="On"), "Those of its attributes that may be meant: SRIOV."),
    (server("Dell Inc.", NumLock="On"), "Give the names of its attributes, and their values."),
])
def test_names_that_are_not_known(state: Dict, told: str) -> None:
    (error,) = plan(state)["refused"]
    assert error.startswith("kvm_host_firmware_attributes = {}: it is needed")
    assert error.endswith(told)


def test_what_is_sent() -> None:
    state = server("Dell Inc.", SriovGlobalEnable="Disabled")
    attributes = {"Attributes": {"SriovGlobalEnable": "Enabled"}}
    assert plan(state)["body"] == {**attributes, "@Redfish.SettingsApplyTime": {"ApplyTime": "OnReset"}}
    assert plan({**state, "apply_times": []})["body"] == attributes


@pytest.mark.parametrize(("etag", "headers"), [
    ('"5f"', {"If-Match": '"5f"'}), ('W/"5f"', {}), (None, {}),
])
def test_what_is_sent_with_it(etag: str | None, headers: Dict) -> None:
    assert plan({**way(), "etag": etag})["headers"] == headers


def test_a_tag_may_be_in_the_body_alone() -> None:
    assert way(settings={"@odata.etag": '"5f"'})["etag"] == '"5f"'


@pytest.mark.parametrize(("attributes", "pending", "told"), [
    ({"Sriov": "Disabled", "IntelProcVtd": "Enabled"}, {}, "at fault is Sriov = Disabled"),
    ({"Sriov": "Disabled"}, {"Sriov": "Enabled"}, "at fault is Sriov = Disabled"),
    ({"Sriov": "Enabled"}, {}, "not for Sriov, so reboot if that is new, else see the device's own settings"),
    ({"IntelProcVtd": "Enabled"}, {}, "none of these attributes decides it"),
])
def test_who_is_to_blame_for_a_check(attributes: Dict, pending: Dict, told: str) -> None:
    report = plan(server("HPE", pending, **attributes), checks=[failed("nic_sriov")])["report"]
    assert report[-1] == f"bios_check nic_sriov (this and that): {told}"


@pytest.mark.parametrize("check", [
    failed("nic_sriov", status="ok"), failed("nic_sriov", status="unknown"), failed("nic_sriov", cause="nic"),
])
def test_checks_that_firmware_did_not_fail(check: Dict) -> None:
    assert len(plan(server("HPE", Sriov="Disabled"), checks=[check])["report"]) == 1


def test_the_checks_are_there() -> None:
    """A check that is named otherwise would never be blamed on an attribute."""
    documented = (Path(__file__).parents[4] / "plugins/modules/bios_check.py").read_text()
    decided = {check for vendor in VENDORS for entry in vendor["attributes"] for check in entry["checks"]}
    assert [check for check in decided if check not in documented] == []
