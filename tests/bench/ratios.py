# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of tasks in the lab, as ratios within one run.

Each thing that is measured is one task of one play, looped; the time is what the controller sees between the tasks
around it, so that it is what a user waits for. A round measures each thing once, and there are several rounds, so that
what else the machine does meets all of them. A ratio is the median of those of the rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
Task = dict[str, t.Any]


@dataclass(frozen=True)
class Measured:
    """One way to do something.

    ``tasks``: what is timed, with as many loops as they have. ``before``: tasks that are not timed. ``after``: tasks,
    not timed either, that see whether it was done. ``rounds``: in how many of the rounds it takes part
    """

    name: str
    tasks: list[Task]
    before: list[Task] = field(default_factory=list)
    after: list[Task] = field(default_factory=list)
    rounds: int = 5


@dataclass(frozen=True)
class Limit:
    """``name`` may take at most ``most`` times as long as ``of``, and at least ``least`` times."""

    name: str
    of: str
    least: float = 0
    most: float = float("inf")


def play(measured: t.Sequence[Measured], rounds: int) -> list[Task]:
    """The play's tasks; the fact ``times`` gets a pair of name and seconds for each measurement."""
    tasks: list[Task] = [{"set_fact": {"times": []}}]
    for number in range(rounds):
        for one in measured:
            if number >= one.rounds:
                continue
            tasks += one.before
            tasks.append({"name": one.name, "set_fact": {"began": "{{ now().timestamp() }}"}})
            tasks += one.tasks
            tasks.append({"set_fact": {"times": "{{ times + [[measured, now().timestamp() - began | float]] }}"},
                          "vars": {"measured": one.name}})
            tasks += one.after
    return tasks


def playbook(path: Path, log: t.TextIO) -> None:
    """Run a playbook in the lab."""
    command = ["ansible-playbook", "-i", str(BUILD / "lab" / "inventory.yml"), str(path),
               "-e", f"lab_suite={os.environ.get('LAB_SUITE', 'trixie')}"]
    subprocess.run(command, stdout=log, check=True, env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "default"})


def run(subject: str, measured: t.Sequence[Measured], limits: t.Sequence[Limit], setup: t.Sequence[Task] = (),
        rounds: int = 5) -> bool:
    """Measure, print a table and write build/bench/SUBJECT.json; whether all limits are kept.

    The host is restored before. ``setup``: tasks at the start of the play.
    """
    folder = BUILD / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / f"{subject}.json"
    tasks = [*setup, *play(measured, rounds)]
    tasks.append({"copy": {"content": "{{ times | to_json }}", "dest": str(report)}, "delegate_to": "localhost"})
    bench = folder / f"{subject}.yml"
    bench.write_text(json.dumps([
        {"hosts": "kvm1", "gather_facts": False, "tasks": tasks,
         "vars": {"ansible_python_interpreter": "/usr/bin/python3"}}]), encoding="utf-8")
    with open(folder / f"{subject}.log", "w", encoding="utf-8") as log:
        print(f"{len(measured)} things, up to {rounds} times each; the tasks go to {log.name}", flush=True)
        for path in (ROOT / "playbooks" / "lab_down.yml", ROOT / "playbooks" / "lab_up.yml", bench):
            playbook(path, log)
    times: dict[str, list[float]] = {}
    for name, seconds in json.loads(report.read_text(encoding="utf-8")):
        times.setdefault(name, []).append(seconds)
    medians = {name: statistics.median(all_times) for name, all_times in times.items()}
    first = measured[0].name
    for name, median in medians.items():
        print(f"  {name:60} {median:8.2f} s   {median / medians[first]:6.2f} x {first}")
    ratios = {f"{limit.name} / {limit.of}": statistics.median(
        one / other for one, other in zip(times[limit.name], times[limit.of])) for limit in limits}
    report.write_text(json.dumps({"seconds": times, "ratios": ratios}, indent=1) + "\n", encoding="utf-8")
    kept = True
    for limit, (name, ratio) in zip(limits, ratios.items()):
        met = limit.least <= ratio <= limit.most
        bound = f"at most {limit.most}" if limit.least == 0 else f"at least {limit.least}"
        print(f"  {name}: {ratio:.2f}, {bound}{'' if met else '  MISSED'}")
        kept = kept and met
    return kept
