# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole host in a folder: the files of /proc, /sys and /dev that the collection reads."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

PCI_DEVICES = "/sys/bus/pci/devices"


class Folder(Host):
    """A host without a kernel that answers: what the machine that runs the tests has, is not to be seen."""

    def ethtool(self, netdev: str, request: bytes) -> bytes:
        raise OSError(errno.ENODEV, netdev)


class FakeHost:
    """Builds the folder; ``host`` is what the code under test gets. Paths are absolute paths of the host."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host: Host = Folder(root=str(root))

    def write(self, path: str, text: str = "") -> None:
        """A file with its folders; the text gets the newline that the kernel ends its attributes with."""
        file = Path(self.host.path(path))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")

    def folder(self, path: str) -> None:
        """An empty folder."""
        Path(self.host.path(path)).mkdir(parents=True, exist_ok=True)

    def link(self, path: str, target: str) -> None:
        """A link to another path of the host, relative and ending in its name as in sysfs; it may come later."""
        link = Path(self.host.path(path))
        link.parent.mkdir(parents=True, exist_ok=True)
        folder, name = os.path.split(self.host.path(target))
        link.symlink_to(os.path.join(os.path.relpath(folder, link.parent), name))

    def remove(self, path: str) -> None:
        """Take away a file, a link or a folder with all that is in it."""
        place = Path(self.host.path(path))
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()

    def hide(self, path: str) -> None:
        """Make a file or a folder that is there unreadable, even for the root that may run the tests.

        Each becomes the other: reading it is an OSError then, as it is without the permission.
        """
        was_folder = Path(self.host.path(path)).is_dir()
        self.remove(path)
        if was_folder:
            self.write(path)
        else:
            self.folder(path)

    def nic(self, address: str, netdev: str | None = None, totalvfs: int | None = None, driver: str = "igb") -> None:
        """A PCI NIC.

        :param netdev: its interface, None for a NIC without one, such as in vfio-pci's hands
        :param totalvfs: how many VFs it can have, None for a NIC without SR-IOV
        """
        device = f"{PCI_DEVICES}/{address}"
        self.write(f"{device}/class", "0x020000")
        self.link(f"{device}/driver", f"/sys/bus/pci/drivers/{driver}")
        if totalvfs is not None:
            self.write(f"{device}/sriov_totalvfs", str(totalvfs))
            self.write(f"{device}/sriov_numvfs", "0")
        if netdev is not None:
            self.netdev(address, netdev)

    def netdev(self, address: str, name: str) -> None:
        """A network interface of a PCI device."""
        device = f"{PCI_DEVICES}/{address}"
        self.folder(f"{device}/net/{name}")
        self.link(f"{device}/net/{name}/device", device)
        self.link(f"/sys/class/net/{name}", f"{device}/net/{name}")

    def vf(self, pf_address: str, index: int, address: str, netdev: str | None = None) -> None:
        """A VF of a PF that is there already; without a netdev it is in vfio-pci's hands."""
        self.nic(address, netdev, driver="vfio-pci" if netdev is None else "igbvf")
        self.link(f"{PCI_DEVICES}/{address}/physfn", f"{PCI_DEVICES}/{pf_address}")
        self.link(f"{PCI_DEVICES}/{pf_address}/virtfn{index}", f"{PCI_DEVICES}/{address}")
