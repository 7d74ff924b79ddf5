# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NUMA nodes of NICs, by the devices of the host that they are on."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import root_of


def node_of_nic(host: Host, connection: Connection, nic: Interface, pf: str | None = None) -> int | None:
    """The NUMA node of a NIC's device, None without a device, and if the firmware names no node.

    :param host: with the VFs that the NICs will have
    :param pf: the PF of its VF, if that is named so
    """
    devices = {pf or nic.source_vf or nic.source_dev or ""}
    if nic.type == "network":
        devices = set(_of_network(connection, nic.source_network))
    nodes = {_node_of(host, device) for device in devices if device} - {None}
    return nodes.pop() if len(nodes) == 1 else None


def _of_network(connection: Connection, name: str | None) -> t.Iterator[str]:
    """The devices of the host that a network gives to its NICs, or has its macvtaps on."""
    root = root_of(connection, name)
    forward = None if root is None else root.find("forward")
    for found in () if forward is None else forward.iterchildren("pf", "interface", "address"):
        yield found.get("dev") or xml.pci_address(found) or ""


def _node_of(host: Host, device: str) -> int | None:
    """A VF that is still to be made is where its PF is."""
    address = pci.bus_address(host, device)
    return None if address is None else pci.numa_node(host, pci.pf_of(host, address) or address)
