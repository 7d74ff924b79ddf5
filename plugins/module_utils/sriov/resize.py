# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of VFs: the kernel creates all of them again, through 0; those that stay are given back what they had."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov import journal
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.binding import BindDrivers
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_stub
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import FRESH, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_vfs
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.steps import restore
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.udev import settle

# The kernel's answers to a write to sriov_numvfs (linux drivers/pci/iov.c, sriov_numvfs_store and sriov_enable).
NUMVFS_ANSWERS = {
    errno.EBUSY: ("a running guest uses a VF", "Stop the guest that uses it; the kernel log (journalctl -k) "
                  "names the VF"),
    errno.ENOENT: ("the driver of the PF cannot create VFs", "Load a driver with SR-IOV support"),
    errno.ERANGE: ("the PF cannot have as many", "Lower numvfs"),
    errno.ENOMEM: ("the firmware left no memory space for the registers of the VFs",
                   "Enable Above 4G decoding in the firmware, or boot with pci=realloc"),
}


@dataclass(frozen=True)
class Resize:
    """The number of VFs, with the settings and drivers of those that stay.

    :param before: the VFs that there are, by index
    :param timeout: seconds until the new VFs must be there
    """

    netdev: str
    pci_address: str
    driver: str
    numvfs: int
    new_numvfs: int
    before: dict[int, Vf]
    timeout: int

    def describe(self) -> list[str]:
        lines = [f"{self.netdev}: numvfs {self.numvfs} → {self.new_numvfs}"]
        for index, vf in self.kept(self.new_numvfs).items():
            found = [f"{name} {value}" for name, value in vf.settings.given().items()
                     if value != getattr(FRESH, name)]
            if vf.driver and is_stub(vf.driver):
                found.append(f"driver {vf.driver}")
            if found:
                lines.append(f"VF {index} of {self.netdev}: keeps {', '.join(found)}")
        return lines

    def kept(self, numvfs: int) -> dict[int, Vf]:
        """The VFs that there are before and after."""
        return {index: vf for index, vf in self.before.items() if index < numvfs}

    def apply(self, host: Host) -> None:
        self.remember(host, read_vfs(host, self.netdev, self.pci_address))
        self.make(host, self.new_numvfs)
        journal.remove(host, self.pci_address)

    def undo(self, host: Host) -> None:
        if pci.number(host, self.pci_address, "sriov_numvfs") != self.numvfs:
            self.make(host, self.numvfs)
        journal.remove(host, self.pci_address)

    def make(self, host: Host, numvfs: int) -> None:
        """That many VFs, and those of before as they were."""
        if pci.number(host, self.pci_address, "sriov_numvfs"):
            self.write(host, 0)
        self.remember(host, {})
        if numvfs:
            self.write(host, numvfs)
            self.wait(host, numvfs)
            self.remember(host, read_vfs(host, self.netdev, self.pci_address))
        kept = self.kept(numvfs)
        restore(host, self.netdev, self.pci_address, self.driver, {index: vf.settings for index, vf in kept.items()})
        found = {index: pci.driver(host, pci.vf_address(host, self.pci_address, index) or "") for index in kept}
        drivers = tuple((index, found[index], vf.driver or "none")
                        for index, vf in kept.items() if vf.driver != found[index])
        if drivers:
            BindDrivers(self.netdev, self.pci_address, drivers).apply(host)

    def remember(self, host: Host, made: dict[int, Vf]) -> None:
        """Keep what there was until all of it is back, with what the VFs have now."""
        if self.before:
            journal.write(host, self.pci_address, self.before, made)

    def write(self, host: Host, numvfs: int) -> None:
        """:raises CommandFailed: the kernel refuses the number."""
        try:
            host.write(f"{pci.DEVICES}/{self.pci_address}/sriov_numvfs", str(numvfs))
        except OSError as error:
            cause, remedy = NUMVFS_ANSWERS.get(
                error.errno or 0, (error.strerror or str(error), "Check the kernel log (journalctl -k)"))
            raise CommandFailed("sriov_numvfs", cause, numvfs, remedy) from error

    def wait(self, host: Host, numvfs: int) -> None:
        """Until all VFs are there and udev has named their netdevs.

        :raises CommandFailed: they are not there in time
        """
        deadline = host.now() + self.timeout
        while pci.vf_address(host, self.pci_address, numvfs - 1) is None:
            if host.now() > deadline:
                raise CommandFailed(
                    "sriov_numvfs", f"the VFs did not appear within {self.timeout} seconds", numvfs,
                    "Check the kernel log (journalctl -k), or raise timeout",
                )
            host.sleep(0.1)
        settle(host, self.timeout)
