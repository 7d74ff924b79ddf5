# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What drivers of VFs are called, and which of these names mean the same."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

DRIVERS = "/sys/bus/pci/drivers"

UIO = ("uio_pci_generic", "igb_uio")
# Drivers that take a device only when they are told to, to hand it to user space or to a guest; VFIO's besides.
STUBS = ("pci-stub", "pciback", *UIO)
# VFIO's drivers are all named after it (linux drivers/vfio/pci: vfio-pci, mlx5_vfio_pci, nvgrace-gpu-vfio-pci). The
# folder vfio-dev, which each gives its device, is there only since Linux 6.1.
VFIO = "vfio"
# A pattern of udev for drivers through which a guest or another process may have a device
USER_SPACE = "|".join((f"*{VFIO}*", *UIO))


def is_vfio(driver: str | None) -> bool:
    """Whether it is vfio-pci or one of its variants, through which a guest has a device."""
    return driver is not None and VFIO in driver


def is_stub(driver: str) -> bool:
    """Whether a device with this driver is not the host's own to use."""
    return driver in STUBS or is_vfio(driver)


def is_met(wanted: str, found: str | None) -> bool:
    """Whether a VF that is bound to ``found`` (None: unbound) has the driver that is wanted.

    Who wants vfio-pci wants VFIO: libvirt, from 10.0 on, binds a VF to the variant that suits it best, which also is
    what a live migration of the VF needs.
    """
    if wanted == "default":
        return found is not None and (found == "default" or not is_stub(found))
    return found == (None if wanted == "none" else wanted) or (wanted == "vfio-pci" and is_vfio(found))


def check_known(host: Host, wanted: t.Iterable[str]) -> None:
    """:raises NotSupported: the host has no such driver, neither loaded nor as a module."""
    for name in sorted(set(wanted) - {"default", "none"}):
        if host.exists(f"{DRIVERS}/{name}"):
            continue
        if host.run(["modprobe", "--dry-run", "--quiet", name]).returncode != 0:
            raise NotSupported(
                "vfs.driver", "this host has no such driver", name,
                "Choose a driver from /sys/bus/pci/drivers, or install its kernel module for the running kernel",
            )
