# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of an ``<interface>``: where each is, and how it is read and written."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import (
    ALIAS_PREFIX,
    Filterref,
    Rate,
    Teaming,
    Virtualport,
    Vlan,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# A name with such a beginning is libvirt's own: it makes one up for each start, and drops it from the definition
# (virDomainNetDefParseXML in src/conf/domain_conf.c).
GENERATED = ("vnet", "macvtap", "macvlan", "vif")


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


def pci(path: str) -> Place:
    """A PCI address in an ``<address>`` element."""
    return Place(path, lambda nic: xml.pci_address(nic.find(path)),
                 lambda nic, value: xml.set_pci_address(xml.child(nic, path), value))


def user_alias() -> Place:
    """The alias, if it is the user's."""
    return attribute("alias", "name", lambda text: text if text.startswith(ALIAS_PREFIX) else None)


def interface_type() -> Place:
    """The type; a running NIC of a network shows the one that it became, but still names the network."""

    def read(nic: Element) -> str:
        source = nic.find("source")
        return "network" if source is not None and source.get("network") else str(nic.get("type"))

    return Place(".", read, attribute(".", "type").write)


def became() -> Place:
    """The type that a running NIC of a network shows, if it is another; it is libvirt's to write."""

    def read(nic: Element) -> str | None:
        kind = str(nic.get("type"))
        return None if kind == "network" else kind

    return Place(".", read, lambda nic, value: None)


def socket_path() -> Place:
    """The path of a vhost-user socket, which is a Unix socket."""
    place = attribute("source", "path")

    def write(nic: Element, value: str) -> None:
        xml.child(nic, "source").set("type", "unix")
        place.write(nic, value)

    return Place(place.path, place.read, write)


def target_dev() -> Place:
    """The name of the TAP or macvtap, None for one that libvirt made up."""
    place = attribute("target", "dev")

    def read(nic: Element) -> str | None:
        name: str | None = place.read(nic)
        made_up = name is not None and name.startswith(GENERATED) and nic.find("target").get("managed") != "no"
        return None if made_up else name

    return Place(place.path, read, place.write)


def vlan() -> Place:
    """``<vlan>``."""
    return Place("vlan", _read_vlan, _write_vlan)


def virtualport() -> Place:
    """``<virtualport>``."""
    return Place("virtualport", _read_virtualport, _write_virtualport)


def filterref() -> Place:
    """``<filterref>``."""
    return Place("filterref", _read_filterref, _write_filterref)


def teaming() -> Place:
    """``<teaming>``."""

    def read(nic: Element) -> Teaming | None:
        found = nic.find("teaming")
        return None if found is None else Teaming(found.get("type"), found.get("persistent"))

    def write(nic: Element, value: Teaming) -> None:
        xml.remove(nic, "teaming")
        if value.type is not None:
            partner = {} if value.persistent is None else {"persistent": value.persistent}
            xml.etree().SubElement(nic, "teaming", type=value.type, **partner)

    return Place("teaming", read, write)


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


def _read_filterref(nic: Element) -> Filterref | None:
    found = nic.find("filterref")
    if found is None:
        return None
    given = [(one.get("name", ""), one.get("value", "")) for one in found.findall("parameter")]
    return Filterref(found.get("filter", ""), tuple(sorted(given, key=lambda one: one[0])))


def _write_filterref(nic: Element, value: Filterref) -> None:
    xml.remove(nic, "filterref")
    if not value.filter:
        return
    element = xml.etree().SubElement(nic, "filterref", filter=value.filter)
    for name, text in value.parameters:
        xml.etree().SubElement(element, "parameter", name=name, value=text)
