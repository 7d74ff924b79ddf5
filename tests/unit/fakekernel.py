# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host whose igb PF keeps state: writes to sriov_numvfs make VFs, ip reads and sets them, as seen on Linux 6.12."""

from __future__ import annotations

import errno
import json
import re
import typing as t
from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost

PF = "0000:01:00.0"
SETTERS = {"mac": "address", "spoofchk": "spoofchk", "trust": "trust"}


class FakeKernel(Host):
    """One PF, enp1s0, that can have seven VFs; ``links`` is what ip shows, ``processes`` what was started."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.folder = FakeHost(root)
        self.folder.nic(PF, "enp1s0", totalvfs=7)
        for name, value in {"sriov_offset": "128", "sriov_stride": "2", "sriov_drivers_autoprobe": "1"}.items():
            self.folder.write(f"{PCI_DEVICES}/{PF}/{name}", value)
        self.folder.nic("0000:00:03.0", "enp0s3")
        self.link_state: dict[str, t.Any] = {"ifname": "enp1s0", "mtu": 1500, "flags": ["LOWER_UP"], "vfinfo_list": []}
        self.processes: list[list[str]] = []
        self.batches: list[str] = []
        self.clock = 0.0
        # What goes wrong: numbers of VFs without memory space, a VF that is not let go, answers to batches.
        self.no_space: tuple[int, ...] = ()
        self.held = False
        self.answers: list[str] = []

    @property
    def vfs(self) -> list[dict[str, t.Any]]:
        """The VFs as ip shows them."""
        found: list[dict[str, t.Any]] = self.link_state["vfinfo_list"]
        return found

    def write(self, path: str, text: str) -> None:
        """sysfs: drivers/pci/iov.c decides what a number of VFs answers."""
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
        self.folder.write(path, text)

    def make_vfs(self, count: int) -> None:
        """VFs with the settings that a new VF of igb has."""
        for index in range(len(self.vfs)):
            self.folder.remove(f"{PCI_DEVICES}/{PF}/virtfn{index}")
            self.folder.remove(f"{PCI_DEVICES}/0000:01:{0x10 + index // 4:02x}.{index % 4 * 2}")
            self.folder.remove(f"/sys/class/net/enp1s0v{index}")
        self.link_state["vfinfo_list"] = [
            {"vf": index, "address": f"26:6a:e0:6b:df:{index:02x}", "vlan_list": [{}],
             "rate": {"max_tx": 0, "min_tx": 0}, "spoofchk": True, "link_state": "auto", "trust": False}
            for index in range(count)
        ]
        for index in range(count):
            self.folder.vf(PF, index, f"0000:01:{0x10 + index // 4:02x}.{index % 4 * 2}", f"enp1s0v{index}")

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        """ip and udevadm."""
        self.processes.append(argv)
        if argv[:2] == ["ip", "-json"]:
            return Completed(0, json.dumps([self.link_state]))
        if argv[:2] == ["ip", "-batch"]:
            return self.batch(stdin)
        assert argv[0] == "udevadm", argv
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

    def now(self) -> float:
        """A clock that goes on only while somebody sleeps."""
        return self.clock

    def sleep(self, seconds: float) -> None:
        """No time is lost."""
        self.clock += seconds
