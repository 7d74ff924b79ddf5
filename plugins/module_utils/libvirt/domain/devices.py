# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The PCI devices of the host that a domain's XML hands to its guest, and who else has them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry, read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

Held = tuple[tuple[str, Entry], ...]


def held_by_others(host: Host, connection: Connection, uuid: str | None, wanted: Element,
                   current: Element | None) -> Held:
    """The devices that the wanted XML brings and another domain has; the others are read only if it brings any.

    :param uuid: of the domain, None for one that is not there yet
    :param current: its definition
    """
    before = set() if current is None else set(_pci_devices(current))
    new = [address for address in _pci_devices(wanted) if address not in before]
    ledger = read_ledger(connection, without=uuid) if new else ()
    # A macvtap on top of a VF has it as a netdev.
    return tuple((address, entry) for address in new for entry in ledger
                 if entry.pci_address == address or entry.netdev in pci.netdevs(host, address))


def check_free(held: Held) -> None:
    """Refuse devices that another domain has: libvirt would, but only when the second of the two starts.

    :raises InUse: names the first domain
    """
    for address, entry in held:
        runs = "runs with" if entry.live else "is defined with"
        raise InUse("xml.devices.hostdev", f"domain {entry.domain} {runs} this device", address,
                    f"Take another device, or remove this one from {entry.domain}")


def _pci_devices(domain: Element) -> t.Iterator[str]:
    for device in domain.findall("devices/hostdev[@type='pci']"):
        address = xml.pci_address(device.find("source/address"))
        if address is not None:
            yield address
