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
FIRST = {"numvfs": 2, "drivers_autoprobe": True, "up": True, "vfs": [
    {"index": 0, "mac": "52:54:00:bb:00:00", "vlan": 100, "trust": True, "driver": "default"},
    {"index": 1, "driver": "vfio-pci"}]}
# What the two that stay have is named no more: it is to be kept.
MORE = {"numvfs": 3, "vfs": [{"index": 2, "vlan": 200, "spoofchk": False}]}
FEWER = {"numvfs": 2}


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


def killed(pf: str, lives: int, wanted: Result) -> bool:
    """Whether the resize was killed, and did not come to its end."""
    child = os.fork()
    if child == 0:
        sriov_vf(Mortal(lives), pf, wanted)
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
    undisturbed = []
    for wanted in (FIRST, MORE, FEWER):
        sriov_vf(Host(), pf, wanted)
        undisturbed.append(state(pf))
    # To more and to fewer by turns, since each resize takes the kernel seconds, until neither makes so many calls.
    more, fewer = (MORE, undisturbed[1]), (FEWER, undisturbed[0])
    kills = 0
    for lives, (wanted, end) in zip(itertools.count(1), itertools.cycle((more, fewer))):
        if killed(pf, lives, wanted):
            kills = lives
            sriov_vf(Host(), pf, wanted)
        elif lives > kills + 1:
            break
        if state(pf) != end:
            raise SystemExit(f"killed after {lives} calls, then {state(pf)} in place of {end}")
    if undisturbed[2] != undisturbed[0] or kills < 10:
        raise SystemExit(f"killed {kills} times only, or changed by a resize itself: {undisturbed}")
    print(f"killed {kills} times, and each time made good")


if __name__ == "__main__":
    main(sys.argv[1])
