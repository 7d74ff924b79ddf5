# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a domain's XML in one spelling: sizes, sets of CPUs, UUIDs, numbers and machine types."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed

# Sizes by their element, with the unit that libvirt takes when none is given, in which they are compared
SIZES = dict.fromkeys(("memory", "currentMemory", "maxMemory", "hard_limit", "soft_limit", "swap_hard_limit",
                       "min_guarantee", "size", "requested", "block", "pagesize", "alignsize", "pcihole64",
                       "maxpagesize"), "KiB")
SIZES.update(tseg="MiB", max_size="bytes", space_hard_limit="bytes", space_soft_limit="bytes")
SIZES["tb-cache"] = "MiB"
SHMEM = "MiB"  # the unit of its size
SIZE_ATTRIBUTES = {"page": "size", "cell": "memory"}
LIMITS = frozenset({"hard_limit", "soft_limit", "swap_hard_limit"})
UNLIMITED = (2**63 - 1) // 1024  # VIR_DOMAIN_MEMORY_PARAM_UNLIMITED; libvirt writes no such limit

# The aliases of versioned machine types, with how the names of the versions begin
MACHINES = {"q35": "pc-q35-", "pc": "pc-i440fx-"}

# Sets of CPUs, nodes and threads (virBitmapParse) by their attribute
SETS = frozenset({"cpuset", "nodeset", "cpus", "vcpus", "iothreads"})
MOST = 16384  # VIR_DOMAIN_CPUMASK_LEN
SET = re.compile(r"\s*\^?[0-9]{1,5}(-[0-9]{1,5})?\s*(,\s*\^?[0-9]{1,5}(-[0-9]{1,5})?\s*)*,?\s*")

NUMBER = re.compile(r"[0-9]{1,20}")
HEX = re.compile(r"0[xX][0-9a-fA-F]+")
UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
OCTAL = frozenset({"fmode", "dmode"})


def factor(unit: str) -> int | None:
    """The bytes of a unit as libvirt reads it (virScaleInteger); None for none.

    KB, MB, … are powers of 1000; k, KiB, M, MiB, … of 1024; upper and lower case are the same.
    """
    unit = unit.lower()
    if unit in ("", "b", "byte", "bytes"):
        return 1
    power = "kmgtpe".find(unit[0]) + 1
    base = {"": 1024, "ib": 1024, "b": 1000}.get(unit[1:])
    return None if base is None or power == 0 else base**power


def scaled(text: str | None, unit: str | None, default: str) -> int | None:
    """A size in its default unit, rounded up as libvirt does; None for what is not a size."""
    text, bytes_of_one = (text or "").strip(), factor(unit or default)
    if not NUMBER.fullmatch(text) or bytes_of_one is None:
        return None
    return -(-int(text) * bytes_of_one // (factor(default) or 1))


def size_of(element: Element) -> str | None:
    """The text of an element that is a size, in one unit; None for other elements and texts."""
    parent = element.getparent()
    default = SHMEM if parent is not None and parent.tag == "shmem" else SIZES.get(element.tag, "")
    found = scaled(element.text, element.get("unit"), default) if default else None
    return None if found is None else str(found)


def is_unlimited(element: Element) -> bool:
    """Whether it is a limit of memory that limits nothing."""
    return element.tag in LIMITS and int(size_of(element) or 0) >= UNLIMITED


def machine_family(machine: str) -> str:
    """``q35``, ``pc`` or another machine type's whole name."""
    return next((family for family, beginning in MACHINES.items() if machine.startswith(beginning)), machine)


def members(text: str | None) -> list[int] | None:
    """The numbers in a set such as 0-3,^1; None for a text that is not a set."""
    if not text or not SET.fullmatch(text):
        return None
    found: set[int] = set()
    for part in text.rstrip(" ,").split(","):
        first, _separator, last = part.strip().lstrip("^").partition("-")
        if int(last or first) >= MOST:
            return None
        numbers = range(int(first), int(last or first) + 1)
        found = found.difference(numbers) if "^" in part else found.union(numbers)
    return sorted(found)


def _set(text: str) -> str:
    numbers = members(text)
    return text if numbers is None else listed(numbers)


def value(text: str, name: str, tag: str) -> str:
    """A value in one spelling.

    :param name: of its attribute, or of the element whose text it is
    :param tag: of the element; in an address, numbers have any base
    """
    if name in SETS or name == "nodemask":
        return _set(text)
    if HEX.fullmatch(text):
        return hex(int(text, 16))
    if tag == "address" and NUMBER.fullmatch(text):
        return hex(int(text))
    if name in ("uuid", "genid") and UUID.fullmatch(text):
        digits = text.replace("-", "").lower()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    if name in OCTAL:
        return text.lstrip("0") or "0"
    if (tag, name) == ("usbdev", "version") and "." in text:  # 9.4 is 9.40, in hexadecimal digits
        major, minor = text.split(".", maxsplit=1)
        return f"{major.lstrip('0') or '0'}.{minor.ljust(2, '0')}"
    return text
