# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an appliance runs on its host, and where it is to run."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain
from ansible_collections.nfv.kvm.plugins.module_utils.placement.choose import Chooser
from ansible_collections.nfv.kvm.plugins.module_utils.placement.holders import read_holders, xml_of
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Demand, Placement, Want
from ansible_collections.nfv.kvm.plugins.module_utils.placement.near import node_of_nic
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import read_topology
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_holder, read_placement, render

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.appliance.resource import ApplianceResource
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf


@dataclass(frozen=True)
class Placed:
    """An appliance on the CPUs and the memory of its host.

    :param present: as its definition says, None if that says nothing
    """

    present: Placement | None
    wanted: Placement
    warnings: tuple[str, ...] = ()

    def shown(self) -> dict[str, t.Any] | None:
        """What it has, for the diff."""
        return None if self.present is None else self.present.shown()

    def write(self, domain: xml.Element) -> None:
        """Write it into the XML of the domain."""
        render(domain, self.wanted)


def place(later: Host, appliance: ApplianceResource, want: Want, handle: Domain | None, pfs: t.Sequence[Pf]) -> Placed:
    """Choose where an appliance is to run, before anything of it is made.

    :param later: the host with the VFs that it will have
    :param handle: its domain, None for one that is not there yet
    :param pfs: the PFs that are prepared for it
    :raises KvmError: it fits nowhere
    """
    topology = read_topology(later)
    live, definition = (None, None) if handle is None else xml_of(handle)
    own = None if live is None and definition is None else read_holder(
        appliance.name, topology.cpus, definition, live)
    present = None if definition is None else read_placement(definition)
    known = {node.number for node in topology.nodes}
    nodes = [node_of_nic(later, appliance.connection, nic.interface, nic.pf) for nic in appliance.nics]
    nodes = [node for node in nodes if node in known] or [pf.numa_node for pf in pfs]
    starts = live is None and appliance.state == "running"
    near = tuple(node for node in nodes if node is not None and node in known)
    demand = Demand(appliance.profile.vcpus, appliance.profile.memory << 10, near, starts)
    holders = read_holders(appliance.connection, topology.cpus, without=appliance.name)
    chooser = Chooser(topology, holders, want, demand, present, own)
    wanted = chooser.choose()
    return Placed(present, wanted, chooser.warnings(wanted))
