# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Chassis clusters of the role vsrx: the filter that writes their Junos configuration, and what is wrong with one.

Rules of clusters with VFs are those of Juniper's vSRX Deployment Guide for KVM, "SR-IOV and PCI"; ranges are those of
its Chassis Cluster User Guide.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.filter.vsrx import (
    PORTS,
    Dict,
    fabric_members,
    is_own,
    is_trusted,
    is_vf,
    number,
    on_node,
    ports,
    refused_range,
    reth_members,
    reths_of,
    trusted_vfs,
    without_trust,
)
from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.appliance import knows
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import vf_indexes
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

RETH = re.compile(r"reth(\d{1,3})")
PORT = re.compile(r"ge-[07]/0/\d{1,2}")
# The first release with clusters of VFs that are not trusted, and what these need: neither does without the other.
UNTRUSTED_RELEASE = "19.4R1"
UNTRUSTED = ("use-active-child-mac-on-reth", "use-actual-mac-on-physical-interfaces")
# Of node 0 and node 1, where nothing else is said.
PRIORITIES = (200, 100)

Refused = t.Iterator[ValidationError]


def vsrx_cluster_config(cluster: Dict, config: str = "") -> str:
    """What both nodes of a cluster have in juniper.conf for its reths, redundancy groups and fabric link.

    :param cluster: the role's vsrx_cluster, {} for none
    :param config: what juniper.conf has besides, whose reths count as well
    """
    if not cluster:
        return ""
    reths = cluster.get("reths") or []
    count = reth_count([str(reth.get("name")) for reth in reths], junos.parse(config))
    chassis: Dict = {} if is_trusted(cluster) else dict.fromkeys(UNTRUSTED)
    chassis.update({f"reth-count {count}": None} if count else {})
    for group, priorities in redundancy_groups(cluster).items():
        chassis[f"redundancy-group {group}"] = {
            f"node {node} priority {priority}": None for node, priority in enumerate(priorities)}
    interfaces: Dict = {}
    for reth in reths:
        for member in reth.get("members") or []:
            options = interfaces.setdefault(str(member), {"gigether-options": {}})["gigether-options"]
            options[f"redundant-parent {reth.get('name')}"] = None
    for node, slot in PORTS.items():
        interfaces[f"fab{node}"] = {"fabric-options": {"member-interfaces": {f"{slot}0": None}}}
    for reth in reths:
        interfaces[str(reth.get("name"))] = {"redundant-ether-options": {f"redundancy-group {group_of(reth)}": None}}
    return junos.render({"chassis": {"cluster": chassis}, "interfaces": interfaces})


def whole_tree(settings: Dict) -> junos.Tree:
    """The tree of juniper.conf with all that it applies, the cluster's part included."""
    config = settings["config"]
    return junos.applied(junos.parse(f"{config}\n{vsrx_cluster_config(settings['cluster'], config)}"))


def reth_count(names: list[str], tree: junos.Tree) -> int:
    """How many reths there have to be for those of these names and those of a configuration; 0 where none is named."""
    names = [*names, *(path[-1] for path in junos.find(tree, "interfaces", "*"))]
    counts = [int(found[1]) + 1 for name in names if (found := RETH.fullmatch(name))]
    said = [number(path[-1]) or 0 for path in junos.find(tree, "chassis", "cluster", "reth-count", "*")]
    return max([*counts, *said], default=0)


def redundancy_groups(cluster: Dict) -> dict[object, t.Sequence[object]]:
    """The priorities of both nodes by redundancy group; 0 is that of the routing engine."""
    named = [group_of(reth) for reth in cluster.get("reths") or []]
    groups: dict[object, t.Sequence[object]] = dict.fromkeys([0, *named], PRIORITIES)
    for group in cluster.get("redundancy_groups") or []:
        groups[number(group.get("id"))] = group.get("priorities") or PRIORITIES
    return groups


def group_of(reth: Dict) -> object:
    """The redundancy group of a reth."""
    given = reth.get("redundancy_group", 1)
    return given if number(given) is None else number(given)


