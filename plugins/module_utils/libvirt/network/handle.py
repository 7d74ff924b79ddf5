# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's networks: their definitions as text, their state, and what can be done with them."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


class NetworkHandle:
    """One network of a connection.

    :param handle: a virNetwork
    """

    def __init__(self, connection: Connection, handle: t.Any) -> None:
        self._connection = connection
        self._handle = handle
        self.name: str = handle.name()

    def _answering(self, doing: str) -> contextlib.AbstractContextManager[None]:
        return self._connection.answering(f"network {self.name}", doing)

    def uuid(self) -> str:
        """Its UUID."""
        with self._answering("read its UUID"):
            return str(self._handle.UUIDString())

    def definition(self) -> str:
        """The persistent definition; of a network that ends with its run, what it runs with."""
        with self._answering("read its definition"):
            return str(self._handle.XMLDesc(self._connection.library.VIR_NETWORK_XML_INACTIVE))

    def root(self, notes: bool = False) -> Element:
        """The same parsed.

        :param notes: whether comments are kept
        """
        return xml.parse(self.definition(), f"network {self.name}", notes=notes)

    def live_xml(self) -> str | None:
        """What it runs with, None when it is not started."""
        with self._answering("read its live configuration"):
            return str(self._handle.XMLDesc(0)) if self._handle.isActive() else None

    def live_root(self) -> Element | None:
        """The same parsed."""
        text = self.live_xml()
        return None if text is None else xml.parse(text, f"network {self.name}")

    def active(self) -> bool:
        """Whether it is started."""
        with self._answering("read whether it is started"):
            return bool(self._handle.isActive())

    def persistent(self) -> bool:
        """Whether it has a definition."""
        with self._answering("read whether it is defined"):
            return bool(self._handle.isPersistent())

    def autostart(self) -> bool:
        """Whether it starts with the host."""
        with self._answering("read its autostart"):
            return bool(self._handle.autostart())

    def ports(self) -> tuple[Element, ...]:
        """The ``<networkport>`` of each NIC of a running domain that is on it."""
        with self._answering("list its ports"):
            found = [str(port.XMLDesc()) for port in self._handle.listAllPorts()] if self._handle.isActive() else []
        return tuple(xml.parse(text, f"network {self.name}") for text in found)

    def set_autostart(self, wanted: bool) -> None:
        """Start it with the host, or do not."""
        with self._answering("set its autostart"):
            self._handle.setAutostart(int(wanted))

    def start(self) -> None:
        """Start it."""
        with self._answering("start it"):
            self._handle.create()

    def stop(self) -> None:
        """End its run; a bridge that libvirt made for it goes.

        :raises InUse: a running domain has a NIC on it, which would lose its link
        """
        if self.ports():
            raise InUse(f"network {self.name}", "a running domain was connected to it in the meantime",
                        remedy="Shut down that domain, or remove its NIC with nfv.kvm.vm_interface")
        with self._answering("stop it"):
            self._handle.destroy()

    def undefine(self) -> None:
        """Remove its definition."""
        with self._answering("undefine it"):
            self._handle.undefine()

    def update_portgroup(self, command: str, portgroup: str, live: bool, config: bool) -> None:
        """Add, change or remove a port group.

        :param command: ADD_LAST, MODIFY or DELETE
        :param portgroup: the ``<portgroup>``
        :param live: in what it runs with
        :param config: in its definition
        """
        library = self._connection.library
        flags = (library.VIR_NETWORK_UPDATE_AFFECT_LIVE if live else 0) | (
            library.VIR_NETWORK_UPDATE_AFFECT_CONFIG if config else 0)
        with self._answering("change its port group"):
            self._handle.update(getattr(library, f"VIR_NETWORK_UPDATE_COMMAND_{command}"),
                                library.VIR_NETWORK_SECTION_PORTGROUP, -1, portgroup, flags)


def find_network(connection: Connection, name: str) -> NetworkHandle | None:
    """A network, None if there is none of that name."""
    with connection.answering(f"network {name}", "look it up"):
        handle = connection.unless(("VIR_ERR_NO_NETWORK",), lambda: connection.handle.networkLookupByName(name))
    return None if handle is None else NetworkHandle(connection, handle)


def root_of(connection: Connection, name: str | None) -> Element | None:
    """The definition of a network, None if there is none of that name."""
    network = find_network(connection, name) if name else None
    return None if network is None else network.root()


def all_networks(connection: Connection) -> list[NetworkHandle]:
    """All networks, started or not."""
    with connection.answering("libvirt", "list the networks"):
        return [NetworkHandle(connection, handle) for handle in connection.handle.listAllNetworks()]


def define_network(connection: Connection, name: str, definition: str) -> None:
    """Set the persistent definition of a network; a started one goes on with what it has."""
    with connection.answering(f"network {name}", "define it"):
        connection.handle.networkDefineXML(definition)
