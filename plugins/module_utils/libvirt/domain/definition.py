# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML of a domain: what a user may write, and what is handed to libvirt to define."""

from __future__ import annotations

import copy

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.comparison import differences
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import labelled
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import OURS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import NUMBER, machine_family
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

MEMORY = ("memory", "currentMemory", "maxMemory")
# What a domain's XML says of its firmware, by the paths of flat.py
FIRMWARE_PATHS = ("os/@firmware", "os/firmware/", "os/loader", "os/nvram")


def wanted_definition(name: str, text: str) -> Element:
    """The user's XML of a domain.

    :raises ValidationError: it is not a domain's XML, names another domain, has interfaces, or texts instead of numbers
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
        raise ValidationError("xml", "it has an <interface> element, and this module does not manage NICs",
                              remedy="Move the NICs to nfv.kvm.vm_interface")
    _check_numbers(root)
    # In the output of virsh dumpxml there may be what this collection has noted of the domain.
    for note in root.findall("metadata/*"):
        if note.tag.startswith(f"{{{OURS}"):
            note.getparent().remove(note)
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
            raise ValidationError(f"<{tag}>", "this is not a size", text,
                                  "Write a whole number with its unit, such as <memory unit='MiB'>512</memory>")


def merged_definition(wanted: Element, current: Element | None) -> Element:
    """What to define: the user's XML with what must survive a new definition.

    That is the UUID, the NICs, others' metadata, what libvirt resolved, and the guest PCI addresses of the devices
    that stay, so that the guest finds its hardware as and where it was. On another machine type no PCI address of
    before makes sense.
    """
    root = copy.deepcopy(wanted)
    if current is None:
        return root
    xml.remove(root, "uuid")
    root.insert(list(root).index(root.find("name")) + 1, copy.deepcopy(current.find("uuid")))
    _keep_metadata(root, current)
    _keep_machine(root, current)
    _keep_firmware(root, current)
    same_machine = family_of(root) == family_of(current)
    if same_machine:
        _keep_pci(root, current)
    devices = xml.child(root, "devices")
    for interface in current.findall("devices/interface"):
        kept = copy.deepcopy(interface)
        if not same_machine:
            xml.remove(kept, "address")
        devices.append(kept)
    return root


def family_of(domain: Element) -> str:
    """The family of a domain's machine type; libvirt's default is ``pc`` (i440FX)."""
    kind = domain.find("os/type")
    return machine_family((None if kind is None else kind.get("machine")) or "pc")


def _keep_metadata(root: Element, current: Element) -> None:
    """Keep what the user's XML says nothing of; libvirt takes one element of each namespace."""
    written = {_namespace(found) for found in root.findall("metadata/*")}
    for found in [] if current.find("metadata") is None else current.find("metadata"):
        if _namespace(found) not in written:
            xml.child(root, "metadata").append(copy.deepcopy(found))


def _namespace(found: Element) -> str | None:
    """The namespace of an element; None for a comment."""
    return found.tag.rpartition("}")[0] if isinstance(found.tag, str) else None


def _keep_machine(root: Element, current: Element) -> None:
    """Keep the version of the machine type, the architecture and the emulator that libvirt chose.

    An alias such as q35 means the newest version at the time of a definition: after an update of QEMU, another one.
    """
    ours, theirs = root.find("os/type"), current.find("os/type")
    if ours is None or theirs is None or ours.get("arch") not in (None, theirs.get("arch")):
        return
    written = dict(ours.attrib)
    ours.attrib.update(theirs.attrib)
    if written.get("machine") not in (None, family_of(current)):
        ours.set("machine", written["machine"])
    emulator = current.find("devices/emulator")
    if emulator is not None and root.get("type") == current.get("type") and root.find("devices/emulator") is None:
        xml.child(root, "devices").insert(0, copy.deepcopy(emulator))


def _keep_firmware(root: Element, current: Element) -> None:
    """Keep the firmware that libvirt chose, with its file of UEFI variables, unless the user's XML contradicts it."""
    ours, theirs = root.find("os"), current.find("os")
    if ours is None or (ours.get("firmware") is None and ours.find("loader") is None):
        return
    other = [change.path for change in differences(root, current)
             if change.after is not None and change.path.startswith(FIRMWARE_PATHS)]
    if any(not path.startswith("os/nvram") for path in other):
        return
    # With a loader of the user's, libvirt only adds the file of variables.
    chosen = ours.get("firmware") is not None
    for tag in ("firmware", "loader", "nvram") if chosen else ("nvram",):
        if theirs.find(tag) is not None and not (tag == "nvram" and other):
            xml.remove(ours, tag)
            ours.append(copy.deepcopy(theirs.find(tag)))
    smm = current.find("features/smm")
    if chosen and smm is not None and root.find("features/smm") is None:
        xml.child(root, "features").append(copy.deepcopy(smm))


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
