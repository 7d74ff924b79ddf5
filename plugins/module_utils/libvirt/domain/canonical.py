# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A domain's XML with one spelling for what can be written in several ways.

Each rule does what libvirt 11.3 does when it reads a domain that is to be defined (virDomainDefParseXML and the
``*Parse`` functions below it in src/conf/domain_conf.c, src/conf/domain_postparse.c, src/qemu/qemu_postparse.c).
What a rule removes means nothing to it.
"""

from __future__ import annotations

import copy
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import members, scaled
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# libvirt drvqemu, "Pass-through of arbitrary QEMU commands"
QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
# What libvirt makes when no path of a socket is given: of a channel, before its name (qemuDomainChrMatchDefaultPath),
# and of VNC (qemuDomainRecheckInternalPaths)
CHANNEL_PATH = re.compile(r"(/var/lib|/var/run|/run)/libvirt/qemu/channel/(target/)?(.+\.|domain-[^/]+/|[0-9]+-[^/]+/)")
VNC_PATH = re.compile(r"/var/lib/libvirt/qemu.*")
CONTAINER = ("init", "initarg", "initenv", "initdir", "inituser", "initgroup")
# Elements in which an empty one means nothing, and those of them that mean something without a text
PARENTS = frozenset({"domain", "os", "cpu", "clock", "disk", "sysinfo", "bios", "system", "baseBoard", "chassis",
                     "oemStrings"})
SWITCHES = frozenset({"genid", "readonly", "shareable", "transient", "backingStore"})
# The attribute of a disk's source by the disk's type; those of others are not read
SOURCES = {"file": "file", "block": "dev", "dir": "dir"}
SOURCE_NAMES = frozenset({"file", "dev", "dir", "name", "protocol", "pool", "volume"})
CHARDEVS = ("serial", "parallel", "console", "channel", "smartcard", "redirdev", "rng/backend")
WITHOUT_SOURCE = frozenset({"pty", "null", "vc", "stdio", "spicevmc"})
NOT_ZERO = re.compile(r"[1-9a-fA-F]")
COMPANION = re.compile(r"ich9-(ehci1|uhci[123])")


def canonical(domain: Element, unread: bool = False) -> Element:
    """A copy of a domain's XML in one spelling.

    :param unread: whether it still has what the QEMU driver does not read
    """
    root = copy.deepcopy(domain)
    for rule in SPELLING if unread else (*UNREAD, *SPELLING):
        rule(root)
    return root


def _drop(elements: t.Iterable[Element]) -> None:
    for element in list(elements):
        element.getparent().remove(element)


def _live_only(root: Element) -> None:
    """What only a running domain's XML has: aliases, numbers of storage sources, labels, states."""
    root.attrib.pop("id", None)
    _drop(alias for alias in root.iter("alias") if not alias.get("name", "").startswith("ua-"))
    _drop(root.findall("devices/disk/mirror"))
    _drop(root.iterfind("devices/memory/target/current"))
    _drop(root.iter("imagelabel"))
    for disk in root.iterfind("devices/disk"):
        for source in disk.iter("source", "backingStore"):
            source.attrib.pop("index", None)
    for element in root.iterfind("devices/channel/target"):
        element.attrib.pop("state", None)
    for element in root.iterfind("devices/console"):
        element.attrib.pop("tty", None)


def _foreign(root: Element) -> None:
    """Other drivers' elements; of metadata, libvirt keeps the first element of each namespace."""
    _drop(child for child in root if isinstance(child.tag, str) and child.tag.startswith("{")
          and not child.tag.startswith(QEMU))
    seen = {""}
    for element in root.findall("metadata/*"):
        namespace = element.tag.rpartition("}")[0]
        if namespace in seen:
            element.getparent().remove(element)
        seen.add(namespace)


def _idle(root: Element) -> None:
    """Containers alone have an init; a boot menu that is off has no timeout; a host's CPU has no model, a guest's no
    architecture; a source has one kind."""
    if root.findtext("os/type", "").strip() != "exe":
        _drop(element for element in root.iterfind("os/*") if element.tag in CONTAINER)
    menu = root.find("os/bootmenu")
    if menu is not None and menu.get("enable") != "yes":
        menu.attrib.pop("timeout", None)
    cpu = root.find("cpu")
    if cpu is not None:
        _drop(cpu.findall("arch"))
        _drop(cpu.findall("model") if cpu.get("mode") in ("host-passthrough", "maximum") else ())
        for model in cpu.findall("model") if cpu.get("mode") == "host-model" else ():
            model.text = None
            model.attrib.pop("fallback", None)
    for disk in root.iterfind("devices/disk"):
        source, name = disk.find("source"), SOURCES.get(disk.get("type", "file"))
        for other in () if source is None or name is None else SOURCE_NAMES & set(source.attrib):
            if other != name:
                del source.attrib[other]


def _labels(root: Element) -> None:
    """A label that libvirt chooses is no label; an entry of SMBIOS without a text is no entry."""
    _drop(label for label in root.findall("seclabel")
          if label.get("type", "dynamic") == "dynamic" and label.find("baselabel") is None)
    _drop(entry for entry in root.iterfind("sysinfo//entry")
          if not (entry.text or "").strip() and not entry.get("file"))


