# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration does to a domain that runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, InUse, KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.answers import remedy_of_migration
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import find_moving
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.leaving import moving
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import Note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.turns import (
    END_SECONDS,
    POLL_SECONDS,
    check_noted,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Placement


@dataclass(frozen=True)
class EndMigration(DomainStep):
    """End a migration that goes on without the run that began it; the domain stays where it runs.

    :param other: the libvirt that it goes to
    :param done: filled when it has ended
    """

    other: Connection
    done: list[bool] = field(default_factory=list, repr=False, compare=False)

    def describe(self) -> list[str]:
        return [f"domain {self.name}: abort the running migration"]

    def apply(self, host: Host) -> None:
        moving(self.connection, self.name).abort_job()
        deadline = host.now() + END_SECONDS
        while self._goes_on():
            if host.now() >= deadline:
                raise CommandFailed(f"domain {self.name}", f"its migration did not finish within {END_SECONDS:g} "
                                    "seconds",
                                    remedy="Check virsh domjobinfo, and run the task again when no job is shown")
            host.sleep(POLL_SECONDS)
        there = find_moving(self.other, self.name)
        if there is not None and there.state() == "running":
            raise InUse(f"domain {self.name}", "its migration finished before it could be aborted",
                        remedy="Run the task again to complete the move")
        self.done.append(True)

    def _goes_on(self) -> bool:
        there = find_moving(self.other, self.name)
        return moving(self.connection, self.name).job() or (there is not None and there.held())

    def undo(self, host: Host) -> list[str]:
        """It was of no use any more, and stays ended."""
        return self.describe() if self.done else []


@dataclass(frozen=True)
class Resume(DomainStep):
    """Let a domain go on that a migration has paused, and that is nowhere else.

    :param done: filled when it goes on
    """

    host: str
    done: list[bool] = field(default_factory=list, repr=False, compare=False)

    def describe(self) -> list[str]:
        return [f"domain {self.name}: resume it on {self.host}"]

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        if domain.held():
            domain.resume()
            self.done.append(True)

    def undo(self, host: Host) -> list[str]:
        """That it runs is as it was before the move, and stays so."""
        return self.describe() if self.done else []


@dataclass(frozen=True)
class Migrate(DomainStep):
    """Move the domain as it runs.

    :param uri: of the other libvirt
    :param address: where memory and disks are sent to
    :param disks: the targets of the disks whose content goes along
    :param timeout: seconds
    :param placement: where it runs on the other host; None if it is not bound to a NUMA node
    """

    note: Note
    target: str
    uri: str
    address: str
    disks: tuple[str, ...]
    timeout: float
    placement: Placement | None = None

    def describe(self) -> list[str]:
        return [f"domain {self.name}: move it live to {self.target}"]

    def apply(self, host: Host) -> None:
        domain = moving(self.connection, self.name)
        check_noted(domain, self.note)
        failed: list[Exception] = []

        def call() -> None:
            try:
                domain.migrate(self.uri, self.address, self.disks, self.placement)
            except Exception as error:  # of whatever kind, it has to come out of the thread
                failed.append(error)

        thread = threading.Thread(target=call, daemon=True)
        deadline = host.now() + self.timeout
        thread.start()
        while thread.is_alive() and host.now() < deadline:
            thread.join(POLL_SECONDS)
        late = thread.is_alive()
        if late:
            domain.abort_job()
            thread.join(END_SECONDS)
        if late and (failed or thread.is_alive()):
            raise CommandFailed(f"domain {self.name}", f"it was not moved within {self.timeout:g} seconds, and stays "
                                "on this host",
                                remedy="Raise live_timeout, or move it when it writes less to its memory and disks, or "
                                "while it is shut down")
        for error in failed:
            if isinstance(error, KvmError):
                error.remedy = error.remedy or remedy_of_migration(str(error.__cause__ or error), self.address)
            raise error

    def undo(self, host: Host) -> None:
        """Nothing, if it still runs here; else nobody knows better than the next run, which looks at both."""
        domain = moving(self.connection, self.name)
        if domain.job() or domain.state() != "running":
            raise CommandFailed(f"domain {self.name}", "its migration may have finished on the other host",
                                remedy="Run the task again: it checks both hosts first")
