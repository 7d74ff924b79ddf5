# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which domain of the host has which MAC and which PCI device."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection

# A NIC that is a PCI device, and any other PCI device that is handed to a guest.
PASSED_THROUGH = ("devices/interface[@type='hostdev']", "devices/hostdev[@type='pci']")


@dataclass(frozen=True)
class Holder:
    """A domain that has a device, in its running configuration (``live``) or only in its definition."""

    domain: str
    live: bool


@dataclass(frozen=True)
class Ledger:
    """PCI devices by host address (dddd:bb:ss.f) and MACs by their text, each with its holders by domain."""

    devices: dict[str, dict[str, Holder]]
    macs: dict[str, dict[str, Holder]]


def read_ledger(connection: Connection, without: str | None = None) -> Ledger:
    """Read the XML of all domains, each once.

    :param without: the UUID of a domain that is left out
    """
    ledger = Ledger({}, {})
    for domain in connection.domains():
        if domain.uuid == without:
            continue
        live = domain.live_xml()
        if live is not None:
            _enter(ledger, Holder(domain.name, live=True), live)
        if domain.persistent():
            _enter(ledger, Holder(domain.name, live=False), domain.inactive_xml())
    return ledger


def _enter(ledger: Ledger, holder: Holder, text: str) -> None:
    root = xml.parse(text, f"domain {holder.domain}")
    for found in root.findall("devices/interface/mac"):
        mac = found.get("address", "").lower()
        ledger.macs.setdefault(mac, {}).setdefault(holder.domain, holder)
    for path in PASSED_THROUGH:
        for device in root.findall(path):
            address = xml.pci_address(device.find("source/address"))
            if address is not None:
                ledger.devices.setdefault(address, {}).setdefault(holder.domain, holder)
