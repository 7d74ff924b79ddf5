# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain's XML with one spelling for what can be written in several ways.

Each rule does what libvirt 11.3 does when it reads a domain that is to be defined (virDomainDefParseXML and the
``*Parse`` functions below it in src/conf/domain_conf.c, src/conf/domain_postparse.c, src/qemu/qemu_postparse.c).
What a rule removes means nothing to it.
"""

from __future__ import annotations

import copy
import itertools

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import canonical_devices as devices
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.canonical_devices import drop
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import members, scaled
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# libvirt drvqemu, "Pass-through of arbitrary QEMU commands"
QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"
CONTAINER = ("init", "initarg", "initenv", "initdir", "inituser", "initgroup")
# Elements in which an empty one means nothing, and those of them that mean something without a text
PARENTS = frozenset({"domain", "os", "cpu", "clock", "disk", "sysinfo", "bios", "system", "baseBoard", "chassis",
                     "oemStrings"})
SWITCHES = frozenset({"genid", "readonly", "shareable", "transient", "backingStore"})
# The attribute of a disk's source by the disk's type; those of others are not read
SOURCES = {"file": "file", "block": "dev", "dir": "dir"}
SOURCE_NAMES = frozenset({"file", "dev", "dir", "name", "protocol", "pool", "volume"})


def canonical(domain: Element, unread: bool = False) -> Element:
    """A copy of a domain's XML in one spelling.

    :param unread: whether it still has what the QEMU driver does not read
    """
    root = copy.deepcopy(domain)
    for rule in SPELLING if unread else (*UNREAD, *SPELLING):
        rule(root)
    return root


def _live_only(root: Element) -> None:
    """What only a running domain's XML has: aliases, numbers of storage sources, labels, states."""
    root.attrib.pop("id", None)
    drop(alias for alias in root.iter("alias") if not alias.get("name", "").startswith("ua-"))
    drop(root.findall("devices/disk/mirror"))
    drop(root.iterfind("devices/memory/target/current"))
    drop(root.iter("imagelabel"))
    for disk in root.iterfind("devices/disk"):
        for source in disk.iter("source", "backingStore"):
            source.attrib.pop("index", None)
    for element in root.iterfind("devices/channel/target"):
        element.attrib.pop("state", None)
    for element in root.iterfind("devices/console"):
        element.attrib.pop("tty", None)


def _foreign(root: Element) -> None:
    """Other drivers' and tools' elements and attributes; of metadata, libvirt keeps one element of each namespace."""
    own = [element for element in root.iter("*") if element is root or not _in_metadata(element)]
    drop(element for element in own if element.tag.startswith("{") and not element.tag.startswith(QEMU))
    for element in own:
        for name in [name for name in element.attrib if name.startswith("{")]:
            del element.attrib[name]
    seen = {""}
    for element in root.findall("metadata/*"):
        namespace = element.tag.rpartition("}")[0]
        if namespace in seen:
            drop([element])
        seen.add(namespace)


def _in_metadata(element: Element) -> bool:
    return any(parent.tag == "metadata" for parent in element.iterancestors())


def _idle(root: Element) -> None:
    """Containers alone have an init; a boot menu that is off has no timeout; a host's CPU has no model, a guest's no
    architecture; a source has one kind."""
    if root.findtext("os/type", "").strip() != "exe":
        drop(element for element in root.iterfind("os/*") if element.tag in CONTAINER)
    menu = root.find("os/bootmenu")
    if menu is not None and menu.get("enable") != "yes":
        menu.attrib.pop("timeout", None)
    cpu = root.find("cpu")
    if cpu is not None:
        drop(cpu.findall("arch"))
        drop(cpu.findall("model") if cpu.get("mode") in ("host-passthrough", "maximum") else ())
        for model in cpu.findall("model") if cpu.get("mode") == "host-model" else ():
            model.text = None
            model.attrib.pop("fallback", None)
    for disk in root.iterfind("devices/disk"):
        source, name = disk.find("source"), SOURCES.get(disk.get("type", "file"))
        for other in () if source is None or name is None else SOURCE_NAMES & set(source.attrib):
            if other != name:
                del source.attrib[other]


def _labels(root: Element) -> None:
    """A label that libvirt chooses is not a label; an entry of SMBIOS without a text is not an entry."""
    drop(label for label in root.findall("seclabel")
         if label.get("type", "dynamic") == "dynamic" and label.find("baselabel") is None)
    drop(entry for entry in root.iterfind("sysinfo//entry")
         if not (entry.text or "").strip() and not entry.get("file"))


def _memory(root: Element) -> None:
    """With NUMA cells, the memory is theirs and that of the memory devices (virDomainDefPostParseMemory)."""
    cells = [scaled(cell.get("memory"), cell.get("unit"), "KiB") for cell in root.iterfind("cpu/numa/cell[@memory]")]
    modules = [scaled(size.text, size.get("unit"), "KiB") for size in root.iterfind("devices/memory/target/size")]
    if cells and None not in (*cells, *modules):
        memory = xml.child(root, "memory")
        memory.attrib.pop("unit", None)
        memory.text = str(sum(filter(None, (*cells, *modules))))
    for page in () if root.find("cpu/numa/cell") is not None else root.iterfind("memoryBacking/hugepages/page"):
        if members(page.get("nodeset")) == [0]:  # without cells, node 0 is all (virDomainDefPostParseMemtune)
            del page.attrib["nodeset"]


def _distances(root: Element) -> None:
    """A distance between two cells is one both ways (virDomainNumaDefParseXML)."""
    cells = {cell.get("id", str(place)): cell for place, cell in enumerate(root.iterfind("cpu/numa/cell"))}
    told = {(own, one.get("id")): one.get("value", "") for own, cell in cells.items()
            for one in cell.iterfind("distances/sibling")}
    for (own, other), value in list(told.items()):
        for pair, distance in (((own, own), "10"), ((other, other), "10"), ((other, own), value)):
            if pair not in told and other in cells:
                told[pair] = distance
                known = xml.child(cells[pair[0]], "distances")
                known.append(known.makeelement("sibling", id=pair[1], value=distance))


def _threads(root: Element) -> None:
    """One element for each vCPU or I/O thread; I/O threads without a number get the lowest free ones."""
    for tag, name in (("vcpusched", "vcpus"), ("iothreadsched", "iothreads")):
        for element in root.findall(f"cputune/{tag}"):
            threads = members(element.get(name)) or ()
            for number in reversed(threads):
                one = copy.deepcopy(element)
                one.set(name, str(number))
                element.addnext(one)
            drop([element] if threads else ())
    ids, wanted = root.find("iothreadids"), members(root.findtext("iothreads", "").strip())
    if ids is not None and wanted:
        taken = [one.get("id") for one in ids]
        free = (str(number) for number in range(1, wanted[0] + 1) if str(number) not in taken)
        for new in itertools.islice(free, max(0, wanted[0] - len(taken))):
            ids.append(ids.makeelement("iothread", id=new))


def _empty(root: Element) -> None:
    """From the innermost to the outermost."""
    for element in reversed(list(root.iter("*"))):
        parent = element.getparent()
        if parent is not None and parent.tag in PARENTS and element.tag not in SWITCHES \
                and not (element.attrib or len(element) or (element.text or "").strip()):
            parent.remove(element)


UNREAD = (_foreign, _idle)
SPELLING = (_live_only, _labels, _memory, _distances, _threads, devices.disks, devices.characters, devices.graphics,
            devices.controllers, devices.video, devices.addresses, _empty)
