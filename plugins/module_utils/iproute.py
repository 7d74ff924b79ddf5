# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""iproute2: one process to read a link with its VFs, one to change it."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

# How ss shows one end that is bound to a netdev, and the other end
SESSION = re.compile(r"%(\S+):\d+\s+(\S+)")
ESTABLISHED = ("state", "established")
LINKS = ("ip", "-json", "-details", "link", "show")
FAILED_LINE = re.compile(r"^Command failed -:(\d+)$", re.MULTILINE)


class BatchFailed(CommandFailed):
    """A line of a batch was refused; those before it were carried out.

    ``line``: its number, from 0. ``cause``: the kernel's answer.
    """

    def __init__(self, line: int, text: str, answer: str) -> None:
        super().__init__(f"ip {text}", answer)
        self.line = line


def show_link(host: Host, netdev: str, numvfs: int) -> dict[str, t.Any]:
    """A link as ``ip -json -details link show`` tells it, VFs under ``vfinfo_list``: all of them, or none.

    :param numvfs: how many VFs there are, 0 if they do not matter
    :raises CommandFailed: ip refuses, or the kernel reports only some of the VFs
    """
    done = host.run([*LINKS, "dev", netdev])
    if done.returncode != 0:
        raise CommandFailed(netdev, f"ip link show failed: {done.stderr.strip()}")
    link: dict[str, t.Any] = json.loads(done.stdout)[0]
    vfs = link.get("vfinfo_list", [])
    if len(vfs) < numvfs:
        from ansible_collections.nfv.kvm.plugins.module_utils import rtnetlink

        link["vfinfo_list"] = vfs = rtnetlink.vf_infos(host, link["ifindex"])
    if vfs and len(vfs) < numvfs:
        raise CommandFailed(netdev, f"the kernel reports the settings of only {len(vfs)} of its {numvfs} VFs",
                            remedy="Reduce numvfs of this PF, because a reply of the kernel has room for about 330 VFs")
    return link


def kind(host: Host, netdev: str) -> str | None:
    """What a virtual link is, such as bond, team or vrf; None if ip says nothing of it."""
    try:
        found: str | None = show_link(host, netdev, 0).get("linkinfo", {}).get("info_kind")
    except CommandFailed:
        return None
    return found


def tells_devices(host: Host) -> bool:
    """Whether the kernel reports which device a netdev is of (``parentdev``, since Linux 5.14): for each NIC.

    :raises CommandFailed: ip refuses
    """
    return any("parentdev" in link for link in json.loads(_answer(host, [*LINKS])))


def addresses(host: Host) -> dict[str, list[str]]:
    """The IP addresses of the host by netdev, as 192.0.2.1/24; not the link-local ones, which the kernel gives.

    :raises CommandFailed: ip refuses
    """
    return {
        link["ifname"]: [f"{found['local']}/{found['prefixlen']}" for found in link["addr_info"]
                         if found.get("scope") != "link" and "local" in found]
        for link in json.loads(_answer(host, ["ip", "-json", "address", "show"])) if link.get("addr_info")
    }


def routes(host: Host) -> dict[str, list[str]]:
    """The routes of all tables by netdev, default routes first; not those that the kernel makes of an address.

    :raises CommandFailed: ip refuses
    """
    found: dict[str, list[str]] = {}
    for route in json.loads(_answer(host, ["ip", "-json", "route", "show", "table", "all"]) or "[]"):
        if not _is_of_an_address(route):
            for hop in (route, *route.get("nexthops", ())):
                gateway = hop.get("gateway") or hop.get("via", {}).get("host")
                if "dev" in hop:
                    found.setdefault(hop["dev"], []).append(route["dst"] + (f" via {gateway}" if gateway else ""))
    return {netdev: sorted(texts, key=lambda text: not text.startswith("default")) for netdev, texts in found.items()}


def _is_of_an_address(route: dict[str, t.Any]) -> bool:
    """Whether the kernel made a route when an address, also a link-local one, was set: the table local, what an IPv4
    address connects to, and fe80::/64 and ff00::/8. The prefix that an IPv6 router announces is the kernel's as well,
    and does not need an address (net/ipv6/addrconf.c, addrconf_prefix_rcv)."""
    of_link = ":" not in route["dst"] or route["dst"].startswith(("fe80:", "ff"))
    return route.get("table") == "local" or (route.get("protocol") == "kernel" and of_link)


def sessions(host: Host) -> dict[str, list[str]]:
    """The peers of established TCP sessions by the netdev that the session is bound to, as one between link-local
    addresses always is (net/ipv6/tcp_ipv6.c, tcp_v6_connect); BGP without other addresses is one.

    :raises CommandFailed: ss refuses
    """
    found: dict[str, list[str]] = {}
    for netdev, peer in SESSION.findall(_answer(host, ["ss", "--no-header", "--numeric", "--tcp", *ESTABLISHED])):
        found.setdefault(netdev, []).append(peer)
    return found


def _answer(host: Host, argv: list[str]) -> str:
    done = host.run(argv)
    if done.returncode != 0:
        raise CommandFailed(" ".join(argv), f"it failed: {done.stderr.strip()}")
    return done.stdout


def batch(host: Host, lines: list[str]) -> None:
    """Carry out lines of ip commands (without the word ip) in one process.

    :raises BatchFailed: a line was refused
    """
    done = host.run(["ip", "-batch", "-"], stdin="".join(f"{line}\n" for line in lines))
    if done.returncode != 0:
        failed = FAILED_LINE.search(done.stderr)
        line = int(failed.group(1)) - 1 if failed else 0
        answer = FAILED_LINE.sub("", done.stderr).strip().replace("RTNETLINK answers: ", "").replace("\n", " ")
        raise BatchFailed(line, lines[line], answer)
