# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridges and netdevs of the host that ports are on: are they there, and can they do what is asked."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.pci import NETDEVS, vf_of_netdev

# libvirt's news of 11.0.0: "Support for setting VLANs on standard Linux bridges"
VLAN_ON_BRIDGE = 11_000_000


def check_bridge(host: Host, subject: str, bridge: str, virtualport: str | None) -> None:
    """Refuse what is not such a bridge.

    :param virtualport: the type of virtualport that ports on it have
    :raises ValidationError: the host has none of that name, or one of the other kind
    """
    if "/" in bridge or not host.exists(f"{NETDEVS}/{bridge}"):
        raise ValidationError(subject, "this host has no such bridge", bridge,
                              "Create it first, or run ip link show type bridge to list the bridges of the host")
    is_linux = host.exists(f"{NETDEVS}/{bridge}/bridge")
    if virtualport == "openvswitch" and (
            is_linux or host.run(["ovs-vsctl", "--timeout=10", "br-exists", bridge]).returncode):
        raise ValidationError(subject, "Open vSwitch has no such bridge", bridge,
                              "Run ovs-vsctl list-br to list its bridges, or set virtualport with type: none for a "
                              "Linux bridge")
    if virtualport is None and not is_linux:
        raise ValidationError(subject, "this network interface is not a Linux bridge", bridge,
                              "Run ip link show type bridge to list the Linux bridges of the host, or set virtualport "
                              "with type: openvswitch for a bridge of Open vSwitch")


def check_vlan_of_bridge(host: Host, connection: Connection, subject: str, vlan: Vlan | None, bridge: str,
                         virtualport: str | None) -> None:
    """Refuse VLANs that a Linux bridge would not have.

    :param virtualport: the type of virtualport that ports on it have, None for a Linux bridge
    :raises NotSupported: libvirt is too old, or the bridge does not filter VLANs
    """
    if not vlan or virtualport is not None:
        return
    if connection.version() < VLAN_ON_BRIDGE:
        raise NotSupported(subject, "libvirt sets VLANs on a Linux bridge only from version 11.0 on",
                           str(vlan), "Tag inside the guest, or use a bridge for each VLAN")
    # libvirt 11.3 gives the port its VLANs and leaves the bridge as it is: without filtering they mean nothing.
    if host.read(f"{NETDEVS}/{bridge}/bridge/vlan_filtering") != "1":
        raise NotSupported(subject, f"bridge {bridge} does not filter VLANs, so it would ignore them",
                           str(vlan), f"Run ip link set {bridge} type bridge vlan_filtering 1")


def check_vlan_of_macvtap(host: Host, subject: str, vlan: Vlan | None, dev: str, called: str, remedy: str) -> None:
    """Refuse VLANs of macvtaps of mode passthrough on what is not a VF.

    :param called: what messages call the netdev
    :raises NotSupported: libvirt sets them on VFs only
    """
    if vlan and vf_of_netdev(host, dev) is None:
        raise NotSupported(subject, f"{called} is not a VF, and libvirt sets the VLAN of a macvtap on VFs only",
                           str(vlan),
                           remedy)
