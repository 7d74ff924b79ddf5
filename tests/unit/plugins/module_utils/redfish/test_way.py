# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to BIOS settings through a BMC."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.redfish.bmc import (
    ADDRESS,
    ANSWERS,
    SERVICE,
    SYSTEM,
    Dict,
    answer,
    firmware_fault,
    firmware_follow,
    firmware_start,
    plan,
    way,
)


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
    assert fault.startswith(f"kvm_host_bmc.uri = '{uri}': it must be the address of a BMC")


def test_a_password_in_the_address_is_not_shown() -> None:
    state = way({"uri": "https://root:secret@192.0.2.10"})
    assert state["fault"].startswith("kvm_host_bmc.uri: it contains a user name. Set kvm_host_bmc.username")
    assert "secret" not in str(state)


@pytest.mark.parametrize(("given", "told"), [
    (answer("<html>"), "it answers, but not as a Redfish service (200 at /redfish/v1/)"),
    (answer({"name": "something else"}), "not as a Redfish service"),
    (answer(None, 404), "not as a Redfish service (404"),
    (answer(None, 301, location="https://bmc/redfish/v1/"), "Set kvm_host_bmc.uri to https://bmc/redfish/v1/."),
    (answer(None, 503), "(503 at /redfish/v1/). Wait until the BMC is up, or restart it."),
    (answer({"RedfishVersion": "1.0"}), "BMC https://192.0.2.10: its Redfish service does not provide systems. Update"),
    ({"status": -1, "msg": "Status code was -1 and not [200]: Request failed: <urlopen error timed out>"},
     "BMC https://192.0.2.10: it does not answer (Status code was -1 and not [200]: Request failed: <urlopen error time"
     "d out>). Check the address, and whether the controller can reach it. If its certificate is not trusted, have it"
     " signed by a CA that the controller trusts, or set kvm_host_bmc.validate_certs: false."),
])
def test_no_redfish_service(given: Dict, told: str) -> None:
    assert told in way(service=given)["fault"]


@pytest.mark.parametrize(("status", "told"), [
    (401, "kvm_host_bmc.username = 'root': BMC https://192.0.2.10 rejects this user name or its password (401 at"),
    (403, "kvm_host_bmc.username = 'root': BMC https://192.0.2.10 does not allow this account to do that (403 at /"),
    (404, "it did not complete the request (404 at /redfish/v1/Systems)"),
])
def test_a_bmc_that_refuses(status: int, told: str) -> None:
    assert told in way(systems=answer(None, status))["fault"]


def members(*names: str) -> Dict:
    return {"Members": [{"@odata.id": f"/redfish/v1/Systems/{name}/"} for name in names]}


@pytest.mark.parametrize(("wanted", "there", "told"), [
    (None, ["a", "b"], "kvm_host_bmc.system: BMC https://192.0.2.10 has these systems: a, b. Set it to the Id of one "
     "of them."),
    ("c", ["a"], "kvm_host_bmc.system = 'c': BMC https://192.0.2.10 has these systems: a. Set it to the Id of one of "
     "them."),
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
    assert "does not provide BIOS" in way(**answers)["fault"]


def test_settings_that_can_only_be_read() -> None:
    state = way(bios={"Attributes": {"SriovGlobalEnable": "Disabled"}})
    assert (state["path"], state["pending"]) == ("", {})
    assert plan(state, change=False)["refused"] == []
    assert "reports the BIOS settings through Redfish, but cannot change" in plan(state)["refused"][0]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_settings_that_were_taken(status: int) -> None:
    assert firmware_fault({"status": status}, way()) == ""


@pytest.mark.parametrize(("error", "told"), [
    ({"message": "A general error.", "@Message.ExtendedInfo": [{"Message": "No such value"}, {"Message": "Locked"}]},
     "(400 at /redfish/v1/Systems/1/Bios/Settings; No such value; Locked)"),
    ({"message": "A general error.", "@Message.ExtendedInfo": [{"MessageId": "Base.1.0.GeneralError"}]}, "; A general"),
    ({"message": "It is locked.", "@Message.ExtendedInfo": {}}, "Settings; It is locked.)"),
    ({}, "(400 at /redfish/v1/Systems/1/Bios/Settings). Check the log"),
    ("unusual", "(400 at /redfish/v1/Systems/1/Bios/Settings). Check the log"),
])
def test_settings_that_were_refused(error: object, told: str) -> None:
    assert told in firmware_fault(answer({"error": error}, 400), way())


def test_a_tag_may_be_in_the_body_alone() -> None:
    assert way(settings={"@odata.etag": '"5f"'})["etag"] == '"5f"'
