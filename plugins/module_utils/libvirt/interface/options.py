# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a NIC that have options of their own, each checked by itself."""

from __future__ import annotations

import re
import typing as t
import uuid

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import (
    Filterref,
    Rate,
    Teaming,
    Virtualport,
    Vlan,
    alias_of,
)
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range

LABEL = re.compile(r"[A-Za-z0-9/._-]{1,64}")
# libvirt's schema: filter-param in nwfilter_params.rng
FILTER_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
FILTER_VARIABLE = re.compile(r"[A-Za-z0-9_]+")
FILTER_VALUE = re.compile(r"[A-Za-z0-9_.:-]+")
# src/conf/netdev_vport_profile_conf.c; 0 is reserved as managerid (IEEE 802.1Qbg), which libvirt does not check
LIMITS = {"managerid": (1, 0xFF), "typeid": (0, 0xFFFFFF), "typeidversion": (0, 0xFF)}
PROFILEID_BYTES = 39
# By type, what a virtualport may have; virNetDevVPortProfileCheckNoExtras in src/util/virnetdevvportprofile.c
PARAMETERS = {
    "802.1Qbg": ("managerid", "typeid", "typeidversion", "instanceid"),
    "802.1Qbh": ("profileid",),
    "openvswitch": ("interfaceid", "profileid"),
    "midonet": ("interfaceid",),
}
RATE_MOST = 0xFFFFFFFF
# hw/net/virtio-net.c
QUEUE_SIZE = (256, 1024)
QUEUES = (1, 256)


def vlan_of(subject: str, vlan: dict[str, t.Any] | None) -> Vlan | None:
    """The VLANs.

    :raises ValidationError: they cannot be meant so
    """
    if vlan is None:
        return None
    tags, native = vlan["tags"], vlan["native"]
    trunk = len(tags) > 1 if vlan["trunk"] is None else vlan["trunk"]
    for tag in tags:
        in_range(f"{subject}.tags", tag, 1, 4094)
    if len(set(tags)) < len(tags):
        raise ValidationError(f"{subject}.tags", "a tag is there twice", tags, "Give each tag once")
    if trunk and not tags:
        raise ValidationError(f"{subject}.trunk", "a trunk needs tags", True, "Give the tags that it carries")
    if len(tags) > 1 and not trunk:
        raise ValidationError(f"{subject}.trunk", "several tags are a trunk", False, "Give one tag, or trunk: true")
    if native is not None and (native not in tags or not trunk):
        raise ValidationError(f"{subject}.native", "the native VLAN must be one of the tags of a trunk", native,
                              "Add it to tags, with trunk: true")
    return Vlan(tuple(tags), trunk, native)


def virtualport_of(subject: str, given: dict[str, t.Any] | None) -> Virtualport | None:
    """The virtualport; what its type lacks is refused, what it needs is seen when the NIC is whole.

    :raises ValidationError: it cannot be meant so
    """
    if given is None:
        return None
    kind = given["type"]
    values = {key: value for key, value in given.items() if key != "type" and value is not None}
    allowed = PARAMETERS.get(kind, ())
    for key, value in values.items():
        if key not in allowed:
            has = ", ".join(allowed) or "no parameters"
            raise ValidationError(f"{subject}.{key}", f"a virtualport of type {kind} has {has}", value, f"Remove {key}")
    if values.get("managerid") == 0:
        raise ValidationError(f"{subject}.managerid", "0 is reserved in 802.1Qbg", 0,
                              "Take the number of the port profile database, from 1 to 255")
    for key, (least, most) in LIMITS.items():
        in_range(f"{subject}.{key}", values.get(key), least, most)
    for key in ("instanceid", "interfaceid"):
        if key in values:
            values[key] = _uuid(f"{subject}.{key}", values[key])
    profile = values.get("profileid")
    if profile is not None and not 0 < len(profile.encode()) <= PROFILEID_BYTES:
        raise ValidationError(f"{subject}.profileid", f"it must have 1 to {PROFILEID_BYTES} characters", profile,
                              "Give the name that the switch has for the profile")
    return Virtualport(None if kind == "none" else kind, **values)


