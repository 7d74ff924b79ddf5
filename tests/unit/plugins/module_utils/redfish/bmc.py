# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BMCs of all vendors, as the filters of the role kvm_host see them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from ansible_collections.nfv.kvm.plugins.filter.firmware import FilterModule

Dict = dict[str, t.Any]
FILTERS = FilterModule().filters()
firmware_start, firmware_follow, firmware_fault = (
    FILTERS[f"firmware_{name}"] for name in ("start", "follow", "fault"))
VENDORS = yaml.safe_load(
    (Path(__file__).parents[5] / "roles/kvm_host/vars/firmware.yml").read_text())["kvm_host_firmware_vendors"]
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
    state: Dict = firmware_start({**ADDRESS, **(bmc or {})})
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
    found: Dict = FILTERS["firmware_plan"](state, wanted or {}, VENDORS, checks or [], change)
    return found


def failed(name: str, **more: str) -> Dict:
    return {"name": name, "status": "fail", "found": "this and that", "cause": "firmware", **more}
