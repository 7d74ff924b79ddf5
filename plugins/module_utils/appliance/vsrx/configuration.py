# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The juniper.conf of a vSRX: what a chassis cluster adds to it, and what rules look for in it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import Nic
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.model import (
    PORTS,
    PRIORITIES,
    REMEDY,
    Cluster,
    Vsrx,
    named,
    own_slot,
)
from ansible_collections.nfv.kvm.plugins.module_utils.given import read

RETH = re.compile(r"reth(\d{1,3})")
# What VFs that are not trusted need: neither does without the other.
UNTRUSTED = ("use-active-child-mac-on-reth", "use-actual-mac-on-physical-interfaces")


def for_cluster(cluster: object, config: object = "") -> str:
    """What cluster_config returns.

    :param cluster: the variable vsrx_cluster
    :param config: the variable vsrx_config, which no error shows
    """
    return cluster_config(read(Vsrx, {"interfaces": (), "cluster": cluster, "config": config}, "vsrx_", REMEDY))


def cluster_config(vsrx: Vsrx) -> str:
    """What both nodes add to juniper.conf for the reths, redundancy groups and the fabric link of a cluster."""
    cluster = vsrx.cluster
    if cluster is None:
        return ""
    chassis: dict[str, junos.Statements | None] = {} if cluster.trust else dict.fromkeys(UNTRUSTED)
    if count := reth_count(cluster, junos.parse(vsrx.config)):
        chassis[f"reth-count {count}"] = None
    # 0 is the redundancy group of the routing engine.
    groups = dict.fromkeys([0, *(reth.redundancy_group for reth in cluster.reths)], PRIORITIES)
    for group, priorities in {**groups, **{group.id: group.priorities for group in cluster.redundancy_groups}}.items():
        chassis[f"redundancy-group {group}"] = {
            f"node {node} priority {priority}": None for node, priority in enumerate(priorities)}
    parents: dict[str, dict[str, None]] = {}
    for reth in cluster.reths:
        for member in reth.members:
            parents.setdefault(member, {})[f"redundant-parent {reth.name}"] = None
    return junos.render({"chassis": {"cluster": chassis}, "interfaces": {
        **{member: {"gigether-options": options} for member, options in parents.items()},
        **{f"fab{node}": {"fabric-options": {"member-interfaces": {f"{slot}0": None}}} for node, slot in PORTS.items()},
        **{reth.name: {"redundant-ether-options": {f"redundancy-group {reth.redundancy_group}": None}}
           for reth in cluster.reths}}})


def reth_count(cluster: Cluster, tree: junos.Tree) -> int:
    """How many reths there have to be for those of the cluster and those of a configuration; 0 if there are none."""
    names = [*(reth.name for reth in cluster.reths), *(path[-1] for path in junos.find(tree, "interfaces", "*"))]
    counts = [int(found[1]) + 1 for name in names if (found := RETH.fullmatch(name))]
    said = [junos.number(path[-1]) for path in junos.find(tree, "chassis", "cluster", "reth-count", "*")]
    return max([*counts, *said], default=0)


@dataclass(frozen=True)
class Judged:
    """A vSRX as its rules look at it.

    :param named: its NICs with their names in Junos
    :param tree: of juniper.conf with all that it applies, the cluster's part included; it has passwords
    :param reths: the members of each reth
    :param fabric: the members of the fabric link, of both nodes
    """

    vsrx: Vsrx
    named: tuple[tuple[str, Nic], ...]
    tree: junos.Tree = field(repr=False)
    reths: t.Mapping[str, t.Sequence[str]]
    fabric: tuple[str, ...]

    @property
    def ports(self) -> dict[str, Nic]:
        """The NICs that have packets of the data plane, which are revenue ports and the fabric link."""
        return {name: nic for name, nic in self.named if name.startswith("ge-")}

    def speed(self, nic: Nic) -> int:
        """The Mbit/s of the link of a NIC, 0 if they are not known, as those of a link that is down."""
        return max(self.vsrx.speeds.get(nic.link or "", 0), 0)

    def lacks(self, name: str) -> bool:
        """Whether a name is that of a port of this node, which has no such NIC."""
        return name.startswith(own_slot(self.vsrx.cluster)) and name not in self.ports

    def reths_of(self, name: str) -> list[str]:
        """The reths of which an interface is a member."""
        return [reth for reth, members in self.reths.items() if name in members]


def judged(vsrx: Vsrx) -> Judged:
    """Find what the rules ask for."""
    tree = junos.applied(junos.parse(f"{vsrx.config}\n{cluster_config(vsrx)}"))
    reths: dict[str, list[str]] = {}
    for path in junos.find(tree, "interfaces", "*", "**", "redundant-parent", "*"):
        reths.setdefault(path[-1], []).append(path[1])
    fabric = (path[-1] for node in PORTS for path in junos.find(
        tree, "interfaces", f"fab{node}", "fabric-options", "member-interfaces", "*"))
    return Judged(vsrx, tuple(named(vsrx)), tree, reths, tuple(fabric))
