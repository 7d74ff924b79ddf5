"""Gives QEMU's monitor commands and prints what it answers: python3 qemu_monitor.py SOCKET COMMAND..."""

import contextlib
import socket
import sys

with socket.socket(socket.AF_UNIX) as monitor:
    monitor.settimeout(5)  # seconds
    monitor.connect(sys.argv[1])
    for command in ["", *sys.argv[2:]]:
        monitor.sendall(command.encode() + b"\n")
        answer = b""
        with contextlib.suppress(TimeoutError):
            while not answer.endswith(b"\n(qemu) "):
                answer += monitor.recv(65536)
        print(answer.decode(errors="replace"))
