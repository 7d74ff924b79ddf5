# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the ten slowest tasks of all logs: python .ci/slowest.py LOG...

A LOG is what Ansible writes to ANSIBLE_LOG_PATH, one file for each scenario. It has the times of results only: with
``display_skipped_hosts = false``, Ansible prints the name of a task with its first result. A task starts when the task
before it ends: on the same host in a play with ``strategy: free``, on all hosts in other plays.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

COUNT = 10
LINE = re.compile(r"([\d-]+ [\d:,]+) p=(\d+) [^|]*\| (.*)")
TASK = re.compile(r"(?:TASK|RUNNING HANDLER) \[(?:[\w.]+ : )?(.*)\] \*+$")
RESULT = re.compile(r"(?:ok|changed|failed|fatal|skipping): \[([^\] ]+)|included: .* for (\S+(?:, \S+)*)")


@dataclass
class Task:
    """A task on a host, from ``start`` to its last result at ``end``."""

    name: str
    host: str
    start: datetime
    end: datetime

    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass
class Play:
    """A play, and the results of its tasks in the order of the log: time, name of the task, host."""

    start: datetime
    results: list[tuple[datetime, str, str]]

    def is_free(self) -> bool:
        """Whether a host has results of one task before and after another host has a result of another task."""
        last: dict[str, int] = {}
        for number, (_time, name, host) in enumerate(self.results):
            between = self.results[last.get(host, number):number]
            if between and between[0][1] == name and any(other != name for _time, other, _host in between):
                return True
            last[host] = number
        return False

    def tasks(self) -> list[Task]:
        free, running, start, latest = self.is_free(), "", self.start, self.start
        tasks: list[Task] = []
        last: dict[str, Task] = {}
        for time, name, host in self.results:
            if not free and name != running:
                running, start = name, latest
                last.clear()
            before = last.get(host)
            if before is None or before.name != name:  # else it is the next item of a loop
                last[host] = Task(name, host, before.end if before else start, time)
                tasks.append(last[host])
            last[host].end = latest = time
        return tasks


def plays(log: Path) -> list[Play]:
    """The plays in a log. A playbook that a task runs is another process, which can write to the same log."""
    found: list[Play] = []
    current: dict[str, Play] = {}
    task: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if not (match := LINE.match(line)):
            continue
        time, process, text = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S,%f"), match[2], match[3]
        if text.startswith("PLAY ["):
            current[process] = Play(time, [])
            found.append(current[process])
        elif banner := TASK.match(text):
            task[process] = banner[1]
        elif (result := RESULT.match(text)) and process in task:
            current[process].results += [(time, task[process], host) for host in (result[1] or result[2]).split(", ")]
    return found


def main(*logs: str) -> None:
    tasks = [(Path(log).stem, task) for log in logs for play in plays(Path(log)) for task in play.tasks()]
    slowest = sorted(tasks, key=lambda of: of[1].seconds(), reverse=True)[:COUNT]
    width = max((len(scenario) for scenario, _task in slowest), default=0)
    for scenario, task in slowest:
        minutes, seconds = divmod(round(task.seconds()), 60)
        print(f"{minutes:3}:{seconds:02}  {scenario:{width}}  {task.name} ({task.host})")


if __name__ == "__main__":
    main(*sys.argv[1:])
