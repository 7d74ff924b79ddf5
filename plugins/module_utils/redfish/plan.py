# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which BIOS settings are not as wanted, and which checks of bios_check fail for them."""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Scalar
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.outcome import Check
from ansible_collections.nfv.kvm.plugins.module_utils.redfish.model import Known

# What the names of the settings that matter here have in common, for hosts of a vendor that is not known.
TELLING = re.compile(r"sr.?iov|virtuali|vt.?d(?![a-z])|directed|iommu|svm|above.?4g", re.IGNORECASE)
SUBJECT = "kvm_host_firmware_attributes"


@dataclass(frozen=True)
class Usual:
    """A setting as a vendor has it.

    :param name: a regular expression
    :param checks: those of bios_check that it decides
    """

    name: str
    value: Scalar
    checks: tuple[str, ...]

    def means(self, name: str) -> bool:
        """Whether an attribute is the one that is meant."""
        return re.fullmatch(self.name, name) is not None


@dataclass(frozen=True)
class Vendor:
    """The settings of a vendor.

    :param manufacturer: a regular expression, for the beginning
    """

    manufacturer: str
    attributes: tuple[Usual, ...]


@dataclass(frozen=True)
class Attribute:
    """A setting as it is, and as it is to be.

    :param pending: its value after the next reboot
    :param state: set, pending or different
    """

    name: str
    wanted: object
    found: object
    pending: object
    state: str
    checks: tuple[str, ...]

    def line(self, change: bool) -> str:
        """It in words.

        :param change: whether settings may be written
        """
        later = "" if self.pending == self.found else f", and {self.pending} after the next reboot"
        now = f"{self.name}: {self.found}{later}"
        if self.state != "different":
            return f"{now}, as wanted"
        return f"{now}, but {self.wanted} is wanted: " + (
            "to be set for the next reboot" if change else "not changed, because kvm_host_firmware_change is not true")


@dataclass(frozen=True)
class Plan:
    """What is to be written.

    :param changes: values by their names
    :param body: of the request that does it
    :param report: lines
    """

    attributes: list[Attribute]
    changes: Mapping[str, object]
    body: Mapping[str, object]
    headers: Mapping[str, str]
    report: list[str]
    refused: list[KvmError]


def plan(
    state: Known, wanted: Mapping[str, Scalar], vendors: tuple[Vendor, ...], checks: tuple[Check, ...], change: bool,
) -> Plan:
    """What the BIOS is to have, what it has, and what is to be written.

    :param wanted: values by their names; if empty, the vendor's usual ones that this BIOS has
    :param change: whether settings may be written
    """
    usual = [entry for vendor in vendors if re.match(vendor.manufacturer, state.manufacturer, re.IGNORECASE)
             for entry in vendor.attributes]
    names = wanted or {name: entry.value for entry in usual for name in state.found if entry.means(name)}
    attributes, refused = [], []
    for name, value in names.items():
        try:
            attributes.append(compare(name, value, state, usual))
        except KvmError as error:
            refused.append(error)
    if not names:
        refused.append(unknown_vendor(state))
    changes = {each.name: each.wanted for each in attributes if each.state == "different"}
    if changes and change and not state.path:
        refused.append(NotSupported(state.name, "its BMC reports the BIOS settings through Redfish, but cannot change "
                                    "them", None,
                                    "Set them in the firmware setup, or update the firmware of the BMC"))
    report = [*(each.line(change) for each in attributes), *blame(attributes, checks)]
    return Plan(attributes, changes, body(changes, state), headers(state), report, refused)


def compare(name: str, wanted: Scalar, state: Known, usual: list[Usual]) -> Attribute:
    """One attribute as it is, and as it is to be.

    :raises ValidationError: this BIOS has none of that name, or none with such a value
    """
    if name not in state.found:
        alike = difflib.get_close_matches(name, state.found, 3, 0.5) or telling(state)
        raise ValidationError(f"{SUBJECT}.{name}", f"{state.name} has no attribute of this name", wanted,
                              f"Use one of its attributes, such as {', '.join(alike)}" if alike else "")
    found = state.found[name]
    value = like(found, wanted, f"{SUBJECT}.{name}")
    # A BMC that lists only what differs leaves out the rest, or has null for it.
    pending = state.pending.get(name)
    pending = found if pending is None else pending
    kind = "different" if pending != value else "set" if found == value else "pending"
    return Attribute(name, value, found, pending, kind,
                     tuple(check for entry in usual if entry.means(name) for check in entry.checks))


def like(found: object, wanted: Scalar, subject: str) -> object:
    """The wanted value in the type that the BIOS has, since YAML and templates make their own of it.

    :raises ValidationError: it is not valid in this type
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


def unknown_vendor(state: Known) -> ValidationError:
    """Nothing is wanted, and no usual names are known."""
    known = telling(state)
    return ValidationError(
        SUBJECT, f"it is required, because the collection knows none of the attributes of {state.name}", {},
        f"Attributes that may be relevant: {', '.join(known)}" if known else
        "Set the names of its attributes and their values")


def telling(state: Known) -> list[str]:
    """The names of attributes that sound like virtualisation."""
    return [name for name in state.found if TELLING.search(name)]


def body(changes: Mapping[str, object], state: Known) -> Mapping[str, object]:
    """What is sent to the BMC, in which some (Dell) need that a reboot applies the changes."""
    if "OnReset" in state.apply_times:
        return {"Attributes": changes, "@Redfish.SettingsApplyTime": {"ApplyTime": "OnReset"}}
    return {"Attributes": changes}


def headers(state: Known) -> Mapping[str, str]:
    """Those that some BMCs (Lenovo) insist on. A weak tag never matches (RFC 9110, 13.1.1), so it is left out."""
    return {} if not state.etag or state.etag.startswith("W/") else {"If-Match": state.etag}


def blame(attributes: list[Attribute], checks: tuple[Check, ...]) -> t.Iterator[str]:
    """For each check that failed because of firmware, the attributes that are at fault."""
    for check in checks:
        if check.status not in ("fail", "warn") or check.cause != "firmware":
            continue
        deciding = [each for each in attributes if check.name in each.checks]
        at_fault = [f"{each.name} = {each.found}" for each in deciding if each.state != "set"]
        names = ", ".join(each.name for each in deciding)
        if at_fault:
            why = f"caused by {', '.join(at_fault)}"
        elif deciding:
            why = f"{names} already as wanted, so reboot if that is new, otherwise check the device's own settings"
        else:
            why = "none of these attributes affects this check"
        yield f"bios_check {check.name} ({check.found}): {why}"