def refused_cluster(settings: Dict, tree: junos.Tree) -> Refused:
    """What is wrong with a cluster.

    :param settings: as vsrx_refused takes them
    :param tree: of juniper.conf, what vsrx_cluster_config says included
    """
    cluster = settings["cluster"]
    yield from refused_values(cluster)
    yield from refused_links(settings, tree)
    yield from refused_reths(settings, tree)
    if is_trusted(cluster):
        yield from refused_trust(settings, tree)
    else:
        yield from refused_no_trust(settings, tree)
    if junos.is_commands(settings["config"]):
        yield ValidationError("vsrx_config", "it has set commands, and what a cluster adds to juniper.conf has curly "
                              "braces", None, "Write it with curly braces, as show configuration does")


def refused_values(cluster: Dict) -> Refused:
    """Values that no cluster can have."""
    at = "vsrx_cluster"
    yield from refused_range(f"{at}.id", cluster.get("id"), 1, 255, "0 would end the cluster; each cluster in a layer "
                             "2 network needs an ID of its own, since the MACs of its reths follow from it")
    yield from refused_range(f"{at}.node", cluster.get("node"), 0, 1, "Give each of the two hosts its node, or list "
                             "both in vsrx_cluster.hosts, node 0 first")
    hosts = cluster.get("hosts")
    if hosts is not None and (not isinstance(hosts, list) or len(hosts) != 2 or hosts[0] == hosts[1]):
        yield ValidationError(f"{at}.hosts", "a cluster has two nodes, each on a host of its own", hosts,
                              "List the two hosts, that of node 0 first")
    for place, reth in enumerate(cluster.get("reths") or []):
        if not RETH.fullmatch(str(reth.get("name"))):
            yield ValidationError(f"{at}.reths[{place}].name", "a reth is reth0, reth1 and so on", reth.get("name"))
        yield from refused_range(f"{at}.reths[{place}].redundancy_group", group_of(reth), 1, 128,
                                 "0 is that of the routing engine")
    for place, group in enumerate(cluster.get("redundancy_groups") or []):
        subject, priorities = f"{at}.redundancy_groups[{place}]", group.get("priorities") or PRIORITIES
        yield from refused_range(f"{subject}.id", group.get("id"), 0, 128)
        if len(priorities) != 2 or any((number(each) or 0) not in range(1, 255) for each in priorities):
            yield ValidationError(f"{subject}.priorities", "it must be two numbers from 1 to 254, that of node 0 first",
                                  priorities)


def refused_links(settings: Dict, tree: junos.Tree) -> Refused:
    """Control and fabric links that are missing, shared, or used for something else."""
    cluster = settings["cluster"]
    control, fabric = ((cluster.get(link) or {}).get("bridge") for link in ("control", "fabric"))
    if not control:
        yield ValidationError("vsrx_cluster.control.bridge", "it is missing, and em0, the second NIC, is the control "
                              "link of a cluster", None, "Name a bridge that leads to the other node")
    if not fabric and (cluster.get("fabric") or {}).get("ports") is not None:
        yield ValidationError("vsrx_cluster.fabric.bridge", "it is missing, and there are ports for it", None,
                              "Name the bridge, or leave the ports out")
    if control and control == fabric:
        yield ValidationError("vsrx_cluster.fabric.bridge", "it is that of the control link", fabric,
                              "Give each of the two links a bridge of its own")
    members, names = fabric_members(tree), [name for name, _nic in ports(settings)]
    for name in members:
        if is_own(name, cluster) and name not in names:
            yield ValidationError("fabric link", "this node has no such NIC", name, "Name a bridge for it in "
                                  "vsrx_cluster.fabric.bridge, or list a NIC for it in vsrx_interfaces behind fxp0")
        for reth in reths_of(tree, name):
            yield ValidationError(reth, "this is a member of the fabric link, which cannot be one of a reth as well",
                                  name, "Choose another; the first one of each node, ge-0/0/0 and ge-7/0/0, is the "
                                  "fabric link")


