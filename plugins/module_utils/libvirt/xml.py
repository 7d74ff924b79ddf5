# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""XML in and out: parsing that trusts nobody, and what libvirt's XML has everywhere."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import load

# An lxml.etree._Element. lxml may be missing on the machine that imports this, so its own type is not named.
Element = t.Any


def etree() -> t.Any:
    """lxml.etree.

    :raises DependencyMissing: it is not installed
    """
    return load("lxml.etree", "python3-lxml")


def parse(text: str, subject: str = "xml", notes: bool = False) -> Element:
    """The root of an XML text, without blank text.

    Entities, document types and anything from the network are refused: they have no place in libvirt's XML.

    :param subject: whose text it is, for the error
    :param notes: whether comments and processing instructions are kept, which libvirt keeps in a domain's metadata
    :raises ValidationError: this is no XML, or has a document type
    """
    library = etree()
    parser = library.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_blank_text=True, remove_comments=not notes, remove_pis=not notes,
    )
    try:
        root = library.fromstring(text.strip().encode("utf-8", "surrogatepass"), parser)
    except library.XMLSyntaxError as error:
        raise ValidationError(subject, f"this is no XML: {error.msg}") from error
    if root.getroottree().docinfo.doctype:
        raise ValidationError(subject, "it has a document type (DOCTYPE), which libvirt's XML never has",
                              remedy="Remove the DOCTYPE")
    return root


def serialise(element: Element) -> str:
    """The text of an element, indented as libvirt does."""
    return str(etree().tostring(element, encoding="unicode", pretty_print=True))


def child(element: Element, path: str) -> Element:
    """The element at a path of tags below another; what is missing of it is made."""
    for tag in path.split("/"):
        found = element.find(tag)
        element = etree().SubElement(element, tag) if found is None else found
    return element


def remove(element: Element, tag: str) -> None:
    """Remove all children of a tag."""
    for found in element.findall(tag):
        element.remove(found)


def pci_address(element: Element | None) -> str | None:
    """An ``<address type='pci'>`` or host address as dddd:bb:ss.f, None for none and for other kinds."""
    if element is None or element.get("type", "pci") != "pci" or element.get("slot") is None:
        return None
    domain, bus, slot, function = (int(element.get(part, "0"), 0) for part in ("domain", "bus", "slot", "function"))
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function}"


def set_pci_address(element: Element, address: str) -> None:
    """Write dddd:bb:ss.f into an ``<address>`` as libvirt does."""
    element.attrib.clear()
    element.set("type", "pci")
    for name, value in zip(("domain", "bus", "slot", "function"), re.split("[:.]", address)):
        element.set(name, f"0x{value}")
