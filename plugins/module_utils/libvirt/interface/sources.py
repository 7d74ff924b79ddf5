# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What NICs are connected to on the host: is it there, and will libvirt be able to use it."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

IFF_UP = 1  # linux/if.h
# libvirt's news of 11.0.0: "Support for setting VLANs on standard Linux bridges"
VLAN_ON_BRIDGE = 11_000_000


def resolved(host: Host, wanted: Wanted) -> Wanted:
    """With the PCI address of the VF where it is named by its PF and number.

    :raises ValidationError: there is no such PF or VF
    """
    if wanted.pf is None or wanted.vf is None:
        return wanted
    try:
        pf_address = pci.address_of_pf(host, wanted.pf)
    except ValidationError as error:
        raise ValidationError(f"{wanted.subject}.source.pf", error.cause, error.value, error.remedy) from error
    address = pci.vf_address(host, pf_address, wanted.vf)
    if address is None:
        count = pci.number(host, pf_address, "sriov_numvfs") or 0
        raise ValidationError(f"{wanted.subject}.source.vf", f"PF {wanted.pf} has {count} VFs and not this one",
                              wanted.vf, "Make it with nfv.kvm.sriov_vf (VFs are counted from 0)")
    return replace(wanted, interface=replace(wanted.interface, source_vf=address))


def with_networks(connection: Connection, uuid: str, nics: t.Sequence[Interface],
                  running: t.Sequence[Interface]) -> tuple[Interface, ...]:
    """The running NICs, where the VF that a network gave is one of that network again: libvirt's XML only has the VF.

    :param uuid: of the domain
    :param nics: those of its definition, whose networks are asked
    """
    given: dict[str, str] = {}
    if any(live.type == "hostdev" for live in running):
        for name in {nic.source_network for nic in nics if nic.source_network}:
            network = connection.network(name)
            for text in network.ports if network else ():
                port = xml.parse(text, f"network {name}")
                if port.findtext("owner/uuid") == uuid and port.find("mac") is not None:
                    given[port.find("mac").get("address", "").lower()] = name
    return tuple(
        replace(live, type="network", source_network=given[live.mac])
        if live.type == "hostdev" and live.mac in given else live for live in running)


def check_source(host: Host, connection: Connection, subject: str, nic: Interface, before: Interface | None) -> None:
    """Refuse what libvirt would refuse, or let pass in silence, when the domain starts.

    :param nic: all that the NIC will be
    :param before: the NIC now, None for a new one
    :raises ValidationError: what the NIC is connected to is not there or not ready
    :raises NotSupported: it cannot do what is asked
    """
    if nic.source_vf is not None:
        _check_vf(host, f"{subject}.source", nic.source_vf)
    if nic.source_bridge is not None:
        _check_bridge(host, connection, subject, nic, nic.source_bridge)
    if nic.source_network is not None:
        moves = before is None or before.source_network != nic.source_network
        _check_network(host, connection, subject, nic, nic.source_network, moves)


def _check_vf(host: Host, subject: str, address: str) -> None:
    folder = f"{pci.DEVICES}/{address}"
    if not host.exists(folder):
        raise ValidationError(subject, "this host has no such PCI device", address, "See lspci -D")
    pf_address = host.link_name(f"{folder}/physfn")
    if pf_address is None:
        raise ValidationError(subject, "this PCI device is no VF, which a NIC of type hostdev must be", address,
                              "Name a VF, or give the whole device as <hostdev> in the xml of nfv.kvm.vm_domain")
    netdevs = pci.netdevs(host, pf_address)
    if not netdevs:
        raise ValidationError(subject, f"its PF {pf_address} has no network interface, through which libvirt sets "
                              "the MAC of the VF", address, "Bind the PF to its driver")
    if not int(host.read(f"{pci.NETDEVS}/{netdevs[0]}/flags") or "0", 16) & IFF_UP:
        raise ValidationError(subject, f"its PF {netdevs[0]} is down, so libvirt cannot start a domain with it",
                              address, f"Bring it up: nfv.kvm.sriov_vf with up: true, or ip link set {netdevs[0]} up")


