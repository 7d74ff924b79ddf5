# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects sFlow, NetFlow and IPFIX on 127.0.0.1 while a command runs and some seconds longer; prints what it saw.

Run on a host of the lab: collector.py SECONDS COMMAND [ARGUMENT...]
Each datagram is recognised by the version in its first bytes, not by the port that it came to.
"""

from __future__ import annotations

import json
import selectors
import socket
import struct
import subprocess
import sys
import time
import typing as t

PORTS = (2055, 4739, 6343)


def recognised(datagram: bytes) -> tuple[str, dict[str, t.Any]]:
    """The protocol of a datagram, and what its header tells of the settings.

    sFlow version 5 (sflow.org), NetFlow version 5 (Cisco), IPFIX (RFC 7011, version 10).
    """
    if datagram[:4] == b"\0\0\0\5":
        kind, = struct.unpack_from("!I", datagram, 4)
        agent = datagram[8:12] if kind == 1 else datagram[8:24]
        return "sflow", {"agent": socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, agent)}
    version, = struct.unpack_from("!H", datagram)
    if version == 5:
        engine_type, engine_id = struct.unpack_from("!BB", datagram, 20)
        return "netflow", {"engine_type": engine_type, "engine_id": engine_id}
    if version == 10:
        return "ipfix", {"obs_domain_id": struct.unpack_from("!I", datagram, 12)[0]}
    return "unknown", {"begins": datagram[:8].hex()}


def main() -> None:
    """Collect, and print a JSON object: by protocol, how many datagrams, the port, and the last one's header."""
    linger, command = float(sys.argv[1]), sys.argv[2:]
    seen: dict[str, dict[str, t.Any]] = {}
    ready = selectors.DefaultSelector()
    for port in PORTS:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", port))
        ready.register(listener, selectors.EVENT_READ)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    end = None
    while end is None or time.monotonic() < end:
        if end is None and process.poll() is not None:
            end = time.monotonic() + linger
        for key, _events in ready.select(timeout=0.1):
            listener = t.cast(socket.socket, key.fileobj)
            protocol, header = recognised(listener.recv(65535))
            datagrams = seen.get(protocol, {}).get("datagrams", 0) + 1
            seen[protocol] = {"datagrams": datagrams, "port": listener.getsockname()[1], **header}
    print(json.dumps(seen))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
