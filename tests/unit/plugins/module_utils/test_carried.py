# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would be cut off without a netdev, by everything that can be on top of it."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.carried import carried, session_address
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry, Ledger
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost

NETDEVS = "/sys/class/net"


class NetworkedHost(Host):
    """A host whose netdevs are a folder, and whose ip and ovs-vsctl answer what they are told."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.folder = FakeHost(root)
        self.folder.folder(f"{NETDEVS}/eno1")
        self.addresses: dict[str, str] = {}
        self.routes: list[dict[str, t.Any]] = []
        self.routes6: list[dict[str, t.Any]] = []
        self.sessions = ""
        self.elsewhere: list[dict[str, t.Any]] = []
        self.folder.write("/run/netns/blue")
        self.openvswitch: dict[str, list[str]] | None = None

    def on_top(self, lower: str, upper: str, kind: str = "") -> None:
        """A netdev on top of another; ``kind`` is the folder of one that has ports, or ``port`` where it has none."""
        self.folder.folder(f"{NETDEVS}/{upper}/{kind}")
        self.folder.link(f"{NETDEVS}/{lower}/upper_{upper}", f"{NETDEVS}/{upper}")
        if kind not in ("", "macvtap"):
            self.folder.link(f"{NETDEVS}/{lower}/master", f"{NETDEVS}/{upper}")

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        if argv[0] == "ovs-vsctl":
            if self.openvswitch is None:
                raise DependencyMissing("ovs-vsctl", "is not installed on this host")
            found = [bridge for bridge, ports in self.openvswitch.items() if argv[-1] in ports]
            if argv[2] == "port-to-br":
                return Completed(0 if found else 1, "".join(f"{bridge}\n" for bridge in found))
            return Completed(0, "\n".join(self.openvswitch.get(argv[-1], [])))
        if argv[0] == "ss":
            return Completed(0, self.sessions)
        if argv[0] == "nsenter":
            return Completed(0, json.dumps(self.elsewhere))
        if argv[2] == "address":
            return Completed(0, json.dumps([
                {"ifname": netdev, "addr_info": [{"local": address, "prefixlen": 24, "scope": "global"},
                                                 {"local": "fe80::1", "prefixlen": 64, "scope": "link"}]}
                for netdev, address in self.addresses.items()]))
        return Completed(0, json.dumps(self.routes + self.routes6))


@pytest.fixture
def host(tmp_path: Path) -> NetworkedHost:
    return NetworkedHost(tmp_path)


def told(host: Host, uses: Ledger = ()) -> list[tuple[str, bool]]:
    return [(found.by, found.own) for found in carried(host, "eno1", lambda: uses)]


def not_asked() -> Ledger:
    raise AssertionError("libvirt is asked without need")


def test_a_netdev_that_nobody_needs(host: NetworkedHost) -> None:
    host.on_top("eno1", "eno1.5")
    host.addresses = {"eno2": "192.0.2.1"}
    host.routes = [{"dst": "default", "dev": "eno2"}, {"dst": "192.0.2.0/24", "dev": "eno1", "protocol": "kernel"},
                   {"dst": "192.0.2.1", "dev": "eno1", "type": "local", "table": "local"},
                   {"dst": "10.0.0.0/8", "type": "blackhole"}]
    assert carried(host, "eno1", not_asked) == ()


def test_addresses_on_it_and_on_what_is_on_top(host: NetworkedHost) -> None:
    host.on_top("eno1", "bond0", "bonding")
    host.on_top("bond0", "bond0.7")
    host.on_top("bond0.7", "br7", "bridge")
    host.addresses = {"eno1": "192.0.2.1", "br7": "198.51.100.1"}
    assert told(host) == [
        ("address 192.0.2.1/24", True), ("address 198.51.100.1/24 of br7", True),
        ("bond bond0, of which it is a leg", False), ("bridge br7, of which bond0.7 is a port", False)]


@pytest.mark.parametrize(("routes", "routes6", "expected"), [
    ([{"dst": "default", "gateway": "192.0.2.254", "dev": "eno1", "protocol": "dhcp"}], [],
     ["default route via 192.0.2.254 over eno1"]),
    ([], [{"dst": "default", "dev": "br0", "protocol": "ra"}], ["default route over br0"]),
    ([{"dst": "10.0.0.0/8", "dev": "eno1"}], [{"dst": "2001:db8::/32", "dev": "eno1", "protocol": "bgp"}],
     ["route 10.0.0.0/8 over eno1", "route 2001:db8::/32 over eno1"]),
    ([{"dst": "default", "nexthops": [{"dev": "eno2"}, {"dev": "eno1"}]}], [], ["default route over eno1"]),
    ([*({"dst": f"10.{number}.0.0/16", "dev": "eno1"} for number in range(9)), {"dst": "default", "dev": "br0"}], [],
     ["default route over br0", "route 10.0.0.0/16 over eno1", "route 10.1.0.0/16 over eno1", "7 more routes"]),
])
def test_routes(host: NetworkedHost, routes: list[dict[str, t.Any]], routes6: list[dict[str, t.Any]],
                expected: list[str]) -> None:
    host.on_top("eno1", "br0", "bridge")
    host.routes, host.routes6 = routes, routes6
    assert [by for by, own in told(host) if own] == expected


@pytest.mark.parametrize(("master", "kind", "expected"), [
    ("br0", "bridge", "bridge br0, of which it is a port"),
    ("bond0", "bonding", "bond bond0, of which it is a leg"),
    ("team0", "queues", "team0, of which it is a part"),
    ("ovs-system", "queues", "Open vSwitch, of which it is a port"),
])
def test_what_it_is_a_part_of(host: NetworkedHost, master: str, kind: str, expected: str) -> None:
    host.on_top("eno1", master, kind)
    assert told(host) == [(expected, False)]


@pytest.mark.parametrize("netdev", ["ovs0", "ovs-lan"])
def test_open_vswitch_has_the_address_of_the_host(host: NetworkedHost, netdev: str) -> None:
    host.on_top("eno1", "ovs-system", "queues")
    host.openvswitch = {"ovs0": ["eno1", "ovs-lan"], "other": ["ovs-wan"]}
    host.addresses = {netdev: "192.0.2.1", "ovs-wan": "192.0.2.2"}
    assert ("address 192.0.2.1/24 of " + netdev, True) in told(host)
    assert "192.0.2.2" not in str(told(host))


def test_macvtaps_and_who_has_them(host: NetworkedHost) -> None:
    host.on_top("eno1", "macvtap0", "macvtap")
    host.on_top("eno1", "eno1.5")
    host.on_top("eno1.5", "macvtap1", "macvtap")
    uses = (Entry("edge", True, "52:54:00:00:00:01", netdev="eno1"), Entry("off", False, netdev="eno1.5"),
            Entry("elsewhere", True, netdev="eno2"))
    assert told(host, uses) == [("domain edge, by a macvtap on eno1", False), ("macvtap macvtap1 on eno1.5", False)]


def test_sessions_that_are_bound_to_it_or_to_what_is_on_top(host: NetworkedHost) -> None:
    host.on_top("eno1", "eno1.5")
    bound = {"eno1": ["[fe80::2]:179"], "eno2": ["[fe80::3]:179"], "eno1.5": [f"[fe80::{n}]:22" for n in (4, 5, 6, 7)]}
    host.sessions = "0 0 192.0.2.1:22 192.0.2.7:50000\n" + "".join(
        f"0 0 [fe80::1]%{netdev}:40000 {peer} \n" for netdev, peers in bound.items() for peer in peers)
    assert told(host) == [
        ("TCP session with [fe80::2]:179", True), ("TCP session with [fe80::4]:22 over eno1.5", True),
        ("TCP session with [fe80::5]:22 over eno1.5", True), ("2 more TCP sessions", True)]


def test_what_is_on_top_in_another_namespace(host: NetworkedHost) -> None:
    host.on_top("eno1", "bond0", "bonding")
    for netdev, index in (("eno1", 2), ("bond0", 7)):
        host.folder.write(f"{NETDEVS}/{netdev}/ifindex", str(index))
    links = (("eth0", 2, "macvlan"), ("v7", 7, "vlan"), ("eth1", 3, "macvlan"), ("eth2", 2, "veth"))
    host.elsewhere = [{"ifname": name, "link_index": index, "link_netnsid": 0, "linkinfo": {"info_kind": kind}}
                      for name, index, kind in links]
    assert told(host)[1:] == [("macvlan eth0 in another network namespace (blue)", False),
                              ("vlan v7 in another network namespace (blue), on bond0", False)]


SSH = "USER=root\0SSH_CONNECTION=203.0.113.9 40000 {} 22\0HOME=/root"


@pytest.mark.parametrize(("processes", "address"), [
    ({}, None),
    ({"self": (SSH.format("192.0.2.1"), "1")}, "192.0.2.1"),
    # sudo
    ({"self": ("USER=root", "30"), "30": ("", "20"), "20": (SSH.format("192.0.2.1"), "10")}, "192.0.2.1"),
    ({"self": ("USER=root", "1"), "1": ("", "0")}, None),
    ({"self": ("NOT_SSH_CONNECTION=1 2 3 4", "0")}, None),
    ({"self": (SSH.format("fe80::2%eno1"), "1")}, "fe80::2%eno1"),
])
def test_the_session_that_this_run_came_by(host: NetworkedHost, processes: dict[str, tuple[str, str]],
                                           address: str | None) -> None:
    for process, (environment, parent) in processes.items():
        host.folder.write(f"/proc/{process}/environ", environment)
        host.folder.write(f"/proc/{process}/status", f"Name:\tpython3\nPPid:\t{parent}\nUid:\t0")
    assert session_address(host) == address


@pytest.mark.parametrize(("session", "netdev", "expected"), [
    ("192.0.2.1", "br0", True), ("192.0.2.1", "eno2", False), ("fe80::2%br0", "", True), ("fe80::2%eno2", "", False),
])
def test_a_session_over_it_is_told(host: NetworkedHost, session: str, netdev: str, expected: bool) -> None:
    host.on_top("eno1", "br0", "bridge")
    host.folder.write("/proc/self/environ", SSH.format(session))
    host.addresses = {netdev: "192.0.2.1"}
    assert ((f"the ssh session of this run to {session}", True) in told(host)) == expected


def test_an_ip_that_does_not_answer_is_an_error(host: NetworkedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "routes", None)
    monkeypatch.setattr(host, "run", lambda argv, **_more: Completed(0, "[]") if "address" in argv else
                        Completed(1, stderr="Operation not permitted\n"))
    with pytest.raises(CommandFailed, match="Operation not permitted"):
        told(host)
