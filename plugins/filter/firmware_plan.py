# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role kvm_host that says which BIOS settings are not as wanted, and what fails for it."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.filter.firmware import Dict
from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

# What the names of the settings that matter here have in common, for hosts of a vendor that is not known.
TELLING = re.compile(r"sr.?iov|virtuali|vt.?d(?![a-z])|directed|iommu|svm|above.?4g", re.IGNORECASE)
SUBJECT = "kvm_host_firmware_attributes"


def firmware_plan(state: Dict, wanted: Dict, vendors: list[Dict], checks: list[Dict], change: bool) -> Dict:
    """What the BIOS is to have, what it has, and what is to be written.

    :param state: what firmware_follow returned at last
    :param wanted: kvm_host_firmware_attributes; empty: the vendor's usual ones that this BIOS has
    :param vendors: kvm_host_firmware_vendors
    :param checks: what bios_check returned as ``checks``
    :param change: whether settings may be written
    :returns: ``attributes`` [{``name``, ``wanted``, ``found``, ``pending``, ``state`` (set, pending or different),
        ``checks``}], ``changes`` (those to be written), ``body`` and ``headers`` of the request that does it,
        ``report`` (lines) and ``refused`` (texts)
    """
    usual = [entry for vendor in vendors if re.match(vendor["manufacturer"], state["manufacturer"], re.IGNORECASE)
             for entry in vendor["attributes"]]
    names = wanted or {name: entry["value"] for entry in usual for name in state["found"] if is_named(name, entry)}
    attributes, refused = [], []
    for name, value in names.items():
        try:
            attributes.append({**compare(name, value, state), "checks": [
                check for entry in usual if is_named(name, entry) for check in entry["checks"]]})
        except KvmError as error:
            refused.append(str(error))
    if not names:
        refused.append(str(unknown_vendor(state)))
    changes = {each["name"]: each["wanted"] for each in attributes if each["state"] == "different"}
    if changes and change and not state["path"]:
        refused.append(str(NotSupported(state["name"], "its BMC shows BIOS settings, but takes none by Redfish", None,
                                        "Set them in the firmware setup, or update the firmware of the BMC")))
    return {"attributes": attributes, "changes": changes, "body": body(changes, state), "headers": headers(state),
            "report": [*(line(each, change) for each in attributes), *blame(attributes, checks)], "refused": refused}


def is_named(name: str, entry: Dict) -> bool:
    """Whether an attribute is the one that a vendor's entry means, by a regular expression."""
    return re.fullmatch(entry["name"], name) is not None


def compare(name: str, wanted: object, state: Dict) -> Dict:
    """One attribute as it is, and as it is to be.

    :raises ValidationError: this BIOS has none of that name, or none with such a value
    """
    if name not in state["found"]:
        alike = difflib.get_close_matches(name, state["found"], 3, 0.5) or telling(state)
        raise ValidationError(f"{SUBJECT}.{name}", f"{state['name']} has no attribute of this name", wanted,
                              f"It has {', '.join(alike)}" if alike else "")
    found = state["found"][name]
    value = like(found, wanted, f"{SUBJECT}.{name}")
    # A BMC that lists only what differs leaves out the rest, or has null for it.
    pending = state["pending"].get(name)
    pending = found if pending is None else pending
    kind = "different" if pending != value else "set" if found == value else "pending"
    return {"name": name, "wanted": value, "found": found, "pending": pending, "state": kind}


def like(found: object, wanted: object, subject: str) -> object:
    """The wanted value in the type that the BIOS has, since YAML and templates make their own of it.

    :raises ValidationError: it cannot be meant so
    """
    text = str(wanted)
    if isinstance(found, bool):
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValidationError(subject, "this attribute is true or false", wanted)
    if isinstance(found, int):
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        raise ValidationError(subject, f"this attribute is a number, such as {found}", wanted)
    if isinstance(wanted, bool):
        raise ValidationError(subject, f"this attribute is a text, such as {found!r}", wanted, "Put it in quotes")
    return text


def unknown_vendor(state: Dict) -> ValidationError:
    """Nothing is wanted, and no usual names are known."""
    known = telling(state)
    return ValidationError(
        SUBJECT, f"it is needed, as none of the attributes of {state['name']} is known here", {},
        f"Those of its attributes that may be meant: {', '.join(known)}" if known else
        "Give the names of its attributes, and their values")


def telling(state: Dict) -> list[str]:
    """The names of attributes that sound like virtualisation."""
    return [name for name in state["found"] if TELLING.search(name)]


def body(changes: Dict, state: Dict) -> Dict:
    """What is sent to the BMC, which some (Dell) want to be told that a reboot is to apply."""
    if "OnReset" in state["apply_times"]:
        return {"Attributes": changes, "@Redfish.SettingsApplyTime": {"ApplyTime": "OnReset"}}
    return {"Attributes": changes}


def headers(state: Dict) -> dict[str, str]:
    """Those that some BMCs (Lenovo) insist on. A weak tag never matches (RFC 9110, 13.1.1), so it is left out."""
    return {} if not state["etag"] or state["etag"].startswith("W/") else {"If-Match": state["etag"]}


def line(attribute: Dict, change: bool) -> str:
    """One attribute in words."""
    name, wanted, found, pending = (attribute[key] for key in ("name", "wanted", "found", "pending"))
    now = f"{name}: {found}" if pending == found else f"{name}: {found}, and {pending} after the next reboot"
    if attribute["state"] != "different":
        return f"{now}, as wanted"
    return f"{now}, but {wanted} is wanted: " + (
        "to be set for the next reboot" if change else "left alone, since kvm_host_firmware_change is not true")


def blame(attributes: list[Dict], checks: list[Dict]) -> t.Iterator[str]:
    """For each check that failed because of firmware, the attributes that are at fault."""
    for check in checks:
        if check["status"] not in ("fail", "warn") or check.get("cause") != "firmware":
            continue
        deciding = [each for each in attributes if check["name"] in each["checks"]]
        at_fault = [f"{each['name']} = {each['found']}" for each in deciding if each["state"] != "set"]
        names = ", ".join(each["name"] for each in deciding)
        if at_fault:
            why = f"at fault is {', '.join(at_fault)}"
        elif deciding:
            why = f"not for {names}, so reboot if that is new, else see the device's own settings"
        else:
            why = "none of these attributes decides it"
        yield f"bios_check {check['name']} ({check['found']}): {why}"


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Its name."""
        return {"firmware_plan": door.guarded(
            firmware_plan, state=shapes.FIRMWARE, wanted={"*": door.SCALAR}, vendors=[shapes.VENDOR],
            checks=[shapes.CHECK], change=door.SCALAR)}
