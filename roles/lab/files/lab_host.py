# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts, restores and ends the QEMU processes that emulate the hosts of a lab.

    lab_host.py start FOLDER < DESCRIPTION   start the host unless it already runs as described
    lab_host.py wait FOLDER                  wait until root can log in, and print the netdev of each MAC address
    lab_host.py running FOLDER               exit with 0 while the host runs, else with 1
    lab_host.py monitor FOLDER COMMAND...    give QEMU's monitor commands and print its answers
    lab_host.py end HOME [FOLDER...]         end all hosts below HOME except those in the given folders

DESCRIPTION is a JSON object: ``qemu`` and ``arguments`` (the command line), ``image`` (the folder with the disk and the
ssh keys), ``port`` (of ssh on 127.0.0.1) and ``saved`` (the file that keeps the host as it was after its first boot, or
nothing to boot it each time). A saved host is its disk with an internal snapshot (qemu-img(1)) of memory and devices,
compressed by zstd, which also detects damage. A host that cannot be restored is booted, and saved again. Warnings go
to standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

MARKER = "nfv-kvm-lab-host.json"
SNAPSHOT = "booted"
BOOT_TIMEOUT = 600  # seconds; two hosts boot in 70 s on two cores without KVM
RESTORE_TIMEOUT = 60  # seconds; a restored host answers within 5 s


class Failed(Exception):
    """An error that the user sees as text only."""


