# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a network."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import (
    NetworkHandle,
    define_network,
    find_network,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import read_network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.users import on_bridge


@dataclass(frozen=True)
class NetworkStep:
    """A step on one network, which is looked up when the step is taken."""

    connection: Connection = field(repr=False, compare=False)
    name: str

    def network(self) -> NetworkHandle:
        """The network.

        :raises ValidationError: it has gone
        """
        found = find_network(self.connection, self.name)
        if found is None:
            raise ValidationError("name", "this network was removed in the meantime", self.name)
        return found

    def stop(self, host: Host) -> None:
        """End its run.

        :raises InUse: somebody is on it since the plan was made
        """
        network = self.network()
        live = network.live_root()
        running = None if live is None else read_network(live)
        others = on_bridge(host, self.connection, self.name, running, len(network.ports())).names()
        if others:
            raise InUse(f"network {self.name}", f"{others} was connected to its bridge in the meantime",
                        remedy="Run the task again")
        network.stop()


@dataclass(frozen=True)
class Define(NetworkStep):
    """Set the persistent definition to ``xml``; ``why`` says what changes, a line each.

    :param before: its XML now, None if there is none
    :param restart: whether the network, which runs and has no NIC, ends and starts again for it
    """

    xml: str = field(repr=False)
    why: tuple[str, ...]
    before: str | None = field(repr=False, default=None)
    restart: bool = False

    def describe(self) -> list[str]:
        return [f"network {self.name}: {line}" for line in (*self.why, *(("restart",) if self.restart else ()))]

    def apply(self, host: Host) -> None:
        if self.xml != self.before:
            define_network(self.connection, self.name, self.xml)
        if self.restart:
            self.stop(host)
            self.network().start()

    def undo(self, host: Host) -> None:
        found = find_network(self.connection, self.name)
        if self.before is not None:
            define_network(self.connection, self.name, self.before)
            if self.restart:
                self._run_as_before()
        elif found is not None:
            found.undefine()

    def _run_as_before(self) -> None:
        network, new = self.network(), read_network(xml.parse(self.xml))
        live = network.live_root()
        if live is not None and read_network(live) == new != read_network(xml.parse(str(self.before))):
            network.stop()
        if not network.active():
            network.start()


@dataclass(frozen=True)
class SetAutostart(NetworkStep):
    """Start the network with the host, or do not."""

    wanted: bool

    def describe(self) -> list[str]:
        return [f"network {self.name}: autostart {not self.wanted} → {self.wanted}"]

    def apply(self, host: Host) -> None:
        self.network().set_autostart(self.wanted)

    def undo(self, host: Host) -> None:
        self.network().set_autostart(not self.wanted)


@dataclass(frozen=True)
class Start(NetworkStep):
    """Start it."""

    def describe(self) -> list[str]:
        return [f"network {self.name}: start"]

    def apply(self, host: Host) -> None:
        self.network().start()

    def undo(self, host: Host) -> None:
        network = self.network()
        if network.active():
            network.stop()


@dataclass(frozen=True)
class Stop(NetworkStep):
    """End its run."""

    def describe(self) -> list[str]:
        return [f"network {self.name}: stop"]

    def apply(self, host: Host) -> None:
        self.stop(host)

    def undo(self, host: Host) -> None:
        network = self.network()
        if not network.active():
            network.start()


@dataclass(frozen=True)
class Undefine(NetworkStep):
    """Remove the definition.

    :param before: its XML now
    """

    before: str = field(repr=False)

    def describe(self) -> list[str]:
        return [f"network {self.name}: undefine"]

    def apply(self, host: Host) -> None:
        self.network().undefine()

    def undo(self, host: Host) -> None:
        define_network(self.connection, self.name, self.before)
