# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs at once: a run whose controller was killed goes on on its host, and another one may begin meanwhile."""

from __future__ import annotations

import fcntl
import os
import stat
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import DomainStep
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cargo import read_copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import MovingDomain, host_name
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import HELD, Copy, holder
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import Note, read_note

FOLDER = "nfv-kvm"
POLL_SECONDS = 0.25
# In which a migration that has sent everything, or is ended, has to be gone on both hosts
END_SECONDS = 30.0
# Locks that this process has until it ends
LOCKS: list[int] = []


@dataclass(frozen=True)
class Begin(DomainStep):
    """See that no other run on this host is at it, and that nothing has changed since it was looked at.

    :param other: the libvirt of the other host
    :param copies: what both have of the domain
    """

    other: Connection
    copies: tuple[Copy, Copy]

    def describe(self) -> list[str]:
        return []

    def apply(self, host: Host) -> None:
        take_turn(host, self.name)
        if read_copies(self.connection, self.other, self.name) != self.copies:
            raise _changed(self.name)

    def undo(self, host: Host) -> None:
        """Nothing was done."""


def take_turn(host: Host, name: str) -> None:
    """Have the moves of a domain on this host to oneself until this process ends.

    :raises InUse: another run has them
    """
    lock = open_lock(host, f"move-{name}")
    LOCKS.append(lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.read(lock, 20).decode()
        raise InUse(f"domain {name}", f"an earlier run still moves it, as process {number} of this host",
                    remedy="Wait until that has ended, and run this again") from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())


def open_lock(host: Host, name: str) -> int:
    """Open the file of a lock, as it is: what is in it belongs to the run that holds the lock.

    It is in a folder that only this user can write to, for root would write through the link of somebody else.

    :raises ValidationError: there is no such folder, and it cannot be made
    """
    base = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR") or "/run"
    path = f"{base}/{FOLDER}"
    folder = _open_private(host, path)
    try:
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except OSError as error:
        raise ValidationError(f"lock {path}/{name}", f"it cannot be opened: {error.strerror}",
                              remedy="Remove that file, and run this again") from None
    finally:
        os.close(folder)


def _open_private(host: Host, path: str) -> int:
    """Open a folder of this user, made where it is not there, and make it one of this user only."""
    try:
        os.makedirs(host.path(path), 0o700, exist_ok=True)
        folder = os.open(host.path(path), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except PermissionError as error:
        raise ValidationError(f"folder {path}", f"this user cannot use it for locks: {error.strerror}", remedy=(
            "Run the task as root (become: true), or as a user with XDG_RUNTIME_DIR set, which a login session has")
        ) from None
    except OSError as error:
        raise ValidationError(f"folder {path}", f"locks have to be in a folder, and this is none: {error.strerror}",
                              remedy=f"See who made it (ls -ld {path}), remove it, and run this again") from None
    found = os.fstat(folder)
    if found.st_uid != os.geteuid():
        os.close(folder)
        raise ValidationError(f"folder {path}", "it belongs to another user, who could change the locks in it",
                              f"user ID {found.st_uid}", f"Remove it (rm -r {path}), and run this again")
    if stat.S_IMODE(found.st_mode) != 0o700:
        os.fchmod(folder, 0o700)
    return folder


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
    """Look once more before what cannot be taken back: a run on the other host does not see the lock of this one.

    :raises InUse: the domain is no longer the other host's
    """
    copies = read_copies(here, there, name)
    if holder(name, *copies) is not copies[1]:
        raise _changed(name)


def check_noted(domain: MovingDomain, note: Note) -> None:
    """Look once more whether a domain is still about to leave.

    :raises InUse: its note is no longer that of this run
    """
    text = domain.definition()
    if text is None or read_note(xml.parse(text)) != note:
        raise _changed(domain.name)


def _changed(name: str) -> InUse:
    return InUse(f"domain {name}", "somebody else has just changed it, such as a run of this module on the other host",
                 remedy="Run this again when that has ended")