def refused_reths(settings: Dict, tree: junos.Tree) -> Refused:
    """Members that are not there, are in several reths, or are more on one node than on the other."""
    cluster, names = settings["cluster"], [name for name, _nic in ports(settings)]
    members = reth_members(tree)
    for reth, found in members.items():
        for name in found:
            if not PORT.fullmatch(name):
                yield ValidationError(reth, "this is no port of a vSRX; those of node 0 are ge-0/0/N, those of node 1 "
                                      "ge-7/0/N", name, "Name it so")
            elif is_own(name, cluster) and name not in names:
                yield ValidationError(reth, "this node has no such NIC", name,
                                      f"It has {', '.join(names) or 'none'}; control and fabric links count as NICs")
            if len(reths_of(tree, name)) > 1 and reths_of(tree, name)[0] == reth:
                yield ValidationError(name, "an interface is a member of one reth at most",
                                      reths_of(tree, name), "Choose one of them")
        counts = [len(on_node(found, node)) for node in PORTS]
        if counts[0] != counts[1]:
            yield ValidationError(reth, f"node 0 has {counts[0]} of its members and node 1 {counts[1]}; each node has "
                                  "the same number", found, "Name as many ge-0/0/N as ge-7/0/N")
    for reth in cluster.get("reths") or []:
        if not reth.get("members"):
            yield ValidationError(str(reth.get("name")), "it has no members", None,
                                  "List a port of each node, such as [ge-0/0/1, ge-7/0/1]")


def refused_trust(settings: Dict, tree: junos.Tree) -> Refused:
    """What contradicts VFs that are trusted."""
    for name, nic in ports(settings):
        wrong = without_trust(nic.get("vf"))
        if is_vf(nic) and wrong:
            yield ValidationError(f"vsrx_interfaces, vf of {name}", "a cluster gives its VFs the MACs of its reths, "
                                  "for which they need trust and no spoof check", wrong,
                                  "Leave it out, or set vsrx_cluster.trust: false")
    trusted = trusted_vfs(settings)
    for pf in settings["pfs"]:
        for entry in pf.get("vfs") or []:
            wrong, indexes = without_trust(entry), {*vf_indexes("vfs", entry["index"])}
            if wrong and indexes & {*trusted.get(pf["pf"], [])}:
                yield ValidationError(f"vsrx_pfs, {pf['pf']}, VF {entry['index']}", "this cluster's NICs need trust "
                                      "and no spoof check", wrong, "Leave it out, or set vsrx_cluster.trust: false")
    for path in junos.find(tree, "chassis", "cluster", "*"):
        if path[-1] in UNTRUSTED:
            yield ValidationError("vsrx_config", "this is for VFs that are not trusted", " ".join(path),
                                  "Leave it out, or set vsrx_cluster.trust: false, which brings it")


def refused_no_trust(settings: Dict, tree: junos.Tree) -> Refused:
    """What clusters of VFs that are not trusted cannot have."""
    release, fabric = settings["release"], fabric_members(tree)
    mode = "a cluster of VFs without trust"
    if knows([UNTRUSTED_RELEASE], str(release)) is False:
        yield ValidationError("vsrx_cluster.trust", f"{mode} needs Junos {UNTRUSTED_RELEASE} or later, and this is "
                              f"{release}", settings["cluster"].get("trust"),
                              "Use such a release, or VFs with trust: vsrx_cluster.trust: true")
    for name, nic in ports(settings):
        if name in fabric and is_vf(nic):
            yield ValidationError(f"vsrx_interfaces, {name}", f"{mode} has SR-IOV on revenue ports only, and this "
                                  "is the fabric link", nic.get("type"),
                                  "Name a bridge for it in vsrx_cluster.fabric.bridge")
        if name not in fabric and not is_vf(nic):
            yield ValidationError(f"vsrx_interfaces, {name}", f"{mode} needs SR-IOV on all revenue ports",
                                  nic.get("type"), "Give it a VF (type: hostdev), or set vsrx_cluster.trust: true")
    for reth, members in reth_members(tree).items():
        for node in PORTS:
            if len(on_node(members, node)) > 1:
                yield ValidationError(reth, f"{mode} has one port of each node in a reth at most",
                                      on_node(members, node), "Leave one, or make a reth for each")
    for path in junos.find(tree, "security", "nat", "proxy-arp"):
        yield ValidationError("vsrx_config", f"{mode} sends no gratuitous ARP for addresses of NAT pools when it fails "
                              "over", " ".join(path), "Route the pool to the address of the reth in the router before "
                              "it, or where its hosts are connected directly, have proxy ARP on the reth interface")


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Its name."""
        return {"vsrx_cluster_config": door.guarded(vsrx_cluster_config, cluster=shapes.CLUSTER, config=str)}
