# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices in a domain's XML in one spelling: the rules of canonical.py for what is below ``<devices>``."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import NUMBER
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# What libvirt makes when no path of a socket is given: of a channel, before its name (qemuDomainChrMatchDefaultPath),
# and of VNC (qemuDomainRecheckInternalPaths)
CHANNEL_PATH = re.compile(r"(/var/lib|/var/run|/run)/libvirt/qemu/channel/(target/)?(.+\.|domain-[^/]+/|[0-9]+-[^/]+/)")
VNC_PATH = re.compile(r"/var/lib/libvirt/qemu.*")
CHARDEVS = ("serial", "parallel", "console", "channel", "smartcard", "redirdev", "rng/backend")
WITHOUT_SOURCE = frozenset({"pty", "null", "vc", "stdio", "spicevmc"})
NOT_ZERO = re.compile(r"[1-9a-fA-F]")
COMPANION = re.compile(r"ich9-(ehci1|uhci[123])")


def drop(elements: t.Iterable[Element]) -> None:
    """Take elements out of what they are in."""
    for element in list(elements):
        element.getparent().remove(element)


def disks(root: Element) -> None:
    """A CD drive is read-only, and what is read-only is in no snapshot; without a medium it has no type."""
    for disk in root.iterfind("devices/disk"):
        if disk.get("device") == "cdrom" and disk.find("readonly") is None:
            disk.append(disk.makeelement("readonly"))
        if disk.get("snapshot") == "no" and (disk.get("type") == "vhostuser" or disk.find("readonly") is not None):
            del disk.attrib["snapshot"]
        source = disk.find("source")
        for name in ("file", "dev"):
            if source is not None and source.get(name) == "":
                del source.attrib[name]
        if source is not None and not source.attrib and not len(source):
            disk.remove(source)
        if disk.find("source") is None:
            disk.set("type", "file")
    for source in root.iterfind("devices//source[@protocol='iscsi']"):
        if "/" not in source.get("name", "/"):
            source.set("name", f"{source.get('name')}/0")


def characters(root: Element) -> None:
    """Not each kind of character device has a source, and libvirt makes paths of sockets, and numbers of consoles."""
    for device in (one for path in CHARDEVS for one in root.iterfind(f"devices/{path}")):
        kind, target = device.get("type", "pty"), device.find("target[@type='virtio'][@name]")
        for source in device.findall("source"):
            path = source.get("path", "")
            if kind == "unix" and target is not None and path.endswith(target.get("name")) \
                    and CHANNEL_PATH.fullmatch(path[:len(path) - len(target.get("name"))]):
                del source.attrib["path"]
            if kind in WITHOUT_SOURCE or (kind == "unix" and not source.get("path")):
                device.remove(source)
            elif kind == "udp" and source.get("mode") == "bind":
                device.insert(0, source)
            elif kind == "udp":
                source.set("mode", "connect")
    for target in root.iterfind("devices/console/target"):
        target.attrib.pop("port", None)


def graphics(root: Element) -> None:
    """One way to say where graphics listen, and that libvirt chooses the port."""
    for device in root.iterfind("devices/graphics"):
        address, socket = device.attrib.pop("listen", None), device.attrib.pop("socket", None)
        if socket:
            drop(device.findall("listen"))
            device.append(device.makeelement("listen", type="socket", socket=socket))
        elif address and device.find("listen") is None:
            device.append(device.makeelement("listen", type="address", address=address))
        vnc = device.get("type") == "vnc"
        drop(one for one in device.findall("listen") if (not one.get("address") and one.get("type") == "address")
             or (vnc and VNC_PATH.fullmatch(one.get("socket", ""))))
        ports = {name: device.get(name) for name in ("port", "tlsPort")}
        if (vnc and ports["port"] in (None, "-1")) or ports["port"] == ports["tlsPort"] == "-1":
            device.set("autoport", device.get("autoport", "yes"))
        if device.get("autoport") == "yes":
            for name in ports:
                device.attrib.pop(name, None)
        elif device.get("type") == "spice" and not any(ports.values()) and device.find("listen") is None:
            device.attrib.pop("autoport", None)
            device.append(device.makeelement("listen", type="none"))


def controllers(root: Element) -> None:
    """The numbers that libvirt gives to controllers (virDomainAssignControllerIndexes)."""
    found = root.findall("devices/controller")
    for position, one in enumerate(found):
        one.set("type", one.get("type", "ide"))
        if one.get("model") == "auto":
            del one.attrib["model"]
        if one.get("index") is None:
            one.set("index", index_of(one, found[:position], found))


def index_of(controller: Element, before: list[Element], all_of_them: list[Element]) -> str:
    """The lowest number that is free; companions of a USB 2 controller share one.

    :param before: the controllers before it, which have their numbers
    """
    kind, model = controller.get("type"), controller.get("model", "")
    usb = [one for one in before if one.get("type") == "usb"]
    if kind == "usb" and COMPANION.fullmatch(model) and usb and COMPANION.fullmatch(usb[-1].get("model", "")):
        shared = usb[-1].get("index")
        if not any(one.get("index") == shared and one.get("model") == model for one in usb):
            return str(shared)
    taken = {one.get("index") for one in all_of_them if one.get("type") == kind}
    return next(str(number) for number in range(len(all_of_them) + 1) if str(number) not in taken)


def video(root: Element) -> None:
    """The primary one comes first; libvirt rounds video memory up to a power of two."""
    for model in root.iterfind("devices/video/model"):
        for name in ("ram", "vram"):
            if NUMBER.fullmatch(model.get(name, "")):
                model.set(name, str(1 << (int(model.get(name)) - 1).bit_length()))
    first = root.find("devices/video/model[@primary='yes']")
    if first is not None:
        root.find("devices").insert(0, first.getparent())


def addresses(root: Element) -> None:
    """Domain, bus and slot 0 are no PCI address (virPCIDeviceAddressIsEmpty)."""
    for address in root.findall("devices/*/address"):
        if address.get("type", "pci") == "pci" and not any(
                NOT_ZERO.search(address.get(part, "")) for part in ("domain", "bus", "slot")):
            address.getparent().remove(address)
