# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a libvirt network gives its NICs, and what it cannot give them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.rules import NEEDED
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import find_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import (
    OWN_BRIDGE,
    VIRTUALPORTS,
    VLAN,
    kind_of,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import virtualport_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.unchanged import check_changed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class Network:
    """A network as a NIC meets it.

    :param kind: its forward mode; "isolated" for none, "macvtap bridge" for mode bridge without a bridge
    :param levels: the port group and the network, in the order in which they count
    """

    name: str
    kind: str
    levels: tuple[Element, ...]

    @property
    def root(self) -> Element:
        """``<network>``."""
        return self.levels[-1]

    def bridge(self) -> str | None:
        """The bridge of the host that it is."""
        found = self.root.find("bridge")
        return None if found is None else found.get("name")

    def devices(self) -> list[str]:
        """The netdevs of the host that its NICs are put on."""
        return [str(found.get("dev")) for found in self.root.findall("forward/interface")]

    def virtualport(self) -> Virtualport:
        """What port group and network say of it together."""
        found = Virtualport()
        for level in self.levels:
            element = level.find("virtualport")
            if element is not None:
                other = virtualport_of(element)
                found = replace(other, **{**other.parameters(), **found.parameters()}, type=found.type or other.type)
        return found


def network_of(connection: Connection, subject: str, nic: Interface, moves: bool) -> Network:
    """The network of a NIC.

    :param moves: whether the NIC is not on it yet
    :raises ValidationError: the network is not there or not started, or has no such port group
    """
    name = str(nic.source_network)
    found = find_network(connection, name)
    if found is None:
        raise ValidationError(f"{subject}.source.network", "libvirt has no such network", name,
                              "Define it with nfv.kvm.vm_network, or see virsh net-list --all")
    if moves and not found.active():
        raise ValidationError(f"{subject}.source.network", "this network is not started, so no domain can use it", name,
                              f"Start it: virsh net-start {name}, and virsh net-autostart {name}")
    root = xml.parse(found.definition(), f"network {name}")
    portgroups = [found.get("name") for found in root.findall("portgroup")]
    if nic.source_portgroup and nic.source_portgroup not in portgroups:
        # libvirt would start the domain without any of the port group's settings.
        raise ValidationError(f"{subject}.source.portgroup", f"network {name} has no such portgroup",
                              nic.source_portgroup, f"It has: {', '.join(map(str, portgroups)) or 'none'}")
    return _network(name, root, nic.source_portgroup)


def check_network(subject: str, nic: Interface, network: Network, before: Interface | None) -> None:
    """Refuse what libvirt refuses at the start only, or ignores. What a NIC of the network has already is not refused.

    :param before: the NIC now, None for a new one
    :raises NotSupported: this kind of network cannot do it
    :raises ValidationError: NIC and network contradict each other, or something is missing
    """
    stays = before is not None and (before.source_network, before.source_portgroup or "") == (
        nic.source_network, nic.source_portgroup or "")
    for rule in (_vlan, _virtualport, _bandwidth, _filterref, _teaming):
        check_changed(functools.partial(rule, subject, network), nic, before if stays else None)


def _network(name: str, root: Element, portgroup: str | None) -> Network:
    groups = [group for group in root.findall("portgroup")
              if group.get("name") == portgroup or (not portgroup and group.get("default") == "yes")]
    return Network(name, kind_of(root), (*groups[:1], root))


def _vlan(subject: str, network: Network, nic: Interface) -> None:
    """The words of libvirt 11.3 at the start: "vlan tag not supported for this connection type"."""
    if nic.vlan is None or not nic.vlan.tags:
        return
    if network.kind not in VLAN:
        raise NotSupported(
            f"{subject}.vlan", f"libvirt sets no VLAN on network {network.name} (forward mode {network.kind}): it can "
            "on a bridge of the host and on VFs", str(nic.vlan), "Take another network, or tag inside the guest")
    if network.kind != "bridge" and (nic.vlan.trunk or len(nic.vlan.tags) > 1):
        raise NotSupported(f"{subject}.vlan", f"network {network.name} gives VFs, and a VF takes exactly one VLAN tag "
                           "and no trunk", str(nic.vlan), "Give one tag, or none and tag inside the guest")


def _virtualport(subject: str, network: Network, nic: Interface) -> None:
    own, given = nic.virtualport or Virtualport(), network.virtualport()
    if own == Virtualport():
        return
    allowed = VIRTUALPORTS[network.kind]
    if own.type is not None and own.type not in allowed:
        raise NotSupported(f"{subject}.virtualport.type", f"network {network.name} (forward mode {network.kind}) "
                           f"has {' or '.join(allowed) or 'no virtualports'}", own.type, "Take another, or none")
    for key in (field.name for field in fields(Virtualport)):
        mine, theirs = getattr(own, key), getattr(given, key)
        if mine is not None and theirs is not None and mine != theirs:
            raise ValidationError(f"{subject}.virtualport.{key}", f"network {network.name} or its port group says "
                                  f"{theirs}, and libvirt takes no other", mine, f"Remove {key}, or change the network")
    for key in NEEDED.get(str(own.type or given.type), ()):
        if getattr(own, key) is None and getattr(given, key) is None:
            raise ValidationError(f"{subject}.virtualport.{key}", f"a virtualport of type {own.type or given.type} "
                                  f"needs it, and network {network.name} does not say it", remedy=f"Give {key}")


def _bandwidth(subject: str, network: Network, nic: Interface) -> None:
    limits = [rate for rate in (nic.inbound, nic.outbound) if rate is not None and str(rate) != "none"]
    if limits and network.kind == "hostdev":
        raise NotSupported(f"{subject}.bandwidth", f"network {network.name} gives VFs, which libvirt does not "
                           "limit", str(limits[0]), "Remove bandwidth; a VF has max_tx_rate of nfv.kvm.sriov_vf")
    floor = None if nic.inbound is None else nic.inbound.floor
    own = network.root.find("bandwidth/inbound")
    if floor is not None and (network.kind not in OWN_BRIDGE or own is None or own.get("average") is None):
        raise NotSupported(f"{subject}.bandwidth.inbound.floor", f"network {network.name} guarantees nothing: that "
                           "takes one that libvirt routes itself, with an inbound average of its own", floor,
                           "Remove floor, or give the network bandwidth")


def _filterref(subject: str, network: Network, nic: Interface) -> None:
    if nic.filterref is None or not nic.filterref.filter:
        return
    if network.kind not in (*OWN_BRIDGE, "bridge") or network.virtualport().type is not None:
        raise NotSupported(f"{subject}.filterref", f"libvirt filters only on a Linux bridge, which network "
                           f"{network.name} is not", nic.filterref.filter, "Remove filterref, and filter in the switch")


def _teaming(subject: str, network: Network, nic: Interface) -> None:
    kind = None if nic.teaming is None else nic.teaming.type
    if kind is not None and (kind == "transient") != (network.kind == "hostdev"):
        raise NotSupported(f"{subject}.teaming", f"network {network.name} (forward mode {network.kind}) gives "
                           f"{'VFs' if network.kind == 'hostdev' else 'no VFs'}, and the {kind} NIC of a team is "
                           f"{'a VF' if kind == 'transient' else 'none'}", kind, "Take another network")
