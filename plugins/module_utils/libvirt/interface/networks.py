# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a libvirt network gives its NICs, and what it cannot give them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network import modes
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import find_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import read_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rules
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import virtualport
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class NicNetwork:
    """A network as a NIC meets it.

    :param network: it, with the virtualport that it and the port group of the NIC say together
    :param guarantees: whether it has bandwidth to guarantee
    """

    name: str
    network: Network
    guarantees: bool

    @property
    def kind(self) -> str:
        """As modes.py counts it."""
        return self.network.kind()

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"network {self.name} (forward mode {self.kind})"


def network_of(connection: Connection, subject: str, nic: Interface, moves: bool) -> NicNetwork:
    """The network of a NIC.

    :param moves: whether the NIC is not on it yet
    :raises ValidationError: the network is not there or not started, or has no such port group
    """
    name = str(nic.source_network)
    found = find_network(connection, name)
    if found is None:
        raise ValidationError(f"{subject}.source.network", "libvirt has no such network", name,
                              "Define it with nfv.kvm.vm_network, or run virsh net-list --all to list the networks")
    if moves and not found.active():
        raise ValidationError(f"{subject}.source.network", "this network is not started, so no domain can use it", name,
                              f"Run virsh net-start {name} and virsh net-autostart {name}")
    root = found.root()
    portgroups = [found.get("name") for found in root.findall("portgroup")]
    if nic.source_portgroup and nic.source_portgroup not in portgroups:
        # libvirt would start the domain without any of the port group's settings.
        raise ValidationError(f"{subject}.source.portgroup", f"network {name} does not have this port group",
                              nic.source_portgroup, "Use one of its port groups "
                              f"({', '.join(map(str, portgroups)) or 'none'}), or create it with nfv.kvm.port_profile")
    return _network(name, root, nic.source_portgroup)


def check_network(subject: str, nic: Interface, given: NicNetwork, before: Interface | None) -> None:
    """Refuse what libvirt refuses at the start only, or ignores. What a NIC of the network has already is not refused.

    :param before: the NIC now, None for a new one
    :raises NotSupported: this kind of network cannot do it
    :raises ValidationError: NIC and network contradict each other, or something is missing
    """
    stays = before is not None and (before.source_network, before.source_portgroup or "") == (
        nic.source_network, nic.source_portgroup or "")
    rules.check_changed((_vlan, _virtualport, _bandwidth, _filterref, _teaming), (subject, given), nic,
                        before if stays else None)


def _network(name: str, root: Element, portgroup: str | None) -> NicNetwork:
    network = read_network(root)
    groups = [group for group in root.findall("portgroup")
              if group.get("name") == portgroup or (not portgroup and group.get("default") == "yes")]
    for own in filter(None, map(virtualport().read, groups[:1])):
        network = replace(network, virtualport=(network.virtualport or Virtualport()).overlaid(own))
    guarantees = network.mode in modes.OWN_BRIDGE and root.find("bandwidth/inbound[@average]") is not None
    return NicNetwork(name, network, guarantees)


def _vlan(subject: str, given: NicNetwork, nic: Interface) -> None:
    modes.check_vlan(f"{subject}.vlan", nic.vlan, given.kind, given.called,
                     vfs=f"network {given.name} gives VFs, and ")


def _virtualport(subject: str, given: NicNetwork, nic: Interface) -> None:
    if not nic.virtualport:
        return
    subject, port = f"{subject}.virtualport", given.network.virtualport or Virtualport()
    modes.check_switch(subject, nic, given.kind, given.called, "Set another type, or remove virtualport")
    rules.check_agrees(subject, nic.virtualport, port, f"network {given.name} or its port group",
                       "Remove {key}, or change the network")
    rules.check_complete(subject, nic.switch or port.type, {**nic.virtualport.parameters(), **port.parameters()},
                         f", and network {given.name} does not set it")


def _bandwidth(subject: str, given: NicNetwork, nic: Interface) -> None:
    if nic.limits and given.kind in modes.VFS:
        raise NotSupported(f"{subject}.bandwidth", f"network {given.name} gives VFs, whose bandwidth libvirt cannot "
                           "limit",
                           str(nic.limits[0]), "Remove bandwidth, and set max_tx_rate of the VF with nfv.kvm.sriov_vf")
    floor = None if nic.inbound is None else nic.inbound.floor
    if floor is not None and not given.guarantees:
        raise NotSupported(f"{subject}.bandwidth.inbound.floor", f"network {given.name} cannot guarantee bandwidth, "
                           "which requires a network that libvirt routes itself and that has an inbound average", floor,
                           "Remove floor, or set the bandwidth of the network")


def _filterref(subject: str, given: NicNetwork, nic: Interface) -> None:
    on_bridge = given.kind in (*modes.OWN_BRIDGE, "bridge") and given.network.switch is None
    if nic.filterref and not on_bridge:
        raise NotSupported(f"{subject}.filterref", f"libvirt filters only on a Linux bridge, and network {given.name} "
                           "does not have one", nic.filterref.filter, "Remove filterref, and filter in the switch")


def _teaming(subject: str, given: NicNetwork, nic: Interface) -> None:
    if not nic.teaming:
        return
    kind, vfs = nic.teaming.type, given.kind in modes.VFS
    if (kind == "transient") != vfs:
        raise NotSupported(f"{subject}.teaming.type", f"{given.called} gives {'VFs' if vfs else 'no VFs'}, and the "
                           f"{kind} NIC of a team must {'be a VF' if kind == 'transient' else 'not be one'}", kind,
                           "Use another network")
