# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel of a whole host with the programs that make media, and its libvirt with guests that boot."""

from __future__ import annotations

import errno
import os
import typing as t
from pathlib import Path

from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import console_log
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES
from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import CHANGES
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    FakeDomain,
    FakeLibvirt,
    FakeLibvirtError,
)

CAPABILITIES = """<domainCapabilities><vcpu max='8'/><cpu><mode name='custom'>
<model usable='yes'>EPYC</model><model usable='no'>Icelake-Server</model></mode></cpu></domainCapabilities>"""
# What only looks at the host
LOOKS = (["ip", "-json"], ["udevadm", "settle"], ["udevadm", "info"], ["udevadm", "--version"],
         ["modprobe", "--resolve-alias"])


class WholeKernel(FakeKernel):
    """The kernel, and the programs. Each call that changes something counts: before the one with the number ``fault``
    the host refuses it, and after ``lives`` of them the process is killed.
    """

    fault = counted = 0
    full: int | None = None

    def change(self) -> None:
        """A call changes something."""
        super().live_on()
        self.counted += 1
        if self.counted == self.fault:
            raise OSError(errno.EIO, "Input/output error")

    def live_on(self) -> None:
        """Whether a call changes something is seen further on."""

    def write(self, path: str, text: str) -> None:
        self.change()
        super().write(path, text)

    def replace(self, path: str, text: str, mode: int) -> None:
        self.change()
        super().replace(path, text, mode)

    def remove(self, path: str) -> None:
        if os.path.lexists(self.path(path)):
            self.change()
        super().remove(path)

    def save(self, path: str, pieces: t.Iterable[tuple[int, bytes]], mode: int) -> None:
        super().save(path, self.counted_pieces(pieces), mode)

    def counted_pieces(self, pieces: t.Iterable[tuple[int, bytes]]) -> t.Iterator[tuple[int, bytes]]:
        """Each may be the last that is written."""
        self.change()
        for number, piece in enumerate(pieces):
            if number == self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            yield piece
            self.change()

    def rename(self, path: str, new: str) -> None:
        self.change()
        super().rename(path, new)

    def hard_link(self, path: str, new: str) -> None:
        self.change()
        super().hard_link(path, new)

    def make_folder(self, path: str, mode: int) -> None:
        self.change()
        super().make_folder(path, mode)

    def remove_folder(self, path: str) -> None:
        self.change()
        super().remove_folder(path)

    def remove_tree(self, path: str) -> None:
        self.change()
        super().remove_tree(path)

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        if argv[:2] not in LOOKS and argv[0] not in ("ss", "nsenter", "ovs-vsctl"):
            self.change()
        if argv[0] == "ovs-vsctl" and self.exists("/sys/class/net/ovs-system"):
            return Completed(0 if argv[-1] == "ovs0" else 2)
        if argv[0] not in ("xorriso", "mkfs.vfat", "mcopy"):
            return super().run(argv, stdin, timeout)
        self.processes.append(argv)
        made = {"xorriso": -2, "mkfs.vfat": -2, "mcopy": 2}[argv[0]]
        source = Path(argv[-1] if argv[0] == "xorriso" else argv[3])
        found = [file for file in sorted(source.rglob("*")) if file.is_file()] if source.is_dir() else [source]
        with open(argv[made], "ab") as file:
            for part in found if argv[0] != "mkfs.vfat" else ():
                file.write(part.name.encode() + b"\n" + part.read_bytes())
        return Completed(0)

    def set_pf(self, words: list[str]) -> str:
        answer = super().set_pf(words)
        self.folder.write("/sys/class/net/enp1s0/flags", "0x1003" if "UP" in self.link_state["flags"] else "0x1002")
        return answer


class WholeLibvirt(FakeLibvirt):
    """A libvirt whose guests say ``says`` on their consoles when they boot, and take the devices that they have."""

    says = "login:"

    def __init__(self, kernel: WholeKernel) -> None:
        super().__init__()
        self.kernel, self.files = kernel, kernel.folder
        self.machines = ["pc", "q35", "pc-i440fx-6.2"]
        self.capabilities = CAPABILITIES

    def happen(self, name: str) -> None:
        if name in CHANGES or name in ("destroy", "managedSaveRemove", "pMWakeup"):
            try:
                self.kernel.change()
            except OSError:
                raise FakeLibvirtError("internal error: process exited while connecting to monitor") from None
        super().happen(name)

    def boots(self, domain: FakeDomain) -> None:
        self.files.write(console_log(domain.name()), f"Booting\n{self.says}")
        self.files.write(f"/run/libvirt/qemu/{domain.name()}.pid", str(1000 + self.started))
        for number, nic in enumerate(domain.live.findall("devices/interface")):
            if nic.get("type") == "hostdev":
                self.take(connection_address(nic), "vfio-pci")
            if nic.get("type") == "direct":
                name, below = f"macvtap{number}", nic.find("source").get("dev")
                self.files.folder(f"/sys/class/net/{name}/macvtap")
                self.files.link(f"/sys/class/net/{below}/upper_{name}", f"/sys/class/net/{name}")
                etree.SubElement(nic, "target", dev=name)

    def ends(self, domain: FakeDomain) -> None:
        self.files.remove(f"/run/libvirt/qemu/{domain.name()}.pid")
        for nic in domain.live.findall("devices/interface"):
            if nic.get("type") == "hostdev":
                self.take(connection_address(nic), "igbvf")
            if nic.get("type") == "direct":
                name = nic.find("target").get("dev")
                self.files.remove(f"/sys/class/net/{nic.find('source').get('dev')}/upper_{name}")
                self.files.remove(f"/sys/class/net/{name}")

    def take(self, address: str, driver: str) -> None:
        """Bind a VF to another driver, as libvirt does for managed ones."""
        device = f"{PCI_DEVICES}/{address}"
        if self.kernel.link_name(f"{device}/driver") is not None:
            self.kernel.unbind(address)
        self.files.link(f"{device}/driver", f"/sys/bus/pci/drivers/{driver}")
        if driver == "igbvf":
            number = next(index for index in range(7) if self.kernel.address(index) == address)
            self.files.netdev(address, f"enp1s0v{number}")


def connection_address(nic: t.Any) -> str:
    """The PCI address of the VF of a NIC."""
    place = nic.find("source/address")
    return (f"{int(place.get('domain'), 16):04x}:{int(place.get('bus'), 16):02x}:{int(place.get('slot'), 16):02x}."
            f"{int(place.get('function'), 16)}")
