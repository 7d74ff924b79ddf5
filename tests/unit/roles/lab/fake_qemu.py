# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A QEMU that only daemonizes, writes its pid file and answers on its monitor: fake_qemu.py FOLDER DISK [-loadvm TAG]

It restores only a disk that ``savevm`` was run on.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

folder, disk = Path(sys.argv[1]), Path(sys.argv[2])
if "-loadvm" in sys.argv and not disk.read_text().endswith("snapshot"):
    sys.exit("Snapshot 'booted' does not exist")
with socket.socket(socket.AF_UNIX) as server:
    server.bind(str(folder / "monitor.sock"))
    server.listen()
    if os.fork():
        os._exit(0)
    (folder / "qemu.pid").write_text(str(os.getpid()))
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    while True:
        client = server.accept()[0]
        with client, client.makefile("rw") as lines:
            for line in lines:
                if line.startswith("savevm"):
                    disk.write_text("snapshot")
                lines.write(f"{line}done\n(qemu) ")
                lines.flush()
