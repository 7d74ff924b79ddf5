# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain that is bound to CPUs and memory of a NUMA node of one host, and its place on another one."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, fields

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import scaled
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import (
    DEDICATED,
    ISOLATE,
    PREFER,
    REQUIRE,
    SHARED,
    Placement,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_placement
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range

Dict = dict[str, t.Any]

# The options of a placement of vm_migration, as vm_migration_info returns them
OPTIONS: dict[str, Dict] = {
    "policy": {"type": "str", "required": True, "choices": [DEDICATED, SHARED]},
    "node": {"type": "int", "required": True},
    "cpus": {"type": "list", "elements": "int", "required": True},
    "empty": {"type": "list", "elements": "int", "default": []},
    "emulator_cpus": {"type": "list", "elements": "int", "default": []},
    "page": {"type": "int"},
    "threads": {"type": "str", "choices": [PREFER, ISOLATE, REQUIRE], "default": PREFER},
    "memory_lock": {"type": "bool"},
    "share_pages": {"type": "bool"},
}


def placing_needs(domain: Element) -> Dict | None:
    """What a domain needs of the CPUs and the memory of a host, None for one that is not bound to a NUMA node."""
    found = read_placement(domain)
    if found is None:
        return None
    memory = domain.find("memory")
    return {**asdict(found), "vcpus": int(domain.findtext("vcpu") or 1),
            "memory": scaled(memory.text, memory.get("unit"), "KiB") or 0}


def given_placement(subject: str, values: Dict) -> Placement:
    """The placement that the values of OPTIONS mean.

    :raises ValidationError: a number that is none of a CPU, a node or a page
    """
    for name in ("node", "page"):
        in_range(f"{subject}.{name}", values[name], 0, 2**31)
    lists = ("cpus", "empty", "emulator_cpus")
    for name in lists:
        for cpu in values[name]:
            in_range(f"{subject}.{name}", cpu, 0, 2**31)
    found: Dict = {one.name: values[one.name] for one in fields(Placement)}
    return Placement(**{**found, **{name: tuple(found[name]) for name in lists}})


def placing_here(host: Host, connection: Connection, name: str, needs: Dict, nics: t.Iterable[Interface]) -> Dict:
    """Where a domain of another host is to run on this one: on the same CPUs, if it can have them.

    :param name: of the domain
    :param nics: its NICs, on devices of this host
    :raises KvmError: it fits nowhere
    """
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.choose import Chooser
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.holders import read_holders
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Demand, Want
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.near import node_of_nic
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import read_topology

    was = given_placement("needs.placement", needs)
    in_range("needs.placement.vcpus", needs["vcpus"], 1, 2**31)
    in_range("needs.placement.memory", needs["memory"], 0, 2**63)
    topology = read_topology(host)
    nodes = [node_of_nic(host, connection, nic) for nic in nics]
    near = tuple(node for node in nodes if node is not None and topology.node(node) is not None)
    want = Want(was.policy, None, (), (), was.page, was.threads, was.memory_lock, was.share_pages)
    chooser = Chooser(topology, read_holders(connection, topology.cpus, without=name), want,
                      Demand(needs["vcpus"], needs["memory"], near), was)
    return asdict(chooser.choose())
