# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way: what a run does, in which order, and what a user hears when it fails."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run


class CountingHost(Host):
    """A host that is one number; ``stuck`` takes no change, ``slow`` shows a change only after some reads."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.fails_at: int | None = None
        self.stuck = False
        self.slow = 0
        self.clock = 0.0

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds


@dataclass(frozen=True)
class Increment:
    """One more."""

    to: int

    def describe(self) -> list[str]:
        return [f"number {self.to - 1} → {self.to}"]

    def apply(self, host: Host) -> None:
        counting = t.cast(CountingHost, host)
        if self.to == counting.fails_at:
            raise CommandFailed("number", "it is full", self.to, "Take a smaller one")
        if not counting.stuck:
            counting.number = self.to


class Number:
    """The resource: the number reaches ``wanted``."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted

    def objects(self, host: Host) -> tuple[str, ...]:
        return ()

    def read(self, host: Host) -> int:
        counting = t.cast(CountingHost, host)
        if counting.slow and counting.number:
            counting.slow -= 1
            return 0
        return counting.number

    def plan(self, current: int) -> Plan[int]:
        return Plan(tuple(Increment(number) for number in range(current + 1, self.wanted + 1)), self.wanted)

    def show(self, state: int) -> Result:
        return {"number": state}

    def result(self, state: int, plan: Plan[int]) -> Result:
        return {"number": state}


def count_to(host: CountingHost, wanted: int, check_mode: bool = False) -> Result:
    return run(lambda params: Number(params["wanted"]), {"wanted": wanted}, host, check_mode)


def test_check_mode_predicts_and_touches_nothing() -> None:
    host = CountingHost()
    predicted = count_to(host, 2, check_mode=True)
    assert host.number == 0
    assert predicted == count_to(host, 2)
    assert host.number == 2
    assert predicted["actions"] == ["number 0 → 1", "number 1 → 2"]
    assert predicted["diff"] == {"before": {"number": 0}, "after": {"number": 2}}
    assert not count_to(host, 2)["changed"]


def test_a_failure_half_way_says_what_was_done() -> None:
    host = CountingHost()
    host.fails_at = 2
    result = count_to(host, 3)
    assert result["msg"] == "number = 2: it is full. Take a smaller one."
    assert result["error"] == {"type": "CommandFailed", "object": "number", "value": 2, "cause": "it is full",
                               "remedy": "Take a smaller one"}
    assert (result["actions"], result["changed"]) == (["number 0 → 1"], True)


def test_a_host_that_does_not_change_is_found_out() -> None:
    host = CountingHost()
    host.stuck = True
    result = count_to(host, 1)
    assert result["error"]["type"] == "VerificationFailed"
    assert "number 0 → 1" in result["msg"]


def test_a_host_that_takes_its_time_is_waited_for() -> None:
    host = CountingHost()
    host.slow = 3
    assert count_to(host, 1)["number"] == 1
    assert host.clock > 0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "/sys/x"), "/sys/x: Permission denied."),
        (KeyError("x"), "defect in nfv.kvm, please report it: KeyError: 'x' (test_engine.py:"),
    ],
)
def test_no_traceback_ever(error: Exception, told: str) -> None:
    def build(params: Result) -> Number:
        raise error

    result = run(build, {}, CountingHost())
    assert result["failed"]
    assert result["msg"].startswith(told)


class Undoable(Increment):
    """One more, which can be taken back as long as ``undo_fails`` is not set."""

    undo_fails = False

    def undo(self, host: Host) -> None:
        if self.undo_fails:
            raise CommandFailed("number", "it does not go back")
        t.cast(CountingHost, host).number = self.to - 1


class UndoableNumber(Number):
    """The same with steps that can be undone, but for ``lasting``."""

    lasting: int | None = None

    def plan(self, current: int) -> Plan[int]:
        return Plan(tuple(Increment(number) if number == self.lasting else Undoable(number)
                          for number in range(current + 1, self.wanted + 1)), self.wanted)


def test_where_a_step_fails_all_are_undone() -> None:
    host = CountingHost()
    host.fails_at = 3
    result = run(lambda params: UndoableNumber(4), {}, host)
    assert host.number == 0
    assert (result["changed"], result["actions"]) == (False, [])
    assert result["msg"] == "number = 3: it is full. Take a smaller one. The previous state was restored."


@pytest.mark.parametrize(("lasting", "left"), [(1, 1), (2, 2), (3, 2)])
def test_the_way_back_ends_at_a_step_that_cannot_be_undone(
    monkeypatch: pytest.MonkeyPatch, lasting: int, left: int
) -> None:
    host = CountingHost()
    host.fails_at = 3
    monkeypatch.setattr(UndoableNumber, "lasting", lasting)
    result = run(lambda params: UndoableNumber(4), {}, host)
    assert host.number == left
    stays = [f"number {number} → {number + 1}" for number in range(left)]
    assert (result["changed"], result["actions"]) == (True, stays)
    told = f" The previous state was restored, except for these changes: {'; '.join(stays)}."
    assert result["msg"] == f"number = 3: it is full. Take a smaller one.{told if lasting < 3 else ''}"


class HalfUndoable(Undoable):
    """One more, of which something stays whatever is undone."""

    def undo(self, host: Host) -> list[str]:
        super().undo(host)
        return [f"number {self.to} was seen"]


def test_what_stays_of_a_step_that_was_undone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    host = CountingHost()
    host.fails_at = 3
    monkeypatch.setattr(UndoableNumber, "plan", lambda self, current: Plan(
        (HalfUndoable(1), Undoable(2), HalfUndoable(3)), 3))
    result = run(lambda params: UndoableNumber(3), {}, host)
    assert host.number == 0
    assert (result["changed"], result["actions"]) == (True, ["number 1 was seen", "number 3 was seen"])
    assert result["msg"].endswith("except for these changes: number 1 was seen; number 3 was seen.")


def test_an_answer_of_the_system_is_told_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Undoable, host: Host) -> None:
        raise OSError(28, "No space left on device", "/etc/x")

    monkeypatch.setattr(Undoable, "apply", full)
    result = run(lambda params: UndoableNumber(1), {}, CountingHost())
    assert result["msg"] == "/etc/x: No space left on device. The previous state was restored."
    assert (result["changed"], result["error"]["type"]) == (False, "CommandFailed")


def test_what_could_not_be_undone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    host = CountingHost()
    host.fails_at = 3
    monkeypatch.setattr(Undoable, "undo_fails", True)
    result = run(lambda params: UndoableNumber(4), {}, host)
    assert result["changed"]
    assert result["msg"].endswith("Restoring the previous state also failed: number: it does not go back.")
