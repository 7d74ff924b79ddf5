# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time for each object of a host: forks of one playbook, two playbooks and AWX jobs may meet there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
import typing as t
from urllib.parse import quote

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

FOLDER = "nfv-kvm"
# Most changes of one object take less, such as a guest that is given 60 seconds to release each of a few VFs. A move
# may take longer.
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.2
# Kinds of objects in the order in which a run takes their locks, so that no two runs wait for each other.
KINDS = ("bridge", "network", "PF", "CPUs", "domain")


@contextlib.contextmanager
def held(host: Host, objects: t.Iterable[str], holder: str) -> t.Iterator[None]:
    """Prevent other runs from changing the objects. The kernel releases the locks of a process that ends, even if it
    is killed (flock(2)).

    :param objects: such as ``PF 0000:01:00.0`` or ``domain edge``, each beginning with one of ``KINDS``
    :param holder: what those who wait are told of this run, such as ``nfv.kvm.vm_interface``
    :raises InUse: another run has one of them for longer than ``WAIT_SECONDS``
    """
    deadline = host.now() + WAIT_SECONDS
    with contextlib.ExitStack() as stack:
        for name in sorted(set(objects), key=lambda name: (KINDS.index(name.split(" ", maxsplit=1)[0]), name)):
            descriptor = _open(host, name)
            stack.callback(os.close, descriptor)
            _take(host, descriptor, name, deadline)
            os.ftruncate(descriptor, 0)
            started = time.strftime("%Y-%m-%d %H:%M:%S")
            os.pwrite(descriptor, f"{holder}, process {os.getpid()}, since {started}".encode(), 0)
        yield


def busy(host: Host, objects: t.Iterable[str]) -> bool:
    """Whether another run has one of the objects at this moment."""
    for name in objects:
        with contextlib.suppress(OSError):  # what is wrong with the file is told when it is locked
            descriptor = os.open(host.path(f"{folder(host)}/{_file(name)}"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(descriptor)
    return False


def folder(host: Host) -> str:
    """Where this user keeps locks, a folder that nobody else can write to: root's in /run; that of a session, if there
    is one; else one in the user's home. Runs of different users do not see each other's locks."""
    if os.geteuid() == 0:
        return f"/run/{FOLDER}"
    session = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"  # sudo clears the environment
    return f"{session}/{FOLDER}" if host.exists(session) else os.path.expanduser(f"~/.local/state/{FOLDER}")


def _file(name: str) -> str:
    return f"{quote(name, safe=' :')[:200]}.lock"


def _open(host: Host, name: str) -> int:
    """The lock file of an object. It stays: removing it while another run waits for it would make two locks of one.

    :raises ValidationError: it is not in a folder that only this user can write to, or is not a file
    """
    path, file = folder(host), _file(name)
    descriptor = _open_private(host, path)
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=descriptor)
    except OSError as error:
        raise ValidationError(f"lock {path}/{file}", f"it cannot be opened: {error.strerror}",
                              remedy=f"Remove this file (rm '{path}/{file}'), and run the task again") from None
    finally:
        os.close(descriptor)


def _open_private(host: Host, path: str) -> int:
    """Open a folder of this user, which is made if it is missing, and make it private."""
    try:
        os.makedirs(host.path(path), 0o700, exist_ok=True)
        descriptor = os.open(host.path(path), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except PermissionError as error:
        raise ValidationError(f"folder {path}", f"this user cannot use it for locks: {error.strerror}", remedy=(
            "Run the task as root (become: true), or as a user who has a home directory")
        ) from None
    except OSError as error:
        raise ValidationError(f"folder {path}", f"it is not a folder that can be used for locks: {error.strerror}",
                              remedy=f"Check who owns it (ls -ld {path}), remove it, and run the task again") from None
    found = os.fstat(descriptor)
    if found.st_uid != os.geteuid():
        os.close(descriptor)
        raise ValidationError(f"folder {path}", f"it belongs to another user (ID {found.st_uid}), who could change the "
                              "locks in it", remedy=f"Remove it (rm -r {path}), and run the task again")
    if stat.S_IMODE(found.st_mode) != 0o700:
        os.fchmod(descriptor, 0o700)
    return descriptor


def _take(host: Host, descriptor: int, name: str, deadline: float) -> None:
    """Wait for a lock."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if host.now() >= deadline:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace")
                raise InUse(name, f"another run is changing it ({holder}) and did not finish within {WAIT_SECONDS:g} "
                            "seconds",
                            remedy="Wait until that run has finished, and run the task again") from None
            host.sleep(POLL_SECONDS)
        else:
            return
