# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What carries the host's own traffic: who would be cut off without a netdev, whether for a moment or permanently."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, namespaces, pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import DependencyMissing
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger

OPEN_VSWITCH = "ovs-system"
# The folders by which sysfs shows of which kind a netdev with ports is, and what its ports are called.
MASTERS = {"bridge": ("bridge", "port"), "bonding": ("bond", "leg")}
NAMED = 3  # of routes, and of sessions


@dataclass(frozen=True)
class Carried:
    """Somebody who would be cut off, in words; ``own`` is the host itself: its addresses, routes and sessions."""

    by: str
    own: bool = False

    def __str__(self) -> str:
        return self.by


def carried(host: Host, netdev: str, read_uses: t.Callable[[], Ledger]) -> tuple[Carried, ...]:
    """What a netdev carries, with all that is on top of it.

    :param read_uses: reads what domains have of the host; called where a macvtap shows that one may have something
    """
    devices = stack(host, netdev)
    switched = [*devices, *open_vswitch_ports(host, netdev)] if OPEN_VSWITCH in devices else devices
    own = [*addresses_and_session(host, netdev, switched), *routes(host, switched), *sessions(host, netdev, switched)]
    others = [*memberships(host, netdev, devices), *guests(host, devices, read_uses),
              *children(host, netdev, switched)]
    return (*(Carried(by, own=True) for by in own), *(Carried(by) for by in others))


def stack(host: Host, netdev: str) -> list[str]:
    """A netdev and all that is on top of it in the host's own network namespace: VLANs, bridges, macvtaps."""
    found = [netdev]
    for device in found:
        found.extend(upper for upper in pci.uppers(host, device) if upper not in found)
    return found


def open_vswitch_ports(host: Host, netdev: str) -> list[str]:
    """The bridge of Open vSwitch that a netdev is a port of, whose netdev no link leads to, and its other ports."""
    try:
        bridge = host.run(["ovs-vsctl", "--timeout=10", "port-to-br", netdev]).stdout.split()
        ports = [host.run(["ovs-vsctl", "--timeout=10", "list-ports", name]).stdout.split() for name in bridge]
    except DependencyMissing:
        return []
    return sum(ports, bridge)


def addresses_and_session(host: Host, netdev: str, devices: list[str]) -> t.Iterator[str]:
    """The addresses of the host on netdevs, and the ssh session of this run if it came in by one of them."""
    session = session_address(host)
    by_netdev = iproute.addresses(host)
    found = [(device, address) for device in devices for address in by_netdev.get(device, [])]
    for device, address in found:
        yield f"address {address}" if device == netdev else f"address {address} of {device}"
    if session and (session in [address.split("/")[0] for _device, address in found]
                    or session.partition("%")[2] in devices):
        yield f"the ssh session of this run to {session}"


def session_address(host: Host) -> str | None:
    """The address of the host that this run came in by over ssh.

    sudo takes it out of the environment, but not of that of the process that called sudo.
    """
    process: str | None = "self"
    while process and process != "0":
        environment = host.read(f"/proc/{process}/environ") or ""
        found = re.search(r"(?:^|\0)SSH_CONNECTION=\S+ \S+ (\S+) ", environment)
        if found:
            return found[1]
        parent = re.search(r"^PPid:\t(\d+)$", host.read(f"/proc/{process}/status") or "", re.MULTILINE)
        process = parent and parent[1]
    return None


def routes(host: Host, devices: list[str]) -> t.Iterator[str]:
    """The routes over netdevs, the default ones first."""
    found = [f"{route} over {device}" for device, routes in iproute.routes(host).items() if device in devices
             for route in routes]
    named = [route.replace("default", "default route", 1) for route in found if route.startswith("default")]
    named += [f"route {route}" for route in found if not route.startswith("default")]
    yield from shortened(named, "routes")


def sessions(host: Host, netdev: str, devices: list[str]) -> t.Iterator[str]:
    """The TCP sessions that are bound to netdevs, such as those of BGP between link-local addresses."""
    found = [f"TCP session with {peer}" if device == netdev else f"TCP session with {peer} over {device}"
             for device, peers in iproute.sessions(host).items() if device in devices for peer in peers]
    yield from shortened(found, "TCP sessions")


def shortened(named: list[str], what: str) -> list[str]:
    """The first of many, and how many more there are."""
    return named[:NAMED] + ([f"{len(named) - NAMED} more {what}"] if len(named) > NAMED else [])


def memberships(host: Host, netdev: str, devices: list[str]) -> t.Iterator[str]:
    """What netdevs are ports of, or legs."""
    for device in devices:
        master = host.link_name(f"{pci.NETDEVS}/{device}/master")
        if master is None:
            continue
        kinds = [words for folder, words in MASTERS.items() if host.exists(f"{pci.NETDEVS}/{master}/{folder}")]
        kind, part = kinds[0] if kinds else ("", "part")
        whole, part = ("Open vSwitch", "port") if master == OPEN_VSWITCH else (f"{kind} {master}".lstrip(), part)
        yield f"{whole}, of which {'it' if device == netdev else device} is a {part}"


def guests(host: Host, devices: list[str], read_uses: t.Callable[[], Ledger]) -> t.Iterator[str]:
    """Who has a macvtap on top of netdevs: running domains, or somebody whom libvirt does not know."""
    macvtaps = [(upper, device) for device in devices for upper in pci.uppers(host, device)
                if host.exists(f"{pci.NETDEVS}/{upper}/macvtap")]
    uses = read_uses() if macvtaps else ()
    found = {}
    for macvtap, device in macvtaps:
        domains = sorted({entry.domain for entry in uses if entry.live and entry.netdev == device})
        found.update(dict.fromkeys([f"domain {domain}, by a macvtap on {device}" for domain in domains]
                                   or [f"macvtap {macvtap} on {device}"]))
    yield from found


def children(host: Host, netdev: str, devices: list[str]) -> t.Iterator[str]:
    """What is on top of netdevs in other network namespaces."""
    for device, child in namespaces.children(host, devices, namespaces.other_links(host)):
        yield child if device == netdev else f"{child}, on {device}"
