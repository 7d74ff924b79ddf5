# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A domain's XML as a flat table of what it says: ``devices/disk:vda/driver/@cache`` → ``none``.

Each device that libvirt may put elsewhere in its own text has a key (a disk its target, a controller its type and
index), all others count from the second of their kind: ``devices/serial``, ``devices/serial:1``. An element that
has neither attributes nor children stands for itself. Interfaces are not in it: nfv.kvm.vm_interface has them.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# libvirt formatdomain: b or bytes; KB, MB, … are powers of 1000; k, KiB, M, MiB, … of 1024
UNITS = {"b": 1, "bytes": 1}
UNITS.update({f"{letter}B": 1000**power for power, letter in enumerate("KMGTPE", 1)})
UNITS.update({f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", 1)})
UNITS.update({letter: 1024**power for power, letter in enumerate("KMGTPE", 1)}, k=1024)
SCALED_TEXT = frozenset({"memory", "currentMemory", "maxMemory", "hard_limit", "soft_limit", "swap_hard_limit"})
SCALED_ATTRIBUTE = {"page": "size", "cell": "memory"}

# libvirt drvqemu, "Pass-through of arbitrary QEMU commands"; its customary prefix
QEMU, QEMU_PREFIX = "{http://libvirt.org/schemas/domain/qemu/1.0}", "qemu:"

NUMBER = re.compile(r"[0-9]{1,20}")
HEX = re.compile(r"0x[0-9a-fA-F]+")


def _controller(element: Element) -> str:
    kind, index = element.get("type"), element.get("index")
    if index is None:  # libvirt numbers them in the order of the text
        index = sum(1 for other in element.itersiblings("controller", preceding=True) if other.get("type") == kind)
    return f"{kind},{index}"


def _disk(element: Element) -> str:
    return str(element.find("target").get("dev")) if element.find("target") is not None else ""


def _input(element: Element) -> str:
    # Without a bus libvirt takes PS/2 for mouse and keyboard, USB for all others (formatdomain, Input devices).
    kind = element.get("type")
    return f"{kind},{element.get('bus', 'ps2' if kind in ('mouse', 'keyboard') else 'usb')}"


KEYS: dict[str, t.Callable[[Element], str]] = {
    "disk": _disk,
    "controller": _controller,
    "input": _input,
    "timer": lambda element: str(element.get("name")),
    "feature": lambda element: str(element.get("name")),
    "entry": lambda element: str(element.get("name")),
    "vcpupin": lambda element: str(element.get("vcpu")),
}


def flatten(domain: Element) -> dict[str, str]:
    """What a domain's XML says, by path."""
    said: dict[str, str] = {}
    _walk(domain, "", said)
    # formatdomain: currentMemory "defaults to the same value as the memory element" when omitted
    if "memory" in said:
        said.setdefault("currentMemory", said["memory"])
    return said


def _walk(element: Element, path: str, said: dict[str, str]) -> None:
    prefix = f"{path}/" if path else ""
    attributes = dict(element.attrib)
    text = (element.text or "").strip()
    if text and element.tag in SCALED_TEXT:
        text = _kibibytes(text, attributes.pop("unit", "KiB"))
    if element.tag in SCALED_ATTRIBUTE and SCALED_ATTRIBUTE[element.tag] in attributes:
        name = SCALED_ATTRIBUTE[element.tag]
        attributes[name] = _kibibytes(attributes[name], attributes.pop("unit", "KiB"))
    for name, value in attributes.items():
        said[f"{prefix}@{name}"] = _value(value, address=element.tag == "address")
    if text or not (attributes or len(element)):
        said[path] = text
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
        label = f"{tag}:{KEYS[tag](found)}" if tag in KEYS else str(tag).replace(QEMU, QEMU_PREFIX)
        seen[label] = seen.get(label, -1) + 1
        yield (f"{label}:{seen[label]}" if seen[label] else label), found


def _is_serial(console: Element) -> bool:
    target = console.find("target")
    return target is None or target.get("type", "serial") == "serial"


def _kibibytes(text: str, unit: str) -> str:
    """A size in KiB, rounded up as libvirt does; text that is no size stays for libvirt to refuse."""
    if not NUMBER.fullmatch(text) or unit not in UNITS:
        return f"{text} {unit}"
    return str(-(-int(text) * UNITS[unit] // 1024))


def _value(text: str, address: bool) -> str:
    """Numbers in one way of writing: addresses are numbers in any base, others only where they are hexadecimal."""
    if HEX.fullmatch(text):
        return hex(int(text, 16))
    return hex(int(text)) if address and NUMBER.fullmatch(text) else text
