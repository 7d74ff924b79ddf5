# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sriov_vf against ansible.builtin.ping, and against other ways to six settings of seven VFs."""

from __future__ import annotations

import sys
import typing as t

from ratios import Limit, Measured, Task, run

PF = "{{ lab_pfs[0] }}"


def settings(which: int) -> list[dict[str, t.Any]]:
    """Six settings of seven VFs: one of two sets that differ in all 42."""
    return [
        {"index": index, "mac": f"52:54:00:be:0{which}:0{index}", "vlan": 100 + which, "qos": 1 + which,
         "spoofchk": bool(which), "trust": not which, "max_tx_rate": 100 + which}
        for index in range(7)
    ]


def lines(which: int) -> list[str]:
    """The same as arguments of ip, one line for what ip sets at once."""
    found = []
    for vf in settings(which):
        start = f"link set dev {PF} vf {vf['index']}"
        found.append(f"{start} vlan {vf['vlan']} qos {vf['qos']}")
        found += [f"{start} {name} {vf[name]}" for name in ("mac", "max_tx_rate")]
        found += [f"{start} {name} {'on' if vf[name] else 'off'}" for name in ("spoofchk", "trust")]
    return found


def sriov_vf(which: int, **more: t.Any) -> Task:
    return {"nfv.kvm.sriov_vf": {"pf": PF, "vfs": settings(which), **more}}


BEFORE = [sriov_vf(0, up=True, numvfs=7, drivers_autoprobe=True)]
PING, SAME, CHANGED = "ansible.builtin.ping", "sriov_vf, nothing to do", "sriov_vf, 42 settings to change"
BATCH, LOOP = "one command: ip -batch, not idempotent", "looped commands: ip link set … vf …, not idempotent"
MEASURED = [
    Measured(PING, [{"ansible.builtin.ping": None}]),
    Measured(SAME, [sriov_vf(0)], BEFORE),
    Measured(CHANGED, [sriov_vf(1)], BEFORE),
    Measured(BATCH, [{"ansible.builtin.command": {"cmd": "ip -batch -", "stdin": "\n".join(lines(1))}}], BEFORE),
    Measured(LOOP, [{"ansible.builtin.command": "ip {{ item }}", "loop": lines(1)}], BEFORE, rounds=1),
]
LIMITS = [Limit(SAME, PING, most=1.25), Limit(CHANGED, PING, most=1.5), Limit(LOOP, CHANGED, least=15)]

if __name__ == "__main__":
    sys.exit(not run("sriov_vf", MEASURED, LIMITS))
