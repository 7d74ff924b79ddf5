# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two hosts has the appliance, for each pair of states that they can have of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import (
    ABSENT,
    HELD,
    OFF,
    RUNNING,
    Copy,
    holder,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import ARRIVING, LEAVING, LEFT, Note

# State and stage; one that is ARRIVED has a note of LEAVING whose target is its own host.
STATES = {
    "absent": (ABSENT, None), "off": (OFF, None), "off leaving": (OFF, LEAVING), "off left": (OFF, LEFT),
    "off arriving": (OFF, ARRIVING), "off arrived": (OFF, "arrived"), "runs": (RUNNING, None),
    "runs leaving": (RUNNING, LEAVING), "runs arriving": (RUNNING, ARRIVING), "runs arrived": (RUNNING, "arrived"),
    "held": (HELD, None), "held leaving": (HELD, LEAVING), "held arrived": (HELD, "arrived"),
    "paused": ("paused", None),
}
# Rows are the source, columns the target in the same order: s it is the source, t it is the target, . it is refused.
GRID = """
.tt.tttttttt.t
s..ss.......s.
s..ssttttt..s.
.tt.tttttttt..
stts.ttttttts.
s.sss.ttttsss.
s.ssss....sss.
s.ssss....sss.
s.ssss....sss.
s.ssss....sss.
s..ssttttt..s.
s..ssttttt..s.
.tt.tttttttt..
s.............
"""


def made(host: str, other: str, what: str) -> Copy:
    """A copy in a state."""
    state, stage = STATES[what]
    note = None if stage is None else Note(stage, host, other, True, True, False)
    if stage == "arrived":
        note = Note(LEAVING, other, host, True, True, False)
    return Copy(host, state, None if state == ABSENT else "u", note)


def held_by(source: Copy, target: Copy) -> str:
    """The letter of GRID."""
    try:
        return "s" if holder("a", source, target) is source else "t"
    except KvmError:
        return "."


def test_grid() -> None:
    found = ["".join(held_by(made("kvm1", "kvm2", row), made("kvm2", "kvm1", column)) for column in STATES)
             for row in STATES]
    assert found == GRID.split()


@pytest.mark.parametrize("one", STATES)
@pytest.mark.parametrize("other", STATES)
def test_it_is_the_same_with_the_hosts_exchanged(one: str, other: str) -> None:
    copies = made("kvm1", "kvm2", one), made("kvm2", "kvm1", other)
    exchanged = {"s": "t", "t": "s", ".": "."}
    assert held_by(*copies) == exchanged[held_by(copies[1], copies[0])]


@pytest.mark.parametrize("one", STATES)
@pytest.mark.parametrize("other", STATES)
def test_who_runs_alone_is_it_or_nobody(one: str, other: str) -> None:
    copies = made("kvm1", "kvm2", one), made("kvm2", "kvm1", other)
    running = [copy.state == RUNNING for copy in copies]
    assert held_by(*copies) in {(True, True): ".", (True, False): "s.", (False, True): "t."}.get(
        (running[0], running[1]), "st.")


OTHERWISE = [
    (made("kvm1", "", "runs"), made("kvm1", "", "absent"), "target = 'kvm1': this is the host on which the task"),
    (made("kvm1", "", "off"), replace(made("kvm2", "", "off"), uuid="v"), "kvm2 has another domain of this name, with"),
    (replace(made("kvm1", "kvm2", "held leaving"), job=True), made("kvm2", "kvm1", "runs arrived"),
     "a migration from kvm1 is about to finish. Run the task again after some seconds"),
    (made("kvm1", "kvm2", "off left"), made("kvm2", "kvm1", "absent"),
     "kvm1 has handed it over to kvm2, and kvm2 does not have it. Set target to the host that has it"),
    (made("kvm1", "kvm3", "off left"), made("kvm2", "kvm1", "absent"), "kvm1 has handed it over to kvm3, and kvm2"),
    (made("kvm1", "", "absent"), made("kvm2", "", "absent"), "neither kvm1 nor kvm2 has this domain"),
    (made("kvm1", "kvm2", "absent"), made("kvm2", "kvm1", "held arrived"), "on kvm2 it still waits for a part of its "
     "mem"),
    (made("kvm1", "", "runs"), made("kvm2", "", "runs"), "it runs on both kvm1 and kvm2. Power off the copy"),
    (made("kvm1", "", "runs"), made("kvm2", "", "off"), "the copy on kvm2 does not run, but not because of a move"),
    (made("kvm1", "", "off"), made("kvm2", "", "off"), "neither copy runs, and it is unknown which copy ran last"),
    (made("kvm1", "kvm2", "off leaving"), made("kvm2", "kvm1", "paused"), "domain a on kvm2: it is paused"),
]


@pytest.mark.parametrize(("source", "target", "told"), OTHERWISE)
def test_words(source: Copy, target: Copy, told: str) -> None:
    with pytest.raises(KvmError, match=r".") as refused:
        holder("a", source, target)
    assert told in str(refused.value)
    assert refused.value.remedy
