# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of holder of a VF, and each module that would take the VF: none does."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import plan as domain_plan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import plan as interface_plan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import Copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.needs import check_here
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_pf
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF, FakeKernel, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

Arrange = t.Callable[[FakeKernel], None]
NAME, ADDRESS = "enp1s0v1", "0000:01:10.2"
DEVICE = f"/sys/bus/pci/devices/{ADDRESS}"
MAC = "52:54:00:aa:00:01"
HOSTDEV: Result = {"name": "ge0", "type": "hostdev", "source": {"pf": "enp1s0", "vf": 1}}
LINK_LOCAL = {"local": "fe80::1", "prefixlen": 64, "scope": "link"}
ELSEWHERE = "another network namespace"


def bound(kernel: FakeKernel, driver: str) -> None:
    """The VF is bound to a driver that makes no netdev."""
    kernel.unbind(ADDRESS)
    kernel.folder.link(f"{DEVICE}/driver", f"/sys/bus/pci/drivers/{driver}")


def opened(kernel: FakeKernel, path: str, command: str = "dpdk-testpmd", arguments: str = "") -> None:
    """A process has a file open."""
    kernel.folder.write("/proc/4711/comm", command)
    kernel.folder.write("/proc/4711/cmdline", arguments)
    descriptors = Path(kernel.path("/proc/4711/fd"))
    descriptors.mkdir(exist_ok=True)
    for number, target in enumerate(("/dev/null", "socket:[1]", path, path)):
        (descriptors / str(number)).symlink_to(target)


def vfio(group: str, driver: str = "vfio-pci", arguments: str = "") -> Arrange:
    def arrange(kernel: FakeKernel) -> None:
        bound(kernel, driver)
        kernel.folder.link(f"{DEVICE}/iommu_group", "/sys/kernel/iommu_groups/15")
        opened(kernel, f"/dev/vfio/{group}", arguments=arguments)
    return arrange


def device_file(folder: str, path: str, driver: str | None = None) -> Arrange:
    def arrange(kernel: FakeKernel) -> None:
        if driver is not None:
            bound(kernel, driver)
        kernel.folder.folder(f"{DEVICE}/{folder}/{path.rsplit('/', maxsplit=1)[-1].split(' ')[0]}")
        opened(kernel, path)
    return arrange


def vdpa(kernel: FakeKernel) -> None:
    kernel.folder.folder(f"{DEVICE}/mlx5_core.vnet.0/vdpa0/vhost-vdpa-3")
    kernel.folder.link("/sys/bus/vdpa/devices/vdpa0", f"{DEVICE}/mlx5_core.vnet.0/vdpa0")
    opened(kernel, "/dev/vhost-vdpa-3")


def upper(name: str) -> Arrange:
    return lambda kernel: kernel.folder.folder(f"/sys/class/net/{NAME}/upper_{name}")


def traffic(*addresses: Result, routes: tuple[Result, ...] = (), sessions: str = "", flags: str = "0x1003") -> Arrange:
    def arrange(kernel: FakeKernel) -> None:
        kernel.folder.write(f"/sys/class/net/{NAME}/flags", flags)
        kernel.addresses = [{"ifname": NAME, "addr_info": [LINK_LOCAL, *addresses]}]
        kernel.routes, kernel.sessions = list(routes), sessions
    return arrange


def namespace(kernel: FakeKernel, links: list[Result], named: bool) -> None:
    """Another namespace, which a process is in as well, and one of our own."""
    kernel.folder.write("/run/netns/blue")
    inode = kernel.inode("/run/netns/blue") if named else 4026532002
    path = "/run/netns/blue" if named else "/proc/77/ns/net"
    if not named:
        kernel.folder.remove("/run/netns/blue")
    for pid, number in (("self", 4026531840), ("1", 4026531840), ("77", inode), ("78", inode)):
        folder = Path(kernel.path(f"/proc/{pid}/ns"))
        folder.mkdir(parents=True)
        (folder / "net").symlink_to(f"net:[{number}]")
    kernel.folder.write("/proc/77/comm", "frr")
    kernel.namespaces[path] = [{"ifname": "lo"}, *links]


