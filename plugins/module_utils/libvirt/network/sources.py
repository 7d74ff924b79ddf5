# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network is connected to on the host: is it there, is it free, and will libvirt be able to use it."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import read_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import OWN_BRIDGE
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import bridges
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# libvirt 9.0 on Debian 12 refuses it ("open forwarding requested, but no IP address provided"), 11.3 on Debian 13 does
# not; what releases between them do is left to themselves.
NO_OPEN_WITHOUT_ADDRESS = 9_000_000


def netdev_of_pf(host: Host, pf: str | None) -> str | None:
    """The netdev of a PF, as libvirt wants it named.

    :raises ValidationError: there is no such PF, or it has no netdev
    """
    if pf is None:
        return None
    try:
        address = pci.address_of_pf(host, pf)
    except ValidationError as error:
        raise ValidationError("forward.pf", error.cause, error.value, error.remedy) from error
    names = pci.netdevs(host, address)
    if not names:
        raise ValidationError("forward.pf", "this PF has no network interface, which libvirt needs", pf,
                              "Bind it to its network driver")
    return pf if pf in names else names[0]


def check_sources(host: Host, connection: Connection, network: Network, others: t.Mapping[str, Element],
                  starts: bool, running: Network | None) -> None:
    """Refuse what libvirt would refuse, or let pass until a domain starts.

    :param network: all that it is to be
    :param others: the definitions of the other networks by name
    :param starts: whether it is to be started now
    :param running: what it runs with until then, None when it is not started
    :raises ValidationError: what it is connected to is not there, or another network's
    :raises NotSupported: it cannot do what is asked
    :raises InUse: the name of its bridge is taken
    """
    if network.mode == "open" and not network.addresses and connection.version() <= NO_OPEN_WITHOUT_ADDRESS:
        raise NotSupported("addresses", "this version of libvirt does not accept a network of mode open without an "
                           "address of the host",
                           remedy="Add an address such as 192.0.2.1/24, or set mode isolated")
    if network.mode == "bridge" and network.bridge is not None:
        bridges.check_bridge(host, "forward.bridge", network.bridge, network.switch)
        bridges.check_vlan_of_bridge(host, connection, "vlan", network.vlan, network.bridge, network.switch)
    if network.mode in OWN_BRIDGE and network.bridge is not None:
        _check_own_bridge(host, network.bridge, others, starts and (running or Network()).bridge != network.bridge)
    if network.pf:
        _check_pf(host, network, others, starts)
    for place, device in enumerate(network.devices or ()):
        _check_device(host, f"forward.devices[{place}]", network, device)


def _check_own_bridge(host: Host, bridge: str, others: t.Mapping[str, Element], starts: bool) -> None:
    for name, root in others.items():
        other = read_network(root)
        if other.mode in OWN_BRIDGE and other.bridge == bridge:
            raise ValidationError("forward.bridge", f"network {name} already has this bridge",
                                  bridge, "Use another name, or remove bridge")
    if starts and host.exists(f"{pci.NETDEVS}/{bridge}"):
        raise InUse("forward.bridge", "libvirt creates this bridge, but the host already has a network interface of "
                    "this name",
                    bridge, "Use another name, remove bridge, or set mode bridge to connect to a bridge of the host")


def _check_pf(host: Host, network: Network, others: t.Mapping[str, Element], starts: bool) -> None:
    pf = str(network.pf)
    for name, root in others.items():
        if read_network(root).pf == pf:
            # Each network counts for itself which VFs are free.
            raise ValidationError("forward.pf", f"network {name} gives the VFs of this PF, and both networks would "
                                  "give the same VFs",
                                  pf, "Set devices so that each network has its own VFs, or use port groups "
                                  "(nfv.kvm.port_profile) instead of a second network")
    address = pci.address_of_pf(host, pf)
    if starts and not pci.number(host, address, "sriov_numvfs"):
        raise ValidationError("forward.pf", "this PF has no VFs, so libvirt cannot start the network", pf,
                              "Create them with nfv.kvm.sriov_vf, or set state: present")


def _check_device(host: Host, subject: str, network: Network, device: str) -> None:
    if network.mode == "hostdev":
        if not host.exists(f"{pci.DEVICES}/{device}"):
            raise ValidationError(subject, "this host has no such PCI device", device, "Run lspci -D to list the PCI "
                                  "devices of the host")
        if pci.pf_of(host, device) is None:
            raise ValidationError(subject, "this PCI device is not a VF, and a network of mode hostdev gives VFs only",
                                  device,
                                  "Use a VF, as listed by nfv.kvm.sriov_vf_info")
        return
    if not host.exists(f"{pci.NETDEVS}/{device}"):
        raise ValidationError(subject, "this host has no such network interface", device,
                              "Run ip link to list the network interfaces of the host")
    if network.mode in OWN_BRIDGE:
        return
    if host.exists(f"{pci.NETDEVS}/{device}/bridge"):
        raise ValidationError(subject, "this is a bridge, on which macvtaps are not supported", device,
                              "Set it as forward.bridge with mode: bridge, or use a NIC")
    if network.mode == "passthrough":
        bridges.check_vlan_of_macvtap(host, "vlan", network.vlan, device, device,
                                      "Set forward.devices to VLAN devices")
