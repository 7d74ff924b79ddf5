# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which domains have NICs on a network."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import NetworkHandle


def running_domains(network: NetworkHandle) -> tuple[str, ...]:
    """The names of the running domains with NICs on it."""
    owners = [xml.parse(port, f"network {network.name}").findtext("owner/name") for port in network.ports()]
    return tuple(sorted({owner or "(none)" for owner in owners}))


def domains(connection: Connection, network: str) -> tuple[str, ...]:
    """The names of all domains that have a NIC on it, running or defined."""
    return tuple(sorted({entry.domain for entry in read_ledger(connection) if entry.network == network}))


def defined_domains(connection: Connection, network: str) -> tuple[str, ...]:
    """The names of the domains whose definition has a NIC on it."""
    return tuple(sorted({entry.domain for entry in read_ledger(connection)
                         if entry.network == network and not entry.live}))
