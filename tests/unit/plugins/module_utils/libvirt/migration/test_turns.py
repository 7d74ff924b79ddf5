# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs at once, such as one whose controller was killed and one that was begun to take it back."""

from __future__ import annotations

import os
import stat
import traceback
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration import turns
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.migration.conftest import (
    BRIDGE,
    DISK,
    MEDIUM,
    READY,
    VF,
    VF_MAC,
    Pair,
)

VFS = [{"mac": VF_MAC, "pci_address": "0000:02:10.2"}]


def test_a_second_run_on_the_same_host_waits_for_its_turn(pair: Pair) -> None:
    domain = pair.domain()
    seen: list[t.Any] = []

    def second() -> None:
        held, turns.LOCKS[:] = list(turns.LOCKS), []
        before = pair.all()
        seen.append(pair.move())
        assert pair.all() == before
        turns.LOCKS[:] = held

    pair.hosts["kvm1"].libvirt.at("migrateToURI3", 1, second)
    assert not pair.move()["failed"]
    assert domain.live is None
    assert f"an earlier run still moves it, as process {os.getpid()} of this host. Wait until" in seen[0]["msg"]
    assert not pair.move()["changed"]


def test_what_has_changed_since_it_was_looked_at(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = pair.domain()
    monkeypatch.setattr(turns.os, "ftruncate", lambda descriptor, length: domain.destroy())
    refused = pair.move()
    assert "somebody else has just changed it" in refused["msg"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == ((False, True, None), None)


def folders_of(user: int, patch: pytest.MonkeyPatch) -> None:
    """Every folder that is open is this user's."""
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        return os.stat_result((*found[:4], user, *found[5:10])) if stat.S_ISDIR(found.st_mode) else found

    patch.setattr(turns.os, "fstat", fstat)


def test_the_lock_is_in_a_folder_of_this_user_only(pair: Pair) -> None:
    pair.domain()
    folder = Path(pair.hosts["kvm1"].host.path("/run/nfv-kvm"))
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    assert not pair.move()["failed"]
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in (folder, folder / "move-a")] == [0o700, 0o600]
    assert (folder / "move-a").read_text() == str(os.getpid())
    assert not pair.hosts["kvm1"].host.exists("/run/lock")


def test_the_lock_of_a_session_is_below_its_runtime_folder(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setattr(turns.os, "geteuid", lambda: 1000)
    folders_of(1000, monkeypatch)
    pair.domain()
    assert not pair.move()["failed"]
    assert pair.hosts["kvm1"].host.names("/run/user/1000/nfv-kvm") == ["move-a"]


def linked_folder(run: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    (run / "nfv-kvm").symlink_to(victim.parent)


def linked_file(run: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    (run / "nfv-kvm").mkdir()
    (run / "nfv-kvm" / "move-a").symlink_to(victim)


def strange_folder(run: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    (run / "nfv-kvm").mkdir()
    folders_of(4711, patch)


def no_rights(run: Path, victim: Path, patch: pytest.MonkeyPatch) -> None:
    def makedirs(path: str, *given: t.Any, **more: t.Any) -> None:
        raise PermissionError(13, "Permission denied", path)

    patch.setattr(turns.os, "makedirs", makedirs)


@pytest.mark.parametrize(("prepare", "told"), [
    (linked_folder, "folder /run/nfv-kvm: locks have to be in a folder, and this is none: Not a directory. See who ma"),
    (linked_file, "lock /run/nfv-kvm/move-a: it cannot be opened: Too many levels of symbolic links. Remove that file"),
    (strange_folder, "folder /run/nfv-kvm = 'user ID 4711': it belongs to another user"),
    (no_rights, "folder /run/nfv-kvm: this user cannot use it for locks: Permission denied. Run the task as root"),
])
def test_a_lock_of_somebody_else_is_not_written_to(
        pair: Pair, monkeypatch: pytest.MonkeyPatch, prepare: t.Any, told: str) -> None:
    monkeypatch.setattr(turns.os, "geteuid", lambda: os.stat(pair.hosts["kvm1"].host.root).st_uid)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    pair.domain()
    run, victim = (Path(pair.hosts["kvm1"].host.path(path)) for path in ("/run", "/etc/theirs/victim"))
    run.mkdir()
    victim.parent.mkdir(parents=True)
    victim.write_text("somebody's")
    before = pair.all()
    with monkeypatch.context() as patch:
        prepare(run, victim, patch)
        refused = pair.move()
    assert told in refused["msg"]
    assert refused["error"]["remedy"]
    assert (victim.read_text(), os.listdir(victim.parent)) == ("somebody's", ["victim"])
    assert pair.all() == before


def looks_once_more() -> bool:
    """Whether a step is between its last look and what it does then: no time for a whole run of another host."""
    return bool({"Remove", "StartThere"} & {
        type(found.f_locals.get("self")).__name__ for found, _line in traceback.walk_stack(None)})


def interrupted(root: Path, nics: str, number: int) -> bool:
    """A move, and one back from the other host right before libvirt's call of this number; whether it came to it."""
    with pytest.MonkeyPatch.context() as patch:
        pair = Pair(root, patch)
        pair.domain(nics)
        calls: list[str] = []

        def happen(name: str) -> None:
            calls.append(name)
            pair.count()
            if len(calls) == number and not looks_once_more():
                held, turns.LOCKS[:] = list(turns.LOCKS), []
                pair.move("kvm2", "kvm1", vfs=VFS)
                turns.LOCKS[:] = held
                pair.at = "kvm1"

        for lab in pair.hosts.values():
            patch.setattr(lab.libvirt, "happen", happen)
        pair.move(vfs=VFS)
        came = len(calls) >= number
        last = pair.move(vfs=VFS)
        assert not last["failed"], (number, last)
        assert pair.most == 1, number
        assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, (True, True, None)), number
        assert pair.files("kvm2") == [DISK, MEDIUM, READY]
    return came


@pytest.mark.parametrize("nics", [BRIDGE, BRIDGE + VF])
def test_it_is_taken_back_meanwhile(tmp_path: Path, nics: str) -> None:
    """A run on the other host, which has no lock in common: at no time do two run, and the next run makes it right."""
    number = 1
    while interrupted(tmp_path / str(number), nics, number):
        number += 1
    assert number > 50
