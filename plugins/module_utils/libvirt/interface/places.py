# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that only an ``<interface>`` has: where each is, and how it is read and written."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import ALIAS_PREFIX, Filterref, Teaming
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import Place, text, whole
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# A name with such a beginning is libvirt's own: it makes one up for each start, and drops it from the definition
# (virDomainNetDefParseXML in src/conf/domain_conf.c).
GENERATED = ("vnet", "macvtap", "macvlan", "vif")


def pci(path: str) -> Place:
    """A PCI address in an ``<address>`` element."""
    return Place(path, lambda nic: xml.pci_address(nic.find(path)),
                 lambda nic, value: xml.set_pci_address(xml.child(nic, path), value))


def user_alias() -> Place:
    """The alias, if it is the user's."""
    return text("alias/@name", lambda name: name if name.startswith(ALIAS_PREFIX) else None)


def interface_type() -> Place:
    """The type; a running NIC of a network shows the one that it became, but still names the network."""

    def read(nic: Element) -> str:
        source = nic.find("source")
        return "network" if source is not None and source.get("network") else str(nic.get("type"))

    return Place(".", read, text("@type").write)


def became() -> Place:
    """The type that a running NIC of a network shows, if it is another; it is libvirt's to write."""
    kind = text("@type", lambda kind: None if kind == "network" else kind)
    return replace(kind, write=lambda nic, value: None)


def other_bus() -> Place:
    """The kind of an address in the guest that is none on PCI, which libvirt gives."""
    kind = text("address/@type", lambda kind: None if kind == "pci" else kind)
    return replace(kind, write=lambda nic, value: xml.remove(nic, "address"))


def socket_path() -> Place:
    """The path of a vhost-user socket, which is a Unix socket."""
    place = text("source/@path")

    def write(nic: Element, value: str) -> None:
        xml.child(nic, "source").set("type", "unix")
        place.write(nic, value)

    return replace(place, write=write)


def target_dev() -> Place:
    """The name of the TAP or macvtap, None for one that libvirt made up."""
    place = text("target/@dev")

    def read(nic: Element) -> str | None:
        name: str | None = place.read(nic)
        made_up = name is not None and name.startswith(GENERATED) and nic.find("target").get("managed") != "no"
        return None if made_up else name

    return replace(place, read=read)


def filterref() -> Place:
    """``<filterref>``."""
    return whole("filterref", _filterref_of, _fill_filterref)


def teaming() -> Place:
    """``<teaming>``."""
    return whole("teaming", lambda found: Teaming(found.get("type"), found.get("persistent")), _fill_teaming)


def _fill_teaming(element: Element, value: Teaming) -> None:
    element.attrib.update(value.given())


def _filterref_of(element: Element) -> Filterref:
    given = [(one.get("name", ""), one.get("value", "")) for one in element.findall("parameter")]
    return Filterref(element.get("filter", ""), tuple(sorted(given, key=lambda one: one[0])))


def _fill_filterref(element: Element, value: Filterref) -> None:
    element.set("filter", value.filter)
    for name, one in value.parameters:
        xml.etree().SubElement(element, "parameter", name=name, value=one)
