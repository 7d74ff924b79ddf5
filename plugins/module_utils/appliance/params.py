# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From vm_appliance's parameters to an appliance; values that are not valid are refused here."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.medium import Medium, medium_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import ordered
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.pfs import AppliancePf, item
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import Profile, disks_of, profile_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.removal import ApplianceRemoval
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.resource import SHUTDOWN_SECONDS, ApplianceResource
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import wanted_interfaces
from ansible_collections.nfv.kvm.plugins.module_utils.placement.want import wanted_placement
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import PfResource, pf_resource

# Where libvirt keeps images by itself
IMAGES = "/var/lib/libvirt/images"
# The longest name that a log can have (NAME_MAX) without what console_log() adds
LONGEST = 255 - len("-console.log")
Params = t.Mapping[str, t.Any]


def appliance_resource(params: dict[str, t.Any]) -> ApplianceResource | ApplianceRemoval:
    """The appliance of vm_appliance's parameters.

    :raises ValidationError: a parameter is not valid
    """
    name, folder = name_and_folder(params)
    pfs = tuple(pf_of(given, place, params) for place, given in enumerate(params["pfs"] or []))
    if params["state"] == "absent":
        return ApplianceRemoval(connect(params["uri"]), params["uri"], name, folder, pfs,
                                params["restart"] == "allowed", params["remove_disks"], SHUTDOWN_SECONDS)
    if params["profile"] is None:
        raise ValidationError("profile", "it is missing, and it describes the kind of appliance", None,
                              "Set its keys, for example to those of a profile of the role virtual_appliance")
    profile = profile_of(without_nulls(params["profile"]))
    check_disks(profile)
    nics = ordered(params["interfaces"] or [], profile.nics)
    wanted = wanted_interfaces([{**nic.options} for nic in nics], identify_only=False)
    return ApplianceResource(
        connect(params["uri"]), name, params["state"], profile, pfs, wanted,
        medium(folder, profile, params["day0"] or {}), folder,
        params["autostart"], params["restart"] == "allowed",
        params["disks"] == "replace", params["wait"], tuple(params["bridges_pending"] or ()),
        placement=wanted_placement(without_nulls(params["placement"] or {}), profile.placement, profile.hugepages))


def name_and_folder(params: Params) -> tuple[str, str]:
    """What the appliance is called, and where its disks are.

    :raises ValidationError: neither libvirt nor a file system takes it
    """
    name = params["name"]
    if not name.strip() or name in (".", "..") or "/" in name or "\n" in name or len(name.encode()) > LONGEST:
        raise ValidationError("name", f"it must be valid as the name of a folder and have at most {LONGEST} bytes",
                              name, "Write a name such as edge1")
    folder = os.path.normpath(params["folder"] or f"{IMAGES}/{name}")
    if not folder.startswith("/") or folder == "/":
        raise ValidationError("folder", "it must be an absolute path below /", params["folder"],
                              f"Write a path such as {IMAGES}/{name}")
    return name, folder


def pf_of(given: Params, place: int, params: Params) -> PfResource:
    """One PF, as sriov_vf takes it.

    :raises ValidationError: a value that no host could accept
    """
    persistent = params["persistent"] if given["persistent"] is None else given["persistent"]
    with item(place):
        return AppliancePf(place, pf_resource({**given, "persistent": persistent, "uri": params["uri"]}))


def medium(folder: str, profile: Profile, files: t.Mapping[str, t.Any]) -> Medium | None:
    """The day-0 medium, None without files.

    :raises ValidationError: the appliance takes none, or a file cannot be on one
    """
    if not files:
        return None
    if profile.day0 is None:
        raise ValidationError("day0", "the profile has no day0, so the appliance does not support a day-0 medium",
                              None, "Remove day0, or add day0 to the profile")
    return medium_of(folder, profile.day0.kind, profile.day0.label, files)


def check_disks(profile: Profile) -> None:
    """:raises ValidationError: two disks would be one file, or one would be in another folder"""
    seen = set()
    for place, disk in enumerate(disks_of(profile), -1):
        subject = f"profile.disks[{place}].name"
        if not disk.name or "/" in disk.name or len(disk.name.encode()) > LONGEST:
            raise ValidationError(subject, "it must be valid as the name of a file", disk.name,
                                  "Write a name such as data")
        if disk.name in seen:
            raise ValidationError(subject, "another disk has this name; the first one is called disk", disk.name,
                                  "Choose another name")
        seen.add(disk.name)


def without_nulls(value: t.Any) -> t.Any:
    """Options without those that were left out."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value
