# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The placement of a domain in its XML, in and out.

Source: https://libvirt.org/formatdomain.html, "CPU Tuning", "NUMA Node Tuning" and "Memory Backing".

``<vcpu cpuset>`` lists all CPUs that the domain has. If each vCPU has a CPU of its own by ``<vcpupin>``, those beyond
are the ones that stay empty for it; no thread runs there, because ``<emulatorpin>`` says where QEMU's others run.
"""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import members, scaled
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import (
    DEDICATED,
    ISOLATE,
    PREFER,
    REQUIRE,
    SHARED,
    Holder,
    Placement,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed

# What a placement says of a domain beside <vcpu cpuset> and <numatune>
RENDERED = ("cputune/vcpupin", "cputune/emulatorpin", "memoryBacking/hugepages", "memoryBacking/nosharepages",
            "memoryBacking/locked")


def render(domain: Element, placement: Placement) -> None:
    """Write a placement into the XML of a domain, in place of one that is there."""
    for path in RENDERED:
        for found in domain.findall(path):
            found.getparent().remove(found)
    xml.child(domain, "vcpu").set("cpuset", listed({*placement.cpus, *placement.empty}))
    if placement.policy == DEDICATED:
        for number, cpu in enumerate(placement.cpus):
            _add(domain, "cputune", "vcpupin", vcpu=str(number), cpuset=str(cpu))
    if placement.emulator_cpus:
        _add(domain, "cputune", "emulatorpin", cpuset=listed(placement.emulator_cpus))
    memory = xml.child(domain, "numatune/memory")
    memory.set("mode", "strict")
    memory.set("nodeset", str(placement.node))
    if placement.page is not None:
        page = _add(domain, "memoryBacking", "hugepages")
        page.append(page.makeelement("page", size=str(placement.page), unit="KiB"))
    if placement.share_pages is False:
        _add(domain, "memoryBacking", "nosharepages")
    if placement.memory_lock:
        _add(domain, "memoryBacking", "locked")


def _add(domain: Element, path: str, tag: str, **attributes: str) -> Element:
    made = domain.makeelement(tag, **attributes)
    xml.child(domain, path).append(made)
    return made


def read_placement(domain: Element) -> Placement | None:
    """The placement of a domain, None for one that is not bound to CPUs of one NUMA node."""
    pinned, allowed = _pins(domain), set(members(_cpuset(domain)) or ())
    nodes = _nodes(domain)
    if len(nodes) != 1 or not (allowed or pinned):
        return None
    emulator = domain.find("cputune/emulatorpin")
    backing = domain.find("memoryBacking")
    more: dict[str, t.Any] = {
        "emulator_cpus": tuple(members(None if emulator is None else emulator.get("cpuset")) or ()),
        "page": _page(domain), "memory_lock": None if backing is None else backing.find("locked") is not None or None,
        "share_pages": None if backing is None or backing.find("nosharepages") is None else False}
    if not _has_own(domain, pinned):
        return Placement(SHARED, nodes[0], tuple(sorted(allowed.union(*pinned.values()))), **more)
    cpus = tuple(pinned[vcpu][0] for vcpu in sorted(pinned))
    empty = tuple(sorted(allowed.difference(cpus)))
    threads = ISOLATE if len(empty) >= len(cpus) else REQUIRE if empty else PREFER
    return Placement(DEDICATED, nodes[0], cpus, empty, threads=threads, **more)


def read_holder(name: str, online: t.Collection[int], definition: Element | None, live: Element | None) -> Holder:
    """What a domain holds of its host.

    vCPUs that may run on all CPUs hold none: they are pinned to nothing.

    :param online: the CPUs of the host
    :param definition: its persistent XML, None for a transient domain
    :param live: what it runs with, None if it does not run
    """
    roots = [root for root in (live, definition) if root is not None]
    cpus: set[int] = set()
    for root in roots:
        sets = [set(found) for found in (*_pins(root).values(), members(_cpuset(root)) or ())]
        cpus |= {cpu for found in sets if not found >= set(online) for cpu in found}
    shared = not any(_has_own(root, _pins(root)) for root in roots)
    memory = scaled(roots[0].findtext("memory"), _unit(roots[0].find("memory")), "KiB") or 0
    return Holder(name, live is not None, frozenset(cpus), shared, memory, _page(roots[0]), _nodes(roots[0]))


def _cpuset(domain: Element) -> str | None:
    """The CPUs that ``<vcpu>`` allows; with the placement auto, numad chooses them."""
    vcpu = domain.find("vcpu")
    return None if vcpu is None or vcpu.get("placement") == "auto" else vcpu.get("cpuset")


def _pins(domain: Element) -> dict[int, list[int]]:
    """The CPUs to which each vCPU is pinned."""
    found = {int(pin.get("vcpu")): members(pin.get("cpuset")) for pin in domain.iterfind("cputune/vcpupin")}
    return {vcpu: cpus for vcpu, cpus in found.items() if cpus}


def _has_own(domain: Element, pinned: dict[int, list[int]]) -> bool:
    """Whether each vCPU has a CPU of its own."""
    count = int(domain.findtext("vcpu") or 1)
    own = {cpus[0] for cpus in pinned.values() if len(cpus) == 1}
    return sorted(pinned) == list(range(count)) and len(own) == count


def _nodes(domain: Element) -> tuple[int, ...]:
    """The NUMA nodes to which the memory is bound."""
    found: set[int] = set()
    for bound in domain.xpath("numatune/memory | numatune/memnode"):
        if bound.get("mode", "strict") in ("strict", "restrictive"):
            found.update(members(bound.get("nodeset")) or ())
    return tuple(sorted(found))


def _page(domain: Element) -> int | None:
    """KiB of a huge page, 0 for the host's default, None without huge pages."""
    if domain.find("memoryBacking/hugepages") is None:
        return None
    page = domain.find("memoryBacking/hugepages/page")
    return 0 if page is None else scaled(page.get("size"), _unit(page), "KiB") or 0


def _unit(element: Element) -> str | None:
    unit = None if element is None else element.get("unit")
    return None if unit is None else str(unit)
