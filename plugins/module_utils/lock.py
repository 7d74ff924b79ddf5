# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time for each object of a host: forks of one playbook, two playbooks and AWX jobs may meet there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
import typing as t
from urllib.parse import quote

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

FOLDER = "/run/nfv-kvm"
# As long as the slowest change of one object: a guest that is given 60 seconds to release each of a few VFs.
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.2
# Kinds of objects in the order in which a run takes their locks, so that no two runs wait for each other.
KINDS = ("bridge", "network", "PF", "domain")


@contextlib.contextmanager
def held(host: Host, objects: t.Iterable[str], holder: str) -> t.Iterator[None]:
    """Keep every other run off the objects; the kernel ends the locks of a process that dies (flock(2)).

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


def folder(host: Host) -> str:
    """The folder of locks of the user who runs this, made if it is missing: nobody else can write there.

    :raises NotSupported: this user can have none
    """
    user = os.geteuid()
    found = f"/run/user/{user}/nfv-kvm" if user else FOLDER
    path = host.path(found)
    with contextlib.suppress(PermissionError, FileExistsError):
        os.makedirs(path, mode=0o700, exist_ok=True)
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode) and status.st_uid == user:
            os.chmod(path, 0o700)
            return found
    raise NotSupported(found, "this user cannot keep locks in a folder of this name", remedy=(
        "Run the task as root (become: true); where that does not help, see who made what is there, and remove it"))


def _open(host: Host, name: str) -> int:
    """The lock file of an object. It stays: removing it while another run waits for it would make two locks of one."""
    path = host.path(f"{folder(host)}/{quote(name, safe=' :')[:200]}.lock")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _take(host: Host, descriptor: int, name: str, deadline: float) -> None:
    """Wait for a lock."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if host.now() >= deadline:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace")
                raise InUse(name, f"another run changes it: {holder}; it did not end within {WAIT_SECONDS:g} seconds",
                            remedy="Wait until that run has ended, and run this again") from None
            host.sleep(POLL_SECONDS)
        else:
            return
