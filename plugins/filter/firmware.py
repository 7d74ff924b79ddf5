# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role kvm_host that find a host's BIOS settings in its BMC, by Redfish (DMTF DSP0266).

A BMC is asked one resource after the other, since each has the path of the next.
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.nfv.kvm.plugins.module_utils.errors import (
    CommandFailed,
    KvmError,
    NotSupported,
    ValidationError,
)
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

ROOT = "/redfish/v1/"

Dict = dict[str, t.Any]


def firmware_start(bmc: Dict) -> Dict:
    """Where the BMC is asked first, and nothing known yet.

    :param bmc: kvm_host_bmc
    :returns: ``uri``, ``username`` and ``system`` of the BMC, ``resource`` and ``path`` to be read next, and ``fault``,
        a text that is empty where all is well
    """
    uri = str(bmc["uri"]).rstrip("/")
    start = {"uri": uri, "username": bmc["username"], "system": bmc.get("system"), "resource": "service",
             "path": ROOT, "fault": ""}
    try:
        parts = urlsplit(uri)
        alone = parts.scheme in ("http", "https") and parts.hostname and not parts.path + parts.query + parts.fragment
        parts.port  # noqa: B018  # raises ValueError where it is no number
    except ValueError:
        alone = False
    if "@" in uri:  # what is before it may be a password
        error = ValidationError("kvm_host_bmc.uri", "it has a user name in it", None,
                                "Give that as kvm_host_bmc.username, and its password as kvm_host_bmc.password")
        return {**start, "uri": "", "path": "", "fault": str(error)}
    if not alone:
        error = ValidationError("kvm_host_bmc.uri", "it is not the address of a BMC and no more", bmc["uri"],
                                "Give it as in https://192.0.2.10")
        return {**start, "path": "", "fault": str(error)}
    return start


def firmware_follow(state: Dict, answer: Dict) -> Dict:
    """What is known with one more answer, and where to ask next.

    :param state: what firmware_start returned, or this filter
    :param answer: what ansible.builtin.uri returned for ``state.path``
    :returns: the same with what the answer adds: ``name`` of the system, its ``manufacturer``, ``found`` (the settings
        that the host runs with), ``apply_times``, ``pending`` (those that it gets when it reboots) and ``etag``;
        ``path`` is empty where there is nothing more to read, or a fault
    """
    readers = {"service": service, "systems": systems, "system": system, "bios": bios, "settings": settings}
    try:
        return {**state, **readers[state["resource"]](state, resource(state, answer))}
    except KvmError as error:
        return {**state, "path": "", "fault": str(error)}


def firmware_fault(answer: Dict, state: Dict) -> str:
    """Why the BMC did not take new settings, an empty text if it did.

    :param answer: what ansible.builtin.uri returned
    :param state: what firmware_follow returned
    """
    return "" if answer.get("status") in (200, 202, 204) else str(refusal(state, answer))


def resource(state: Dict, answer: Dict) -> Dict:
    """The resource in an answer.

    :raises KvmError: there is none
    """
    found = answer.get("json")
    if answer.get("status") == 200 and isinstance(found, dict) and (state["path"] != ROOT or "RedfishVersion" in found):
        return {**found, "@odata.etag": answer.get("etag") or found.get("@odata.etag")}
    raise refusal(state, answer)


def service(state: Dict, found: Dict) -> Dict:
    """Of the service itself, only the way to its systems counts."""
    return {"resource": "systems", "path": link(found.get("Systems")) or absent(f"BMC {state['uri']}", "systems")}


def systems(state: Dict, found: Dict) -> Dict:
    """The system to be looked at: the only one, or the one whose Id was given."""
    paths = {path.rstrip("/").rpartition("/")[2]: path for path in map(link, found.get("Members") or [])}
    wanted = state["system"]
    if wanted not in paths and (wanted or len(paths) != 1):
        cause = f"BMC {state['uri']} has these systems: {', '.join(paths) or 'none'}"
        raise ValidationError("kvm_host_bmc.system", cause, wanted, "Give the Id of one" if paths else "")
    return {"resource": "system", "path": paths[wanted or next(iter(paths))]}