def moved(named: bool = True, known: bool = True) -> Arrange:
    def arrange(kernel: FakeKernel) -> None:
        kernel.folder.remove(f"/sys/class/net/{NAME}")
        kernel.folder.remove(f"{DEVICE}/net")
        namespace(kernel, [{"ifname": "eth0", **({"parentdev": ADDRESS} if known else {})}], named)
        if not known:  # before Linux 5.14
            del kernel.link_state["parentdev"]
    return arrange


def child(kind: str, named: bool = True, **link: t.Any) -> Arrange:
    def arrange(kernel: FakeKernel) -> None:
        kernel.folder.write(f"/sys/class/net/{NAME}/ifindex", "9")
        namespace(kernel, [{"ifname": "c0", "link_index": 9, "link_netnsid": 0, "linkinfo": {"info_kind": kind},
                            **link}], named)
    return arrange


def without_netdev(kernel: FakeKernel) -> None:
    """Its driver has made none, such as one that waits for a reset."""
    kernel.folder.remove(f"/sys/class/net/{NAME}")
    kernel.folder.remove(f"{DEVICE}/net")
    namespace(kernel, [{"ifname": "eth0", "parentdev": "0000:05:00.0"}], named=True)


def late(kernel: FakeKernel, seconds: float = 3.0) -> None:
    """Its driver makes its netdev some seconds after the VF was made."""
    without_netdev(kernel)
    kernel.due[kernel.now() + seconds] = lambda: kernel.folder.netdev(ADDRESS, NAME)


GLOBAL = {"local": "192.0.2.1", "prefixlen": 24, "scope": "global"}
QEMU = "qemu-system-x86_64\0-name\0guest=edge,debug-threads=on\0"
# What has the VF, in words, and how the host comes to be so
HELD: list[tuple[str, Arrange]] = [
    ("process 4711 (dpdk-testpmd)", vfio("15")),
    ("process 4711 (dpdk-testpmd)", vfio("noiommu-15")),
    ("process 4711 (dpdk-testpmd)", vfio("15", driver="mlx5_vfio_pci")),
    ("process 4711 (dpdk-testpmd)", vfio("15 (deleted)")),
    ("process 4711 (domain edge)", vfio("15", arguments=QEMU)),
    ("process 4711 (dpdk-testpmd)", device_file("vfio-dev", "/dev/vfio/devices/vfio3", "hisi_acc_vfio_pci")),
    ("process 4711 (dpdk-testpmd)", device_file("uio", "/dev/uio0", "igb_uio")),
    ("process 4711 (dpdk-testpmd)", device_file("uio", "/dev/uio12", "uio_pci_generic")),
    ("process 4711 (dpdk-testpmd)", device_file("infiniband_verbs", "/dev/infiniband/uverbs2")),
    ("process 4711 (dpdk-testpmd)", device_file("infiniband_mad", "/dev/infiniband/umad0")),
    ("process 4711 (dpdk-testpmd)", vdpa),
    ("bond0", upper("bond0")), ("br0", upper("br0")), ("ovs-system", upper("ovs-system")),
    ("enp1s0v1.5", upper("enp1s0v1.5")), ("macvtap0", upper("macvtap0")),
    ("address 192.0.2.1/24", traffic(GLOBAL)),
    ("address 192.0.2.1/24", traffic(GLOBAL, flags="0x1002")),
    ("address 192.0.2.1/24 + route default via 192.0.2.254", traffic(GLOBAL, routes=(
        {"dst": "192.0.2.0/24", "dev": NAME, "protocol": "kernel", "scope": "link"},
        {"dst": "default", "gateway": "192.0.2.254", "dev": NAME, "protocol": "dhcp"}))),
    ("route default via fe80::2 and 2 more", traffic(routes=(
        {"dst": "2001:db8::/32", "dev": NAME},
        {"dst": "2001:db8:1::/64", "dev": NAME, "protocol": "kernel"},
        {"dst": "default", "nexthops": [{"gateway": "fe80::2", "dev": NAME}, {"gateway": "fe80::3", "dev": "eno1"}]}))),
    ("route 198.51.100.0/24 via fe80::2", traffic(routes=(
        {"dst": "198.51.100.0/24", "via": {"family": "inet6", "host": "fe80::2"}, "dev": NAME, "protocol": "bgp"},))),
    ("TCP session with [fe80::2]:179", traffic(sessions=f"0 0 [fe80::1]%{NAME}:40000 [fe80::2]:179 \n"
                                                        "0 0 192.0.2.1:22 192.0.2.7:50000 \n")),
    (f"{ELSEWHERE} (blue)", moved()), (f"{ELSEWHERE} (of process 77, frr)", moved(named=False)),
    (ELSEWHERE, moved(known=False)),
    (f"macvlan c0 in {ELSEWHERE} (blue)", child("macvlan")), (f"ipvlan c0 in {ELSEWHERE} (blue)", child("ipvlan")),
    (f"vlan c0 in {ELSEWHERE} (blue)", child("vlan")),
    (f"macvtap c0 in {ELSEWHERE} (of process 77, frr)", child("macvtap", named=False)),
]
KERNELS_OWN = (
    {"dst": "fe80::/64", "dev": NAME, "protocol": "kernel"},
    {"dst": "ff00::/8", "dev": NAME, "table": "local", "type": "multicast"},
    {"dst": "fe80::1", "dev": NAME, "table": "local", "protocol": "kernel", "type": "local"},
)
FREE: list[Arrange] = [
    lambda kernel: None,
    lambda kernel: bound(kernel, "vfio-pci"),
    lambda kernel: bound(kernel, "mlx5_vfio_pci"),
    lambda kernel: kernel.unbind(ADDRESS),
    vfio("16"), lambda kernel: opened(kernel, "/dev/uio0"), lambda kernel: opened(kernel, "/dev/infiniband/uverbs2"),
    traffic(), traffic(routes=KERNELS_OWN), traffic(routes=({"dst": "default", "dev": "eno1"},)),
    traffic(sessions="0 0 [fe80::1]%eno1:40000 [fe80::2]:179"),
    without_netdev, late, child("veth"), child("macvlan", link_index=8),
    lambda kernel: child("macvlan", link_netnsid=None)(kernel) or kernel.namespaces["/run/netns/blue"][1].pop(
        "link_netnsid"),
]


