"""A resize of a PF, killed (SIGKILL) before each call that it makes to the host in turn: the next run must end where
an undisturbed one does. Run on a host of the lab: killed.py PF"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys

from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import pf_resource
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

ABSENT = {"numvfs": None, "drivers_autoprobe": None, "vfs": None, "mtu": None, "up": None, "in_use": "fail",
          "persistent": None, "timeout": 120, "uri": "qemu:///system"}
BEFORE = {"numvfs": 3, "drivers_autoprobe": True, "up": True, "vfs": [
    {"index": 0, "mac": "52:54:00:bb:00:00", "vlan": 100, "trust": True, "driver": "default"},
    {"index": 1, "driver": "vfio-pci"}]}
RESIZE = {"numvfs": 4, "vfs": [{"index": 3, "vlan": 200, "spoofchk": False}]}


class Mortal(Host):
    """A host that lets the process make so many calls."""

    def __init__(self, lives: int) -> None:
        super().__init__()
        self.lives = lives

    def live_on(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def write(self, path: str, text: str) -> None:
        self.live_on()
        super().write(path, text)

    def replace(self, path: str, text: str, mode: int) -> None:
        self.live_on()
        super().replace(path, text, mode)

    def remove(self, path: str) -> None:
        self.live_on()
        super().remove(path)

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        self.live_on()
        return super().run(argv, stdin, timeout)


def sriov_vf(host: Host, pf: str, wanted: Result) -> Result:
    result = run(pf_resource, {**ABSENT, "pf": pf, **wanted}, host)
    if result["failed"]:
        raise SystemExit(f"{wanted}: {result['msg']}")
    return result


def killed(pf: str, lives: int) -> bool:
    """Whether the resize was killed, and did not come to its end."""
    child = os.fork()
    if child == 0:
        sriov_vf(Mortal(lives), pf, RESIZE)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and status != 0:
        raise SystemExit(f"the resize failed by itself after {lives} calls")
    return os.WIFSIGNALED(status)


def state(pf: str) -> list[object]:
    """The VFs as ip and sysfs tell, but for MACs that are random."""
    told = subprocess.run(["ip", "-json", "link", "show", "dev", pf], capture_output=True, check=True).stdout
    found: list[object] = []
    for vf in json.loads(told)[0]["vfinfo_list"]:
        folder = f"/sys/class/net/{pf}/device/virtfn{vf['vf']}"
        driver = os.path.basename(os.path.realpath(f"{folder}/driver")) if os.path.exists(f"{folder}/driver") else None
        mac = vf["address"] if vf["vf"] == 0 else None
        found.append((vf["vf"], mac, vf["vlan_list"], vf["trust"], vf["spoofchk"], driver))
    return found


def main(pf: str) -> None:
    sriov_vf(Host(), pf, BEFORE)
    sriov_vf(Host(), pf, RESIZE)
    wanted = state(pf)
    for lives in itertools.count(1):
        sriov_vf(Host(), pf, BEFORE)
        if not killed(pf, lives):
            break
        sriov_vf(Host(), pf, RESIZE)
        if state(pf) != wanted:
            raise SystemExit(f"killed after {lives} calls, then {state(pf)} in place of {wanted}")
    print(f"killed {lives - 1} times, and each time made good")


if __name__ == "__main__":
    main(sys.argv[1])