class Host:
    """One host: its folder, and the QEMU process that the pid file there names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = folder / "disk.qcow2"
        self.marker = folder / MARKER
        self.new = folder / "new"  # exists from the start of the host to the end of the first wait

    @property
    def description(self) -> dict[str, t.Any]:
        """What the host was started as; empty if it never was."""
        with contextlib.suppress(FileNotFoundError):
            return t.cast("dict[str, t.Any]", json.loads(self.marker.read_text()))
        return {}

    def process(self) -> tuple[int, list[str]] | None:
        """The pid and command line of its QEMU; a later process with that pid does not have this host's disk."""
        try:
            pid = int((self.folder / "qemu.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except (OSError, ValueError):
            return None
        return (pid, command) if any(str(self.disk) in word for word in command) else None

    def stop(self) -> None:
        """End QEMU: with SIGTERM it flushes the disk; after 10 s it is killed."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + 10
            process = self.process()
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process[0], number)
            while self.process() is not None and time.monotonic() < end:
                time.sleep(0.1)
        process = self.process()
        if process is not None:
            raise Failed(f"QEMU of {self.folder} did not end within 20 s. Run `kill -9 {process[0]}`.")

    def start(self, description: dict[str, t.Any]) -> None:
        """Recreate the folder and start QEMU, from the saved state if possible."""
        port, image = int(description["port"]), Path(description["image"])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise Failed(f"Port {port} on 127.0.0.1 is in use. Stop the program that `ss -ltnp` lists for it, "
                             "or set `lab_ssh_port_base`.")
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(mode=0o700, parents=True)
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(image / 'ssh_host_key.pub').read_text()}")
        self.marker.write_text(json.dumps(description, indent=2))
        self.new.touch()
        if not self.restore():
            self.boot()

    def boot(self) -> None:
        """Start QEMU on an empty disk over the image."""
        self.disk.unlink(missing_ok=True)
        run("qemu-img", "create", "-q", "-f", "qcow2", "-b", f"{self.description['image']}/host.raw", "-F", "raw",
            str(self.disk))
        self.launch()

    def launch(self, *more: str) -> None:
        """Start QEMU, which goes into the background."""
        for left in self.folder.glob("*.sock"):
            left.unlink()
        run(*self.description["qemu"], *self.description["arguments"], *more)

    def restore(self) -> bool:
        """Start QEMU from the saved state.

        :returns: whether QEMU runs
        """
        saved = self.description["saved"]
        if not saved or not Path(saved).exists():
            return False
        try:
            run("zstd", "-q", "-d", "-f", saved, "-o", str(self.disk))
            self.launch("-loadvm", SNAPSHOT)
        except Failed as failure:
            self.warn(f"the saved state cannot be restored, so the host is booted: {failure}")
            return False
        return True

    def save(self) -> None:
        """Keep disk, memory and devices as they are now. This ends QEMU, which otherwise writes to the disk."""
        (failure,) = self.monitor(f"savevm {SNAPSHOT}")
        if failure:
            raise Failed(f"savevm: {failure.strip()}")
        self.stop()
        saved = Path(self.description["saved"])
        new = saved.with_suffix(f".{os.getpid()}")
        try:
            run("zstd", "-q", "-1", "-T0", str(self.disk), "-o", str(new))
            new.replace(saved)
        finally:
            new.unlink(missing_ok=True)

    def monitor(self, *commands: str) -> list[str]:
        """Give QEMU commands of its human monitor, by QMP, and return the answer to each."""
        try:
            with socket.socket(socket.AF_UNIX) as monitor:
                monitor.settimeout(300)
                monitor.connect(str(self.folder / "monitor.sock"))
                with monitor.makefile("rw") as lines:
                    def ask(execute: str, **arguments: str) -> str:
                        print(json.dumps({"execute": execute, "arguments": arguments}), file=lines, flush=True)
                        for answer in map(json.loads, lines):  # events come in between
                            if "return" in answer or "error" in answer:
                                return str(answer["return"])
                        raise OSError("QEMU ended")

                    ask("qmp_capabilities")
                    return [ask("human-monitor-command", **{"command-line": command}) for command in commands]
        except (OSError, ValueError, KeyError) as error:
            raise Failed(f"the monitor of {self.folder} does not answer: {error}") from error

    def ssh(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the host."""
        config = self.folder.parent / "ssh_config"
        return subprocess.run(["ssh", "-F", str(config), "-o", "ConnectTimeout=5", self.folder.name, command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def ask(self, timeout: float) -> str | None:
        """Set the clock, which on a restored host is that of its first boot, and read the netdevs.

        :param timeout: how long to wait for the host, in seconds
        :returns: lines such as ``/sys/class/net/enp1s0/device/net/enp1s0/address:52:54:00:10:01:00``; devices only,
            since a bridge over a PF has the same MAC address; None if root cannot log in or QEMU ends
        """
        end = time.monotonic() + timeout
        while self.process() is not None and time.monotonic() < end:
            asked = self.ssh(f"date --set=@{time.time()} >&2 && grep -H . /sys/class/net/*/device/net/*/address")
            if asked.returncode == 0:
                return asked.stdout
            time.sleep(0.3)
        return None

    def first_wait(self) -> str | None:
        """Wait for a host that was just started. One that was booted is saved, and restored at once."""
        process = self.process()
        if process is not None and "-loadvm" in process[1]:
            told = self.ask(RESTORE_TIMEOUT)
            if told is not None:
                return told
            self.warn(f"the restored host does not answer within {RESTORE_TIMEOUT} s, so it is booted")
            self.stop()
            self.boot()
        told = self.ask(BOOT_TIMEOUT)
        if told is None or not self.description["saved"]:
            return told
        state = self.ssh(f"timeout {BOOT_TIMEOUT} systemctl is-system-running --wait").stdout.strip()
        try:
            if state != "running":
                raise Failed(f"systemd reports that it is {state}")
            self.save()
        except Failed as failure:
            self.warn(f"it is not saved: {failure}")
        if self.process() is None and not self.restore():
            self.boot()
        return self.ask(BOOT_TIMEOUT)

    def wait(self) -> str:
        """Wait until root can log in. Returns what :meth:`ask` does."""
        told = self.first_wait() if self.new.exists() else self.ask(BOOT_TIMEOUT)
        self.new.unlink(missing_ok=True)
        if told is None:
            cause = "QEMU has ended" if self.process() is None else self.ssh("true").stderr.strip()
            raise Failed(f"{self.folder.name} does not answer ssh: {cause}. See {self.folder}/console.log.")
        return told

    def warn(self, text: str) -> None:
        """Tell what the role shows as a warning."""
        print(f"{self.folder.name}: {text}", file=sys.stderr)


def run(*command: str) -> None:
    """Run a program; if it fails, its output is the text of the failure."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Failed(f"{command[0]}: {done.stdout.strip() or f'exit status {done.returncode}'}")


def end(home: Path, kept: t.Collection[Path]) -> None:
    """End all hosts below a folder except those that are kept."""
    for marker in sorted(home.glob(f"*/{MARKER}")):
        if marker.parent not in kept:
            Host(marker.parent).stop()
            shutil.rmtree(marker.parent)
            print(f"ended {marker.parent.name}")


def main(action: str, folder: str, *others: str) -> int:
    """Do what the command line says and return the exit status."""
    host = Host(Path(folder))
    try:
        if action == "running":
            return int(host.process() is None)
        if action == "start":
            description = json.load(sys.stdin)
            if host.process() is None or host.description != description:
                host.stop()
                host.start(description)
                print("started")
        elif action == "wait":
            print(host.wait(), end="")
        elif action == "monitor":
            print(*host.monitor(*others), sep="\n")
        else:
            end(Path(folder), [Path(other) for other in others])
    except (Failed, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