def _memory(root: Element) -> None:
    """With NUMA cells, the memory is theirs and that of the memory devices (virDomainDefPostParseMemory)."""
    cells = [scaled(cell.get("memory"), cell.get("unit"), "KiB") for cell in root.iterfind("cpu/numa/cell[@memory]")]
    modules = [scaled(size.text, size.get("unit"), "KiB") for size in root.iterfind("devices/memory/target/size")]
    if cells and None not in (*cells, *modules):
        memory = xml.child(root, "memory")
        memory.attrib.pop("unit", None)
        memory.text = str(sum(filter(None, (*cells, *modules))))


def _distances(root: Element) -> None:
    """A distance between two cells is one both ways (virDomainNumaDefParseXML)."""
    cells = {cell.get("id", str(place)): cell for place, cell in enumerate(root.iterfind("cpu/numa/cell"))}
    for own, cell in cells.items():
        for sibling in cell.findall("distances/sibling"):
            for there, other, value in ((own, own, "10"), (sibling.get("id"), sibling.get("id"), "10"),
                                        (sibling.get("id"), own, sibling.get("value"))):
                known = xml.child(cells.get(there, cell), "distances")
                if known.find(f"sibling[@id='{other}']") is None:
                    known.append(known.makeelement("sibling", id=other, value=value))


def _threads(root: Element) -> None:
    """One element for each vCPU or I/O thread; I/O threads without a number get the lowest free ones."""
    for tag, name in (("vcpusched", "vcpus"), ("iothreadsched", "iothreads")):
        for element in root.findall(f"cputune/{tag}"):
            for number in reversed(members(element.get(name)) or ()):
                one = copy.deepcopy(element)
                one.set(name, str(number))
                element.addnext(one)
            if members(element.get(name)):
                element.getparent().remove(element)
    ids, wanted = root.find("iothreadids"), root.findtext("iothreads", "").strip()
    if ids is not None and wanted.isdecimal():
        taken = {one.get("id") for one in ids}
        free = (str(number) for number in range(1, int(wanted) + 1) if str(number) not in taken)
        for number in list(free)[:max(0, int(wanted) - len(ids))]:
            ids.append(ids.makeelement("iothread", id=number))


def _disks(root: Element) -> None:
    for disk in root.iterfind("devices/disk"):
        source = disk.find("source")
        for name in ("file", "dev"):
            if source is not None and source.get(name) == "":
                del source.attrib[name]
        if source is not None and not source.attrib and not len(source):
            disk.remove(source)
        if disk.find("source") is None:  # such as a CD drive without a medium
            disk.set("type", "file")
    for source in root.iterfind("devices//source[@protocol='iscsi']"):
        if "/" not in source.get("name", "/"):
            source.set("name", f"{source.get('name')}/0")


def _characters(root: Element) -> None:
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
    for target in root.iterfind("devices/console/target"):  # libvirt numbers them
        target.attrib.pop("port", None)


def _graphics(root: Element) -> None:
    """One way to say where graphics listen, and that libvirt chooses the port."""
    for device in root.iterfind("devices/graphics"):
        address, socket = device.attrib.pop("listen", None), device.attrib.pop("socket", None)
        if socket:
            _drop(device.findall("listen"))
            device.append(device.makeelement("listen", type="socket", socket=socket))
        elif address and device.find("listen") is None:
            device.append(device.makeelement("listen", type="address", address=address))
        vnc = device.get("type") == "vnc"
        _drop(one for one in device.findall("listen") if (not one.get("address") and one.get("type") == "address")
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


def _controllers(root: Element) -> None:
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


def _video(root: Element) -> None:
    """The primary one comes first; libvirt rounds video memory up to a power of two."""
    for model in root.iterfind("devices/video/model"):
        for name in ("ram", "vram"):
            if model.get(name, "").isdecimal():
                model.set(name, str(1 << (int(model.get(name)) - 1).bit_length()))
    first = root.find("devices/video/model[@primary='yes']")
    if first is not None:
        root.find("devices").insert(0, first.getparent())


def _addresses(root: Element) -> None:
    """Domain, bus and slot 0 are no PCI address (virPCIDeviceAddressIsEmpty)."""
    for address in root.findall("devices/*/address"):
        if address.get("type", "pci") == "pci" and not any(
                NOT_ZERO.search(address.get(part, "")) for part in ("domain", "bus", "slot")):
            address.getparent().remove(address)


def _empty(root: Element) -> None:
    """From the innermost to the outermost."""
    for element in reversed(list(root.iter("*"))):
        parent = element.getparent()
        if parent is not None and parent.tag in PARENTS and element.tag not in SWITCHES \
                and not (element.attrib or len(element) or (element.text or "").strip()):
            parent.remove(element)


UNREAD = (_foreign, _idle)
SPELLING = (_live_only, _labels, _memory, _distances, _threads, _disks, _characters, _graphics, _controllers, _video,
            _addresses, _empty)
