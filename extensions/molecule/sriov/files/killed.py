"""A resize of a PF, killed (SIGKILL) before the calls that it makes to the host. Run on a host of the lab:

killed.py PF: before each call in turn; the next run must end where an undisturbed one does.
killed.py PF DOMAIN: the domain, which must answer pings over a NIC that is added to it, gets a VF after each kill.
While the resize runs again, it must keep the VF, and no packet may be lost.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
import typing as t

from ansible_collections.nfv.kvm.extensions.molecule.files import inchild
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
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


# To give a guest a VF takes seconds, so this is done before every fifth call only.
STRIDE = 5
# The NIC that the guest gets, and the address that it gives itself by its MAC
GUEST_MAC, GUEST_ADDRESS = "52:54:00:bb:00:99", "fe80::5054:ff:febb:99"


def sriov_vf(host: Host, pf: str, wanted: Result) -> Result:
    result = run(pf_resource, {**ABSENT, "pf": pf, **wanted}, host)
    if result["failed"]:
        raise SystemExit(f"{wanted}: {result['msg']}")
    return result


def killed(pf: str, lives: int, wanted: Result) -> bool:
    """Whether the resize was killed, and did not come to its end."""
    return inchild.killed(lives, lambda: sriov_vf(Host(), pf, wanted))


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


def alone(pf: str) -> None:
    """Kill resizes before each of their calls."""
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


def command(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def answers(pf: str, seconds: int) -> bool:
    """Whether the guest answers one ping over the VF, within so many seconds."""
    words = ["ping", "-6", "-q", "-c", "1", "-W", str(seconds), f"{GUEST_ADDRESS}%{pf}"]
    return subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode == 0


def wait_until(what: str, happens: t.Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happens():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within a minute")
        time.sleep(0.1)


class Packets(threading.Thread):
    """One packet after the other to the guest, as long as the context lasts, and five at least."""

    def __init__(self, pf: str) -> None:
        super().__init__()
        self.pf = pf
        self.enough = False
        self.answered: list[bool] = []

    def run(self) -> None:
        while not self.enough or len(self.answered) < 5:
            self.answered.append(answers(self.pf, 10))

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_error: object) -> None:
        self.enough = True
        self.join()
        if not all(self.answered):
            raise SystemExit(f"packets of the guest were lost: {self.answered}")


def with_guest(pf: str, domain: str) -> None:
    """Resize again while the guest, which got VF 0 after the kill, has it."""
    vf = f"/sys/class/net/{pf}/device/virtfn0"
    command("virsh", "attach-interface", domain, "hostdev", os.path.basename(os.path.realpath(vf)), "--managed",
            "--live", "--mac", GUEST_MAC)
    wait_until("the guest answers", lambda: answers(pf, 1))
    with Packets(pf):
        result = run(pf_resource, {**ABSENT, "pf": pf, **MORE}, Host())
    if result["failed"] and f"domain {domain}" not in result["msg"]:
        raise SystemExit(f"while the guest has VF 0: {result['msg']}")
    if GUEST_MAC not in command("virsh", "domiflist", domain):
        raise SystemExit(f"the guest has lost its NIC: {result}")
    command("virsh", "detach-interface", domain, "hostdev", "--live", "--mac", GUEST_MAC)
    wait_until("VF 0 is the host's again", lambda: "igbvf" in os.path.realpath(f"{vf}/driver"))


def guest_in_between(pf: str, domain: str) -> None:
    """Kill a resize before some of its calls; a guest gets VF 0, if the kill left one."""
    sriov_vf(Host(), pf, FIRST)
    end = state(pf)
    kills = guests = 0
    for lives in itertools.count(1, STRIDE):
        if not killed(pf, lives, MORE):
            break
        kills += 1
        if os.path.exists(f"/sys/class/net/{pf}/device/virtfn0"):
            with_guest(pf, domain)
            guests += 1
        sriov_vf(Host(), pf, FIRST)
        if state(pf) != end:
            raise SystemExit(f"killed after {lives} calls, then a guest: {state(pf)} in place of {end}")
    if guests < 4:
        raise SystemExit(f"only {guests} times there was a VF for the guest")
    print(f"a guest got a VF after {guests} of {kills} kills, and kept it")


if __name__ == "__main__":
    (alone if len(sys.argv) == 2 else guest_in_between)(*sys.argv[1:])
