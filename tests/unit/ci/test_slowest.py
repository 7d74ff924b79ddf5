# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slowest tasks of logs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("slowest", Path(__file__).parents[3] / ".ci" / "slowest.py")
assert SPEC is not None
assert SPEC.loader is not None
slowest = sys.modules["slowest"] = importlib.util.module_from_spec(SPEC)  # a dataclass looks for its module there
SPEC.loader.exec_module(slowest)


def printed(capsys: pytest.CaptureFixture[str], folder: Path, **logs: str) -> list[str]:
    """What is printed for logs, whose lines are: minute:second process text."""
    for name, log in logs.items():
        lines = [line.split(maxsplit=2) for line in log.strip().splitlines()]
        (folder / f"{name}.log").write_text("".join(
            f"2026-11-30 13:{time},000 p={process} u=root n=ansible INFO| {text}\n" for time, process, text in lines))
    slowest.main(*(str(folder / f"{name}.log") for name in logs))
    return capsys.readouterr().out.splitlines()


def test_a_task_starts_when_the_one_before_it_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also if the one before it ran on another host only."""
    lines = printed(capsys, tmp_path, sriov="""
        00:00 7 PLAY [Two hosts] ***
        00:10 7 TASK [nfv.kvm.lab : First] *****
        00:10 7 ok: [kvm1]
        00:12 7 changed: [kvm2]
        01:14 7 TASK [Reboot the host] *****
        01:14 7 changed: [kvm2]
        01:15 7 RUNNING HANDLER [Last] *****
        01:15 7 ok: [kvm1 -> localhost]
        01:15 7 PLAY RECAP ***
        """)
    assert lines == [
        "  1:02  sriov  Reboot the host (kvm2)", "  0:12  sriov  First (kvm2)", "  0:10  sriov  First (kvm1)",
        "  0:01  sriov  Last (kvm1)"]


def test_hosts_that_do_not_wait_for_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The items of a loop are one task, also if the other host has results between them."""
    assert printed(capsys, tmp_path, sriov="""
        00:00 7 PLAY [strategy: free] ***
        00:00 7 TASK [Parts] *****
        00:00 7 included: /tasks/a.yml for kvm1, kvm2 => (item=a)
        00:20 7 TASK [Loop] *****
        00:20 7 changed: [kvm1] => (item=1)
        00:25 7 TASK [Other] *****
        00:25 7 ok: [kvm2]
        00:30 7 TASK [Loop] *****
        00:30 7 changed: [kvm1] => (item=2)
        00:55 7 TASK [Reboot] *****
        00:55 7 fatal: [kvm2]: FAILED! => {}
        """)[:3] == ["  0:30  sriov  Loop (kvm1)", "  0:30  sriov  Reboot (kvm2)", "  0:25  sriov  Other (kvm2)"]


def test_a_playbook_that_a_task_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its tasks are another process's, and do not end the task that runs it."""
    assert printed(capsys, tmp_path, move="""
        00:00 7 PLAY [Outer] ***
        00:02 8 PLAY [Inner] ***
        00:07 8 TASK [Inside] *****
        00:07 8 ok: [kvm1]
        00:09 7 TASK [Run the playbook] *****
        00:09 7 changed: [localhost]
        """) == ["  0:09  move  Run the playbook (localhost)", "  0:05  move  Inside (kvm1)"]


def test_ten_tasks_of_all_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = "00:00 7 PLAY [All] ***\n" + "".join(
        f"00:{number * number:02} 7 TASK [{number}] ***\n00:{number * number:02} 7 ok: [kvm1]\n"
        for number in range(1, 8))
    lines = printed(capsys, tmp_path, a=log, other=log)
    assert len(lines) == 10
    assert lines[:2] == ["  0:13  a      7 (kvm1)", "  0:13  other  7 (kvm1)"]


def test_logs_without_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, tmp_path, empty="00:00 7 [WARNING]: No inventory was parsed") == []