def system(state: Dict, found: Dict) -> Dict:
    """What the system is, and the way to its BIOS."""
    known = {key: str(found.get(key) or "").strip() for key in ("Manufacturer", "Model", "BiosVersion")}
    words = [known["Manufacturer"], known["Model"], known["BiosVersion"] and f"with BIOS {known['BiosVersion']}"]
    name = " ".join(filter(None, words)) or f"system {state['path']}"
    return {"name": name, "manufacturer": known["Manufacturer"], "resource": "bios",
            "path": link(found.get("Bios")) or absent(name, "BIOS settings")}


def bios(state: Dict, found: Dict) -> Dict:
    """The settings in effect, and the way to those that a reboot brings, which a BMC without such has not."""
    redfish = found.get("@Redfish.Settings") or {}
    return {"found": found.get("Attributes") or absent(state["name"], "BIOS attributes"), "pending": {}, "etag": None,
            "apply_times": redfish.get("SupportedApplyTimes") or [], "resource": "settings",
            "path": link(redfish.get("SettingsObject"))}


def settings(_state: Dict, found: Dict) -> Dict:
    """The settings that a reboot brings: some BMCs list all of them (HPE, Lenovo), others those that differ (Dell)."""
    return {"pending": found.get("Attributes") or {}, "etag": found["@odata.etag"]}


def link(given: Dict | None) -> str:
    """The path of another resource, an empty text without one."""
    path = str((given or {}).get("@odata.id") or "")
    return path if path.startswith("/") else ""


def absent(subject: str, what: str) -> t.NoReturn:
    """The BMC is one, but lacks what it takes."""
    raise NotSupported(subject, f"it shows no {what} by Redfish", None,
                       "Update the firmware of the BMC, and see whether it wants a licence for that")


def refusal(state: Dict, answer: Dict) -> KvmError:
    """Why an answer is not the one that was hoped for."""
    subject, status = f"BMC {state['uri']}", answer.get("status", -1)
    place = f"{status} at {state['path']}"
    if status == -1:
        return no_answer(subject, str(answer.get("msg", "")))
    said = "; ".join(filter(None, [place, *messages(answer.get("json"))]))
    if status == 401:
        return ValidationError("kvm_host_bmc.username", f"{subject} does not let it in with that password ({place})",
                               state["username"], "Give the name and the password of an account of the BMC")
    if status == 403:
        return ValidationError("kvm_host_bmc.username", f"its account on {subject} may not do that ({said})",
                               state["username"], "Give an account that may change BIOS settings")
    if 300 <= status < 400:
        return ValidationError("kvm_host_bmc.uri", "the BMC sends on to another address, which is not followed with a "
                               "password", state["uri"], f"Give that address: {answer.get('location')}")
    if state["path"] == ROOT and status < 500:
        return CommandFailed(subject, f"it answers, but not as a Redfish service ({place})", None,
                             "See whether this is the address of the BMC, and Redfish enabled there")
    remedy = "Wait until the BMC is up, or restart it" if status >= 500 else "Its own log may say more"
    return CommandFailed(subject, f"it does not do what it was asked ({said})", None, remedy)


def no_answer(subject: str, said: str) -> KvmError:
    """The BMC cannot be talked to.

    :param said: what ansible.builtin.uri tells of it
    """
    reason = re.sub(r"^Status code was .*? and not \[.*?\]: |Request failed: |<\w+ error |>$", "", said).rstrip(".")
    if "certificate" in reason.lower():
        return ValidationError("kvm_host_bmc.validate_certs", f"the certificate of {subject} is not trusted ({reason})",
                               True, "Have it signed by somebody whom this machine trusts, or set this to false")
    return CommandFailed(subject, f"it does not answer ({reason})", None,
                         "See whether the address is right, and whether this machine gets there")


def messages(body: object) -> list[str]:
    """What a BMC says of an error, in its own words (DSP0266, "Error responses")."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return []
    extended = error.get("@Message.ExtendedInfo")
    told = [each.get("Message") for each in extended if isinstance(each, dict)] if isinstance(extended, list) else []
    return [str(text) for text in told if text] or ([str(error["message"])] if error.get("message") else [])


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "firmware_start": door.guarded(firmware_start, bmc=shapes.BMC),
            "firmware_follow": door.guarded(firmware_follow, state=shapes.BMC_STATE, answer=shapes.BMC_ANSWER),
            "firmware_fault": door.guarded(firmware_fault, answer=shapes.BMC_ANSWER, state=shapes.BMC_STATE),
        }
