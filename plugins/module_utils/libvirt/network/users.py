# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is on a network: domains with NICs on it, and what is on the bridge that libvirt made for it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import OWN_BRIDGE
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class OnBridge:
    """Who loses its link when a bridge goes.

    :param domains: running domains with a NIC on it
    :param netdevs: its other ports, and what is on top of it, such as a VLAN device
    """

    domains: tuple[str, ...] = ()
    netdevs: tuple[str, ...] = ()

    def names(self) -> str:
        """All of them, empty for none."""
        return ", ".join((*self.domains, *self.netdevs))


NOBODY = OnBridge()


def on_bridge(host: Host, connection: Connection, name: str, running: Network | None, nics: int) -> OnBridge:
    """What is on the bridge that libvirt made for a network beside the network's own NICs, and takes away with it.

    The domains are read only if there is more than those NICs. A network that has any stays as it is anyway.

    :param running: what the network runs with, None when it is not started
    :param nics: how many NICs of running domains are on the network
    """
    if running is None or running.mode not in OWN_BRIDGE or not running.bridge:
        return NOBODY
    bridge = running.bridge
    ports, uppers = {*host.names(f"{pci.NETDEVS}/{bridge}/brif")} - {_dummy(bridge)}, pci.uppers(host, bridge)
    if not uppers and len(ports) <= nics:
        return NOBODY
    found = ports.union(uppers)
    others = [nic for nic in read_ledger(connection) if nic.live and (nic.port in found or nic.bridge == bridge)]
    domains = {nic.domain for nic in others if nic.network != name}
    return OnBridge(tuple(sorted(domains)), tuple(sorted(found - {nic.port for nic in others})))


def _dummy(bridge: str) -> str:
    """The port that libvirt before 6.8 adds to keep the bridge's MAC (networkBridgeDummyNicName)."""
    return f"{bridge}-nic" if len(bridge) <= 11 else f"{bridge[:10]}{bridge[-1]}-nic"


def running_domains(ports: t.Iterable[Element]) -> tuple[str, ...]:
    """The names of the running domains with NICs on a network.

    :param ports: the ``<networkport>`` of those NICs
    """
    return tuple(sorted({port.findtext("owner/name") or "(none)" for port in ports}))


def defined_domains(connection: Connection, name: str, network: Network) -> tuple[str, ...]:
    """The names of the domains whose definition has a NIC on it, or on the bridge that libvirt makes for it."""
    bridge = network.bridge if network.mode in OWN_BRIDGE else None
    return tuple(sorted({entry.domain for entry in read_ledger(connection)
                         if not entry.live and (entry.network == name or (bridge and entry.bridge == bridge))}))