def _check_bridge(host: Host, connection: Connection, subject: str, nic: Interface, bridge: str) -> None:
    if "/" in bridge or not host.exists(f"{pci.NETDEVS}/{bridge}"):
        raise ValidationError(f"{subject}.source.bridge", "this host has no such bridge", bridge,
                              "Make it first, or see ip link show type bridge for those that it has")
    if not host.exists(f"{pci.NETDEVS}/{bridge}/bridge"):
        raise ValidationError(f"{subject}.source.bridge", "this network interface is no Linux bridge", bridge,
                              "See ip link show type bridge for those that the host has")
    if nic.vlan is not None and nic.vlan.tags:
        _check_vlan_of_bridge(host, connection, subject, nic.vlan, bridge)


def _check_vlan_of_bridge(host: Host, connection: Connection, subject: str, vlan: Vlan, bridge: str) -> None:
    if connection.version() < VLAN_ON_BRIDGE:
        raise NotSupported(f"{subject}.vlan", "libvirt sets VLANs on a Linux bridge from version 11.0 on",
                           str(vlan), "Tag inside the guest, or use a bridge for each VLAN")
    # libvirt 11.3 gives the port its VLANs and leaves the bridge as it is: without filtering they mean nothing.
    if host.read(f"{pci.NETDEVS}/{bridge}/bridge/vlan_filtering") != "1":
        raise NotSupported(f"{subject}.vlan", f"bridge {bridge} does not filter VLANs, so it would ignore them",
                           str(vlan), f"Switch it on: ip link set {bridge} type bridge vlan_filtering 1")


def _check_network(host: Host, connection: Connection, subject: str, nic: Interface, name: str,
                   moves: bool) -> None:
    found = connection.network(name)
    if found is None:
        raise ValidationError(f"{subject}.source.network", "libvirt has no such network", name,
                              "Define it with nfv.kvm.vm_network, or see virsh net-list --all")
    if moves and not found.active:
        raise ValidationError(f"{subject}.source.network", "this network is not started, so no domain can use it", name,
                              f"Start it: virsh net-start {name}, and virsh net-autostart {name}")
    network = xml.parse(found.xml, f"network {name}")
    portgroups = [found.get("name") for found in network.findall("portgroup")]
    if nic.source_portgroup and nic.source_portgroup not in portgroups:
        # libvirt would start the domain without any of the port group's settings.
        raise ValidationError(f"{subject}.source.portgroup", f"network {name} has no such portgroup",
                              nic.source_portgroup, f"It has: {', '.join(map(str, portgroups)) or 'none'}")
    if nic.vlan is not None and nic.vlan.tags:
        _check_vlan_of_network(subject, nic.vlan, name, network)
        bridge = network.find("bridge")
        if bridge is not None and network.find("virtualport") is None:
            _check_vlan_of_bridge(host, connection, subject, nic.vlan, str(bridge.get("name")))


def _check_vlan_of_network(subject: str, vlan: Vlan, name: str, network: Element) -> None:
    """libvirt refuses the others at the start only ("vlan tag not supported for this connection type", 11.3)."""
    forward = network.find("forward")
    mode = "isolated" if forward is None else forward.get("mode", "nat")
    on_vf = mode in ("hostdev", "passthrough")
    if not on_vf and (mode != "bridge" or network.find("bridge") is None):
        raise NotSupported(
            f"{subject}.vlan", f"libvirt sets no VLAN on network {name} (forward mode {mode}): it can on a bridge of "
            "the host and on VFs", str(vlan), "Take another network, or tag inside the guest")
    if on_vf and (vlan.trunk or len(vlan.tags) > 1):
        raise NotSupported(f"{subject}.vlan", f"network {name} gives VFs, and a VF takes exactly one VLAN tag and no "
                           "trunk", str(vlan), "Give one tag, or none and tag inside the guest")
