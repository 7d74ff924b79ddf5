# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a chassis cluster.

Rules of clusters with VFs are those of Juniper's vSRX Deployment Guide for KVM, "SR-IOV and PCI"; ranges are those of
its Chassis Cluster User Guide.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.configuration import RETH, UNTRUSTED, Judged
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.model import (
    PORTS,
    Cluster,
    distrust,
    trusted_vfs,
)
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.appliance import knows

PORT = re.compile(r"ge-[07]/0/\d{1,2}")
# The first release with clusters of VFs that are not trusted.
UNTRUSTED_RELEASE = "19.4R1"


def refused_cluster(seen: Judged) -> Refused:
    """All of it; nothing without a cluster."""
    cluster = seen.vsrx.cluster
    if cluster is None:
        return
    yield from refused_values(cluster)
    yield from refused_links(seen, cluster)
    yield from refused_reths(seen)
    yield from refused_trust(seen) if cluster.trust else refused_no_trust(seen)
    if junos.is_commands(seen.vsrx.config):
        yield ValidationError("vsrx_config", "it has set commands, and what a cluster adds to juniper.conf has curly "
                              "braces", None, "Write it with curly braces, as show configuration does")


def refused_values(cluster: Cluster) -> Refused:
    """Values that no cluster can have."""
    at = "vsrx_cluster"
    if cluster.id is None:
        yield ValidationError(f"{at}.id", "it is missing", None, "Give each cluster in a layer 2 network an ID of its "
                              "own from 1 to 255, since the MACs of its reths follow from it")
    if cluster.node is None:
        yield ValidationError(f"{at}.node", "it is missing", None, "Give each of the two hosts its node, 0 or 1, or "
                              "list both in vsrx_cluster.hosts, node 0 first")
    if cluster.hosts and (len(cluster.hosts) != 2 or cluster.hosts[0] == cluster.hosts[1]):
        yield ValidationError(f"{at}.hosts", "a cluster has two nodes, each on a host of its own", [*cluster.hosts],
                              "List the two hosts, that of node 0 first")
    for place, reth in enumerate(cluster.reths):
        if not RETH.fullmatch(reth.name):
            yield ValidationError(f"{at}.reths[{place}].name", "a reth is reth0, reth1 and so on", reth.name)
        if not reth.members:
            yield ValidationError(reth.name, "it has no members", None,
                                  "List a port of each node, such as [ge-0/0/1, ge-7/0/1]")
    for place, group in enumerate(cluster.redundancy_groups):
        if len(group.priorities) != 2 or not all(1 <= priority <= 254 for priority in group.priorities):
            yield ValidationError(f"{at}.redundancy_groups[{place}].priorities", "it must be two numbers from 1 to "
                                  "254, that of node 0 first", [*group.priorities])


def refused_links(seen: Judged, cluster: Cluster) -> Refused:
    """Control and fabric links that are missing, shared, or used for something else."""
    control, fabric = cluster.control.bridge, cluster.fabric.bridge
    if not control:
        yield ValidationError("vsrx_cluster.control.bridge", "it is missing, and em0, the second NIC, is the control "
                              "link of a cluster", None, "Name a bridge that leads to the other node")
    if cluster.fabric.ports is not None and not fabric:
        yield ValidationError("vsrx_cluster.fabric.bridge", "it is missing, and there are ports for it", None,
                              "Name the bridge, or leave the ports out")
    if control and control == fabric:
        yield ValidationError("vsrx_cluster.fabric.bridge", "it is that of the control link", fabric,
                              "Give each of the two links a bridge of its own")
    for name in seen.fabric:
        if seen.lacks(name):
            yield ValidationError("fabric link", "this node has no such NIC", name, "Name a bridge for it in "
                                  "vsrx_cluster.fabric.bridge, or list a NIC for it in vsrx_interfaces behind fxp0")
        for reth in seen.reths_of(name):
            yield ValidationError(reth, "this is a member of the fabric link, which cannot be one of a reth as well",
                                  name, "Choose another; the first one of each node, ge-0/0/0 and ge-7/0/0, is the "
                                  "fabric link")


