# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VFs that running domains hold, taken away by the user's leave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain, connect

GUEST_SECONDS = 60.0
PASSED_THROUGH = ("devices/interface[@type='hostdev']", "devices/hostdev[@type='pci']")


@dataclass(frozen=True)
class ReleaseVfs:
    """Unplug VFs from the running domains that hold them; their definitions stay.

    The kernel waits without end for who has a VF open by VFIO, and the PF's sysfs files with it
    (drivers/vfio/vfio_main.c, vfio_unregister_group_dev).

    ``held``: domain, number and PCI address of each VF. ``unplugged``: filled with those that a guest has let go of
    """

    netdev: str
    uri: str
    held: tuple[tuple[str, int, str], ...]
    unplugged: list[tuple[str, int, str]] = field(default_factory=list, repr=False, compare=False)

    def describe(self) -> list[str]:
        return [f"VF {index} of {self.netdev}: unplug from domain {domain}" for domain, index, _address in self.held]

    def apply(self, host: Host) -> None:
        """:raises InUse: the guest does not let go, so that nothing else is done."""
        connection = connect(self.uri)
        for name, index, address in self.held:
            domain = connection.find(name)
            device = None if domain is None else plugged(domain, address)
            if domain is None or device is None:
                continue
            domain.detach_live(device)
            deadline = host.now() + GUEST_SECONDS
            while plugged(domain, address) is not None:
                if host.now() > deadline:
                    raise InUse(
                        f"VF {index} of {self.netdev}",
                        f"the guest of domain {name} did not release it within {GUEST_SECONDS:g} seconds",
                        remedy="Shut the domain down; to let go, a guest needs PCI hotplug",
                    )
                host.sleep(0.5)
            self.unplugged.append((name, index, address))

    def undo(self, host: Host) -> list[str]:
        """What a guest has let go of is its user's to plug again, and stays: the definition still has it."""
        return replace(self, held=tuple(self.unplugged)).describe()


def plugged(domain: Domain, address: str) -> str | None:
    """The device of a running domain that is the VF, as XML."""
    live = domain.live_xml()
    devices = [] if live is None else [
        device for path in PASSED_THROUGH for device in xml.parse(live, f"domain {domain.name}").findall(path)]
    return next((xml.serialise(device) for device in devices
                 if xml.pci_address(device.find("source/address")) == address), None)