def rate_of(subject: str, given: dict[str, t.Any] | None) -> Rate | None:
    """The limit of one direction; an average of 0 is no limit.

    :raises ValidationError: it cannot be meant so
    """
    if given is None:
        return None
    values = {key: value for key, value in given.items() if value is not None}
    if values == {"average": 0}:
        return Rate()
    for key, value in values.items():
        in_range(f"{subject}.{key}", value, 1, RATE_MOST)
    if "average" not in values and ("floor" not in values or len(values) > 1):
        raise ValidationError(subject, "a limit needs average" + (", or floor alone" if "floor" in given else ""),
                              values or None, "Give average; 0 takes the limit away")
    if values.get("peak", RATE_MOST) < values.get("average", 0):
        raise ValidationError(f"{subject}.peak", f"it is below the average of {values['average']}", values["peak"],
                              "Give a higher peak, or none")
    return Rate(**values)


def filterref_of(subject: str, given: dict[str, t.Any] | None) -> Filterref | None:
    """The filter with its variables, in libvirt's order.

    :raises ValidationError: it cannot be meant so
    """
    if given is None:
        return None
    name, found = given["filter"], []
    if name and not FILTER_NAME.fullmatch(name):
        raise ValidationError(f"{subject}.filter", "this is no name of a filter", name, "See virsh nwfilter-list")
    if given["parameters"] and not name:
        raise ValidationError(f"{subject}.parameters", "they mean nothing without a filter", given["parameters"],
                              "Give filter")
    for variable, value in sorted((given["parameters"] or {}).items()):
        if not FILTER_VARIABLE.fullmatch(variable):
            raise ValidationError(f"{subject}.parameters", "a variable has letters, digits and _", variable,
                                  "Take one such as IP")
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool) or not FILTER_VALUE.fullmatch(str(one)):
                raise ValidationError(f"{subject}.parameters.{variable}", "a value has letters, digits and . : _ -",
                                      one, "Write it as the filter compares it, such as 192.0.2.1")
            found.append((variable, str(one)))
    return Filterref(name, tuple(found))


def teaming_of(subject: str, given: dict[str, t.Any] | None) -> Teaming | None:
    """The part in a team.

    :raises ValidationError: it cannot be meant so
    """
    if given is None:
        return None
    kind, partner = given["type"], given["persistent"]
    if (partner is not None) != (kind == "transient"):
        raise ValidationError(f"{subject}.persistent", "the transient NIC of a team names the persistent one, and "
                              "only it does", partner, "Give it with type: transient")
    if partner is not None and not LABEL.fullmatch(partner):
        raise ValidationError(f"{subject}.persistent", "this is no name of a NIC", partner,
                              "Give the name of the persistent NIC, such as ge-0/0/0")
    return Teaming(None if kind == "none" else kind, None if partner is None else alias_of(partner))


def driver_of(subject: str, given: dict[str, t.Any] | None) -> dict[str, t.Any]:
    """The driver's options, by the fields of Interface.

    :raises ValidationError: they cannot be meant so
    """
    values = given or {}
    in_range(f"{subject}.queues", values.get("queues"), *QUEUES)
    for key in ("rx_queue_size", "tx_queue_size"):
        size = values.get(key)
        in_range(f"{subject}.{key}", size, *QUEUE_SIZE)
        if size is not None and size & (size - 1):
            raise ValidationError(f"{subject}.{key}", "it must be a power of two", size, "Give 256, 512 or 1024")
    return {f"driver_{key}": value for key, value in values.items()}


def _uuid(subject: str, text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise ValidationError(subject, "this is no UUID", text,
                              "Write one such as 09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f, or none to have one made",
                              ) from error
