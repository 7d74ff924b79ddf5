# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be done to the NICs of a running domain; their definition is set by domain.steps.Define."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep

# The guest has to release the device; native PCIe hot-unplug alone waits 5 s (PCIe specification, attention button).
DETACH_SECONDS = 60.0
POLL_SECONDS = 0.25


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
    """Have the guest release the NIC, and wait until it has.

    :param mac: the MAC that it has in the running domain
    """

    mac: str

    def describe(self) -> list[str]:
        return [f"NIC {self.label} of {self.name}: detach live"]

    def apply(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        domain.detach_live(self.device)
        deadline = host.now() + DETACH_SECONDS
        while self.mac in self._macs(domain.live_xml()):
            if host.now() >= deadline:
                raise CommandFailed(
                    f"NIC {self.label} of {self.name}",
                    f"the guest did not release it within {DETACH_SECONDS:g} seconds",
                    remedy="It is gone at the domain's next start; to release it live a guest needs PCI hotplug",
                )
            host.sleep(POLL_SECONDS)

    @staticmethod
    def _macs(live: str | None) -> set[str]:
        if live is None:
            return set()
        return {found.get("address", "").lower() for found in xml.parse(live).findall("devices/interface/mac")}


@dataclass(frozen=True)
class UpdateLive(NicStep):
    """Change what libvirt can change of a NIC in use; ``why`` says what."""

    why: str

    def describe(self) -> list[str]:
        return [f"NIC {self.label} of {self.name}: {self.why} live"]

    def apply(self, host: Host) -> None:
        self.connection.domain(self.name).update_live(self.device)
