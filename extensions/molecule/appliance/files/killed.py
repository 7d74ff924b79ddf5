"""vm_appliance, killed (SIGKILL) before the calls that it makes to the host. Run on a host of the lab:

killed.py HOST_STATE STRIDE: the deployment of an appliance with a NIC on a bridge, a VF and a disk is killed before its
calls in turn, STRIDE apart. The next run must end where an undisturbed one does. Then its removal is killed, and the
next one must leave the host as it was. HOST_STATE is the script that prints all of a host that an appliance could leave
a trace in.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import time
from pathlib import Path

from ansible_collections.nfv.kvm.extensions.molecule.files.inchild import Result, module
from ansible_collections.nfv.kvm.plugins.modules.vm_appliance import main

IMAGE = Path("/run/killed.img")
NAME = {"name": "killed"}
DEPLOYED: Result = {
    **NAME, "state": "defined",
    "profile": {
        "image": str(IMAGE), "vcpus": 1, "memory": 64, "machine": "pc", "cpu": "host-passthrough",
        "disk": {"bus": "virtio", "format": "raw"}, "day0": {"bus": "ide"},
        "nics": {"management": ["eth0"], "data": "eth{n}", "first": 1, "model": "virtio"}},
    "pfs": [{"pf": "enp1s0", "numvfs": 2, "up": True}],
    "interfaces": [{"type": "bridge", "source": {"bridge": "br-mgmt"}},
                   {"type": "hostdev", "source": {"pf": "enp1s0", "vf": 0}, "vlan": {"tags": [100]}}],
    "day0": {"frr.conf": "hostname killed\n"},
}
REMOVED: Result = {**NAME, "state": "absent", "remove_disks": True}
# The record knows disks by their inodes, a medium has the time at which it was made, and a run that is killed between
# a definition and its record leaves it without one: the next run compares by meaning.
OTHER = re.compile(r"^[0-9a-f]{64}(?=  .*/(appliance\.json|day0-.*\.iso|killed\.xml)$)", re.MULTILINE)
RECORD = re.compile(r"\s*<metadata>.*</metadata>", re.DOTALL)


def state(script: str) -> str:
    """The host, but for what each deployment makes in another way, and the definition without its record."""
    told = subprocess.run(["sh", script], capture_output=True, text=True, check=True).stdout
    domain = subprocess.run(["virsh", "dumpxml", "--inactive", "killed"], capture_output=True, text=True, check=False)
    return OTHER.sub("", told) + RECORD.sub("", domain.stdout)


def succeed(wanted: Result) -> None:
    """One run to the end."""
    result = module(main, wanted)
    if result.get("failed"):
        raise SystemExit(f"{wanted['state']}: {result['msg']}")


def check(script: str, right: str, what: str) -> None:
    """The host must be like this."""
    found = state(script)
    if found != right:
        lines = set(found.splitlines()) ^ set(right.splitlines())
        raise SystemExit(f"{what}, then: {sorted(lines)}")


def alternate(script: str, stride: int) -> None:
    """Deploy and remove it until neither makes so many calls."""
    IMAGE.write_bytes(bytes(range(256)) * (3 << 12))
    bare = state(script)
    succeed(DEPLOYED)
    whole = state(script)
    succeed(REMOVED)
    check(script, bare, "removed")
    kills = 0
    for lives in itertools.count(1, stride):
        before = kills
        for wanted, right in ((DEPLOYED, whole), (REMOVED, bare)):
            began = time.monotonic()
            if not module(main, wanted, lives=lives):
                kills += 1
            succeed(wanted)
            check(script, right, f"{wanted['state']}, killed after {lives} calls")
            print(f"{wanted['state']} {lives} {time.monotonic() - began:.1f}", flush=True)
        if before == kills:
            break
    if kills < 40 / stride:
        raise SystemExit(f"killed {kills} times only")
    print(f"killed {kills} times, and each time made good")


if __name__ == "__main__":
    alternate(sys.argv[1], int(sys.argv[2]))
