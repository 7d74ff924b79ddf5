# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time for each object, whoever begins it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import stat
import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

FORK = multiprocessing.get_context("fork")


class AddLine:
    """Adds a line to a file that was read before, slowly enough for another run to come in between."""

    def __init__(self, before: str, line: str) -> None:
        self.before = before
        self.line = line

    def describe(self) -> list[str]:
        return [f"add {self.line}"]

    def apply(self, host: Host) -> None:
        time.sleep(0.05)
        host.replace("/lines", f"{self.before}{self.line}\n", 0o600)


class Lines:
    """A file that is to have a line."""

    def __init__(self, params: Result) -> None:
        self.line = params["line"]

    def objects(self, host: Host) -> tuple[str, ...]:
        return ("domain a",)

    def read(self, host: Host) -> str:
        text = host.read("/lines")
        return f"{text}\n" if text else ""

    def plan(self, current: str) -> Plan[str]:
        there = self.line in current.splitlines()
        return Plan(() if there else (AddLine(current, self.line),), current if there else f"{current}{self.line}\n")

    def show(self, state: str) -> Result:
        return {}

    def result(self, state: str, plan: Plan[str]) -> Result:
        return {}


def test_runs_at_the_same_moment_lose_nothing(tmp_path: Path) -> None:
    host = Host(str(tmp_path))
    runs = [FORK.Process(target=run, args=(Lines, {"line": str(number)}, host)) for number in range(8)]
    for process in runs:
        process.start()
    for process in runs:
        process.join()
    assert [process.exitcode for process in runs] == [0] * 8
    assert sorted((host.read("/lines") or "").splitlines()) == [str(number) for number in range(8)]


class Impatient(Host):
    """Its clock runs while it sleeps."""

    clock = 0.0

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds


def test_who_has_it_is_told(tmp_path: Path) -> None:
    host = Impatient(str(tmp_path))
    first = lock.held(host, ["domain edge"], "nfv.kvm.vm_domain")
    second = lock.held(host, ["PF 0000:01:00.0", "domain edge"], "nfv.kvm.vm_interface")
    with first, contextlib.ExitStack() as stack:
        refused = stack.enter_context(pytest.raises(InUse))
        stack.enter_context(second)
        raise AssertionError("two have it")
    assert str(refused.value).startswith(
        f"domain edge: another run is changing it (nfv.kvm.vm_domain, process {os.getpid()}, since 2")
    assert host.clock == pytest.approx(lock.WAIT_SECONDS, abs=1)
    with lock.held(host, ["PF 0000:01:00.0"], "it was let go"):
        pass


def test_an_object_of_another_name_is_free(tmp_path: Path) -> None:
    host = Impatient(str(tmp_path))
    names = ["domain a", "domain b", "network a", "domain a/b", "domain ä", "domain " + "x" * 180]
    with lock.held(host, names, "one run"):
        assert len(host.names(lock.folder(host))) == len(names)
    assert host.clock == 0


def test_the_order_is_always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    monkeypatch.setattr(lock, "_take", lambda _host, _file, name, _deadline: taken.append(name))
    with lock.held(Host(str(tmp_path)), ["domain b", "PF 1", "domain a", "network n", "bridge ovs0"], "one run"):
        assert taken == ["bridge ovs0", "network n", "PF 1", "domain a", "domain b"]


def private(root: Path) -> Path:
    """The folder of locks of this user, in a fake host."""
    host = Host(str(root))
    return Path(host.path(lock.folder(host)))


def test_nobody_else_can_write_there(tmp_path: Path) -> None:
    folder = private(tmp_path)
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with lock.held(Host(str(tmp_path)), ["domain a"], "one run"):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "domain a.lock")]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize(("session", "environment", "folder"), [
    ("/run/user/1000", "/run/user/1000", "/run/user/1000/nfv-kvm"),
    ("/run/user/1000", "", "/run/user/1000/nfv-kvm"),
    (None, "", "/home/nfv/.local/state/nfv-kvm"),
    (None, "/run/user/1000", "/home/nfv/.local/state/nfv-kvm"),
])
def test_who_is_not_root_has_a_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: str | None,
                                          environment: str, folder: str) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", environment)
    monkeypatch.setenv("HOME", "/home/nfv")
    monkeypatch.setattr(lock.os, "geteuid", lambda: 1000)
    folders_of(1000, monkeypatch)
    host = Host(str(tmp_path))
    if session:
        os.makedirs(host.path(session))
    with lock.held(host, ["domain a"], "one run"):
        assert host.names(folder) == ["domain a.lock"]


def folders_of(user: int, patch: pytest.MonkeyPatch) -> None:
    """Folders belong to a user."""
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        return os.stat_result((*found[:4], user, *found[5:10])) if stat.S_ISDIR(found.st_mode) else found

    patch.setattr(lock.os, "fstat", fstat)


