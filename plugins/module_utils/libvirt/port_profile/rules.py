# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the port groups of each kind of network cannot be."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network import modes
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import bridges, rules
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import PortProfile, find_group
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


def check_default(name: str, root: Element) -> None:
    """Refuse a second default, as libvirt does.

    :raises ValidationError: another port group of the network is the default
    """
    for group in root.findall("portgroup[@default='yes']"):
        if group is not find_group(root, name):
            raise ValidationError("default", f"port group {group.get('name')} is the default of this network", True,
                                  f"Set default: false for {group.get('name')} first")


def check(profile: PortProfile, before: PortProfile | None, name: str, network: Network) -> None:
    """Refuse what libvirt would refuse, now or when a NIC comes, or would ignore. What is there already is not refused.

    :param profile: all that it is to give
    :param before: what it gives now, None for a new one
    :param name: of the network
    :raises NotSupported: a network of this mode has none of that
    :raises ValidationError: network and profile contradict each other
    """
    where = f"network {name} (forward mode {network.kind()})"
    rules.check_changed((_check_virtualport, _check_vlan, _check_limits), (network, where), profile, before)


def _check_virtualport(network: Network, where: str, profile: PortProfile) -> None:
    modes.check_switch("virtualport", profile, network.kind(), where, "Set another type, or type: none")
    rules.check_agrees("virtualport", profile.virtualport, network.virtualport or Virtualport(), where,
                       "Set {given}, or change the network with nfv.kvm.vm_network")


def _check_vlan(network: Network, where: str, profile: PortProfile) -> None:
    modes.check_vlan("vlan", profile.vlan, network.kind(), where, vfs=f"the NICs of {where} are VFs, and ")
    if network.mode in modes.PASSED:
        rules.check_vlan_of_profile("vlan", profile.vlan, profile.switch, network.switch)


def _check_limits(network: Network, where: str, profile: PortProfile) -> None:
    if profile.limits and network.kind() not in modes.BANDWIDTH:
        remedy = "set max_tx_rate of the VFs with nfv.kvm.sriov_vf" if network.mode in modes.PASSED else \
            "set it for each NIC"
        raise NotSupported("bandwidth", f"libvirt does not limit the bandwidth on {where}", str(profile.limits[0]),
                           f"Remove bandwidth; {remedy}")
    if profile.trust_guest_rx_filters and network.mode in modes.VFS:
        raise NotSupported("trust_guest_rx_filters", f"the NICs of {where} are VFs, for which the host has no filters",
                           True, "Remove it, and set trust of the VFs with nfv.kvm.sriov_vf")


def check_on_host(host: Host, connection: Connection, name: str, network: Network, profile: PortProfile) -> None:
    """Refuse what the network's bridge or devices cannot carry.

    :param name: of the network
    :raises ValidationError: there is no such bridge, or one of the other kind
    :raises NotSupported: it has no VLANs
    """
    switch = profile.switch or network.switch
    if network.kind() == "bridge" and (profile.switch or (profile.vlan and not switch)):
        bridges.check_bridge(host, f"bridge of network {name}", str(network.bridge), switch)
    if network.kind() == "bridge":
        bridges.check_vlan_of_bridge(host, connection, "vlan", profile.vlan, str(network.bridge), switch)
    for device in network.devices or () if network.kind() == "passthrough" else ():
        bridges.check_vlan_of_macvtap(host, "vlan", profile.vlan, device, f"{device} of network {name}",
                                      "Remove vlan, and set VLAN devices for the network instead")
