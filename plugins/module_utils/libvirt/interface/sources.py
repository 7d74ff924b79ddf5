# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What NICs are connected to on the host: is it there, and will libvirt be able to use it."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.networks import check_network, network_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import bridges

# NIC models that some supported distributions lack, with the QEMU version that added them (QEMU's change log)
QEMU_OF_MODEL = {"igb": (8, 0)}
SEE_LINKS = "Run ip link to list the network interfaces of the host"


def check_source(host: Host, connection: Connection, subject: str, nic: Interface, before: Interface | None) -> None:
    """Refuse what libvirt would refuse, or let pass in silence, when the domain starts. Who else has what the NIC would
    take for itself is asked by :mod:`unused`.

    :param nic: all that the NIC will be
    :param before: the NIC now, None for a new one
    :raises ValidationError: what the NIC is connected to is not there or not ready
    :raises NotSupported: it cannot do what is asked
    :raises InUse: something on the host excludes that a macvtap is put on it
    """
    if nic.source_vf is not None:
        _check_vf(host, f"{subject}.source", nic.source_vf)
    if nic.source_bridge is not None:
        bridges.check_bridge(host, f"{subject}.source.bridge", nic.source_bridge, nic.switch)
        bridges.check_vlan_of_bridge(host, connection, f"{subject}.vlan", nic.vlan, nic.source_bridge, nic.switch)
    if nic.source_network is not None:
        given = network_of(connection, subject, nic, before is None or before.source_network != nic.source_network)
        check_network(subject, nic, given, before)
        network = given.network
        if network.bridge is not None:
            bridges.check_vlan_of_bridge(host, connection, f"{subject}.vlan", nic.vlan, network.bridge, network.switch)
        for dev in network.devices or ():
            _check_vlan_of_qbg(host, f"{subject}.source.network", nic, network.switch, dev)
    if nic.type == "direct" and nic.source_dev is not None:
        _check_netdev(host, subject, nic, nic.source_dev)
        if before is None or (before.type, before.source_dev) != (nic.type, nic.source_dev):
            _check_free(host, subject, nic.source_dev)
    _check_objects(host, connection, subject, nic)
    if before is None or before.model != nic.model:
        _check_model(connection, subject, nic.model)


def _check_objects(host: Host, connection: Connection, subject: str, nic: Interface) -> None:
    """What a NIC names beside its connection."""
    if nic.filterref and not connection.has_filter(nic.filterref.filter):
        raise ValidationError(f"{subject}.filterref.filter", "libvirt has no such network filter", nic.filterref.filter,
                              "Run virsh nwfilter-list to list the filters, or define it with virsh nwfilter-define")
    if nic.type == "vdpa" and nic.source_dev is not None and not host.exists(nic.source_dev):
        raise ValidationError(f"{subject}.source.dev", "this host has no such device", nic.source_dev,
                              "Create it with vdpa dev add, and load the kernel module vhost_vdpa")
    if nic.managed_tap is False and nic.target_dev and not host.exists(f"{pci.NETDEVS}/{nic.target_dev}"):
        raise ValidationError(f"{subject}.target_dev", "this host has no such TAP device, which managed: false needs",
                              nic.target_dev, f"Run ip tuntap add {nic.target_dev} mode tap")


def _check_model(connection: Connection, subject: str, model: str | None) -> None:
    """libvirt takes any model, and the domain then cannot start."""
    if model not in QEMU_OF_MODEL:
        return
    needed, found = QEMU_OF_MODEL[model], connection.qemu_version()
    if found < needed:
        raise NotSupported(f"{subject}.model", f"this NIC model requires QEMU {needed[0]}.{needed[1]} or later, and "
                           f"this host has QEMU {found[0]}.{found[1]}", model,
                           "Use another model, such as virtio or e1000e")


