# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance starts, and is ready when its console has said so.

A file beside its disks keeps that, and for which run of the domain: the log of a console is empty after each start,
also after one from a saved state, and libvirt begins a new one when it has 2 MiB.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import console_log
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import Ready
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.storage import OLD
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import steps
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import CRASHED, SHUTDOWN

POLL_SECONDS = 0.5


def marker(folder: str) -> str:
    """The file that is there once the appliance is ready."""
    return f"{folder}/ready"


def run_of(host: Host, name: str) -> str:
    """What tells a run of a domain from all others: the boot of the host, and the process of QEMU. Empty if unknown.

    libvirt's own ID of the domain does not: its daemon counts from 1 again after each start.
    """
    pid = host.read(f"/run/libvirt/qemu/{name}.pid")
    return "" if pid is None else f"{host.read('/proc/sys/kernel/random/boot_id')} {pid}"


def is_marked(host: Host, domain: Domain, folder: str, ready: Ready) -> bool:
    """Whether the guest has been ready since it booted.

    After a start by somebody else, such as libvirt's autostart, the console decides. A log that virtlogd has rotated
    no longer shows the boot, so it counts. A guest that is restored or migrated continues in a new QEMU.
    """
    marked = host.read(marker(folder))
    if marked in (None, ""):  # Version 0.1.0 left it empty.
        return marked is not None
    return (run_of(host, domain.name) in ("", marked) or not domain.booted()
            or has_said(host, domain.name, ready) or host.exists(f"{console_log(domain.name)}.0"))


def has_said(host: Host, name: str, ready: Ready) -> bool:
    """Whether the console has shown since the last start that the appliance is ready."""
    return ready.console in (host.read(console_log(name)) or "")


@dataclass(frozen=True)
class Boot(steps.Start):
    """Let the appliance run; one that boots is not ready yet.

    :param folder: of the appliance
    """

    folder: str = ""

    def apply(self, host: Host) -> None:
        if self.state == SHUTDOWN:
            host.remove(marker(self.folder))
        super().apply(host)

    def undo(self, host: Host) -> list[str]:
        """What the guest has done since it was resumed or restored cannot be undone: it goes on."""
        domain = self.connection.find(self.name)
        if domain is None or not domain.active():
            return []
        if self.state != SHUTDOWN:
            return self.describe()
        domain.power_off()
        return []


@dataclass(frozen=True)
class Stop(steps.Shutdown):
    """Ask the guest to shut down, for as long as the appliance is changed.

    :param folder: of the appliance
    """

    folder: str

    def undo(self, host: Host) -> None:
        if not self.connection.domain(self.name).active():
            Boot(self.connection, self.name, SHUTDOWN, self.folder).apply(host)


@dataclass(frozen=True)
class CutPower(steps.CutPower):
    """End a domain whose guest has crashed."""

    def undo(self, host: Host) -> list[str]:
        """A crashed guest cannot come back."""
        return [] if self.connection.domain(self.name).state() == CRASHED else self.describe()


@dataclass(frozen=True)
class DiscardSaved(steps.DiscardSaved):
    """Remove the managed save image."""

    def undo(self, host: Host) -> list[str]:
        """The image cannot come back."""
        return [] if self.connection.domain(self.name).saved() else self.describe()


@dataclass(frozen=True)
class Await(steps.DomainStep):
    """Wait until the appliance is ready. It goes on when it is not in time: a later run waits for it again."""

    folder: str
    ready: Ready

    def describe(self) -> list[str]:
        return [f'domain {self.name}: wait until its console says "{self.ready.console}", for at most '
                f"{self.ready.timeout} seconds"]

    def apply(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        deadline = host.now() + self.ready.timeout
        while not has_said(host, self.name, self.ready):
            if not domain.active():
                raise CommandFailed(f"domain {self.name}", "it stopped before it was ready", None,
                                    f"Check {console_log(self.name)} and /var/log/libvirt/qemu/{self.name}.log")
            if host.now() >= deadline:
                raise CommandFailed(
                    f"domain {self.name}", f'its console did not show "{self.ready.console}" within '
                    f'{self.ready.timeout} seconds', None, f"Check {console_log(self.name)}; if it only needs more "
                    "time, raise ready.timeout in its profile and run the task again")
            host.sleep(POLL_SECONDS)
        host.replace(marker(self.folder), run_of(host, self.name), 0o600)


@dataclass(frozen=True)
class AwaitReplaced(Await):
    """The same for one whose disks were replaced: when it is not ready in time, the old disks come back."""

    def undo(self, host: Host) -> None:
        host.remove(marker(self.folder))


@dataclass(frozen=True)
class FinishReplacement(steps.DomainStep):
    """Disks were replaced by an earlier run, which did not see the appliance ready: the way back is still open.

    :param paths: the disks
    :param runs: whether the appliance ran already
    """

    paths: tuple[str, ...]
    folder: str
    runs: bool

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        """All is there."""

    def undo(self, host: Host) -> list[str]:
        """The old disks come back, which is not what was before this run, but what works."""
        domain = self.connection.domain(self.name)
        if domain.active():
            domain.power_off()
        for path in self.paths:
            host.rename(path + OLD, path)
        if self.runs:
            Boot(self.connection, self.name, SHUTDOWN, self.folder).apply(host)
        return [f"disk {path}: restore the old one" for path in self.paths]
