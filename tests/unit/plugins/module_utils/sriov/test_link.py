# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of the PF itself: nobody who needs its link is cut off unless that is allowed."""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

NETDEVS = "/sys/class/net"


def on_top(kernel: FakeKernel, upper: str, kind: str = "") -> None:
    """A netdev on top of the PF; ``kind`` is the folder that one with ports has."""
    kernel.folder.folder(f"{NETDEVS}/{upper}/{kind}")
    kernel.folder.link(f"{NETDEVS}/enp1s0/upper_{upper}", f"{NETDEVS}/{upper}")
    if kind in ("bridge", "bonding", "queues"):
        kernel.folder.link(f"{NETDEVS}/enp1s0/master", f"{NETDEVS}/{upper}")


def give_address(kernel: FakeKernel, netdev: str) -> None:
    kernel.addresses = [{"ifname": netdev, "addr_info": [{"local": "192.0.2.1", "prefixlen": 24, "scope": "global"}]}]


def address(kernel: FakeKernel) -> None:
    give_address(kernel, "enp1s0")


def address_of_bridge(kernel: FakeKernel) -> None:
    on_top(kernel, "br0", "bridge")
    give_address(kernel, "br0")


def route(kernel: FakeKernel) -> None:
    kernel.routes = [{"dst": "default", "dev": "enp1s0"}]


def session(kernel: FakeKernel) -> None:
    kernel.folder.write("/proc/self/environ", "SSH_CONNECTION=fe80::9%enp1s0 40000 fe80::2%enp1s0 22\0")


def bgp(kernel: FakeKernel) -> None:
    kernel.sessions = "0 0 [fe80::1]%enp1s0:40000 [fe80::2]:179 \n0 0 192.0.2.1:22 192.0.2.7:50000 \n"


def bond(kernel: FakeKernel) -> None:
    on_top(kernel, "bond0", "bonding")


def bridge(kernel: FakeKernel) -> None:
    on_top(kernel, "br0", "bridge")


def open_vswitch(kernel: FakeKernel) -> None:
    on_top(kernel, "ovs-system", "queues")


def macvtap(kernel: FakeKernel) -> None:
    on_top(kernel, "macvtap0", "macvtap")


def macvlan_of_a_container(kernel: FakeKernel) -> None:
    kernel.folder.write(f"{NETDEVS}/enp1s0/ifindex", "2")
    kernel.folder.write("/run/netns/blue")
    kernel.namespaces["/run/netns/blue"] = [
        {"ifname": "eth0", "link_index": 2, "link_netnsid": 0, "linkinfo": {"info_kind": "macvlan"}}]


def vf_of_a_guest(kernel: FakeKernel) -> None:
    vf = kernel.address(1)
    kernel.unbind(vf)
    kernel.folder.link(f"/sys/bus/pci/devices/{vf}/driver", "/sys/bus/pci/drivers/vfio-pci")
    kernel.folder.link(f"/sys/bus/pci/devices/{vf}/iommu_group", "/sys/kernel/iommu_groups/15")
    kernel.folder.write("/proc/4711/cmdline", "qemu-system-x86_64\0-name\0guest=edge\0")
    kernel.folder.folder("/proc/4711/fd")
    Path(kernel.path("/proc/4711/fd/30")).symlink_to("/dev/vfio/15")


DOWN, LOWER, HIGHER, MORE, NONE = {"up": False}, {"mtu": 1400}, {"mtu": 9000}, {"numvfs": 4}, {"numvfs": 0}
OWN = [(address, "address 192.0.2.1/24"), (address_of_bridge, "address 192.0.2.1/24 of br0"),
       (route, "default route over enp1s0"), (session, "the ssh session of this run to fe80::2%enp1s0"),
       (bgp, "TCP session with [fe80::2]:179")]
OTHERS = [(bond, "bond bond0, of which it is a leg"), (bridge, "bridge br0, of which it is a port"),
          (open_vswitch, "Open vSwitch, of which it is a port"), (macvtap, "macvtap macvtap0 on enp1s0"),
          (macvlan_of_a_container, "macvlan eth0 in another network namespace (blue)")]
