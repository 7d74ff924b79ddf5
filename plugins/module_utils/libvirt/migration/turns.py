# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once: a run on the other host does not see the locks of this one, so that both look again."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cargo import read_copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import MovingDomain, host_name
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import HELD, Copy, holder
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import Note, read_note

POLL_SECONDS = 0.25
# In which a migration that has sent everything, or is ended, has to be gone on both hosts
END_SECONDS = 30.0


@dataclass(frozen=True)
class Begin(DomainStep):
    """See that nothing has changed since it was looked at.

    :param other: the libvirt of the other host
    :param copies: what both have of the domain
    """

    other: Connection
    copies: tuple[Copy, Copy]

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        if read_copies(self.connection, self.other, self.name) != self.copies:
            raise _changed(self.name)

    def undo(self, host: Host) -> None:
        """Nothing was done."""


def read_copies(here: Connection, there: Connection, name: str) -> tuple[Copy, Copy]:
    """What both hosts have of a domain."""
    return read_copy(here, host_name(here), name), read_copy(there, host_name(there), name)


def read_settled(host: Host, here: Connection, there: Connection, name: str) -> tuple[Copy, Copy]:
    """The same, once a migration that has sent everything is over: nobody can tell before whose the domain is."""
    deadline = host.now() + END_SECONDS
    while True:
        copies = read_copies(here, there, name)
        if not any(copy.job and copy.state == HELD for copy in copies) or host.now() >= deadline:
            return copies
        host.sleep(POLL_SECONDS)


def check_gone(here: Connection, there: Connection, name: str) -> None:
    """Look again before what cannot be taken back: a run on the other host does not see the lock of this one.

    :raises InUse: the domain is no longer the other host's
    """
    copies = read_copies(here, there, name)
    if holder(name, *copies) is not copies[1]:
        raise _changed(name)


def check_noted(domain: MovingDomain, note: Note) -> None:
    """Look again whether a domain is still about to leave.

    :raises InUse: its note is no longer that of this run
    """
    text = domain.definition()
    if text is None or read_note(xml.parse(text)) != note:
        raise _changed(domain.name)


def _changed(name: str) -> InUse:
    return InUse(f"domain {name}", "it was changed in the meantime, for example by a run of this module on the other "
                 "host",
                 remedy="Run the task again when that run has finished")
