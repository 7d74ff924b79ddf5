# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parameter ``interfaces`` of vm_interface, checked as far as no host is needed for it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS, SOURCES
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface, Vlan, alias_of
from ansible_collections.nfv.kvm.plugins.module_utils.mac import unicast_mac
from ansible_collections.nfv.kvm.plugins.module_utils.pci import PCI_ADDRESS
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range

NAME = re.compile(r"[A-Za-z0-9/._-]{1,64}")
MODEL = re.compile(r"[A-Za-z0-9_-]+")
# What each type is connected to: the keys of source that it needs, in their alternatives, and those that it may have.
NEEDED_SOURCE: dict[str, tuple[frozenset[str], ...]] = {
    "hostdev": (frozenset({"pf", "vf"}), frozenset({"pci_address"})),
    "bridge": (frozenset({"bridge"}),),
    "network": (frozenset({"network"}),),
}
OPTIONAL_SOURCE = {"network": frozenset({"portgroup"})}
# The smallest MTU of IPv4 (RFC 791) and the largest that libvirt's virtio NICs take
MTU = (68, 65535)


@dataclass(frozen=True)
class Wanted:
    """One item of the list.

    :param subject: what messages call it, such as interfaces[0]
    :param name: the label as it was given
    :param pf: netdev or PCI address of the PF, with the number ``vf``, when the VF is named so
    """

    subject: str
    interface: Interface
    name: str | None = None
    pf: str | None = None
    vf: int | None = None


def wanted_interfaces(items: list[dict[str, t.Any]], identify_only: bool) -> tuple[Wanted, ...]:
    """The list.

    :param identify_only: only ``name`` and ``mac`` are meant (state absent), and one of them must be there
    :raises ValidationError: an item cannot be meant as it was given, or two cannot be meant together
    """
    found = []
    for number, item in enumerate(items):
        subject = f"interfaces[{number}]"
        if identify_only and not (item["name"] or item["mac"]):
            raise ValidationError(subject, "it has neither name nor mac, so nothing tells which NIC is meant",
                                  remedy="Give its name or its mac")
        found.append(_wanted(subject, item))
    _unique(found, "name", lambda wanted: wanted.interface.alias, "/, . and _ are the same in libvirt's alias")
    _unique(found, "mac", lambda wanted: wanted.interface.mac, "each NIC needs its own")
    _unique(found, "boot_order", lambda wanted: wanted.interface.boot_order, "each NIC needs its own")
    _unique(found, "address", lambda wanted: wanted.interface.address, "each NIC needs its own")
    return tuple(found)


def check(subject: str, interface: Interface) -> None:
    """What depends on the type of a NIC.

    :raises ValidationError: the type lacks an attribute that is given
    :raises NotSupported: libvirt cannot do it on this type
    """
    for row in ROWS:
        value = getattr(interface, row.field)
        if not row.of(interface.type) and value not in (None, row.default):
            raise ValidationError(f"{subject}.{row.parameter}", f"a NIC of type {interface.type} has none", value,
                                  f"Remove {row.parameter}, or take another type")
    if interface.type == "hostdev" and interface.vlan is not None \
            and (interface.vlan.trunk or len(interface.vlan.tags) > 1):
        raise NotSupported(f"{subject}.vlan", "a VF takes exactly one VLAN tag and no trunk", str(interface.vlan),
                           "Give one tag, or none and tag inside the guest")


def _wanted(subject: str, item: dict[str, t.Any]) -> Wanted:
    name, kind, source = item["name"], item["type"], _given(item["source"] or {})
    if name is not None and not NAME.fullmatch(name):
        raise ValidationError(f"{subject}.name", "a name has 1 to 64 letters, digits and / . _ -", name,
                              "Take one such as ge-0/0/0")
    _check_source(subject, kind, source)
    in_range(f"{subject}.mtu", item["mtu"], *MTU)
    in_range(f"{subject}.boot_order", item["boot_order"], 1, 65535)
    wanted = Interface(
        alias=None if name is None else alias_of(name),
        mac=None if item["mac"] is None else unicast_mac(f"{subject}.mac", item["mac"]),
        type=kind, source_vf=_pci(f"{subject}.source.pci_address", source.get("pci_address")),
        source_bridge=source.get("bridge"), source_network=source.get("network"),
        source_portgroup=source.get("portgroup", "") if kind == "network" else None,
        model=_model(subject, item["model"]), vlan=_vlan(f"{subject}.vlan", item["vlan"]),
        mtu=item["mtu"], link_state=item["link_state"], boot_order=item["boot_order"],
        address=_pci(f"{subject}.address", item["address"]),
        managed=item["managed"],
    )
    if kind is not None:
        check(subject, wanted)
    return Wanted(subject, wanted, name, source.get("pf"), source.get("vf"))


def _given(values: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: value for key, value in values.items() if value is not None}


def _check_source(subject: str, kind: str | None, source: dict[str, t.Any]) -> None:
    if kind is None:
        if source:
            raise ValidationError(f"{subject}.source", "a source means nothing without a type", source,
                                  f"Give type, one of {', '.join(NEEDED_SOURCE)}")
        return
    for needed in NEEDED_SOURCE[kind]:
        if needed <= source.keys() <= needed | OPTIONAL_SOURCE.get(kind, frozenset()):
            break
    else:
        ways = " or ".join(" and ".join(sorted(needed)) for needed in NEEDED_SOURCE[kind])
        raise ValidationError(f"{subject}.source", f"a NIC of type {kind} needs {ways} here, and nothing else",
                              source or None, f"Give source with {ways}")
    for key, value in source.items():
        if value == "":
            raise ValidationError(f"{subject}.source.{key}", "this is empty", value, "Name one that the host has")
    if source.get("vf", 0) < 0:
        raise ValidationError(f"{subject}.source.vf", "VFs are counted from 0", source["vf"], "Give its number")


def _vlan(subject: str, vlan: dict[str, t.Any] | None) -> Vlan | None:
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


def _pci(subject: str, address: str | None) -> str | None:
    if address is not None and not PCI_ADDRESS.fullmatch(address):
        raise ValidationError(subject, "this is no PCI address", address, "Write one such as 0000:00:05.0")
    return None if address is None else address.lower()


def _model(subject: str, model: str | None) -> str | None:
    if model is not None and not MODEL.fullmatch(model):
        raise ValidationError(f"{subject}.model", "this is no NIC model", model, "Take one such as virtio or e1000e")
    return model


def _unique(found: list[Wanted], parameter: str, key: t.Callable[[Wanted], t.Any], why: str) -> None:
    seen: dict[t.Any, Wanted] = {}
    for wanted in found:
        value = key(wanted)
        if value is not None and value in seen:
            shown = wanted.name if parameter == "name" else value
            raise ValidationError(f"{wanted.subject}.{parameter}", f"{seen[value].subject} has it already: {why}",
                                  shown, f"Give each NIC its own {parameter}")
        seen[value] = wanted


def source_of(interface: Interface) -> dict[str, str]:
    """What a NIC is connected to, as the module returns it: the keys of ``source``."""
    keys = {"source_vf": "pci_address", "source_bridge": "bridge", "source_network": "network",
            "source_portgroup": "portgroup"}
    return {keys[row.field]: value for row in SOURCES if (value := getattr(interface, row.field))}
