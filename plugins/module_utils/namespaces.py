# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network namespaces of the host beside the one that modules run in."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

NAMED = "/run/netns"  # ip-netns(8)
# A process that has ended since cannot be entered, another one of its namespace can.
ATTEMPTS = 3
ANOTHER = "another network namespace"
# Links on top of another one that may go to another namespace without it. A veth has the index of its peer, too.
CHILDREN = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap", "vlan", "macsec"})

# What messages call a namespace, and its links as ip tells them
Namespace = tuple[str, list[dict[str, t.Any]]]


def other_links(host: Host) -> t.Iterator[Namespace]:
    """Each other namespace.

    Only ip is run there, which reads. A namespace that has neither a name nor a process stays unseen.
    """
    for where, paths in _others(host).values():
        for path in paths[:ATTEMPTS]:
            done = host.run(["nsenter", f"--net={path}", *iproute.LINKS])
            if done.returncode == 0:
                yield where, json.loads(done.stdout or "[]")
                break


def devices(others: t.Iterable[Namespace]) -> dict[str, str]:
    """The devices whose netdevs are in other namespaces, by PCI address, with their namespaces (since Linux 5.14)."""
    return {link["parentdev"]: where for where, links in others for link in links if "parentdev" in link}


def children(host: Host, netdevs: t.Iterable[str], others: t.Iterable[Namespace]) -> t.Iterator[tuple[str, str]]:
    """The links in other namespaces that are on top of netdevs of this one: which of these, and the link in words.

    The kernel takes the upper_ link of such a child out of sysfs when it moves (net/core/dev.c,
    netdev_adjacent_del_links); only its new namespace knows it, by the index that its lower netdev has here. That the
    index is one of this very namespace and not of a third one, the kernel does not tell: the kinds of links make it
    near to certain.
    """
    below = {host.read(f"{pci.NETDEVS}/{netdev}/ifindex"): netdev for netdev in netdevs}
    for where, links in others:
        for link in links:
            netdev, kind = below.get(str(link.get("link_index"))), link.get("linkinfo", {}).get("info_kind")
            if netdev is not None and "link_netnsid" in link and kind in CHILDREN:
                yield netdev, f"{kind} {link['ifname']} in {where}"


def _others(host: Host) -> dict[str, tuple[str, list[str]]]:
    """Each namespace once, by its inode: what it is called, and the files by which it can be entered."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name in host.names(NAMED):
        path = f"{NAMED}/{name}"
        found[f"net:[{host.inode(path)}]"] = (f"{ANOTHER} ({name})", [path])
    for pid in host.names("/proc"):
        path = f"/proc/{pid}/ns/net"
        inode = host.link(path) if pid.isdigit() else None
        if inode is None:
            continue
        if inode not in found:
            command = host.read(f"/proc/{pid}/comm") or "?"
            found[inode] = (f"{ANOTHER} (of process {pid}, {command})", [])
        found[inode][1].append(path)
    found.pop(host.link("/proc/self/ns/net") or "", None)
    return found
