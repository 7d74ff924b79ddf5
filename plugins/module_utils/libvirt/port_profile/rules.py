# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the port groups of each kind of network cannot be."""

from __future__ import annotations

import functools
from dataclasses import fields

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import (
    BANDWIDTH,
    MACVTAP,
    PASSED,
    VIRTUALPORTS,
    VLAN,
    kind_of,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.bridges import check_bridge, check_vlan_of_bridge
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import virtualport
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.unchanged import check_changed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import Settings, find_group
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.pci import NETDEVS


def check_default(name: str, root: Element) -> None:
    """Refuse a second default, as libvirt does.

    :raises ValidationError: another port group of the network is the default
    """
    for group in root.findall("portgroup[@default='yes']"):
        if group is not find_group(root, name):
            raise ValidationError("default", f"port group {group.get('name')} is the default of this network", True,
                                  f"Give {group.get('name')} default: false first")


def check(settings: Settings, before: Settings | None, network: str, root: Element) -> None:
    """Refuse what libvirt would refuse, now or when a NIC comes, or would ignore. What is there already is not refused.

    :param settings: all that the profile is to give
    :param before: what it gives now, None for a new one
    :param root: the ``<network>``
    :raises NotSupported: a network of this mode has none of that
    :raises ValidationError: network and profile contradict each other
    """
    kind = kind_of(root)
    where = f"network {network} (forward mode {kind})"
    given = virtualport().read(root) or Virtualport()
    for rule in (_check_virtualport, _check_vlan, _check_limits):
        check_changed(functools.partial(rule, given, kind, where), settings, before)


def _check_limits(_given: Virtualport, kind: str, where: str, settings: Settings) -> None:
    limits = [rate for rate in (settings.inbound, settings.outbound) if rate not in (None, Rate())]
    if limits and kind not in BANDWIDTH:
        remedy = "a VF has max_tx_rate of nfv.kvm.sriov_vf" if kind in PASSED else "give it to each NIC"
        raise NotSupported("bandwidth", f"libvirt limits nothing on {where}", str(limits[0]),
                           f"Remove bandwidth; {remedy}")
    if settings.trust_guest_rx_filters and kind == "hostdev":
        raise NotSupported("trust_guest_rx_filters", f"the NICs of {where} are VFs, which have no filters of the host",
                           True, "Remove it; a VF has trust of nfv.kvm.sriov_vf")


def _check_virtualport(given: Virtualport, kind: str, where: str, settings: Settings) -> None:
    port, allowed = settings.virtualport or Virtualport(), VIRTUALPORTS[kind]
    if port.type is not None and port.type not in allowed:
        raise NotSupported("virtualport.type", f"{where} has {' or '.join(allowed) or 'no virtualports'}", port.type,
                           "Take another, or type: none")
    for key in (field.name for field in fields(Virtualport)):
        mine, theirs = getattr(port, key), getattr(given, key)
        if mine is not None and theirs is not None and mine != theirs:
            raise ValidationError(f"virtualport.{key}", f"{where} says {theirs}, and libvirt takes no other", mine,
                                  f"Take {theirs}, or change the network with nfv.kvm.vm_network")


def _check_vlan(given: Virtualport, kind: str, where: str, settings: Settings) -> None:
    vlan = settings.vlan
    if vlan is None or not vlan.tags:
        return
    if kind not in VLAN:
        raise NotSupported("vlan", f"libvirt sets no VLAN on {where}: it can on a bridge of the host and on VFs",
                           str(vlan), "Take another network, or tag inside the guest")
    if kind in PASSED and (vlan.trunk or len(vlan.tags) > 1):
        raise NotSupported("vlan", f"the NICs of {where} are VFs, and a VF takes exactly one VLAN tag and no trunk",
                           str(vlan), "Give one tag, or none and tag inside the guest")
    if kind in (*MACVTAP, "hostdev") and "802.1Qbh" in (given.type, (settings.virtualport or given).type):
        raise NotSupported("vlan", "with 802.1Qbh the port profile of the switch says the VLAN", str(vlan),
                           "Remove vlan")


def check_on_host(host: Host, connection: Connection, settings: Settings, name: str, network: Network) -> None:
    """Refuse what the network's bridge or devices cannot carry.

    :param name: of the network
    :raises ValidationError: there is no such bridge, or one of the other kind
    :raises NotSupported: it has no VLANs
    """
    vlan, own = settings.vlan or Vlan(), (settings.virtualport or Virtualport()).type
    switch = own or (network.virtualport or Virtualport()).type
    if network.kind() == "bridge" and (own or (vlan.tags and not switch)):
        check_bridge(host, f"bridge of network {name}", str(network.bridge), switch)
    if network.kind() == "bridge" and vlan.tags and not switch:
        check_vlan_of_bridge(host, connection, "vlan", vlan, str(network.bridge))
    for device in network.devices or () if network.kind() == "passthrough" and vlan.tags else ():
        if not host.exists(f"{NETDEVS}/{device}/device/physfn"):
            raise NotSupported("vlan", f"{device} of network {name} is no VF, and libvirt sets the VLAN of a macvtap "
                               "on VFs only", str(vlan), "Remove vlan, and give the network VLAN devices instead")
