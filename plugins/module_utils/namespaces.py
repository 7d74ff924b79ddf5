# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network namespaces of the host beside the one that modules run in."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

NAMED = "/run/netns"  # ip-netns(8)
# A process that has ended since cannot be entered, another one of its namespace can.
ATTEMPTS = 3


def other_links(host: Host) -> t.Iterator[tuple[str, list[dict[str, t.Any]]]]:
    """The links of each other namespace, as ip tells them, after what messages call the namespace.

    Only ip is run there, which reads. A namespace that has neither a name nor a process stays unseen.
    """
    for where, paths in _others(host).values():
        for path in paths[:ATTEMPTS]:
            done = host.run(["nsenter", f"--net={path}", "ip", "-json", "-details", "link", "show"])
            if done.returncode == 0:
                yield where, json.loads(done.stdout or "[]")
                break


def _others(host: Host) -> dict[str, tuple[str, list[str]]]:
    """Each namespace once, by its inode: what it is called, and the files by which it can be entered."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name in host.names(NAMED):
        path = f"{NAMED}/{name}"
        found[f"net:[{host.inode(path)}]"] = (f"another network namespace ({name})", [path])
    for pid in host.names("/proc"):
        path = f"/proc/{pid}/ns/net"
        inode = host.link(path) if pid.isdigit() else None
        if inode is None:
            continue
        if inode not in found:
            command = host.read(f"/proc/{pid}/comm") or "?"
            found[inode] = (f"another network namespace (of process {pid}, {command})", [])
        found[inode][1].append(path)
    found.pop(host.link("/proc/self/ns/net") or "", None)
    return found
