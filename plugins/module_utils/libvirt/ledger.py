# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which domain of the host has which MAC, which PCI device and which netdev."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection


@dataclass(frozen=True)
class Entry:
    """A NIC or a PCI device of a domain, in its running configuration (``live``) or in its definition."""

    domain: str
    live: bool
    mac: str | None = None
    pci_address: str | None = None
    """The host's device (dddd:bb:ss.f) that is handed to the guest."""
    netdev: str | None = None
    """The host's netdev that a macvtap is on top of."""
    network: str | None = None
    """The libvirt network; a running hostdev NIC does not tell it."""
    bridge: str | None = None
    """The bridge of the host, also if a network led to it."""
    port: str | None = None
    """The netdev that the host has for the NIC, such as vnet0."""


Ledger = tuple[Entry, ...]


def read_ledger(connection: Connection, without: str | None = None) -> Ledger:
    """Read the XML of all domains, each once; what a domain runs with comes before its definition.

    :param without: the UUID of a domain that is left out
    """
    found: list[Entry] = []
    for domain in connection.domains():
        if domain.uuid == without:
            continue
        live = domain.live_xml()
        if live is not None:
            found.extend(_entries(domain.name, True, live))
        definition = domain.definition()
        if definition is not None:
            found.extend(_entries(domain.name, False, definition))
    return tuple(found)


def _entries(domain: str, live: bool, text: str) -> t.Iterator[Entry]:
    devices = xml.parse(text, f"domain {domain}").find("devices")
    for nic in () if devices is None else devices.findall("interface"):
        kind, source, target = nic.get("type"), nic.find("source"), nic.find("target")
        yield Entry(
            domain, live, xml.mac(nic) or None,
            xml.pci_address(nic.find("source/address")) if kind == "hostdev" else None,
            source.get("dev") if kind == "direct" and source is not None else None,
            None if source is None else source.get("network"), None if source is None else source.get("bridge"),
            None if target is None else target.get("dev"),
        )
    for device in () if devices is None else devices.findall("hostdev[@type='pci']"):
        yield Entry(domain, live, pci_address=xml.pci_address(device.find("source/address")))
