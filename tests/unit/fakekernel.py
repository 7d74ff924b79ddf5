# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose igb PF keeps state, as seen on Linux 6.12: writes to sysfs make and bind VFs, ip reads and sets them."""

from __future__ import annotations

import errno
import json
import math
import re
import typing as t
from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.errors import DependencyMissing
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import pf_resource
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost
from ansible_collections.nfv.kvm.tests.unit.faketraffic import FakeTraffic
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

PF = "0000:01:00.0"
MODULES = ("igbvf", "vfio-pci", "pci-stub")
SETTERS = {"mac": "address", "spoofchk": "spoofchk", "trust": "trust"}


class Killed(BaseException):
    """The module's process was killed: nothing catches this."""


class FakeKernel(FakeTraffic):
    """One PF, enp1s0, that can have seven VFs; ``links`` is what ip shows, ``processes`` what was started."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.folder = FakeHost(root)
        self.folder.nic(PF, "enp1s0", totalvfs=7)
        for name, value in {"sriov_offset": "128", "sriov_stride": "2", "sriov_drivers_autoprobe": "1"}.items():
            self.folder.write(f"{PCI_DEVICES}/{PF}/{name}", value)
        self.folder.nic("0000:00:03.0", "enp0s3")
        self.link_state: dict[str, t.Any] = {
            "ifname": "enp1s0", "ifindex": 2, "mtu": 1500, "flags": ["LOWER_UP"], "vfinfo_list": [],
            "parentbus": "pci", "parentdev": PF}
        self.folder.write("/sys/bus/pci/drivers/igbvf/bind")
        self.folder.write("/sys/module/igbvf/drivers/pci:igbvf/bind")
        self.overrides: dict[str, str] = {}
        self.processes: list[list[str]] = []
        self.batches: list[str] = []
        self.clock = 0.0
        self.due: dict[float, t.Callable[[], object]] = {}  # what happens while somebody sleeps, by the time
        # What goes wrong: numbers of VFs without memory space, a VF that is not let go, drivers that
        # take no VF, a process that is killed, answers to batches.
        self.no_space: tuple[int, ...] = ()
        self.held = False
        self.unwilling: tuple[str, ...] = ()
        self.lives = math.inf
        self.answers: list[str] = []

    @property
    def vfs(self) -> list[dict[str, t.Any]]:
        """The VFs as ip shows them."""
        found: list[dict[str, t.Any]] = self.link_state["vfinfo_list"]
        return found

    def write(self, path: str, text: str) -> None:
        """sysfs: drivers/pci/iov.c decides what a number of VFs answers."""
        self.live_on()
        if path.endswith("/sriov_numvfs"):
            if int(text) > 7:
                raise OSError(errno.ERANGE, "Numerical result out of range")
            if self.held and not int(text):
                raise OSError(errno.EBUSY, "Device or resource busy")
            if int(text) in self.no_space:
                raise OSError(errno.ENOMEM, "Cannot allocate memory")
            if int(text) and self.vfs:
                raise OSError(errno.EBUSY, "Device or resource busy")
            self.make_vfs(int(text))
        if path.endswith("/driver/unbind"):
            self.unbind(text)
        elif path.endswith("/driver_override"):
            self.overrides[path.split("/")[-2]] = text.strip()
        elif path.endswith("/drivers_probe"):
            self.probe(text)
        else:
            self.folder.write(path, text)

    def replace(self, path: str, text: str, mode: int) -> None:
        self.live_on()
        super().replace(path, text, mode)

    def remove(self, path: str) -> None:
        self.live_on()
        super().remove(path)

    def live_on(self) -> None:
        """The process may make ``lives`` more calls to the host before it is killed."""
        self.lives -= 1
        if self.lives < 0:
            raise Killed

    def unbind(self, address: str) -> None:
        """A VF without driver has no netdev, and its VFIO group is closed."""
        self.folder.remove(f"{PCI_DEVICES}/{address}/driver")
        for name in self.names(f"{PCI_DEVICES}/{address}/net"):
            self.folder.remove(f"/sys/class/net/{name}")
            self.folder.remove(f"{PCI_DEVICES}/{address}/net/{name}")

    def probe(self, address: str) -> None:
        """drivers/pci/pci-driver.c: without autoprobe only by an override."""
        driver = self.overrides.get(address) or ("igbvf" if self.autoprobes() else "")
        if not driver or driver in self.unwilling or not self.exists(f"/sys/bus/pci/drivers/{driver}"):
            return
        self.folder.link(f"{PCI_DEVICES}/{address}/driver", f"/sys/bus/pci/drivers/{driver}")
        if driver == "igbvf":
            index = next(index for index in range(7) if self.address(index) == address)
            self.folder.netdev(address, f"enp1s0v{index}")

    def autoprobes(self) -> bool:
        """Whether new VFs get drivers."""
        return self.read(f"{PCI_DEVICES}/{PF}/sriov_drivers_autoprobe") == "1"

    @staticmethod
    def address(index: int) -> str:
        """Where igb has its VFs."""
        return f"0000:01:{0x10 + index // 4:02x}.{index % 4 * 2}"

    def make_vfs(self, count: int) -> None:
        """VFs with the settings that a new VF of igb has."""
        self.overrides.clear()
        for index in range(len(self.vfs)):
            for name in self.names(f"{PCI_DEVICES}/{self.address(index)}/net"):
                self.folder.remove(f"/sys/class/net/{name}")
            self.folder.remove(f"{PCI_DEVICES}/{PF}/virtfn{index}")
            self.folder.remove(f"{PCI_DEVICES}/{self.address(index)}")
        self.link_state["vfinfo_list"] = [
            {"vf": index, "address": f"26:6a:e0:6b:df:{index:02x}", "vlan_list": [{}],
             "rate": {"max_tx": 0, "min_tx": 0}, "spoofchk": True, "link_state": "auto", "trust": False}
            for index in range(count)
        ]
        for index in range(count):
            self.folder.vf(PF, index, self.address(index), f"enp1s0v{index}")
            if not self.autoprobes():
                self.unbind(self.address(index))

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        """ip, modprobe, udevadm and systemctl."""
        self.live_on()
        self.processes.append(argv)
        answer = self.answer(argv)
        if answer is not None:
            return answer
        if argv[:2] == ["ip", "-json"]:
            return Completed(0, json.dumps([self.link_state]))
        if argv[:2] == ["ip", "-batch"]:
            return self.batch(stdin)
        if argv[0] == "ovs-vsctl":
            raise DependencyMissing("ovs-vsctl", "is not installed on this host")
        if argv[0] == "modprobe":
            return self.modprobe(argv)
        if argv[:2] == ["udevadm", "info"]:
            return Completed(0, f"ID_PATH=pci-{PF}\nID_NET_LINK_FILE=/usr/lib/systemd/network/99-default.link\n")
        assert argv[0] in ("udevadm", "systemctl"), argv
        return Completed(0, "257\n" if argv[1] == "--version" else "")

    def modprobe(self, argv: list[str]) -> Completed:
        """Loading a module registers its driver."""
        name = argv[-1]
        if argv[1] == "--resolve-alias":
            return Completed(0, "igbvf\n")
        if name not in MODULES:
            return Completed(1, stderr=f"modprobe: FATAL: Module {name} not found in directory /lib/modules/6.12\n")
        if argv[1] == name:
            self.folder.write(f"/sys/bus/pci/drivers/{name}/bind")
        return Completed(0)

    def batch(self, text: str) -> Completed:
        """Line by line, up to the first that the driver refuses."""
        for number, line in enumerate(text.splitlines(), 1):
            if self.answers:
                return Completed(1, stderr=f"RTNETLINK answers: {self.answers.pop()}\nCommand failed -:{number}\n")
            self.batches.append(line)
            vf = re.fullmatch(r"link set dev enp1s0 vf (\d+) (.*)", line)
            answer = self.set_vf(int(vf[1]), vf[2].split()) if vf else self.set_pf(line.split()[4:])
            if answer:
                return Completed(1, stderr=f"RTNETLINK answers: {answer}\nCommand failed -:{number}\n")
        return Completed(0)

    def set_pf(self, words: list[str]) -> str:
        """``mtu N`` and ``up`` or ``down``."""
        if "mtu" in words:
            self.link_state["mtu"] = int(words[words.index("mtu") + 1])
        if "up" in words or "down" in words:
            self.link_state["flags"] = ["UP", "LOWER_UP"] if "up" in words else ["LOWER_UP"]
        return ""

    def set_vf(self, index: int, words: list[str]) -> str:
        """What igb takes and what it refuses; the answer is empty or the kernel's."""
        settings = dict(zip(words[::2], words[1::2]))
        vf = self.vfs[index]
        if "state" in settings or "query_rss" in settings:
            return "Operation not supported"
        if settings.get("proto") == "802.1ad":
            return "Protocol not supported"
        for word, name in SETTERS.items():
            if word in settings:
                vf[name] = {"on": True, "off": False}.get(settings[word], settings[word])
        if "vlan" in settings:
            # ip shows no tag and no priority where they are 0.
            numbers = {"vlan": int(settings["vlan"]), "qos": int(settings["qos"])}
            vf["vlan_list"] = [{name: value for name, value in numbers.items() if value}]
        if "max_tx_rate" in settings:
            vf["rate"] = {"max_tx": int(settings["max_tx_rate"]), "min_tx": int(settings["min_tx_rate"])}
        return ""

    def rtnetlink(self, request: bytes) -> bytes:
        """This kernel told ip all there is."""
        return bytes(16)

    def now(self) -> float:
        """A clock that goes on only while somebody sleeps."""
        return self.clock

    def sleep(self, seconds: float) -> None:
        """No time is lost."""
        self.clock += seconds
        for moment in [moment for moment in self.due if moment <= self.clock]:
            self.due.pop(moment)()


ABSENT: Result = {"numvfs": None, "drivers_autoprobe": None, "vfs": None, "mtu": None, "up": None, "in_use": "fail",
                  "persistent": None, "timeout": 120, "uri": "qemu:///system"}


def sriov_vf(kernel: FakeKernel, check_mode: bool = False, **params: t.Any) -> Result:
    """One run of the module on enp1s0."""
    return run(pf_resource, {**ABSENT, "pf": "enp1s0", **params}, kernel, check_mode)
