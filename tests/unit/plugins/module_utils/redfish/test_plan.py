# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done about BIOS settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.redfish.bmc import (
    VENDORS,
    Dict,
    failed,
    plan,
    server,
    way,
)


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
    ("Disabled", {}, False, "Sriov: Disabled, but Enabled is wanted: not changed, because kvm_host_firmware_change is "
                            "not true"),
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
    ({"SriovGlobalEnable": "Enabled", "NumLock": "On"}, "has no attribute of this name. Use one of its attributes, "
     "such as SriovGlobalEnable."),
    ({"VT-d": "Enabled", "NumLock": "On"}, "has no attribute of this name. Use one of its attributes, such as VT-d."),
    ({"NumLock": "On"}, "has no attribute of this name."),
])
def test_an_attribute_that_is_not_there(attributes: Dict, told: str) -> None:
    (error,) = plan(server("Dell Inc.", **attributes), {"SriovGlobal": "Enabled"})["refused"]
    assert error == ("kvm_host_firmware_attributes.SriovGlobal = 'Enabled': Dell Inc. PowerEdge R750 with BIOS 1.8.2 "
                     + told)


@pytest.mark.parametrize(("state", "told"), [
    (server("Example", SRIOV="Disabled", NumLock="On"), "Attributes that may be relevant: SRIOV."),
    (server("Dell Inc.", NumLock="On"), "Set the names of its attributes and their values."),
])
def test_names_that_are_not_known(state: Dict, told: str) -> None:
    (error,) = plan(state)["refused"]
    assert error.startswith("kvm_host_firmware_attributes = {}: it is required")
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


@pytest.mark.parametrize(("attributes", "pending", "told"), [
    ({"Sriov": "Disabled", "IntelProcVtd": "Enabled"}, {}, "caused by Sriov = Disabled"),
    ({"Sriov": "Disabled"}, {"Sriov": "Enabled"}, "caused by Sriov = Disabled"),
    ({"Sriov": "Enabled"}, {}, "Sriov already as wanted, so reboot if that is new, otherwise check the device's own "
     "settings"),
    ({"IntelProcVtd": "Enabled"}, {}, "none of these attributes affects this check"),
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
    documented = (Path(__file__).parents[5] / "plugins/modules/bios_check.py").read_text()
    decided = {check for vendor in VENDORS for entry in vendor["attributes"] for check in entry["checks"]}
    assert [check for check in decided if check not in documented] == []
