# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a lab host is started, saved, restored and ended. QEMU, ssh and the programs for disks are stand-ins."""

from __future__ import annotations

import importlib.util
import io
import json
import socket
import sys
import typing as t
from pathlib import Path

import pytest

FILE = Path(__file__).parents[4] / "roles" / "lab" / "files" / "lab_host.py"
spec = importlib.util.spec_from_file_location("lab_host", FILE)
assert spec is not None
assert spec.loader is not None
lab_host = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lab_host)

PROGRAMS = {
    # A host answers as soon as QEMU runs; a restored one does not if the file silent-restored is there.
    "ssh": """set -- $*
home=$(dirname "$2")
if [ -e "$home/silent-restored" ] && grep -q loadvm "/proc/$(cat "$home/kvm1/qemu.pid")/cmdline"; then exit 255; fi
case "$*" in
    *is-system-running*) cat "$home/state" ;;
    *grep*)
        echo "$*" >> "$home/asked"
        echo /sys/class/net/eno1/device/net/eno1/address:52:54:00:10:01:00
        ;;
esac
""",
    "qemu-img": 'for disk; do :; done; echo new > "$disk"\n',
    # Compression is one line in front of the content, without which the file is damaged.
    "zstd": """case "$*" in
    *-d*) [ "$(head -n 1 "$4")" = zstd ] || { echo "unsupported format"; exit 1; }; tail -n +2 "$4" > "$6" ;;
    *) (echo zstd; cat "$4") > "$6" ;;
esac
""",
}


class Lab(t.NamedTuple):
    home: Path
    saved: Path

    @property
    def folder(self) -> Path:
        return self.home / "kvm1"

    def run(self, action: str, *others: str) -> int:
        return int(lab_host.main(action, str(self.folder), *others))

    def up(self, restore: bool = True, port: int = 0) -> str:
        """Start and wait; returns ``booted`` or ``restored`` for the host that runs in the end."""
        description = {
            "qemu": [sys.executable, str(Path(__file__).parent / "fake_qemu.py")],
            "arguments": [str(self.folder), str(self.folder / "disk.qcow2")],
            "image": str(self.home), "port": port, "saved": str(self.saved) if restore else "",
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", io.StringIO(json.dumps(description)))
            assert self.run("start") == 0
        assert self.run("wait") == 0
        return "restored" if "-loadvm" in self.process()[1] else "booted"

    def process(self) -> tuple[int, list[str]]:
        process = lab_host.Host(self.folder).process()
        assert process is not None
        return t.cast("tuple[int, list[str]]", process)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Lab]:
    (tmp_path / "bin").mkdir()
    for name, text in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(lab_host, "RESTORE_TIMEOUT", 0.5)
    home = tmp_path / "lab"
    home.mkdir()
    (home / "ssh_host_key.pub").write_text("ssh-ed25519 AAAA\n")
    (home / "state").write_text("running\n")
    (tmp_path / "saved").mkdir()
    yield Lab(home, tmp_path / "saved" / "key.qcow2.zst")
    assert lab_host.main("end", str(home)) == 0
    assert lab_host.Host(home / "kvm1").process() is None


def test_the_first_boot_is_saved_and_every_start_is_a_restored_one(lab: Lab) -> None:
    assert lab.up() == "restored"
    assert lab.saved.exists()
    assert lab_host.main("end", str(lab.home)) == 0
    assert lab.up() == "restored"


def test_a_host_that_is_not_to_be_restored_is_booted_and_not_saved(lab: Lab) -> None:
    assert lab.up(restore=False) == "booted"
    assert not lab.saved.exists()


def test_a_host_that_runs_as_described_is_left_alone(lab: Lab) -> None:
    lab.up()
    pid = lab.process()[0]
    lab.up()
    assert lab.process()[0] == pid


def test_a_host_that_is_described_otherwise_is_replaced(lab: Lab) -> None:
    lab.up()
    pid = lab.process()[0]
    assert lab.up(restore=False) == "booted"
    assert lab.process()[0] != pid


@pytest.mark.parametrize("content", ["damaged", "zstd\nanother disk"])
def test_what_cannot_be_restored_is_booted_and_saved_again(
    lab: Lab, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.saved.write_text(content)
    assert lab.up() == "restored"
    assert lab.saved.read_text() == "zstd\nsnapshot"
    assert "kvm1: the saved state cannot be restored, so the host is booted" in capsys.readouterr().err


def test_a_restored_host_that_does_not_answer_is_booted(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.up()
    lab_host.main("end", str(lab.home))
    (lab.home / "silent-restored").touch()
    (lab.home / "full").touch()
    assert lab.up() == "booted"
    assert "does not answer within 0.5 s, so it is booted" in capsys.readouterr().err


def test_a_host_in_use_that_does_not_answer_is_left_alone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.up()
    pid = lab.process()[0]
    (lab.home / "silent-restored").touch()
    monkeypatch.setattr(lab_host, "BOOT_TIMEOUT", 0.5)
    assert lab.run("wait") == 1
    assert lab.process()[0] == pid


@pytest.mark.parametrize(("file", "content"), [("full", ""), ("state", "degraded\n")])
def test_a_host_that_cannot_be_saved_runs_on(
    lab: Lab, file: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not saved later either, when it has been used."""
    (lab.home / file).write_text(content)
    assert lab.up() == "booted"
    assert "kvm1: it is not saved" in capsys.readouterr().err
    (lab.home / "full").unlink(missing_ok=True)
    (lab.home / "state").write_text("running\n")
    assert lab.run("wait") == 0
    assert list(lab.saved.parent.iterdir()) == []


def test_the_clock_is_set_and_the_netdevs_are_printed(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.up()
    assert "eno1/address:52:54:00:10:01:00\n" in capsys.readouterr().out
    assert "date --set=@" in (lab.home / "asked").read_text()


def test_a_host_that_ended_while_it_started_is_reported(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.up()
    lab_host.Host(lab.folder).stop()
    assert lab.run("running") == 1
    assert lab.run("wait") == 1
    assert "console.log" in capsys.readouterr().err


def test_a_port_that_is_taken_is_reported(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AssertionError):
            lab.up(port=taken.getsockname()[1])
    assert "is in use" in capsys.readouterr().err


def test_the_monitor_answers(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.up()
    capsys.readouterr()
    assert lab.run("monitor", "info status", "info usernet") == 0
    assert capsys.readouterr().out == "info status\ninfo usernet\n"


def test_hosts_that_are_not_kept_are_ended(lab: Lab) -> None:
    lab.up()
    assert lab_host.main("end", str(lab.home), str(lab.folder)) == 0
    assert lab.run("running") == 0
    assert lab_host.main("end", str(lab.home)) == 0
    assert not lab.folder.exists()
