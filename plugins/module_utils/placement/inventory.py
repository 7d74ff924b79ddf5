# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has for appliances by NUMA node, who has it, and whether one more fits."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.placement.free import pages_of
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import (
    DEDICATED,
    PAGES,
    Demand,
    Holder,
    Want,
    page_name,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import (
    Node,
    Pf,
    Pool,
    Topology,
    read_topology,
)
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.users import may_have_domains
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range

Dict = dict[str, t.Any]


def examine(params: Dict, host: Host) -> Dict:
    """What vm_placement_info returns. libvirt is asked only if there may be domains.

    :raises KvmError: there is no such PF, or libvirt does not answer
    """
    wanted = params["fits"]
    for name in ("vcpus", "memory"):
        in_range(f"fits.{name}", wanted and wanted[name], 1, 2**31)
    near = tuple(nodes_of_pfs(host, (wanted or {}).get("pfs") or ()))
    topology = read_topology(host)
    holders: tuple[Holder, ...] = ()
    if may_have_domains(host, params["uri"]):
        from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import connect
        from ansible_collections.nfv.kvm.plugins.module_utils.placement.holders import read_holders

        holders = read_holders(connect(params["uri"]), topology.cpus)
    return {"nodes": [_node(topology, node, holders) for node in topology.nodes],
            "other_pfs": [_pf(pf) for pf in topology.pfs],
            "fits": None if wanted is None else _fits(topology, holders, wanted, near)}


def nodes_of_pfs(host: Host, pfs: t.Iterable[str]) -> t.Iterator[int]:
    """The NUMA nodes of PFs that are named by netdev or PCI address, as far as the firmware names them.

    :raises ValidationError: there is no such PF
    """
    for pf in pfs:
        node = pci.numa_node(host, pci.address_of_pf(host, pf))
        if node is not None:
            yield node


def _fits(topology: Topology, holders: tuple[Holder, ...], wanted: Dict, near: tuple[int, ...]) -> Dict:
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.choose import Chooser

    want = Want(DEDICATED, page=PAGES.get(wanted["hugepages"]), threads=wanted["threads"])
    try:
        found = Chooser(topology, holders, want, Demand(wanted["vcpus"], wanted["memory"] << 10, near)).choose()
    except KvmError as error:
        return {"fits": False, "numa_node": None, "cpus": [], "reason": str(error)}
    return {"fits": True, "numa_node": found.node, "cpus": list(found.cpus), "reason": None}


def _node(topology: Topology, node: Node, holders: tuple[Holder, ...]) -> Dict:
    return {
        "numa_node": node.number, "memory": node.memory >> 10,
        "cpus": [{"cpu": cpu.number, "siblings": [one for one in cpu.core if one != cpu.number],
                  "isolated": cpu.isolated, "nohz_full": cpu.nohz_full, "governor": cpu.governor,
                  "housekeeping": cpu.number in topology.housekeeping,
                  "pinned_by": [holder.domain for holder in holders if cpu.number in holder.cpus]}
                 for cpu in node.cpus],
        "hugepages": [{"size": page_name(pool.size), "total": pool.total, "free": pool.free,
                       "used_by": list(_users(topology, node, pool, holders))} for pool in node.pools],
        "pfs": [_pf(pf) for pf in node.pfs],
    }


def _users(topology: Topology, node: Node, pool: Pool, holders: tuple[Holder, ...]) -> t.Iterator[Dict]:
    for holder in holders:
        pages = pages_of(holder, topology, node, pool.size)
        if pages:
            yield {"domain": holder.domain, "pages": pages, "running": holder.running}


def _pf(pf: Pf) -> Dict:
    return {"name": pf.name, "pci_address": pf.pci_address, "numvfs": pf.numvfs, "totalvfs": pf.totalvfs}
