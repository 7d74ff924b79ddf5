# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an XML element of libvirt: where each is below it, and how it is read and written."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class Place:
    """Where a value is below an element, and how it is read and written; reading gives None for nothing."""

    path: str
    read: t.Callable[[Element], t.Any]
    write: t.Callable[[Element, t.Any], None]


def text(where: str, convert: t.Callable[[str], t.Any] = str, truth: tuple[str, str] = ("no", "yes")) -> Place:
    """An attribute, of which an empty text is not written.

    :param where: its XPath, such as driver/@queues, or @managed for one of the element itself
    :param truth: how False and True are written
    """
    path, name = where.split("@")
    path = path.rstrip("/") or "."

    def read(root: Element) -> t.Any:
        found = root.find(path)
        value = None if found is None else found.get(name)
        return None if value is None else convert(value)

    def write(root: Element, value: t.Any) -> None:
        element = root if path == "." else xml.child(root, path)
        if value != "":
            element.set(name, truth[value] if isinstance(value, bool) else str(value))
            return
        element.attrib.pop(name, None)
        _prune(root, element)

    return Place(path, read, write)


def number(where: str) -> Place:
    """An attribute that is a decimal number."""
    return text(where, int)


def on_off(where: str) -> Place:
    """An attribute that is on or off."""
    return text(where, lambda value: value == "on", truth=("off", "on"))


def yes_no(where: str) -> Place:
    """An attribute that is yes or no."""
    return text(where, lambda value: value == "yes")


def whole(tag: str, of: t.Callable[[Element], t.Any], fill: t.Callable[[Element, t.Any], None]) -> Place:
    """A child element as a whole, which is written again; one that would say nothing is left out."""

    def read(root: Element) -> t.Any:
        found = root.find(tag)
        return None if found is None else of(found)

    def write(root: Element, value: t.Any) -> None:
        xml.remove(root, tag)
        if value:
            fill(xml.etree().SubElement(root, tag), value)

    return Place(tag, read, write)


def rate(direction: str) -> Place:
    """One direction of ``<bandwidth>``, seen from the guest."""
    path = f"bandwidth/{direction}"

    def read(root: Element) -> Rate | None:
        found = root.find(path)
        return None if found is None else Rate(**{
            name: int(found.get(name)) for name in vars(Rate()) if found.get(name)})

    def write(root: Element, value: Rate) -> None:
        xml.remove(xml.child(root, "bandwidth"), direction)
        _set(xml.child(root, path) if value else root.find("bandwidth"), value.given())
        _prune(root, root.find("bandwidth"))

    return Place(path, read, write)


def vlan() -> Place:
    """``<vlan>``."""
    return Place("vlan", _read_vlan, _write_vlan)


def virtualport() -> Place:
    """``<virtualport>``."""
    return whole("virtualport", virtualport_of, _fill_virtualport)


def virtualport_of(element: Element) -> Virtualport:
    """A ``<virtualport>``, of a NIC, a network or a port group."""
    given = element.find("parameters")
    values = {} if given is None else dict(given.attrib)
    known: dict[str, t.Any] = {
        name: int(text, 0) if name in ("managerid", "typeid", "typeidversion")
        else text.lower() if name in ("instanceid", "interfaceid") else text
        for name, text in values.items() if name in vars(Virtualport())}
    return Virtualport(element.get("type"), **known)


def _prune(root: Element, element: Element) -> None:
    """Take out an element that says nothing any more."""
    if element is not root and not len(element) and not element.attrib:
        element.getparent().remove(element)


def _set(element: Element, values: dict[str, t.Any]) -> None:
    for name, value in values.items():
        element.set(name, str(value))


def _fill_virtualport(element: Element, value: Virtualport) -> None:
    if value.type is not None:
        element.set("type", value.type)
    if value.parameters():
        _set(xml.child(element, "parameters"), value.parameters())


def _read_vlan(root: Element) -> Vlan | None:
    vlan = root.find("vlan")
    if vlan is None:
        return None
    tags = vlan.findall("tag")
    native = [int(tag.get("id")) for tag in tags if tag.get("nativeMode") == "untagged"]
    # libvirt reads several tags as a trunk, whether it is written or not.
    return Vlan(tuple(int(tag.get("id")) for tag in tags), vlan.get("trunk") == "yes" or len(tags) > 1,
                native[0] if native else None)


def _write_vlan(root: Element, value: Vlan) -> None:
    # A native VLAN whose packets are tagged is not managed: it stays, if its tag does and no other one is native.
    tagged = {int(tag.get("id")) for tag in root.findall("vlan/tag[@nativeMode='tagged']") if value.native is None}
    xml.remove(root, "vlan")
    if not value:
        return
    vlan = xml.child(root, "vlan")
    if value.trunk:
        vlan.set("trunk", "yes")
    for number in value.tags:
        tag = xml.etree().SubElement(vlan, "tag", id=str(number))
        if number == value.native:
            tag.set("nativeMode", "untagged")
        elif number in tagged and value.trunk:
            tag.set("nativeMode", "tagged")
