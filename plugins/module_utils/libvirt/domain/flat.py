# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain's XML as a flat table of what it says: ``devices/disk:vda/driver/@cache`` → ``none``.

Each device that libvirt may put elsewhere in its own text has a key (a disk its target, a controller its type and
index), all others count from the second of their kind: ``devices/serial``, ``devices/serial:1``. An element that
has neither attributes nor children stands for itself. What can be written in several ways is in the one of
canonical.py and spelling.py. Interfaces are not in it: nfv.kvm.vm_interface has them.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import spelling
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.canonical import QEMU, canonical
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.canonical_devices import index_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# libvirt writes character references as characters, which are read as a space in an attribute, and as \n in a text (XML
# 1.0, 2.11 and 3.3.3).
IN_ATTRIBUTE, IN_TEXT = re.compile(r"\r\n|[\t\r\n]"), re.compile(r"\r\n?")
QEMU_PREFIX = "qemu:"  # the customary one


def _controller(element: Element) -> str:
    kind, index, model = element.get("type"), element.get("index"), element.get("model", "")
    if index is None:
        before = list(element.itersiblings("controller", preceding=True))[::-1]
        index = index_of(element, before, [*before, element, *element.itersiblings("controller")])
    # The companions of a USB 2 controller have its index.
    return f"{kind},{index},{model}" if model.startswith("ich9-uhci") else f"{kind},{index}"


def _disk(element: Element) -> str:
    return str(element.find("target").get("dev")) if element.find("target") is not None else ""


def _input(element: Element) -> str:
    # Without a bus libvirt takes PS/2 for mouse and keyboard, USB for all others (formatdomain, Input devices).
    kind = element.get("type")
    return f"{kind},{element.get('bus', 'ps2' if kind in ('mouse', 'keyboard') else 'usb')}"


def _place(element: Element) -> str:
    return str(sum(1 for _before in element.itersiblings(element.tag, preceding=True)))


def _of(name: str) -> t.Callable[[Element], str]:
    return lambda element: str(element.get(name))


# By the element, with its parent where others have that name too
KEYS: dict[str, t.Callable[[Element], str]] = {
    "disk": _disk,
    "controller": _controller,
    "input": _input,
    "timer": _of("name"),
    "feature": _of("name"),
    "entry": _of("name"),
    "vcpupin": _of("vcpu"),
    "vcpusched": _of("vcpus"),
    "iothreadsched": _of("iothreads"),
    "iothreadpin": _of("iothread"),
    "iothreadids/iothread": _of("id"),
    "numa/cell": lambda element: element.get("id") or _place(element),
    "numatune/memnode": _of("cellid"),
    "sibling": _of("id"),
    "vcpus/vcpu": _of("id"),
    "perf/event": _of("name"),
    "graphics/channel": _of("name"),
}


class Said(dict[str, str]):
    """What a domain's XML says, by path; it does not change any more when has() is asked."""

    @functools.cached_property
    def _elements(self) -> set[str]:
        parts = [path.split("/") for path in self]
        return {"/".join(path[:length]) for path in parts for length in range(1, len(path) + 1)}

    def has(self, element: str) -> bool:
        """Whether anything is said of an element, such as a device; of the whole domain (an empty text), something is.
        """
        return not element or element in self._elements


def flatten(domain: Element, unread: bool = False) -> Said:
    """What a domain's XML says, by path.

    :param unread: also what the QEMU driver does not read
    """
    said = Said()
    _walk(canonical(domain, unread), "", said)
    # formatdomain: currentMemory "defaults to the same value as the memory element" when omitted, and is no more
    if "memory" in said:
        said["currentMemory"] = min(said.get("currentMemory", said["memory"]), said["memory"], key=_number)
    return said


def _number(text: str) -> float:
    return float(text) if text.isdecimal() and text != "0" else float("inf")


def _walk(element: Element, path: str, said: dict[str, str]) -> None:
    prefix = f"{path}/" if path else ""
    attributes = dict(element.attrib)
    text = IN_TEXT.sub("\n", (element.text or "").strip())
    size = spelling.size_of(element)
    if size is not None:
        text = size
        attributes.pop("unit", None)
    if spelling.is_unlimited(element):
        return
    sized = spelling.SIZE_ATTRIBUTES.get(element.tag)
    if sized in attributes:
        found = spelling.scaled(attributes[sized], attributes.get("unit"), "KiB")
        if found is not None:
            attributes.pop("unit", None)
            attributes[sized] = str(found)
    for name, value in attributes.items():
        said[f"{prefix}@{name}"] = spelling.value(IN_ATTRIBUTE.sub(" ", value), name, element.tag)
    if text or not (attributes or len(element)):
        name = element.get("name", "") if element.tag == "entry" else element.tag  # such as that of SMBIOS's uuid
        said[path] = spelling.value(text, name, "")
    for label, found in labelled(element):
        _walk(found, prefix + label, said)


def labelled(element: Element) -> t.Iterator[tuple[str, Element]]:
    """The children of an element, each with its part of the path; without interfaces.

    libvirt makes the first serial port of a serial console, and a console of the first serial port (formatdomain,
    Console): such a console stands for the serial port, and is left out beside one.
    """
    seen: dict[str, int] = {}
    consoles = element.findall("console")
    for found in element.iterchildren("*"):  # no comments
        tag = found.tag
        if tag == "console" and found is consoles[0] and _is_serial(found):
            tag = "serial"
        if tag == "interface" or (tag != found.tag and element.find("serial") is not None):
            continue
        key = KEYS.get(f"{element.tag}/{tag}", KEYS.get(tag))
        label = f"{tag}:{key(found)}" if key else str(tag).replace(QEMU, QEMU_PREFIX)
        seen[label] = seen.get(label, -1) + 1
        yield (f"{label}:{seen[label]}" if seen[label] else label), found


def _is_serial(console: Element) -> bool:
    target = console.find("target")
    return target is None or target.get("type", "serial") == "serial"
