# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to the NICs of a running domain, and to their definition."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Define, DomainStep
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.udev import settle

# The guest has to release the device; native PCIe hot-unplug alone waits 5 s (PCIe specification, attention button).
DETACH_SECONDS = 60.0
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Redefine(Define):
    """Set the persistent definition.

    :param before: its XML now
    """

    before: str = field(repr=False, default="")

    def undo(self, host: Host) -> None:
        self.connection.define(self.name, self.before)


@dataclass(frozen=True)
class NicStep(DomainStep):
    """A step on one NIC of a running domain.

    :param label: what the user calls the NIC
    :param device: its ``<interface>``
    """

    label: str
    device: str = field(repr=False)


@dataclass(frozen=True)
class AttachLive(NicStep):
    """Plug the NIC in."""

    def describe(self) -> list[str]:
        return [f"NIC {self.label} of {self.name}: attach live"]

    def apply(self, host: Host) -> None:
        self.connection.domain(self.name).attach_live(self.device)


@dataclass(frozen=True)
class DetachLive(NicStep):
    """Have the guest release the NIC, and wait until it has, and until its netdev has its name.

    A managed VF is the host's again, and udev names its netdev; who attaches it meanwhile gets "No such device" from
    libvirt, which asks for that netdev's MAC by the name before (virNetDevSaveNetConfig in its src/util/virnetdev.c).
    """

    def describe(self) -> list[str]:
        return [f"NIC {self.label} of {self.name}: detach live"]

    def apply(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        domain.detach_live(self.device)
        deadline = host.now() + DETACH_SECONDS
        while _has(domain, self.device):
            if host.now() >= deadline:
                raise CommandFailed(
                    f"NIC {self.label} of {self.name}",
                    f"the guest did not release it within {DETACH_SECONDS:g} seconds",
                    remedy="The change takes effect at the next start of the domain; use a guest that supports PCI "
                    "hotplug to remove NICs while it runs",
                )
            host.sleep(POLL_SECONDS)
        settle(host)


@dataclass(frozen=True)
class Replug(NicStep):
    """Detach the NIC and attach it with what cannot be changed while it is plugged in; ``why`` says what.

    :param now: its ``<interface>`` in the running domain
    :param back: the ``<interface>`` that makes it so again
    """

    now: str = field(repr=False)
    back: str = field(repr=False)
    why: str

    def describe(self) -> list[str]:
        return [f"NIC {self.label} of {self.name}: {self.why} live (detach and attach)"]

    def apply(self, host: Host) -> None:
        DetachLive(self.connection, self.name, self.label, self.now).apply(host)
        try:
            self.connection.domain(self.name).attach_live(self.device)
        except CommandFailed as error:
            error.aftermath = self._put_back()
            raise

    def _put_back(self) -> str:
        """What became of the NIC, a sentence."""
        try:
            domain = self.connection.domain(self.name)
            if not domain.active():
                return "The domain has stopped; its next start uses the NIC of its definition"
            domain.attach_live(self.back)
        except CommandFailed as error:
            return f"Attaching the previous NIC also failed, so the running domain does not have it: {error}"
        return "The previous NIC was attached again"


@dataclass(frozen=True)
class UpdateLive(NicStep):
    """Change what libvirt can change of a NIC in use; ``why`` says what."""

    why: str

    def describe(self) -> list[str]:
        return [f"NIC {self.label} of {self.name}: {self.why} live"]

    def apply(self, host: Host) -> None:
        self.connection.domain(self.name).update_live(self.device)


def _has(domain: Domain, device: str) -> bool:
    """Whether the running domain still has a NIC; two of a team have one MAC."""
    live = domain.live_xml()
    wanted = identity(xml.parse(device))
    return live is not None and wanted in [identity(nic) for nic in xml.parse(live).findall("devices/interface")]


def identity(nic: Element) -> tuple[str | None, ...]:
    """What tells a running NIC from the others."""
    alias = nic.find("alias")
    return xml.mac(nic), None if alias is None else alias.get("name"), xml.pci_address(nic.find("address"))