@pytest.fixture
def igb(kernel: FakeKernel) -> FakeKernel:
    """A PF with two VFs, which is up."""
    assert not sriov_vf(kernel, numvfs=2, up=True)["failed"]
    kernel.folder.write("/sys/class/net/enp1s0/flags", "0x1003")
    return kernel


@pytest.fixture
def igb_lab(tmp_path: Path, igb: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """This host with a libvirt, which has a domain."""
    made = Lab(tmp_path)
    made.host = igb  # type: ignore[assignment]
    made.domain()
    monkeypatch.setattr(interface_plan, "connect", lambda uri: made.libvirt.connection())
    return made


@pytest.mark.parametrize(("by", "arrange"), HELD)
def test_sriov_vf_takes_it_from_nobody(igb: FakeKernel, by: str, arrange: Arrange) -> None:
    arrange(igb)
    before = list(igb.vfs)
    for wanted in ({"numvfs": 1}, {"vfs": [{"index": 1, "driver": "pci-stub"}]}):
        for check_mode in (True, False):
            refused = sriov_vf(igb, check_mode=check_mode, **wanted)
            assert refused["error"]["type"] == "InUse"
            assert f": {', '.join(f'VF 1 by {one}' for one in by.split(' + '))}. " in refused["msg"]
    assert igb.vfs == before


@pytest.mark.parametrize(("by", "arrange"), HELD)
def test_vm_interface_takes_it_from_nobody(igb_lab: Lab, igb: FakeKernel, by: str, arrange: Arrange) -> None:
    arrange(igb)
    before, words = igb_lab.texts(), by.replace(" + ", ", ")
    for check_mode in (True, False):
        refused = igb_lab.vm_interface(HOSTDEV, check_mode=check_mode)
        assert refused["error"]["type"] == "InUse"
        assert f"interfaces[0].source = '{ADDRESS}': VF 1 of enp1s0 is in use by {words}. " in refused["msg"]
        assert refused["error"]["remedy"].endswith(", or choose another VF")
    assert igb_lab.texts() == before


def chosen(lab: Lab) -> list[str]:
    """The VF that a domain of another host, which had VF 1 there, would get here."""
    needs = {
        "machine": {"emulator": "/usr/bin/qemu", "arch": "x86_64", "machine": "pc", "type": "kvm"}, "files": [],
        "unfinished": None, "vfs": [{"mac": MAC, "pf": "enp1s0", "index": 1}],
        "interfaces": [f"<interface type='hostdev'><mac address='{MAC}'/><source><address type='pci' domain='0' "
                       "bus='9' slot='9' function='1'/></source></interface>"],
    }
    found = check_here(lab.host, lab.libvirt.connection(), "b", Copy("kvm2"), needs)
    return [vf["pci_address"] for vf in found["vfs"]]


@pytest.mark.parametrize(("by", "arrange"), HELD)
def test_vm_migration_info_gives_another_one(igb_lab: Lab, igb: FakeKernel, by: str, arrange: Arrange) -> None:
    arrange(igb)
    assert chosen(igb_lab) == ["0000:01:10.0"]


@pytest.mark.parametrize("arrange", FREE)
def test_a_vf_that_nobody_has_is_free(igb_lab: Lab, igb: FakeKernel, arrange: Arrange) -> None:
    arrange(igb)
    assert holders(igb, read_pf(igb, "enp1s0"), ()) == ()
    assert chosen(igb_lab) == [ADDRESS]
    assert not igb_lab.vm_interface(HOSTDEV)["failed"]


@pytest.mark.parametrize(("entry", "by"), [
    (Entry("b", True, MAC, pci_address=ADDRESS), "domain b (running)"),
    (Entry("b", False, MAC, pci_address=ADDRESS), "domain b (defined)"),
    (Entry("b", False, MAC, netdev=NAME), "domain b (defined)"),
])
def test_domains_hold_a_vf(igb: FakeKernel, entry: Entry, by: str) -> None:
    assert [str(holder) for holder in holders(igb, read_pf(igb, "enp1s0"), (entry,))] == [f"VF 1 by {by}"]


def test_of_a_vfio_group_all_vfs_are_held(igb: FakeKernel) -> None:
    vfio("15")(igb)
    other = igb.address(0)
    igb.unbind(other)
    igb.folder.link(f"/sys/bus/pci/devices/{other}/driver", "/sys/bus/pci/drivers/vfio-pci")
    igb.folder.link(f"/sys/bus/pci/devices/{other}/iommu_group", "/sys/kernel/iommu_groups/15")
    assert [holder.vf for holder in holders(igb, read_pf(igb, "enp1s0"), ())] == [0, 1]


def test_a_domain_does_not_stand_in_its_own_way(igb_lab: Lab, igb: FakeKernel) -> None:
    """Another NIC of it has the VF that this one is to have."""
    vfio("15", arguments=QEMU.replace("edge", "a"))(igb)
    assert not igb_lab.vm_interface(HOSTDEV)["failed"]


@pytest.mark.parametrize(("arrange", "by"), [
    (traffic(GLOBAL), "VF 1 of enp1s0 is in use by address 192.0.2.1/24. Remove the addresses from enp1s0v1"),
    (upper("bond0"), "VF 1 of enp1s0 is in use by bond0. Remove bond0 from enp1s0v1"),
])
def test_a_macvtap_that_takes_all_takes_it_from_nobody(
    igb_lab: Lab, igb: FakeKernel, arrange: Arrange, by: str
) -> None:
    arrange(igb)
    nic: Result = {"name": "g", "type": "direct", "source": {"pf": "enp1s0", "vf": 1, "mode": "passthrough"}}
    assert by in igb_lab.vm_interface(nic)["msg"]
    assert not igb_lab.vm_interface({**nic, "source": {**nic["source"], "mode": "bridge"}})["failed"]


def test_a_macvtap_that_takes_all_leaves_a_nic_to_the_host(igb_lab: Lab, igb: FakeKernel) -> None:
    igb.folder.folder("/sys/class/net/eno1")
    igb.addresses = [{"ifname": "eno1", "addr_info": [GLOBAL]}]
    nic = {"name": "g", "type": "direct", "source": {"dev": "eno1", "mode": "passthrough"}}
    refused = igb_lab.vm_interface(nic)
    assert "source.dev = 'eno1': eno1 is in use by address 192.0.2.1/24. Remove the addresses" in refused["msg"]


def test_one_look_for_all_nics(igb_lab: Lab, igb: FakeKernel) -> None:
    namespace(igb, [], named=True)
    igb.processes.clear()
    nics = [{**HOSTDEV, "name": f"ge{index}", "source": {"pf": "enp1s0", "vf": index}} for index in range(2)]
    assert not igb_lab.vm_interface(*nics, check_mode=True)["failed"]
    assert [argv[0] for argv in igb.processes] == ["nsenter", "ip"]
    assert igb.now() == 0, "nothing to wait for"


def test_a_netdev_that_is_late_counts(igb_lab: Lab, igb: FakeKernel) -> None:
    late(igb)
    igb.addresses = [{"ifname": NAME, "addr_info": [GLOBAL]}]
    assert [str(holder) for holder in holders(igb, read_pf(igb, "enp1s0"), ())] == ["VF 1 by address 192.0.2.1/24"]
    assert 3 <= igb.now() < 4
    igb.folder.remove(f"/sys/class/net/{NAME}")
    igb.folder.remove(f"{DEVICE}/net")
    igb.due[igb.now() + 1] = lambda: igb.folder.netdev(ADDRESS, NAME)
    refused = igb_lab.vm_interface(HOSTDEV)
    assert refused["error"]["remedy"] == (
        f"Remove the addresses from {NAME}: ip address flush dev {NAME}, or choose another VF")


def test_a_netdev_that_goes_to_a_namespace_late_counts(igb: FakeKernel) -> None:
    without_netdev(igb)
    igb.due[igb.now() + 2] = lambda: igb.namespaces["/run/netns/blue"].append({"ifname": "c", "parentdev": ADDRESS})
    assert [str(holder) for holder in holders(igb, read_pf(igb, "enp1s0"), ())] == [f"VF 1 by {ELSEWHERE} (blue)"]
    assert 2 <= igb.now() < 3


@pytest.mark.parametrize(("link", "found"), [({"parentdev": PF}, []), ({}, [f"VF 1 by {ELSEWHERE}"])])
def test_without_other_namespaces_the_links_here_tell_what_the_kernel_knows(
    igb: FakeKernel, link: Result, found: list[str]
) -> None:
    without_netdev(igb)
    igb.namespaces.clear()
    del igb.link_state["parentdev"]
    igb.link_state.update(link)
    assert [str(holder) for holder in holders(igb, read_pf(igb, "enp1s0"), ())] == found
    assert igb.now() == 5


def test_a_namespace_is_entered_through_another_process_if_one_has_ended(igb: FakeKernel) -> None:
    child("macvlan", named=False)(igb)
    igb.namespaces["/proc/78/ns/net"] = igb.namespaces.pop("/proc/77/ns/net")
    assert [holder.vf for holder in holders(igb, read_pf(igb, "enp1s0"), ())] == [1]
    del igb.namespaces["/proc/78/ns/net"]
    assert holders(igb, read_pf(igb, "enp1s0"), ()) == ()


def with_device(address: str = "0000:01:10.2") -> str:
    """The XML of a domain with a PCI device of the host."""
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    return ("<domain type='kvm'><name>v</name><memory unit='MiB'>512</memory><os><type machine='pc'>hvm</type></os>"
            f"<devices><hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x{domain}' "
            f"bus='0x{bus}' slot='0x{slot}' function='0x{function}'/></source></hostdev></devices></domain>")


@pytest.fixture
def domains(igb_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(domain_plan, "connect", lambda uri: igb_lab.libvirt.connection())
    return igb_lab


def refused_domain(lab: Lab, address: str, name: str = "v") -> Result:
    """What vm_domain says to this device; nothing was changed."""
    before = lab.texts()
    told = [lab.vm_domain(name=name, xml=with_device(address).replace(">v<", f">{name}<"), check_mode=check_mode)
            for check_mode in (True, False)]
    assert told[0]["error"] == told[1]["error"]
    assert (told[1]["error"]["type"], told[1]["error"]["value"]) == ("InUse", address)
    assert told[1]["error"]["remedy"]
    assert lab.texts() == before
    return told[1]


@pytest.mark.parametrize(("by", "arrange"), HELD)
def test_vm_domain_takes_it_from_nobody(domains: Lab, igb: FakeKernel, by: str, arrange: Arrange) -> None:
    arrange(igb)
    words = by.replace(" + ", ", ")
    assert f"VF 1 of enp1s0 is in use by {words}. " in refused_domain(domains, ADDRESS)["msg"]


@pytest.mark.parametrize("arrange", FREE)
def test_vm_domain_gets_a_vf_that_nobody_has(domains: Lab, igb: FakeKernel, arrange: Arrange) -> None:
    arrange(igb)
    assert not domains.vm_domain(name="v", xml=with_device())["failed"]


def test_vm_domain_keeps_what_it_has(domains: Lab, igb: FakeKernel) -> None:
    """By its definition, or by the QEMU that still runs with it."""
    assert not domains.vm_domain(name="v", xml=with_device(), state="running")["failed"]
    vfio("15", arguments=QEMU.replace("edge", "v"))(igb)
    assert not domains.vm_domain(name="v", xml=with_device().replace("512", "640"))["failed"]
    without = f"{with_device().split('<devices>', maxsplit=1)[0]}<devices/></domain>"
    assert domains.vm_domain(name="v", xml=without)["needs_restart"]
    igb.addresses = [{"ifname": NAME, "addr_info": [GLOBAL]}]
    assert domains.vm_domain(name="v", xml=with_device())["changed"]
    assert "domain v runs with this device" in refused_domain(domains, ADDRESS, name="w")["msg"]


def test_a_whole_nic_that_carries_the_host(domains: Lab, igb: FakeKernel) -> None:
    """Also a PF, with or without VFs; one that carries nothing is free."""
    igb.folder.nic("0000:05:00.0", "eno1")
    for nic, netdev in (("0000:05:00.0", "eno1"), ("0000:01:00.0", "enp1s0")):
        igb.addresses = [{"ifname": netdev, "addr_info": [GLOBAL]}]
        assert f"{netdev} of this device carries address 192.0.2.1/24. Use" in refused_domain(domains, nic)["msg"]
        igb.addresses, igb.routes = [], [{"dst": "default", "gateway": "192.0.2.254", "dev": netdev}]
        assert f"carries default route via 192.0.2.254 over {netdev}" in refused_domain(domains, nic)["msg"]
        igb.routes = []
    igb.folder.folder("/sys/class/net/br7/bridge")
    igb.folder.link("/sys/class/net/eno1/master", "/sys/class/net/br7")
    told = refused_domain(domains, "0000:05:00.0")["msg"]
    assert "eno1 of this device carries bridge br7, of which it is a port" in told
    igb.folder.remove("/sys/class/net/eno1/master")
    for nic in ("0000:05:00.0", "0000:01:00.0"):
        assert not domains.vm_domain(name="v", xml=with_device(nic), check_mode=True)["failed"]


def test_a_whole_pf_takes_its_vfs_along(domains: Lab, igb: FakeKernel) -> None:
    traffic(GLOBAL)(igb)
    told = refused_domain(domains, "0000:01:00.0")["msg"]
    assert "giving this PF to the guest would remove its VFs, and VF 1 is in use by address 192.0.2.1/24" in told


def test_a_device_that_is_no_nic_or_elsewhere(domains: Lab, igb: FakeKernel) -> None:
    other = "0000:06:00.0"
    igb.folder.nic(other, driver="vfio-pci")
    igb.folder.link(f"/sys/bus/pci/devices/{other}/iommu_group", "/sys/kernel/iommu_groups/30")
    assert not domains.vm_domain(name="v", xml=with_device(other), check_mode=True)["failed"]
    namespace(igb, [{"ifname": "eth0", "parentdev": other}], named=True)
    assert "its network interface is in another network namespace (blue)" in refused_domain(domains, other)["msg"]
    igb.folder.write(f"/sys/bus/pci/devices/{other}/class", "0x030000")
    assert not domains.vm_domain(name="v", xml=with_device(other), check_mode=True)["failed"]
    opened(igb, "/dev/vfio/30")
    assert "this device is in use by process 4711 (dpdk-testpmd). Stop" in refused_domain(domains, other)["msg"]
