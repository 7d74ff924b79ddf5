# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt 11.3 was seen to do with the XML of a network: what it refuses, fills in, merges and updates."""

from __future__ import annotations

import typing as t
import uuid

from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakeapi import (
    VIR_ERR_OPERATION_INVALID,
    VIR_ERR_XML_ERROR,
    FakeLibvirtError,
)

OWN_BRIDGE = ("isolated", "nat", "route", "open")
MODIFY, DELETE, ADD_LAST = 1, 2, 3
# A virtualport of this type is completed with a number of this name.
NUMBERED = {"openvswitch": "interfaceid", "802.1Qbg": "instanceid"}


def mode_of(root: t.Any) -> str:
    """The forward mode of a ``<network>``."""
    forward = root.find("forward")
    return "isolated" if forward is None else str(forward.get("mode", "nat"))


def bridge_of(root: t.Any) -> str | None:
    """The name of its bridge."""
    bridge = root.find("bridge")
    return None if bridge is None else bridge.get("name")


def text_of(root: t.Any) -> str:
    return etree.tostring(root, encoding="unicode")


def check(root: t.Any, others: list[t.Any]) -> None:
    """Refuse what libvirt does not define."""
    name, mode, groups = root.findtext("name"), mode_of(root), root.findall("portgroup")
    own, bridge = mode in OWN_BRIDGE, bridge_of(root)
    wrong = "XML error: "
    if mode in ("nat", "route") and root.find("ip") is None:
        raise FakeLibvirtError(f"{wrong}{mode} forwarding requested, but no IP address provided for network '{name}'")
    if mode == "open" and root.find("forward/interface") is not None:
        raise FakeLibvirtError(f"{wrong}forward dev not allowed for network '{name}' with forward mode='open'")
    if root.find("mtu") is not None and not own:
        raise FakeLibvirtError(f"{wrong}mtu size only allowed in open, route, nat, and isolated mode, not in {mode} "
                               f"(network '{name}')", VIR_ERR_XML_ERROR)
    if (own or mode in ("private", "vepa")) and any(level.find("vlan") is not None for level in (root, *groups)):
        raise FakeLibvirtError(f"unsupported configuration: <vlan> element specified for network {name}, whose type "
                               "doesn't support vlan configuration")
    if own and bridge in [bridge_of(other) for other in others if mode_of(other) in OWN_BRIDGE] and bridge is not None:
        raise FakeLibvirtError(f"internal error: bridge name '{bridge}' already in use.")
    if len([group for group in groups if group.get("default") == "yes"]) > 1:
        raise FakeLibvirtError(f"unsupported configuration: network '{name}' has multiple default <portgroup> elements")
    check_limits(root, groups, not own and (mode != "bridge" or bridge is None))


def check_limits(root: t.Any, groups: list[t.Any], macvtap: bool) -> None:
    """The bandwidth of port groups."""
    for group in groups:
        if group.find("bandwidth") is not None and macvtap:
            raise FakeLibvirtError(f"unsupported configuration: Unsupported <bandwidth> element in network "
                                   f"'{root.findtext('name')}' in portgroup '{group.get('name')}' with forward mode="
                                   f"'{mode_of(root)}'")
        if group.find("bandwidth/inbound[@floor]") is not None:
            raise FakeLibvirtError("unsupported configuration: floor attribute is not supported for this config")


def complete(root: t.Any, taken: list[str | None]) -> None:
    """Fill in what libvirt fills in.

    :param taken: the bridges of other networks
    """
    forward, mode = root.find("forward"), mode_of(root)
    for group in root.findall("portgroup"):
        reduce(group)
    if forward is not None and forward.find("interface") is not None and forward.find("pf") is None:
        forward.set("dev", forward.find("interface").get("dev"))
    if mode == "hostdev" and forward.get("managed") is None:
        forward.set("managed", "no")
    if mode not in OWN_BRIDGE:
        return
    bridge = root.find("bridge") if root.find("bridge") is not None else etree.SubElement(root, "bridge")
    free = next(name for name in map("virbr{}".format, range(100)) if name not in taken)
    for key, value in {"name": free, "stp": "on", "delay": "0"}.items():
        bridge.set(key, bridge.get(key, value))
    if root.find("mac") is None:
        digits = uuid.UUID(root.findtext("uuid")).hex[:6]
        etree.SubElement(root, "mac", address=f"52:54:00:{digits[:2]}:{digits[2:4]}:{digits[4:]}")


def reduce(group: t.Any) -> None:
    """Take out of a port group what libvirt drops of it: what it has no place for, and what says nothing."""
    for path in ("port", "bandwidth[not(*)]", "virtualport[not(@*) and not(*)]"):
        for found in group.xpath(path):
            group.remove(found)
    if group.get("default") != "yes":
        group.attrib.pop("default", None)
    for limits in group.findall("bandwidth"):
        limits[:] = sorted(limits, key=lambda direction: str(direction.tag))


def updated(text: str, command: int, xml: str) -> str:
    """The XML of a network with a port group more, another or without it."""
    root, group = parse(text), parse(xml)
    reduce(group)
    network, name = root.findtext("name"), group.get("name")
    found = next((one for one in root.findall("portgroup") if one.get("name") == name), None)
    default = next((one for one in root.findall("portgroup[@default='yes']") if one is not found), None)
    refusal = ""
    if command == ADD_LAST and found is not None:
        refusal = (f"there is an existing portgroup entry in network '{network}' that matches "
                   f"\"<portgroup name='{name}'>\"")
    elif command != ADD_LAST and found is None:
        refusal = f"couldn't find a portgroup entry in network '{network}' matching <portgroup name='{name}'>"
    elif command != DELETE and group.get("default") == "yes" and default is not None:
        refusal = (f"a different portgroup entry in network '{network}' is already set as the default. Only one "
                   "default is allowed.")
    if refusal:
        raise FakeLibvirtError(f"Requested operation is not valid: {refusal}", VIR_ERR_OPERATION_INVALID)
    if command == ADD_LAST:
        root.append(group)
    elif command == MODIFY:
        root.replace(found, group)
    else:
        root.remove(found)
    check(root, [])
    return text_of(root)


def merged(ports: list[t.Any]) -> t.Any:
    """One virtualport of several, which must not contradict each other; None of none."""
    if not ports:
        return None
    types = {port.get("type") for port in ports if port.get("type")}
    given: dict[str, str] = {}
    for parameters in (found for port in ports for found in port.findall("parameters")):
        for name, value in parameters.attrib.items():
            if given.setdefault(name, value) != value:
                types.update({"mismatched", name})
    if len(types) > 1:
        raise FakeLibvirtError("internal error: attempt to merge virtualports with mismatched types or parameters")
    kind = next(iter(types), None)
    if kind in NUMBERED:
        given.setdefault(NUMBERED[kind], str(uuid.uuid5(uuid.NAMESPACE_DNS, str(sorted(given)))))
    root = etree.Element("virtualport", {} if kind is None else {"type": kind})
    if given:
        etree.SubElement(root, "parameters", given)
    return root