def _check_vf(host: Host, subject: str, address: str) -> None:
    if not host.exists(f"{pci.DEVICES}/{address}"):
        raise ValidationError(subject, "this host has no such PCI device", address, "Run lspci -D to list the PCI "
                              "devices of the host")
    pf_address = pci.pf_of(host, address)
    if pf_address is None:
        raise ValidationError(subject, "this PCI device is not a VF, which a NIC of type hostdev must be", address,
                              "Set it to a VF, or add the whole device as <hostdev> to the xml of nfv.kvm.vm_domain")
    netdevs = pci.netdevs(host, pf_address)
    if not netdevs:
        raise ValidationError(subject, f"its PF {pf_address} has no network interface, through which libvirt sets "
                              "the MAC of the VF", address, "Bind the PF to its network driver")
    if not pci.is_up(host, netdevs[0]):
        raise ValidationError(subject, f"its PF {netdevs[0]} is down, so libvirt cannot start a domain with it",
                              address, f"Run ip link set {netdevs[0]} up, or set up: true with nfv.kvm.sriov_vf")


def _check_netdev(host: Host, subject: str, nic: Interface, dev: str) -> None:
    """What a macvtap is put on (macvlan_common_newlink in drivers/net/macvlan.c of the kernel)."""
    folder, place = f"{pci.NETDEVS}/{dev}", f"{subject}.source.dev"
    if not host.exists(folder):
        raise ValidationError(place, "this host has no such network interface", dev, SEE_LINKS)
    if host.exists(f"{folder}/bridge"):
        raise ValidationError(place, "this is a bridge, on which macvtaps are not supported", dev,
                              "Set type: bridge, or choose a NIC")
    vf = pci.vf_of_netdev(host, dev)
    if vf is not None:
        _check_vf(host, place, vf)
    elif nic.source_mode == "passthrough":
        bridges.check_vlan_of_macvtap(host, f"{subject}.vlan", nic.vlan, dev, dev, "Set source.dev to a VLAN device")
    _check_vlan_of_qbg(host, place, nic, None, dev)


def _check_vlan_of_qbg(host: Host, subject: str, nic: Interface, switch: str | None, dev: str) -> None:
    """libvirt asks the switch for the VLAN of the device, and sends a 0 where it has none.

    :param switch: the type of virtualport that the network says
    """
    if "802.1Qbg" in (nic.switch, switch) and not nic.vlan and not _vlan_id(host, dev):
        raise ValidationError(subject, "802.1Qbg needs a VLAN other than 0, and this is not a VLAN device", dev,
                              f"Run ip link add link {dev} name {dev}.100 type vlan id 100, and set source.dev to "
                              f"{dev}.100")


def _check_free(host: Host, subject: str, dev: str) -> None:
    subject, master = f"{subject}.source.dev", host.link_name(f"{pci.NETDEVS}/{dev}/master")
    if master is not None and not _shares(host, master):
        switch = master == "ovs-system" or host.exists(f"{pci.NETDEVS}/{master}/bridge")
        raise InUse(subject, f"it is a port of {master}, so no macvtap can be created on it", dev,
                    "Use another network interface, or type: bridge" if switch else f"Set dev: {master}, or use "
                    "another network interface")


def _shares(host: Host, master: str) -> bool:
    """Whether a port of a master takes macvtaps as well: bridges, bonds, teams and Open vSwitch take all its packets.

    The kernel gives those to one only (netdev_rx_handler_register in its net/core/dev.c), and a VRF is none of them.
    """
    folder = f"{pci.NETDEVS}/{master}"
    known = master == "ovs-system" or host.exists(f"{folder}/bridge") or host.exists(f"{folder}/bonding")
    return not known and iproute.kind(host, master) == "vrf"


def _vlan_id(host: Host, dev: str) -> int | None:
    """The VLAN of a VLAN device (/proc/net/vlan of the kernel's 8021q), None for another."""
    words = (host.read(f"/proc/net/vlan/{dev}") or "").split()
    return int(words[words.index("VID:") + 1]) if "VID:" in words else None
