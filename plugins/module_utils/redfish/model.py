# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a BMC is asked, and what it answers, by Redfish (DMTF DSP0266; the resources are in DSP2046)."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

ROOT = "/redfish/v1/"


def path_of(given: object) -> str:
    """The path of another resource, an empty text without one."""
    path = given.get("@odata.id") if isinstance(given, Mapping) else ""
    return path if isinstance(path, str) and path.startswith("/") else ""


def messages(given: object) -> list[str]:
    """What a BMC says of an error, in its own words (DSP0266, "Error responses")."""
    error = given if isinstance(given, Mapping) else {}
    extended = error.get("@Message.ExtendedInfo")
    each = extended if isinstance(extended, list) else []
    texts = [one["Message"] for one in each if isinstance(one, Mapping) and one.get("Message")]
    return [str(text) for text in texts or [error.get("message")] if text]


def body(given: object) -> object:
    """A resource, None for any other content."""
    return given if isinstance(given, Mapping) else None


Path = t.Annotated[str, path_of]
Text = t.Annotated[str, str]


@dataclass(frozen=True)
class PendingSettings:
    """Where the settings are that a reboot brings."""

    path: Path = field(default="", metadata={"key": "SettingsObject"})
    apply_times: tuple[str, ...] = field(default=(), metadata={"key": "SupportedApplyTimes"})


@dataclass(frozen=True)
class Resource:
    """What counts of a resource: each kind has some of it."""

    version: str = field(default="", metadata={"key": "RedfishVersion"})
    systems: Path = field(default="", metadata={"key": "Systems"})
    members: tuple[Path, ...] = field(default=(), metadata={"key": "Members"})
    manufacturer: Text = field(default="", metadata={"key": "Manufacturer"})
    model: Text = field(default="", metadata={"key": "Model"})
    bios_version: Text = field(default="", metadata={"key": "BiosVersion"})
    bios: Path = field(default="", metadata={"key": "Bios"})
    attributes: Mapping[str, object] = field(default_factory=dict, metadata={"key": "Attributes"})
    settings: PendingSettings = field(default=PendingSettings(), metadata={"key": "@Redfish.Settings"})
    etag: str | None = field(default=None, metadata={"key": "@odata.etag"})
    errors: t.Annotated[tuple[str, ...], messages] = field(default=(), metadata={"key": "error"})


@dataclass(frozen=True)
class Answer:
    """What ansible.builtin.uri returned.

    :param status: of HTTP, -1 without an answer
    """

    status: int = -1
    json: t.Annotated[Resource | None, body] = None
    etag: str | None = None
    msg: str = ""
    location: str | None = None


@dataclass(frozen=True)
class Bmc:
    """kvm_host_bmc, without the password.

    :param system: the Id of the system, None for the only one
    """

    uri: str
    username: str
    system: str | None = None


@dataclass(frozen=True)
class Known(Bmc):
    """What is known of a BMC and its system.

    :param resource: the kind of resource to be read next
    :param path: where it is, empty if there is nothing more to read
    :param fault: empty if all is well
    :param name: what messages call the system
    :param found: the settings that the host runs with
    :param pending: settings that a reboot brings; some BMCs list all (HPE, Lenovo), others those that differ (Dell)
    """

    resource: t.Literal["service", "systems", "system", "bios", "settings"] = "service"
    path: str = ROOT
    fault: str = ""
    name: str = ""
    manufacturer: str = ""
    found: Mapping[str, object] = field(default_factory=dict)
    pending: Mapping[str, object] = field(default_factory=dict)
    apply_times: tuple[str, ...] = ()
    etag: str | None = None
