# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs that have a port profile, and whether they already run with it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import NetworkHandle
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import places
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import PortSettings
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import PORT_ROWS, read_settings
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

ALIAS = places.text("alias/@name", lambda name: name[len("ua-"):] if name.startswith("ua-") else None)
NETWORK = places.text("source/@network")
NOTHING = PortSettings()


@dataclass(frozen=True)
class Consumer:
    """A NIC on the network that has the profile, by name or as the default.

    :param name: its label
    :param running: what it runs with, None if its domain does not run, or not with it
    :param own: what the NIC says itself, which comes before the profile
    :param live: the ``<interface>`` of the running domain, and
    :param definition: that of its definition, None if it has none
    """

    domain: str
    mac: str
    name: str | None
    running: PortSettings | None
    own: PortSettings = NOTHING
    live: Element | None = field(default=None, repr=False, compare=False)
    definition: Element | None = field(default=None, repr=False, compare=False)

    def outdated(self, profile: PortSettings, network: PortSettings) -> t.Iterator[str]:
        """The parameters of what it runs with and would have otherwise: the NIC's own, else the profile's, else the
        network's.

        :param network: what the network gives where the profile says nothing
        """
        limited = self.own.inbound is not None or self.own.outbound is not None
        for row in PORT_ROWS:
            if row.field in ("inbound", "outbound") and limited:
                continue  # libvirt takes the limits of both directions from one of the three
            levels = [value for level in (self.own, profile, network)
                      if (value := getattr(level, row.field)) is not None]
            if row.field == "virtualport":
                wrong = any(not level.within(row.meant(self.running)) for level in levels)
                wrong = wrong or (getattr(self.running, row.field) is not None and not levels)
            else:
                wrong = row.meant(self.running) != (levels[0] if levels else row.default)
            if wrong:
                yield row.parameter


def read_consumers(connection: Connection, network: NetworkHandle, profile: str, default: bool) -> tuple[Consumer, ...]:
    """The NICs on a network that have a profile, by domain and MAC.

    :param default: whether NICs of the network that name no port group have it
    """
    groups = (profile, None) if default else (profile,)
    ports = {(port.findtext("owner/uuid"), xml.mac(port)): port for port in network.ports()
             if port.findtext("group") in groups and xml.mac(port)}
    found = []
    for domain in connection.domains():
        text = domain.definition()
        root = None if text is None else xml.parse(text, f"domain {domain.name}")
        nics = {} if root is None else {
            xml.mac(nic): nic for nic in root.findall("devices/interface[@type='network']")
            if nic.find("source").get("network") == network.name and nic.find("source").get("portgroup") in groups}
        running = {mac: port for (uuid, mac), port in ports.items() if uuid == domain.uuid}
        live_text = domain.live_xml() if running else None
        live = {} if live_text is None else _live(xml.parse(live_text, f"domain {domain.name}"), network.name)
        for mac in sorted({*nics, *running}):
            shown = nics[mac] if mac in nics else live.get(mac)
            found.append(Consumer(
                domain.name, mac, None if shown is None else ALIAS.read(shown),
                read_settings(running[mac], PORT_ROWS) if mac in live and mac in running else None,
                NOTHING if mac not in nics else read_settings(nics[mac]), live.get(mac), nics.get(mac)))
    return tuple(sorted(found, key=lambda consumer: (consumer.domain, consumer.mac)))


def _live(root: Element, network: str) -> dict[str, Element]:
    """The running NICs that can be on a network, by MAC. A VF does not tell its network, and the two of a team have one
    MAC: where one names the network, it is meant.
    """
    nics = root.findall("devices/interface")
    return {**{xml.mac(nic): nic for nic in nics if nic.get("type") == "hostdev"},
            **{xml.mac(nic): nic for nic in nics if NETWORK.read(nic) == network}}
