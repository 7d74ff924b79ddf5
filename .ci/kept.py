# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a test unless it has already passed on the same content: python .ci/kept.py WHAT COMMAND [ARGUMENT...]

WHAT is ``sanity`` or a scenario (a folder in extensions/molecule). Run this from the root of the repository.
A result is recorded only if git reports a clean tree. All clones on the same computer use it. FRESH=1 ignores it.
To print the files that a test depends on, run python .ci/depends.py WHAT.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from depends import dependencies, git

ALWAYS = ("appliance",)  # The demo: it runs each time, to prove that a clean clone works.


def main(what: str, *command: str) -> int:
    key = key_of(what)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    record = cache / "nfv.kvm" / "results" / f"{what}-{key[:16]}.json"
    if record.exists() and not os.environ.get("FRESH") and what not in ALWAYS:
        kept = json.loads(record.read_text(encoding="utf-8"))
        print(f"=== {what}: passed on {kept['passed'][:16].replace('T', ' ')} in {clock(kept['seconds'])}, "
              "nothing that it depends on has changed")
        return 0
    was_clean, start = is_clean(), time.monotonic()
    status = run(command)
    seconds = round(time.monotonic() - start)
    print(f"=== {what}: {'failed after' if status else 'passed in'} {clock(seconds)}", flush=True)
    if status == 0 and was_clean and is_clean() and key_of(what) == key:
        result = {"passed": datetime.now().astimezone().isoformat(timespec="seconds"), "seconds": seconds,
                  "commit": git("rev-parse", "HEAD").strip()}
        record.parent.mkdir(parents=True, exist_ok=True)
        temporary = record.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(result) + "\n", encoding="utf-8")
        temporary.replace(record)
    return status


def run(command: tuple[str, ...]) -> int:
    """Run a command to its end, and return its status or that of a signal that interrupts it."""
    signals: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def stop(number: int, _frame: object) -> None:
        signals.append(number)
        if number == signal.SIGTERM:  # A terminal sends SIGINT to the command as well.
            for child in started:
                child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with subprocess.Popen(command) as child:
        started.append(child)
        if signal.SIGTERM in signals:
            child.terminate()
        status = child.wait()
    return 128 + signals[0] if signals else status


def clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def is_clean() -> bool:
    return not git("status", "--porcelain", "--untracked-files=all")


def key_of(what: str) -> str:
    """A hash of all that the result of a test depends on."""
    content = [[file, os.access(file, os.X_OK), hashlib.sha256(Path(file).read_bytes()).hexdigest()]
               for file in dependencies(what)]
    suite = "" if what == "sanity" else os.environ.get("LAB_SUITE") or "trixie"
    return hashlib.sha256(json.dumps([what, suite, content]).encode()).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
