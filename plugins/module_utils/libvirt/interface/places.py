# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that only an ``<interface>`` has: where each is, and how it is read and written."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import ALIAS_PREFIX, Filterref, Teaming
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import Place, attribute
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


def other_bus() -> Place:
    """The kind of an address in the guest that is none on PCI, which libvirt gives."""
    kind = attribute("address", "type", lambda text: None if text == "pci" else text)
    return Place(kind.path, kind.read, lambda nic, value: xml.remove(nic, kind.path))


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
