# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole appliance by one module, with nothing left to do, and anew, but without copying an image and booting."""

from __future__ import annotations

import sys

from ratios import Limit, Measured, Task, run

IMAGE = "/root/bench.img"
SMALL = {"image": IMAGE, "memory": 256, "cpu": "host-passthrough", "disk": {"bus": "virtio", "format": "raw"}}
PROFILE = f"{{{{ lookup('ansible.builtin.file', '%s') | from_yaml | combine({SMALL}) }}}}"
PROFILES = "../../roles/virtual_appliance/profiles"
LOOPS = 3
PING: Task = {"ping": {}, "loop": list(range(LOOPS))}


def appliance(profile: str, state: str = "defined", **more: object) -> Task:
    """The appliance, with a NIC on a bridge and one on a VF."""
    return {"nfv.kvm.vm_appliance": {
        "name": "bench-{{ item }}", "state": state, "profile": PROFILE % f"{PROFILES}/{profile}.yml",
        "pfs": [{"pf": "enp1s0", "numvfs": LOOPS}],
        "interfaces": [{"type": "bridge", "source": {"bridge": "br-mgmt"}},
                       {"type": "hostdev", "source": {"pf": "enp1s0", "vf": "{{ item }}"}}],
        "day0": {"juniper.conf": "system {}\n"}, **more}, "loop": list(range(LOOPS))}


def main() -> bool:
    setup: list[Task] = [
        {"command": f"dd if=/dev/urandom of={IMAGE} bs=64k count=1"},
        {"nfv.kvm.sriov_vf": {"pf": "enp1s0", "numvfs": LOOPS, "up": True, "persistent": True}}]
    measured = [Measured("ping", [PING])]
    for profile in ("open_appliance", "vsrx"):
        measured += [
            Measured(f"{profile}, first run", [appliance(profile)]),
            Measured(f"{profile}, second run", [appliance(profile)],
                     after=[appliance(profile, "absent", remove_disks=True)])]
    limits = [limit for profile in ("open_appliance", "vsrx") for limit in (
        Limit(f"{profile}, first run", "ping", most=5), Limit(f"{profile}, second run", "ping", most=2.5))]
    return run("vm_appliance", measured, limits, setup)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
