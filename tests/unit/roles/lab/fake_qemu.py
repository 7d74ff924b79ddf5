# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for QEMU: fake_qemu.py FOLDER DISK [-loadvm TAG]

It daemonizes, writes its pid file and answers each command of the human monitor with the command itself.
It restores only a disk that ``savevm`` was run on; savevm fails while the file full is in the folder above.
"""

from __future__ import annotations

import json
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
            print(json.dumps({"QMP": {}}), file=lines, flush=True)
            for line in lines:
                told = ""
                request = json.loads(line)
                if request["execute"] == "human-monitor-command":
                    told = request["arguments"]["command-line"]
                    print(json.dumps({"event": "STOP"}), file=lines)
                if told.startswith("savevm"):
                    told = "Error: disk full" if (folder.parent / "full").exists() else ""
                    disk.write_text("snapshot")
                print(json.dumps({"return": told}), file=lines, flush=True)
