"""Runs Ansible's modules in forks of a Python that has already imported what each of them imports, and that keeps the
code compiled from the zip archives that they come in: on an emulated host that is most of the time of a task.

python-client asks for it, the Python of the lab's inventory. It runs what it is given as Python would."""

import atexit
import contextlib
import ctypes
import gc
import importlib
import marshal
import os
import signal
import socket
import struct
import sys
import traceback
import zipimport
from importlib.util import source_hash
from types import CodeType

ADDRESS = "/run/python-server"
CODE_FOLDER = "/run/python-server-code"
PIDFD_GETFD = 438  # arch/x86/entry/syscalls/syscall_64.tbl of the kernel
IMPORTED = """
    argparse ast base64 configparser dataclasses datetime fcntl getpass glob grp hashlib http.client importlib.metadata
    inspect ipaddress json locale logging lxml.etree libvirt pathlib pkgutil platform pwd queue random runpy select
    selectors shlex shutil subprocess syslog tempfile textwrap threading typing urllib.parse uuid zipfile
"""
codes: dict[str, CodeType] = {}
clients: dict[int, socket.socket] = {}


def compiled(pathname: str, source: bytes) -> CodeType:
    """In place of zipimport's own: a fork hands new code to the server by a file."""
    key = source_hash(source).hex()
    if key not in codes:
        codes[key] = compile(source, pathname, "exec", dont_inherit=True)
        written = f"{CODE_FOLDER}/.{key}.{os.getpid()}"
        with open(written, "wb") as file:
            marshal.dump(codes[key], file)
        os.rename(written, f"{CODE_FOLDER}/{key}")
    return codes[key]


def take_new_code() -> None:
    for key in os.listdir(CODE_FOLDER):
        if not key.startswith("."):
            with open(f"{CODE_FOLDER}/{key}", "rb") as file:
                codes[key] = marshal.load(file)
            os.unlink(file.name)


def ended(*unused: object) -> None:
    while clients:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with clients.pop(pid) as client, contextlib.suppress(BrokenPipeError):
            client.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))


def serve() -> socket.socket:
    """Returns in each fork, with the client that it is for."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(ADDRESS)
    server.listen()
    signal.signal(signal.SIGCHLD, ended)
    while True:
        client = server.accept()[0]
        take_new_code()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            break
        clients[pid] = client
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    for each in (server, *clients.values()):
        each.close()
    return client


def become(client: socket.socket) -> None:
    """Take the files, the folder and the environment of the process at the other end."""
    pid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    client.close()
    pidfd = os.pidfd_open(pid)
    for number in (0, 1, 2):
        file = ctypes.CDLL(None).syscall(PIDFD_GETFD, pidfd, number, 0)
        os.dup2(file, number)
        os.close(file)
    os.close(pidfd)
    os.setsid()
    os.chdir(f"/proc/{pid}/cwd")
    with open(f"/proc/{pid}/environ", "rb") as environ:
        variables = dict(line.split(b"=", 1) for line in environ.read().split(b"\0") if line)
    os.environb.clear()
    os.environb.update(variables)


def run() -> int:
    sys.argv, sys.path[0] = [""], ""
    try:
        exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


for name in IMPORTED.split():
    importlib.import_module(name)
zipimport._compile_source = compiled  # type: ignore[attr-defined]
os.makedirs(CODE_FOLDER, mode=0o700, exist_ok=True)
if os.path.exists(ADDRESS):
    os.unlink(ADDRESS)
os.umask(0o077)
gc.freeze()
client = serve()
os.umask(0o022)
become(client)
status = run()
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
# Without taking down all that was imported.
os._exit(status)
