# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one change that is made to a port profile: in the network, and in the NICs that are plugged again for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.steps import DetachLive, UpdateLive
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import NetworkHandle
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.steps import NetworkStep
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.consumers import Consumer, read_consumers
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.following import device_to_update
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import find_group
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class Side:
    """The port group in the definition of a network, or in what it runs with; None for none.

    :param live: whether it is the second
    """

    live: bool
    before: Element | None = field(repr=False)
    after: Element | None = field(repr=False)

    def change(self, network: NetworkHandle, back: bool = False) -> None:
        """Make it so, or make it so again."""
        now, then = (self.after, self.before) if back else (self.before, self.after)
        if text(now) == text(then):
            return
        command = "DELETE" if then is None else "ADD_LAST" if now is None else "MODIFY"
        network.update_portgroup(command, text(now if then is None else then), live=self.live, config=not self.live)


@dataclass(frozen=True)
class SetProfile(NetworkStep):
    """Change the port group, then plug NICs again; ``lines`` says what changes.

    :param updates: NICs of running domains that libvirt looks at again as they run
    :param replugs: those that are plugged again
    """

    profile: str
    sides: tuple[Side, ...]
    lines: tuple[str, ...]
    updates: tuple[Consumer, ...] = ()
    replugs: tuple[Consumer, ...] = ()

    def describe(self) -> list[str]:
        return [*(f"port group {self.profile} of network {self.name}: {line}" for line in self.lines),
                *(line for nic in self.updates for line in self._update(nic).describe()),
                *(f"NIC {label(nic)} of {nic.domain}: {self._why()} live (detach and attach)" for nic in self.replugs)]

    def apply(self, host: Host) -> None:
        network = self.network()
        domains = {f"domain {nic.domain}" for nic in (*self.updates, *self.replugs)}
        with lock.held(host, domains, "nfv.kvm.port_profile"):
            for side in self.sides:
                side.change(network)
            for nic in self.updates:
                self._update(nic).apply(host)
            for nic in self.replugs:
                self._replug(nic, host)

    def undo(self, host: Host) -> None:
        network = self.network()
        for side in reversed(self.sides):
            # Those that were not reached are as they were.
            found = network.live_root() if side.live else network.root()
            group = None if found is None else find_group(found, self.profile)
            if text(group) != text(side.before):
                side.change(network, back=True)
        # With those that have no port group: whether they had the profile by default may be what was changed.
        found = {(nic.domain, nic.mac): nic
                 for nic in read_consumers(self.connection, network, self.profile, default=True)}
        for nic in reversed((*self.updates, *self.replugs)):
            now, domain = found.get((nic.domain, nic.mac)), self.connection.find(nic.domain)
            if domain is None or not domain.active():
                continue  # It has ended meanwhile, and starts with its NICs as they are defined.
            if now is None or now.live is None:
                domain.attach_live(text(nic.definition))
            elif now.running != nic.running and nic in self.replugs:
                self._replug(now, host)
            elif now.running != nic.running:
                self._update(now).apply(host)

    def _update(self, nic: Consumer) -> UpdateLive:
        return UpdateLive(self.connection, nic.domain, label(nic), device_to_update(nic), self._why())

    def _replug(self, nic: Consumer, host: Host) -> None:
        DetachLive(self.connection, nic.domain, label(nic), text(nic.live)).apply(host)
        self.connection.domain(nic.domain).attach_live(text(nic.definition))

    def _why(self) -> str:
        return f"profile {self.profile}"


def label(nic: Consumer) -> str:
    """What the user calls a NIC."""
    return nic.name or nic.mac


def text(element: Element | None) -> str:
    """An element as text, empty for none."""
    return "" if element is None else xml.serialise(element)
