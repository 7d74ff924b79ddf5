# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam between the collection and the machine: files, programs and the clock.

Everything that a module reads or writes on a host goes through one :class:`Host`; a unit test gives it
a folder as root and a function instead of programs.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import time
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing

SIOCETHTOOL, IFREQ = 0x8946, 40
"""The ioctl of ethtool and the size of its argument (linux/sockios.h, linux/if.h)."""
# Before the name of a file that is not complete; systemd and udev read no files that are hidden
PARTIAL = ".nfv-kvm-"


class Completed:
    """What a program left behind: ``returncode``, ``stdout`` and ``stderr`` (text)."""

    def __init__(self, returncode: int, stdout: str = "", stderr: str = "") -> None:
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr


class Host:
    """One machine.

    :param root: the folder that stands for ``/``
    """

    def __init__(self, root: str = "/") -> None:
        self.root = root

    def path(self, path: str) -> str:
        """The real path of an absolute path of the host."""
        return os.path.join(self.root, path.lstrip("/"))

    def exists(self, path: str) -> bool:
        """Whether a path of the host is there (a dangling link is not)."""
        return os.path.exists(self.path(path))

    def read(self, path: str) -> str | None:
        """The text of a file without its trailing newline, None if it does not exist or cannot be read."""
        try:
            with open(self.path(path), encoding="utf-8", errors="replace") as file:
                return file.read().rstrip("\n")
        except OSError:
            return None

    def write(self, path: str, text: str) -> None:
        """Write a kernel attribute in one system call, as sysfs wants it; OSError carries the kernel's answer."""
        descriptor = os.open(self.path(path), os.O_WRONLY)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)

    def replace(self, path: str, text: str, mode: int) -> None:
        """Replace a path by a regular file, completely or not at all; missing folders are created.

        Until it is complete it has one name for each path, so that the next run overwrites what a killed one left.
        """
        target = self.path(path)
        folder, name = os.path.split(target)
        os.makedirs(folder, exist_ok=True)
        new = f"{folder}/{PARTIAL}{name[:60]}"  # of four bytes each, below NAME_MAX
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                os.fchmod(file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, target)
        except BaseException:
            os.unlink(new)
            raise

    def remove(self, path: str) -> None:
        """Take a regular file away, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(path))

    def save(self, path: str, pieces: t.Iterable[tuple[int, bytes]], mode: int) -> None:
        """Write a file that may be large, in order.

        :param pieces: the length of each and its bytes, none of a hole
        """
        descriptor = os.open(self.path(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "wb") as file:
            for length, data in pieces:
                if data:
                    file.write(data)
                else:
                    file.seek(length, os.SEEK_CUR)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def rename(self, path: str, new: str) -> None:
        """Move a file to a path, and replace an existing file there, in one step."""
        os.rename(self.path(path), self.path(new))

    def hard_link(self, path: str, new: str) -> None:
        """Give a file a second name."""
        os.link(self.path(path), self.path(new))

    def make_folder(self, path: str, mode: int) -> None:
        """Make a folder, whatever the umask; the one above it is there."""
        os.mkdir(self.path(path), mode)
        os.chmod(self.path(path), mode)

    def remove_tree(self, path: str) -> None:
        """Take a folder away with all that is in it, if it is there."""
        shutil.rmtree(self.path(path), ignore_errors=True)

    def remove_folder(self, path: str) -> None:
        """Take a folder away, if it is there and empty."""
        with contextlib.suppress(OSError):
            os.rmdir(self.path(path))

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none if there is no such folder."""
        try:
            return sorted(os.listdir(self.path(folder)))
        except OSError:
            return []

    def link(self, path: str) -> str | None:
        """What a link points to; None without the link."""
        try:
            return os.readlink(self.path(path))
        except OSError:
            return None

    def link_name(self, path: str) -> str | None:
        """The last part of what a link points to, such as the driver of ``…/driver``; None without the link."""
        target = self.link(path)
        return None if target is None else os.path.basename(target)

    def status(self, path: str) -> os.stat_result | None:
        """What a file is, links followed; None if it does not exist."""
        try:
            return os.stat(self.path(path))
        except OSError:
            return None

    def free(self, folder: str) -> int:
        """Bytes that can still be written below a folder, or below the nearest one above it that is there."""
        while not os.path.isdir(self.path(folder)):
            folder = os.path.dirname(folder)
        found = os.statvfs(self.path(folder))
        return found.f_bavail * found.f_frsize

    def inode(self, path: str) -> int | None:
        """The number of a file by which it is the same as another; None without the file."""
        try:
            return os.stat(self.path(path)).st_ino
        except OSError:
            return None

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        """Run a program in the C locale and wait for it.

        :param timeout: seconds
        :raises DependencyMissing: there is no such program
        :raises CommandFailed: it did not end in time
        """
        environment = dict(os.environ, LC_ALL="C")
        environment["PATH"] = environment.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
        try:
            # run_command of AnsibleModule has no timeout, and a Host needs no module.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                argv, input=stdin, capture_output=True, text=True, timeout=timeout, env=environment, check=False
            )
        except FileNotFoundError as error:
            raise DependencyMissing(argv[0], "is not installed on this host", remedy=f"Install {argv[0]}") from error
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(" ".join(argv), f"it did not finish within {timeout} seconds") from error
        return Completed(done.returncode, done.stdout, done.stderr)

    def rtnetlink(self, request: bytes) -> bytes:
        """The kernel's one answer to a request (linux/rtnetlink.h)."""
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
            kernel.settimeout(10)
            kernel.send(request)
            return kernel.recv(1 << 20)

    def ethtool(self, netdev: str, request: bytes) -> bytes:
        """The kernel's answer to a request (linux/ethtool.h), as long as the request.

        :raises OSError: there is no such netdev, or its driver does not know the request
        """
        buffer = array.array("B", request)
        asked = struct.pack("16sP", netdev.encode(), buffer.buffer_info()[0])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kernel:
            fcntl.ioctl(kernel.fileno(), SIOCETHTOOL, asked.ljust(IFREQ, b"\0"))
        return buffer.tobytes()

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