def linked_folder(folder: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    folder.symlink_to(victim.parent)


def linked_file(folder: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "domain a.lock").symlink_to(victim)


def strange_folder(folder: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    folders_of(4711, patch)


def no_rights(folder: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    def makedirs(path: str, *given: t.Any, **more: t.Any) -> None:
        raise PermissionError(13, "Permission denied", path)

    patch.setattr(lock.os, "makedirs", makedirs)


@pytest.mark.parametrize(("prepare", "told"), [
    (linked_folder, "folder {}: it is not a folder that can be used for locks: Not a directory. Check who owns it"),
    (linked_file, "lock {}/domain a.lock: it cannot be opened: Too many levels of symbolic links. Remove this file"),
    (strange_folder, "folder {}: it belongs to another user (ID 4711)"),
    (no_rights, "folder {}: this user cannot use it for locks: Permission denied. Run the task as root"),
])
def test_what_somebody_else_has_made_is_not_written_to(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: t.Any, told: str) -> None:
    folder, victim = private(tmp_path), tmp_path / "theirs" / "victim"
    folder.parent.mkdir(parents=True)
    victim.parent.mkdir()
    victim.write_text("somebody's")
    with monkeypatch.context() as patch:
        prepare(folder, victim, patch)
        result = run(Lines, {"line": "x"}, Host(str(tmp_path)))
    assert told.format(lock.folder(Host(str(tmp_path)))) in result["msg"]
    assert (victim.read_text(), os.listdir(victim.parent)) == ("somebody's", ["victim"])
    assert not Host(str(tmp_path)).exists("/lines")


def test_objects_that_change_while_a_run_waits_are_looked_at_again(tmp_path: Path) -> None:
    found = iter([("domain a",), ("domain a", "domain b"), ("domain a", "domain b"), ("domain a", "domain b")])

    class Growing(Lines):
        def objects(self, host: Host) -> tuple[str, ...]:
            return next(found)

    host = Host(str(tmp_path))
    assert not run(Growing, {"line": "x"}, host)["failed"]
    assert t.cast(t.Any, next(found, None)) is None
    assert host.names(lock.folder(host)) == ["domain a.lock", "domain b.lock"]


def test_check_mode_keeps_no_lock(tmp_path: Path) -> None:
    host = Impatient(str(tmp_path))
    with lock.held(host, ["domain a"], "one run"):
        assert not run(Lines, {"line": "x"}, host, check_mode=True)["failed"]
    assert host.clock == 0


def test_who_has_nothing_to_do_does_not_wait(tmp_path: Path) -> None:
    host = Impatient(str(tmp_path))
    host.replace("/lines", "x\n", 0o600)
    with lock.held(host, ["domain a"], "one run"):
        result = run(Lines, {"line": "x"}, host)
    assert (result["failed"], result["changed"], host.clock) == (False, False, 0)


def test_what_fails_amid_the_other_run_s_change_waits(tmp_path: Path) -> None:
    class Unfinished(Lines):
        def read(self, host: Host) -> str:
            if lock.busy(host, ["domain a"]) and t.cast(Impatient, host).clock < 1:
                raise ValidationError("domain", "it is half made")
            return super().read(host)

    host = Impatient(str(tmp_path))
    with lock.held(host, ["domain a"], "one run"):
        result = run(Unfinished, {"line": "x"}, host)
    assert "another run is changing it (one run" in result["msg"]


class Telling(Lines):
    """Reading it tells a second object that a change of it needs."""

    def plan(self, current: str) -> Plan[str]:
        return replace(super().plan(current), objects=("PF 1",))


def test_objects_that_only_reading_tells_are_locked_before_the_steps(tmp_path: Path) -> None:
    host = Impatient(str(tmp_path))
    with lock.held(host, ["PF 1"], "one run"):
        result = run(Telling, {"line": "x"}, host)
    assert "PF 1: another run is changing it (one run" in result["msg"]
    assert not host.exists("/lines")
    assert not lock.busy(host, ["domain a"])
    assert run(Telling, {"line": "x"}, host)["changed"]
    assert host.read("/lines") == "x"


def test_who_has_nothing_to_do_does_not_wait_for_them(tmp_path: Path) -> None:
    host = Impatient(str(tmp_path))
    host.replace("/lines", "x\n", 0o600)
    with lock.held(host, ["PF 1"], "one run"):
        result = run(Telling, {"line": "x"}, host)
    assert (result["failed"], result["changed"], host.clock) == (False, False, 0)


def test_what_is_read_before_all_locks_are_held_is_read_again(tmp_path: Path) -> None:
    class Overtaken(Telling):
        reads = 0

        def read(self, host: Host) -> str:
            self.reads += 1
            if self.reads == 2:
                host.replace("/lines", "other\n", 0o600)
            return super().read(host)

    host = Host(str(tmp_path))
    assert run(Overtaken, {"line": "x"}, host)["changed"]
    assert (host.read("/lines") or "").splitlines() == ["other", "x"]
