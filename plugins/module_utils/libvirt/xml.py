# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML in and out: parsing that trusts nobody, and what libvirt's XML has everywhere."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import load

# A number as C reads it with any base (strtoul), which libvirt does
NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,20}|[1-9][0-9]{0,19}")
# The parts of a PCI address, and the most that each can be (virPCIDeviceAddressIsValid in src/util/virpci.c)
PCI_PARTS = {"domain": 0xFFFF, "bus": 0xFF, "slot": 0x1F, "function": 7}

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
    :raises ValidationError: this is not XML, or has a document type
    """
    library = etree()
    parser = library.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_blank_text=True, remove_comments=not notes, remove_pis=not notes,
    )
    try:
        root = library.fromstring(text.strip().encode("utf-8", "surrogatepass"), parser)
    except library.XMLSyntaxError as error:
        raise ValidationError(subject, f"this is not valid XML: {error.msg}") from error
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
    """An ``<address type='pci'>`` or host address as dddd:bb:ss.f, None for none and for other kinds.

    :raises ValidationError: it is not an address of a PCI device
    """
    if element is None or element.get("type", "pci") != "pci" or element.get("slot") is None:
        return None
    domain, bus, slot, function = (number(element, part, most) for part, most in PCI_PARTS.items())
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function}"


def mac(element: Element) -> str:
    """The MAC of a NIC or of a port of a network, in lower case; empty for none."""
    found = element.find("mac")
    return "" if found is None else str(found.get("address", "")).lower()


def passed_through(domain: Element) -> dict[str, Element]:
    """The elements that give the domain a PCI device of the host, NICs included, by the device's address there."""
    devices = [*domain.findall("devices/interface[@type='hostdev']"), *domain.findall("devices/hostdev[@type='pci']")]
    found = {pci_address(device.find("source/address")): device for device in devices}
    return {address: device for address, device in found.items() if address}


def number(element: Element, name: str, most: int) -> int:
    """An attribute that is a number, 0 if it is not there.

    :raises ValidationError: it is another text, or above ``most``
    """
    text = element.get(name, "0").strip()
    octal = text.startswith("0") and text.isdigit()
    found = int(text, 8 if octal else 0) if NUMBER.fullmatch(text) else -1
    if not 0 <= found <= most:
        raise ValidationError(f"<{element.tag} {name}>", f"it must be a number from 0 to {most:#x}", element.get(name),
                              "Correct it in the XML")
    return found


def set_pci_address(element: Element, address: str) -> None:
    """Write dddd:bb:ss.f into an ``<address>`` as libvirt does."""
    element.attrib.clear()
    element.set("type", "pci")
    for name, value in zip(PCI_PARTS, re.split("[:.]", address)):
        element.set(name, f"0x{value}")
