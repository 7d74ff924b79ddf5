# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of an XML element of libvirt: where each is below it, and how it is read and written."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class Place:
    """Where a value is below ``<interface>``, and how it is read and written; reading gives None for nothing."""

    path: str
    read: t.Callable[[Element], t.Any]
    write: t.Callable[[Element, t.Any], None]


def attribute(path: str, name: str, convert: t.Callable[[str], t.Any] = str, truth: tuple[str, str] = ("no", "yes"),
              ) -> Place:
    """An attribute of an element; ``.`` is ``<interface>`` itself.

    :param truth: how False and True are written
    """

    def read(nic: Element) -> t.Any:
        found = nic.find(path)
        text = None if found is None else found.get(name)
        return None if text is None else convert(text)

    def write(nic: Element, value: t.Any) -> None:
        element = nic if path == "." else xml.child(nic, path)
        if value != "":
            element.set(name, truth[value] if isinstance(value, bool) else str(value))
            return
        element.attrib.pop(name, None)
        _prune(nic, element)

    return Place(path, read, write)


def switch(path: str, name: str) -> Place:
    """An attribute that is on or off."""
    return attribute(path, name, lambda text: text == "on", truth=("off", "on"))


def flag(path: str, name: str) -> Place:
    """An attribute that is yes or no."""
    return attribute(path, name, lambda text: text == "yes")


def vlan() -> Place:
    """``<vlan>``."""
    return Place("vlan", _read_vlan, _write_vlan)


def virtualport() -> Place:
    """``<virtualport>``."""
    return Place("virtualport", _read_virtualport, _write_virtualport)


def rate(direction: str) -> Place:
    """One direction of ``<bandwidth>``, seen from the guest."""
    path = f"bandwidth/{direction}"

    def read(nic: Element) -> Rate | None:
        found = nic.find(path)
        return None if found is None else Rate(**{
            name: int(found.get(name)) for name in ("average", "peak", "burst", "floor") if found.get(name)})

    def write(nic: Element, value: Rate) -> None:
        limits = xml.child(nic, "bandwidth")
        xml.remove(limits, direction)
        given = {name: str(number) for name, number in vars(value).items() if number is not None}
        if given:
            xml.etree().SubElement(limits, direction, **given)
        _prune(nic, limits)

    return Place(path, read, write)


def _prune(nic: Element, element: Element) -> None:
    """Take out an element that says nothing any more."""
    if element is not nic and not len(element) and not element.attrib:
        element.getparent().remove(element)


def _read_vlan(nic: Element) -> Vlan | None:
    vlan = nic.find("vlan")
    if vlan is None:
        return None
    tags = vlan.findall("tag")
    native = [int(tag.get("id")) for tag in tags if tag.get("nativeMode") == "untagged"]
    # libvirt reads several tags as a trunk, whether it is written or not.
    return Vlan(tuple(int(tag.get("id")) for tag in tags), vlan.get("trunk") == "yes" or len(tags) > 1,
                native[0] if native else None)


def _write_vlan(nic: Element, value: Vlan) -> None:
    # A native VLAN whose packets are tagged is not managed: it stays, if its tag does and no other one is native.
    tagged = {int(tag.get("id")) for tag in nic.findall("vlan/tag[@nativeMode='tagged']") if value.native is None}
    xml.remove(nic, "vlan")
    if not value.tags:
        return
    vlan = xml.child(nic, "vlan")
    if value.trunk:
        vlan.set("trunk", "yes")
    for number in value.tags:
        tag = xml.etree().SubElement(vlan, "tag", id=str(number))
        if number == value.native:
            tag.set("nativeMode", "untagged")
        elif number in tagged and value.trunk:
            tag.set("nativeMode", "tagged")


def _read_virtualport(nic: Element) -> Virtualport | None:
    found = nic.find("virtualport")
    return None if found is None else virtualport_of(found)


def virtualport_of(element: Element) -> Virtualport:
    """A ``<virtualport>``, be it of a NIC, a network or a port group."""
    given = element.find("parameters")
    values = {} if given is None else dict(given.attrib)
    known: dict[str, t.Any] = {
        name: int(text, 0) if name in ("managerid", "typeid", "typeidversion")
        else text.lower() if name in ("instanceid", "interfaceid") else text
        for name, text in values.items() if name in vars(Virtualport())}
    return Virtualport(element.get("type"), **known)


def _write_virtualport(nic: Element, value: Virtualport) -> None:
    xml.remove(nic, "virtualport")
    if value == Virtualport():
        return
    element = xml.etree().SubElement(nic, "virtualport", **({} if value.type is None else {"type": value.type}))
    given = {name: str(one) for name, one in value.parameters().items()}
    if given:
        xml.etree().SubElement(element, "parameters", **given)