GUEST = (vf_of_a_guest, "VF 1 by process 4711 (domain edge)")
REFUSED = [(carries, told, wanted) for wanted in (DOWN, LOWER, HIGHER) for carries, told in (*OWN, *OTHERS, GUEST)] + [
    (carries, told, wanted) for wanted in (MORE, NONE) for carries, told in (*OWN, GUEST)]


@pytest.fixture
def kernel(kernel: FakeKernel) -> FakeKernel:
    """With two VFs, and up."""
    assert not sriov_vf(kernel, up=True, numvfs=2)["failed"]
    return kernel


@pytest.mark.parametrize(("carries", "told", "wanted"), REFUSED)
def test_whoever_would_be_cut_off_is_named(kernel: FakeKernel, carries: t.Callable[[FakeKernel], None], told: str,
                                           wanted: Result) -> None:
    carries(kernel)
    before = copy.deepcopy(kernel.link_state)
    for check_mode in (True, False):
        refused = sriov_vf(kernel, check_mode=check_mode, **wanted)
        assert refused["error"]["type"] == "InUse"
        assert told in refused["msg"]
        assert "in_use: allow" in refused["msg"]
    assert kernel.link_state == before
    same = sriov_vf(kernel, up=True, mtu=1500, numvfs=2, vfs=[{"index": 0, "vlan": 5}])
    assert not same["failed"], "what is so already, or does no harm, is never refused"


@pytest.mark.parametrize("wanted", [DOWN, LOWER, HIGHER, MORE, NONE])
@pytest.mark.parametrize("carries", [carries for carries, _told in (*OWN, *OTHERS)])
def test_it_is_done_if_that_is_allowed(kernel: FakeKernel, carries: t.Callable[[FakeKernel], None],
                                       wanted: Result) -> None:
    carries(kernel)
    assert sriov_vf(kernel, in_use="allow", **wanted)["changed"]
    assert not sriov_vf(kernel, **wanted)["changed"]


@pytest.mark.parametrize("wanted", [MORE, NONE])
@pytest.mark.parametrize("carries", [carries for carries, _told in OTHERS])
def test_bridges_bonds_and_macvtaps_outlast_a_change_of_numvfs(
    kernel: FakeKernel, carries: t.Callable[[FakeKernel], None], wanted: Result
) -> None:
    carries(kernel)
    assert not sriov_vf(kernel, **wanted)["failed"]


def test_a_pf_that_carries_nothing_is_changed(kernel: FakeKernel) -> None:
    give_address(kernel, "enp0s3")
    on_top(kernel, "enp1s0.5")
    kernel.routes = [{"dst": "default", "dev": "enp0s3"}]
    assert not sriov_vf(kernel, numvfs=4, mtu=9000)["failed"]
    assert not sriov_vf(kernel, up=False)["failed"]
    address(kernel)
    assert not sriov_vf(kernel, up=True)["failed"], "up harms nobody"


def test_one_vf_on_the_pf_of_the_host_is_refused_like_any_number(kernel: FakeKernel) -> None:
    address(kernel)
    refused = sriov_vf(kernel, numvfs=1)
    assert refused["msg"] == (
        "numvfs of enp1s0 = 1: many drivers then reset the link of the PF, which would interrupt: address "
        "192.0.2.1/24. Move these to another NIC first, or set in_use: allow.")


def test_what_is_on_top_keeps_an_mtu_that_fits(kernel: FakeKernel) -> None:
    sriov_vf(kernel, mtu=9000)
    on_top(kernel, "enp1s0.5")
    kernel.folder.write(f"{NETDEVS}/enp1s0.5/mtu", "4000")
    assert not sriov_vf(kernel, mtu=4000)["failed"]
    assert "enp1s0.5, whose MTU is 4000" in sriov_vf(kernel, mtu=1500)["msg"]
    assert kernel.link_state["mtu"] == 4000


def test_libvirt_is_not_needed_where_no_macvtap_is(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    sriov_vf(kernel, numvfs=0)
    monkeypatch.setattr("ansible_collections.nfv.kvm.plugins.module_utils.sriov.users.LIBVIRT_FOLDERS", ("/sys",))
    assert not sriov_vf(kernel, mtu=9000, up=False)["failed"]
