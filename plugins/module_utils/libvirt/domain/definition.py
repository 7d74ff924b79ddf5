# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The XML of a domain: what a user may write, and what is handed to libvirt to define."""

from __future__ import annotations

import copy

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import NUMBER, labelled
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

MEMORY = ("memory", "currentMemory", "maxMemory")


def wanted_definition(name: str, text: str) -> Element:
    """The user's XML of a domain.

    :raises ValidationError: it is no domain's XML, names another domain, has interfaces, or texts instead of numbers
    """
    root = xml.parse(text)
    if root.tag != "domain":
        raise ValidationError("xml", f"its root element is <{root.tag}>, not <domain>")
    if not root.get("type"):
        raise ValidationError("xml", "<domain> has no type", remedy="Write <domain type='kvm'>")
    written = (root.findtext("name") or "").strip()
    if written != name:
        raise ValidationError(
            "xml", f"its <name> is {written!r}, but the parameter name is {name!r}" if written else "it has no <name>",
            remedy=f"Write <name>{name}</name>",
        )
    root.find("name").text = name  # libvirt would take the white space around it as part of the name
    if root.find("devices/interface") is not None:
        raise ValidationError("xml", "it has an <interface>, which this module leaves alone",
                              remedy="Move the NICs to nfv.kvm.vm_interface")
    _check_numbers(root)
    return root


def _check_numbers(root: Element) -> None:
    """Of the numbers in the user's XML those that this module calculates with.

    :raises ValidationError: names the element
    """
    for element in root.iterfind("devices//address"):
        xml.pci_address(element)
    for tag in MEMORY:
        text = root.findtext(tag)
        if text is not None and not NUMBER.fullmatch(text.strip()):
            raise ValidationError(f"<{tag}>", "this is no size", text,
                                  "Write a whole number, with its unit as in <memory unit='MiB'>512</memory>")


def merged_definition(wanted: Element, current: Element | None) -> Element:
    """What to define: the user's XML with what must survive a new definition.

    That is the UUID, the NICs, others' metadata, and the guest PCI addresses of the devices that stay, so that the
    guest finds its hardware where it was. On another machine type no PCI address of before makes sense.
    """
    root = copy.deepcopy(wanted)
    if current is None:
        return root
    xml.remove(root, "uuid")
    root.insert(list(root).index(root.find("name")) + 1, copy.deepcopy(current.find("uuid")))
    _keep_metadata(root, current)
    same_machine = machine_family(root) == machine_family(current)
    if same_machine:
        _keep_pci(root, current)
    devices = xml.child(root, "devices")
    for interface in current.findall("devices/interface"):
        kept = copy.deepcopy(interface)
        if not same_machine:
            xml.remove(kept, "address")
        devices.append(kept)
    return root


def machine_family(domain: Element) -> str:
    """``q35``, ``pc`` (i440FX, libvirt's default) or another machine's whole name."""
    machine = (domain.find("os/type").get("machine") if domain.find("os/type") is not None else None) or "pc"
    for family, beginning in (("q35", "pc-q35-"), ("pc", "pc-i440fx-")):
        if machine == family or machine.startswith(beginning):
            return family
    return machine


def _keep_metadata(root: Element, current: Element) -> None:
    written = {found.tag for found in root.findall("metadata/*")}
    for found in [] if current.find("metadata") is None else current.find("metadata"):
        if found.tag not in written:
            xml.child(root, "metadata").append(copy.deepcopy(found))


def _keep_pci(root: Element, current: Element) -> None:
    """Carry PCI controllers and the addresses of devices over, where the user's XML says nothing of them."""
    devices = xml.child(root, "devices")
    ours = dict(labelled(devices))
    taken = {xml.pci_address(device.find("address")) for device in ours.values()} - {None}
    for label, theirs in labelled(current.find("devices")):
        address = xml.pci_address(theirs.find("address"))
        if address in taken:
            continue
        if label not in ours and theirs.tag == "controller" and theirs.get("type") == "pci":
            devices.append(copy.deepcopy(theirs))
        elif label in ours and address and ours[label].find("address") is None and _same_hardware(ours[label], theirs):
            ours[label].append(copy.deepcopy(theirs.find("address")))


def _same_hardware(wanted: Element, current: Element) -> bool:
    """Whether a device stays on the bus that it was on: else its address means nothing."""
    for path, attribute in ((".", "model"), ("target", "bus"), ("model", "type")):
        ours, theirs = wanted.find(path), current.find(path)
        written = None if ours is None else ours.get(attribute)
        if written is not None and (theirs is None or theirs.get(attribute) != written):
            return False
    return True
