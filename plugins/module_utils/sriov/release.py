# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VFs that running domains hold, unplugged if the user allows it, and the last look before VFs are taken away."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain, connect
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.opened import openers
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_vf

GUEST_SECONDS = 60.0
# QEMU closes a VF some moments after libvirt has reported that the guest released it.
PROCESS_SECONDS = 5.0


@dataclass
class ReleaseVf:
    """Unplug a VF from the running domain that holds it; its definition stays.

    ``unplugs``: whether there is something to unplug; the domain may have lost the VF since the state was read
    """

    netdev: str
    uri: str
    domain: str
    index: int
    address: str
    unplugs: bool = True

    def describe(self) -> list[str]:
        return [f"VF {self.index} of {self.netdev}: unplug from domain {self.domain}"] if self.unplugs else []

    def apply(self, host: Host) -> None:
        """:raises InUse: the guest does not release it, so that nothing else is done."""
        self.unplugs = False
        with lock.held(host, [f"domain {self.domain}"], "nfv.kvm.sriov_vf"):
            domain = connect(self.uri).find(self.domain)
            device = None if domain is None else plugged(domain, self.address)
            if domain is not None and device is not None:
                domain.detach_live(device)
                self.wait(host, domain)
                self.unplugs = True

    def wait(self, host: Host, domain: Domain) -> None:
        """Until the guest has released it."""
        deadline = host.now() + GUEST_SECONDS
        while plugged(domain, self.address) is not None:
            if host.now() > deadline:
                raise InUse(
                    f"VF {self.index} of {self.netdev}",
                    f"the guest of domain {self.domain} did not release it within {GUEST_SECONDS:g} seconds",
                    remedy="Shut down the domain, or use a guest that supports PCI hotplug",
                )
            host.sleep(0.5)

    def undo(self, host: Host) -> list[str]:
        """What a guest has released is its user's to plug again, and stays: the definition still has it."""
        return self.describe()


@dataclass(frozen=True)
class CheckReleased:
    """No process has one of the VFs open, now that they are about to be taken away.

    The kernel waits indefinitely for who has a VF open by VFIO, and the PF's sysfs files with it
    (drivers/vfio/vfio_main.c, vfio_unregister_group_dev); some drivers of RDMA do so, too
    (drivers/infiniband/core/uverbs_main.c, ib_uverbs_remove_one). UIO takes the registers from under the process.
    """

    netdev: str
    pci_address: str
    taken: tuple[int, ...]

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        """:raises InUse: a process has one open, so that nothing else is done."""
        deadline = host.now() + PROCESS_SECONDS
        while True:
            found = self.held(host)
            if not found:
                return
            if host.now() >= deadline:
                raise InUse(f"VFs of {self.netdev}", "they cannot be removed while processes have them open: "
                            f"{', '.join(map(str, found))}", remedy="Stop these processes first")
            host.sleep(0.25)

    def held(self, host: Host) -> list[Holder]:
        """The processes, with the VFs as they are now: libvirt may just have bound one to another driver."""
        vfs = [read_vf(host, self.pci_address, index, VfSettings()) for index in self.taken]
        return list(openers(host, vfs))

    def undo(self, host: Host) -> None:
        """Nothing was changed."""


def plugged(domain: Domain, address: str) -> str | None:
    """The device of a running domain that is the VF, as XML."""
    live = domain.live_xml()
    device = None if live is None else xml.passed_through(xml.parse(live, f"domain {domain.name}")).get(address)
    return None if device is None else xml.serialise(device)
