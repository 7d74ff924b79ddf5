# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which driver a VF is bound to (Linux Documentation/ABI/testing/sysfs-bus-pci: driver_override, drivers_probe)."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import DRIVERS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.udev import settle


@dataclass(frozen=True)
class BindDrivers:
    """The drivers of any number of VFs.

    ``changes``: per VF its index, its driver before (None: unbound), and the driver that is wanted
    """

    netdev: str
    pci_address: str
    changes: tuple[tuple[int, str | None, str], ...]

    def describe(self) -> list[str]:
        return [f"VF {index} of {self.netdev}: driver {before or 'none'} → {wanted}"
                for index, before, wanted in self.changes]

    def apply(self, host: Host) -> None:
        for index, _before, wanted in self.changes:
            self.bind(host, index, wanted)
        settle(host)

    def undo(self, host: Host) -> None:
        for index, before, _wanted in self.changes:
            address = pci.vf_address(host, self.pci_address, index)
            if address and pci.driver(host, address) != before:
                self.bind(host, index, before or "none")

    def bind(self, host: Host, index: int, wanted: str) -> None:
        """Unbind the VF and, unless ``none`` is wanted, bind it by an override that is taken back afterwards.

        The override is needed for default drivers, too: with sriov_drivers_autoprobe 0 the kernel gives VFs to none
        without it (drivers/pci/pci-driver.c, pci_device_can_probe).

        :raises CommandFailed: the driver did not take the VF
        """
        subject = f"VF {index} of {self.netdev}"
        address = pci.vf_address(host, self.pci_address, index)
        device = f"{pci.DEVICES}/{address}"
        if address is None:
            raise CommandFailed(subject, "it disappeared before its driver was bound")
        driver = None if wanted == "none" else loaded(host, subject, address, wanted)
        if pci.driver(host, address):
            host.write(f"{device}/driver/unbind", address)
        try:
            if driver is not None:
                host.write(f"{device}/driver_override", f"{driver}\n")
                host.write("/sys/bus/pci/drivers_probe", address)
        finally:
            host.write(f"{device}/driver_override", "\n")
        if pci.driver(host, address) != driver:
            cause = "a driver is still bound to it" if driver is None else f"driver {driver} does not accept it"
            raise CommandFailed(f"{subject} ({address})", cause,
                                remedy="Check the kernel log (journalctl -k), and with vfio-pci run "
                                "nfv.kvm.bios_check, because vfio-pci needs an IOMMU")


def loaded(host: Host, subject: str, address: str, wanted: str) -> str:
    """The name of the driver that is wanted, its module loaded.

    :raises NotSupported: no module of the host has it, or for ``default`` none knows the VF
    """
    if wanted != "default":
        if not host.exists(f"{DRIVERS}/{wanted}"):
            load(host, subject, wanted)
        return wanted
    alias = pci.attribute(host, address, "modalias") or ""
    modules = host.run(["modprobe", "--resolve-alias", alias]).stdout.split()
    if not modules:
        raise NotSupported(subject, f"no kernel module of this host supports it ({alias})",
                           remedy="Install the VF driver of this NIC, or set driver: none")
    load(host, subject, modules[0])
    names = host.names(f"/sys/module/{modules[0].replace('-', '_')}/drivers")
    return next((name[4:] for name in names if name.startswith("pci:")), modules[0])


def load(host: Host, subject: str, module: str) -> None:
    """:raises CommandFailed: modprobe refuses."""
    done = host.run(["modprobe", module])
    if done.returncode != 0:
        raise CommandFailed(subject, f"its driver {module} cannot be loaded: {done.stderr.strip()}")
