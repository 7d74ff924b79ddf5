# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a port, each checked by itself."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.values import VLAN_IDS, in_range

# src/conf/netdev_vport_profile_conf.c; 0 is reserved as managerid (IEEE 802.1Qbg), which libvirt does not check
LIMITS = {"managerid": (1, 0xFF), "typeid": (0, 0xFFFFFF), "typeidversion": (0, 0xFF)}
PROFILEID_BYTES = 39
# With 802.1Qbh it is the name of a port profile of Cisco UCS Manager: the class vnicProfile in ucsmsdk's metadata.
UCS_NAME = re.compile(r"[-.:_a-zA-Z0-9]{1,31}")
UCS_NAME_WORDS = "with 802.1Qbh it must have 1 to 31 characters of letters, digits and - . : _, as in UCS Manager"
# libvirt 11.3 writes profileids and the names of port groups into its XML as they are (seen), which with these is none
# any more: it could not read its own file when it starts again.
UNESCAPED = "&, < and '"
# By type, what a virtualport may have; virNetDevVPortProfileCheckNoExtras in src/util/virnetdevvportprofile.c
PARAMETERS = {
    "802.1Qbg": ("managerid", "typeid", "typeidversion", "instanceid"),
    "802.1Qbh": ("profileid",),
    "openvswitch": ("interfaceid", "profileid"),
    "midonet": ("interfaceid",),
}
# UUIDs of one NIC each
NUMBERS = ("instanceid", "interfaceid")
RATE_MOST = 0xFFFFFFFF
# What the kernel takes as the name of a netdev (dev_valid_name in net/core/dev.c), as far as libvirt's schema has it
NETDEV = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,15}")


def refuse_absent(params: dict[str, t.Any], options: t.Iterable[str], kind: str) -> None:
    """Refuse options that what is to be absent cannot have.

    :raises ValidationError: one is given
    """
    for key in options if params["state"] == "absent" else ():
        if params[key] not in (None, False):
            raise ValidationError(key, f"it is not valid for a {kind} that is absent",
                                  params[key] if isinstance(params[key], (str, int)) else None,
                                  f"Remove {key}, or set another state")


def vlan_of(subject: str, vlan: dict[str, t.Any]) -> Vlan:
    """The VLANs.

    :raises ValidationError: they are not valid
    """
    tags, native = vlan["tags"], vlan["native"]
    trunk = len(tags) > 1 if vlan["trunk"] is None else vlan["trunk"]
    for tag in tags:
        in_range(f"{subject}.tags", tag, *VLAN_IDS)
    if len(set(tags)) < len(tags):
        raise ValidationError(f"{subject}.tags", "a tag is listed twice", tags, "List each tag once")
    if trunk and not tags:
        raise ValidationError(f"{subject}.trunk", "a trunk needs at least one tag",
                              True, "Add the VLAN IDs to tags")
    if len(tags) > 1 and not trunk:
        raise ValidationError(f"{subject}.trunk", "several tags require a trunk", False, "Set one tag, or trunk: true")
    if native is not None and (native not in tags or not trunk):
        raise ValidationError(f"{subject}.native", "the native VLAN must be one of the tags of a trunk", native,
                              "Add it to tags, with trunk: true")
    return Vlan(tuple(tags), trunk, native)


def virtualport_of(subject: str, given: dict[str, t.Any], shared: bool = False) -> Virtualport:
    """The virtualport; what its type lacks is refused, what it needs is seen when the NIC is whole.

    :param shared: whether many NICs have it, each of which is to have a number of its own
    :raises ValidationError: it is not valid
    """
    kind = given["type"]
    values = {key: value for key, value in given.items() if key != "type" and value is not None}
    allowed = PARAMETERS.get(kind, ())
    for key, value in values.items():
        if key not in allowed:
            has = ", ".join(allowed) or "no parameters"
            raise ValidationError(f"{subject}.{key}", f"a virtualport of type {kind} has {has}", value, f"Remove {key}")
    if values.get("managerid") == 0:
        raise ValidationError(f"{subject}.managerid", "0 is reserved in 802.1Qbg", 0,
                              "Use the ID of the port profile database, from 1 to 255")
    for key, (least, most) in LIMITS.items():
        in_range(f"{subject}.{key}", values.get(key), least, most)
    for key in NUMBERS:
        if key in values:
            values[key] = _uuid(f"{subject}.{key}", values[key])
    _check_profileid(f"{subject}.profileid", values.get("profileid"), kind)
    for key in NUMBERS if shared else ():
        if key in values:
            raise ValidationError(f"{subject}.{key}", "it identifies a single NIC, and several NICs use this "
                                  "virtualport",
                                  values[key], f"Remove {key}; libvirt creates one for each NIC")
    return Virtualport(None if kind == "none" else kind, **values)


def rate_of(subject: str, given: dict[str, t.Any], shared: bool = False) -> Rate:
    """The limit of one direction; an average of 0 is not a limit.

    :param shared: whether many NICs have it, to which libvirt guarantees no floor
    :raises ValidationError: it is not valid
    """
    values = {key: value for key, value in given.items() if value is not None}
    if values == {"average": 0}:
        return Rate()
    for key, value in values.items():
        in_range(f"{subject}.{key}", value, 1, RATE_MOST)
    if "average" not in values and ("floor" not in values or len(values) > 1):
        alone = ", or floor alone" if "floor" in given and not shared else ""
        raise ValidationError(subject, f"a limit needs average{alone}", values or None,
                              "Set average; 0 removes the limit")
    if values.get("peak", RATE_MOST) < values.get("average", 0):
        raise ValidationError(f"{subject}.peak", f"it is below the average of {values['average']} kilobytes per second",
                              values["peak"],
                              "Raise peak, or remove it")
    return Rate(**values)


def printable(name: str) -> bool:
    """Whether libvirt can write a name down."""
    return name.isprintable() and not set(name) & set("&<'")


def _check_profileid(subject: str, profile: str | None, kind: str) -> None:
    cause = ""
    if profile is not None and kind == "802.1Qbh" and not UCS_NAME.fullmatch(profile):
        cause = UCS_NAME_WORDS
    elif profile is not None and not printable(profile):
        cause = f"it must consist of printable characters without {UNESCAPED}"
    elif profile is not None and not 0 < len(profile.encode()) <= PROFILEID_BYTES:
        cause = f"it must have 1 to {PROFILEID_BYTES} bytes"
    if cause:
        raise ValidationError(subject, cause, profile, "Use the name of the profile on the switch")


def _uuid(subject: str, text: str) -> str:
    import uuid  # few lists have one

    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise ValidationError(subject, "this is not a UUID", text,
                              "Write one such as 09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f, or omit it to have one created",
                              ) from error