def refused_reths(seen: Judged) -> Refused:
    """Members that are not there, are in several reths, or are more on one node than on the other."""
    for reth, members in seen.reths.items():
        for name in members:
            if not PORT.fullmatch(name):
                yield ValidationError(reth, "this is not a port of a vSRX; those of node 0 are ge-0/0/N, those of node "
                                      "1 ge-7/0/N", name, "Name it so")
            elif seen.lacks(name):
                yield ValidationError(reth, "this node has no such NIC", name, f"It has "
                                      f"{', '.join(seen.ports) or 'none'}; control and fabric links count as NICs")
            if len(seen.reths_of(name)) > 1 and seen.reths_of(name)[0] == reth:
                yield ValidationError(name, "an interface is a member of one reth at most", seen.reths_of(name),
                                      "Choose one of them")
        counts = [len(on_node(members, node)) for node in PORTS]
        if counts[0] != counts[1]:
            yield ValidationError(reth, f"node 0 has {counts[0]} of its members and node 1 {counts[1]}; each node has "
                                  "the same number", members, "Name as many ge-0/0/N as ge-7/0/N")


def on_node(names: t.Iterable[str], node: int) -> list[str]:
    """Those that are ports of a node."""
    return [name for name in names if name.startswith(PORTS[node])]


def refused_trust(seen: Judged) -> Refused:
    """What contradicts VFs that are trusted."""
    remedy = "Leave it out, or set vsrx_cluster.trust: false"
    for name, nic in seen.ports.items():
        if nic.is_vf and (wrong := distrust(nic.vf)):
            yield ValidationError(f"vsrx_interfaces, vf of {name}", "a cluster gives its VFs the MACs of its reths, "
                                  "for which they need trust and no spoof check", wrong, remedy)
    for pf in seen.vsrx.pfs:
        for entry in pf.vfs:
            if (wrong := distrust(entry)) and trusted_vfs(seen.vsrx, pf.pf).intersection(entry.indexes()):
                yield ValidationError(f"vsrx_pfs, {pf.pf}, VF {entry.index}", "this cluster's NICs need trust and no "
                                      "spoof check", wrong, remedy)
    for path in junos.find(seen.tree, "chassis", "cluster", "*"):
        if path[-1] in UNTRUSTED:
            yield ValidationError("vsrx_config", "this is for VFs that are not trusted", " ".join(path),
                                  f"{remedy}, which brings it")


def refused_no_trust(seen: Judged) -> Refused:
    """What clusters of VFs that are not trusted cannot have."""
    release, mode = seen.vsrx.release, "a cluster of VFs without trust"
    if knows([UNTRUSTED_RELEASE], release) is False:
        yield ValidationError("vsrx_cluster.trust", f"{mode} needs Junos {UNTRUSTED_RELEASE} or later, and this is "
                              f"{release}", False, "Use such a release, or VFs with trust: vsrx_cluster.trust: true")
    for name, nic in seen.ports.items():
        if name in seen.fabric and nic.is_vf:
            yield ValidationError(f"vsrx_interfaces, {name}", f"{mode} has SR-IOV on revenue ports only, and this "
                                  "is the fabric link", nic.type, "Name a bridge for it in vsrx_cluster.fabric.bridge")
        if name not in seen.fabric and not nic.is_vf:
            yield ValidationError(f"vsrx_interfaces, {name}", f"{mode} needs SR-IOV on all revenue ports", nic.type,
                                  "Give it a VF (type: hostdev), or set vsrx_cluster.trust: true")
    for reth, members in seen.reths.items():
        for node in PORTS:
            if len(on_node(members, node)) > 1:
                yield ValidationError(reth, f"{mode} has one port of each node in a reth at most",
                                      on_node(members, node), "Leave one, or make a reth for each")
    for path in junos.find(seen.tree, "security", "nat", "proxy-arp"):
        yield ValidationError("vsrx_config", f"{mode} sends no gratuitous ARP for addresses of NAT pools when it fails "
                              "over", " ".join(path), "Route the pool to the address of the reth in the router before "
                              "it, or if its hosts are connected directly, have proxy ARP on the reth interface")
