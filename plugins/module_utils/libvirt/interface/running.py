# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs of a running domain as its definition would name them: libvirt shows what their networks made of them."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import find_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


def with_networks(connection: Connection, uuid: str, nics: t.Sequence[Interface],
                  running: t.Sequence[Interface]) -> tuple[Interface, ...]:
    """The running NICs as their networks made them, put back to what a definition says: libvirt's XML has the result.

    A VF that a network gave is one of that network again; virtualport and MTU are without what is the network's own.

    :param uuid: of the domain
    :param nics: those of its definition, whose networks are asked
    """
    given: dict[str, str] = {}
    if any(live.type == "hostdev" for live in running):
        for name in {nic.source_network for nic in nics if nic.source_network}:
            network = find_network(connection, name)
            for port in network.ports() if network else ():
                if port.findtext("owner/uuid") == uuid:
                    given[xml.mac(port)] = name
    return tuple(
        replace(live, type="network", source_network=given[live.mac])
        if live.type == "hostdev" and live.mac in given
        else as_defined(live, nics) if live.source_network else live for live in running)


def as_defined(live: Interface, nics: t.Sequence[Interface]) -> Interface:
    """A running NIC of a network without what the network added to its virtualport and MTU.

    :param nics: those of the definition, which tell what the NIC itself asked for
    """
    own = next((nic for nic in nics if (nic.alias and nic.alias == live.alias) or nic.mac == live.mac), None)
    if own is None or own.type != live.type:
        return live
    if own.virtualport is not None and live.virtualport is not None and own.virtualport.within(live.virtualport):
        live = replace(live, virtualport=own.virtualport)
    return live if own.mtu is not None else replace(live, mtu=None)


def on_netdevs(host: Host, running: t.Sequence[Interface], live: Element) -> tuple[Interface, ...]:
    """The running NICs, macvtaps with the name that the netdev below them has now; libvirt keeps that of their start.

    :param live: the running XML of the domain, which has them in this order
    """
    return tuple(_on_netdev(host, nic, element) if nic.type == "direct" else nic
                 for nic, element in zip(running, live.findall("devices/interface")))


def _on_netdev(host: Host, nic: Interface, element: Element) -> Interface:
    target = element.find("target")
    names = [] if target is None else host.names(f"{pci.NETDEVS}/{target.get('dev')}")
    below = [name[len("lower_"):] for name in names if name.startswith("lower_")]
    return replace(nic, source_dev=below[0]) if len(below) == 1 else nic
