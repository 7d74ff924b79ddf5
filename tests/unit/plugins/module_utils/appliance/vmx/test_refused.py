# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role vmx refuses: each rule is broken once."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.vmx import FilterModule

Dict = dict[str, t.Any]
FILTERS = FilterModule().filters()


def virtio(number: int, **more: t.Any) -> Dict:
    return {"name": f"ge-0/0/{number}", "mac": f"02:06:0a:0e:ff:f{number}", "bridge": "br0", **more}


def sriov(number: int, **more: t.Any) -> Dict:
    return {"name": f"ge-0/0/{number}", "mac": f"02:06:0a:0e:ff:e{number}", "type": "sriov", "nic": "eth1",
            "virtual_function": number, **more}


def without(interface: Dict, *keys: str) -> Dict:
    return {key: value for key, value in interface.items() if key not in keys}


def wanted(*interfaces: Dict, joins: t.Sequence[Dict] = (), **given: t.Any) -> Dict:
    """A vMX with which nothing is wrong but what is given."""
    whole = {
        "id": "vmx1", "release": "18.2R1", "size": "lite",
        "images": {"vcp": "/vcp.qcow2", "hdd": "/hdd.img", "vfp": "/vfp.img"}, "vcp": {}, "vfp": {},
        "interfaces": list(interfaces), "external_bridge": None, "management_interface": None,
        "management_bridged": False, "unjoined_bridge": "virbr0", "reserved_vnics": None, "modified_drivers": [],
        "overrides": {"vcp": {}, "vfp": {}}, **given,
    }
    return t.cast(Dict, FILTERS["vmx_wanted"](whole, {}, list(joins)))


def all_told(given: Dict, there: Dict | None = None) -> list[str]:
    """What is refused of a vMX, on one host if there is one."""
    if there is None:
        return t.cast("list[str]", FILTERS["vmx_refused"](given))
    return t.cast("list[str]", FILTERS["vmx_refused_host"](given, there))


def host(*pfs: str, pages: t.Sequence[int] = (3072,), files: str = "/vcp.qcow2 /hdd.img /vfp.img",
         own: int = 0) -> Dict:
    """A host with the bridge br0, the NIC eth5, these PFs, and so many free huge pages of 2 MiB on its NUMA nodes.

    :param own: KiB of huge pages that the VFP runs with
    """
    said = [*(f"pf\t{pf}" for pf in pfs), *(f"file\t{file}" for file in files.split()),
            *(f"pages\t2048\t{count}" for count in pages), f"own\t{own}"]
    links = [{"ifname": "br0", "linkinfo": {"info_kind": "bridge"}}, {"ifname": "eth5"}]
    return {"links": links, "own": [], "said": "\n".join(said)}


IXGBE, I40E, IGB = "eth1\tixgbe\t0\t63", "eth1\ti40e\t0\t64", "eth1\tigb\t0\t7"
JOIN: Dict = {"vmx": "vmx1", "interface": "ge-0/0/0", "link": "link1"}
RIGHT: list[Dict] = [
    wanted(virtio(0)),
    wanted(virtio(0, type="e1000"), virtio(1, type="e1000")),
    wanted(sriov(0), virtio(1)),
    wanted(sriov(0, vlan=100, mtu=9000, port_speed=10000), sriov(1, vlan=200, mtu=9000)),
    wanted(virtio(0, name="xe-0/0/0"), virtio(1, name="xe-0/0/1")),
    wanted(virtio(0), size="performance"),
    wanted(virtio(0), release=None, reserved_vnics=0),
    wanted(without(virtio(0), "bridge"), joins=[{**JOIN, "host_dev": "eth5"}, {**JOIN, "vmx": "vmx2"}]),
]


@pytest.mark.parametrize("right", RIGHT)
def test_nothing_is_refused(right: Dict) -> None:
    assert all_told(right) == []
    assert all_told(right, host(IXGBE, pages=[100, 6144])) == []


@pytest.mark.parametrize(("given", "told"), [
    # what a vMX must have
    ({"id": None}, "vmx_id: it must have 1 to 8 characters"),
    ({"id": "vmx-12345"}, "vmx_id = 'vmx-12345': it must have 1 to 8 characters"),
    ({"id": "a/b"}, "vmx_id = 'a/b': .*br-int-ID is a link of the host.* Choose another"),
    ({"external_bridge": "a-long-name-of-a-bridge"}, "vmx_external_bridge = .*at most 15 characters"),
    ({"management_bridged": "yes"}, "vmx_management_bridged = True: there is no interface to put"),
    ({"images": {"vcp": "/vcp", "hdd": "/hdd"}}, r"vmx_images\.vfp: it must be the path.*forwarding-engine-image"),
    ({"images": {"vcp": "vcp", "hdd": "/h", "vfp": "/v"}}, r"vmx_images\.vcp = 'vcp': it must be the path"),
    ({"release": None}, "vmx_release: how many NICs .* is not known. Give the release"),
    ({"release": "new"}, "vmx_release = 'new': how many NICs"),
    # sizes
    ({"size": "huge"}, "vmx_size = 'huge': there are lite and performance"),
    ({"vcp": {"memory": 512}}, r"vmx_vcp\.memory = 512: in size lite, the control plane .* at least 1024 MiB"),
    ({"vcp": {"vcpus": 0}}, r"vmx_vcp\.vcpus = 0: .*at least 1 vCPUs"),
    ({"vfp": {"vcpus": 2}}, r"vmx_vfp\.vcpus = 2: .*at least 3 vCPUs"),
    ({"vfp": {"memory": 2048}}, r"vmx_vfp\.memory = 2048: .*at least 4096 MiB"),
    ({"size": "performance", "vfp": {"vcpus": 5}}, r"vmx_vfp\.vcpus = 5: in size performance, .*at least 6 vCPUs"),
    # consoles
    ({"vcp": {"console_port": 8601}, "vfp": {"console_port": 8601}}, r"vmx_vfp\.console_port = 8601: it is that of"),
    # MACs of the first NICs
    ({"vcp": {"mac": "02:06:0A:0E:FF:F0"}}, "ge-0/0/0, mac = '02:06:0a:0e:ff:f0': control plane .* has it already"),
    ({"vfp": {"mac": "none"}}, "forwarding plane .*, mac = 'none': this is not a MAC address"),
    # memory
    ({"placement": {"policy": "dedicated", "hugepages": "none"}}, r"vmx_placement\.hugepages = 'none': the memory"),
    ({"overrides": {"vcp": {}, "vfp": {"hugepages": False}}}, r"vmx_vfp_overrides\.hugepages = False: the memory"),
    # joins
    ({"joins": [{**JOIN, "interface": "ge-0/0/7", "bridge": "br0"}]}, "vmx-junosdev.conf = 'ge-0/0/7': vmx1 has no"),
])
def test_a_vmx(given: Dict, told: str) -> None:
    assert re.search(told, " ".join(all_told(wanted(virtio(0), **given))))


@pytest.mark.parametrize(("interfaces", "told"), [
    # names
    ([], "vmx_interfaces: a vMX without interfaces"),
    ([virtio(0), virtio(0, mac="02:00:00:00:00:01")], "interface 2 = 'ge-0/0/0': .* this one is ge-0/0/1"),
    ([virtio(1), virtio(0)], "interface 1 = 'ge-0/0/1': the appliance names its NICs in their order, .* is ge-0/0/0"),
    ([virtio(0), virtio(2)], "interface 2 = 'ge-0/0/2': .* this one is ge-0/0/1.* without gaps"),
    ([virtio(0), virtio(1, name="xe-0/0/1")], "interface 2 = 'xe-0/0/1': .* this one is ge-0/0/1"),
    ([virtio(0, name="eth0")], "interface 1 = 'eth0': it must have a Junos name. Name it ge-0/0/0"),
    ([virtio(0, name="ge-1/0/0")], "interface 1 = 'ge-1/0/0': it must have a Junos name"),
    # MACs
    ([without(virtio(0), "mac")], "ge-0/0/0, mac: each interface needs a MAC of its own"),
    ([virtio(0, mac="02:06")], "ge-0/0/0, mac = '02:06': this is not a MAC address"),
    ([virtio(0), virtio(1, mac="02:06:0A:0E:FF:F0")], "ge-0/0/1, mac = '02:06:0a:0e:ff:f0': ge-0/0/0 has it already"),
    ([virtio(0, mac="01:00:5e:00:00:01")], "ge-0/0/0, mac = .* multicast"),
    # kinds
    ([virtio(0, type="vmxnet3")], "ge-0/0/0, type = 'vmxnet3': it must be one of virtio, e1000, sriov"),
    ([virtio(0, type="e1000"), virtio(1)], "vmx_interfaces: .* not both: ge-0/0/0 and ge-0/0/1. Make ge-0/0/0 virtio"),
    ([virtio(0, nic="eth1")], "ge-0/0/0, nic = 'eth1': an interface of type virtio has none"),
    ([virtio(0, virtual_function=0)], "ge-0/0/0, virtual_function = 0: an interface of type virtio has none"),
    ([virtio(0, vlan=5)], "ge-0/0/0, vlan = 5: only a VF"),
    # VFs
    ([without(sriov(0), "nic")], "ge-0/0/0, nic: an SR-IOV interface needs the NIC .*nic in vmx.conf"),
    ([without(sriov(0), "virtual_function")], "ge-0/0/0, virtual_function: an SR-IOV .*virtual-function in vmx.conf"),
    ([sriov(0, bridge="br0")], "ge-0/0/0 = 'br0': a VF is joined to its NIC, and to nothing else"),
    ([sriov(0), sriov(1, virtual_function=0)], "VF 0 of eth1: it is given to ge-0/0/0, ge-0/0/1"),
    ([sriov(0, mtu=1500), sriov(1, mtu=9000)], "eth1: its VFs have its MTU, and ge-0/0/0 wants 1500, .* wants 9000"),
])
def test_interfaces(interfaces: list[Dict], told: str) -> None:
    assert re.search(told, " ".join(all_told(wanted(*interfaces))))


@pytest.mark.parametrize(("interface", "given", "told"), [
    (virtio(0), {"vfp": {"memory": "4 GB"}}, "vmx_vfp.memory = '4 GB': it must be a whole number"),
    (virtio(0), {"vcp": {"console_port": 70000}}, "vmx_vcp.console_port = 70000: it must be a number from 1 to 65535"),
    (virtio(0), {"vfp": {"console_port": "ttyS0"}},
     "vmx_vfp.console_port = 'ttyS0': it must be a number from 1 to 65535"),
    (virtio(0), {"reserved_vnics": 9}, "vmx_reserved_vnics = 9: it must be a number from 0 to 8"),
    (sriov(0, virtual_function="two"), {},
     "vmx_interfaces[0].virtual_function = 'two': it must be a number from 0 to 65535"),
    (sriov(0, mtu=20), {}, "vmx_interfaces[0].mtu = 20: it must be a number from 68 to 65535"),
    (sriov(0, vlan=4095), {}, "vmx_interfaces[0].vlan = 4095: it must be a number from 1 to 4094"),
    (sriov(0, port_speed="10G"), {}, "vmx_interfaces[0].port_speed = '10G': it must be a number from 1 to 1000000"),
])
def test_values(interface: Dict, given: Dict, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        wanted(interface, **given)
    assert told in str(raised.value)


@pytest.mark.parametrize(("interface", "join", "told"), [
    (without(virtio(0), "bridge"), {"link": "a-long-name-of-a-link", "host_dev": "eth5"}, "link = .*at most 15"),
    (sriov(0), {"link": "link1", "host_dev": "eth5"}, "ge-0/0/0 = 'link1': a VF is joined to its NIC"),
])
def test_links(interface: Dict, join: Dict, told: str) -> None:
    (error,) = all_told(wanted(interface, joins=[{**JOIN, **join}]))
    assert re.search(told, error)


@pytest.mark.parametrize(("given", "there", "told"), [
    (wanted(virtio(0)), host(files="/vcp.qcow2 /hdd.img"), r"vmx_images\.vfp = '/vfp.img': this host has no such file"),
    (wanted(virtio(0), placement={"policy": "none"}), host(pages=[0]), r"vmx_vfp\.memory = 6144: .*at most 0 MiB"),
    (wanted(virtio(0)), host(pages=[0]), r"vmx_vfp\.memory = 6144: .*at most 0 MiB.*kvm_host_hugepages"),
    (wanted(virtio(0)), host(pages=[2048, 2048]), r"vmx_vfp\.memory = 6144: .*at most 4096 MiB of them free on one"),
    (wanted(virtio(0), overrides={"vcp": {}, "vfp": {"memory": 8192}}), host(), r"vmx_vfp\.memory = 8192"),
    (wanted(virtio(0), management_bridged=True, management_interface="eno1"), host(),
     "vmx_management_interface = 'eno1': this host has no such network interface"),
    (wanted(virtio(0, bridge="br9")), host(), "ge-0/0/0, bridge = 'br9': this host has no such bridge"),
    (wanted(virtio(0, bridge="eth5")), host(), "ge-0/0/0, bridge = 'eth5': this host has no such bridge"),
    (wanted(without(virtio(0), "bridge")), host(), "ge-0/0/0, bridge = 'virbr0': this host has no such bridge"),
    (wanted(without(virtio(0), "bridge"), joins=[{**JOIN, "host_dev": "eth9"}]), host(),
     "ge-0/0/0, host_dev of link link1 = 'eth9': this host has no such network interface"),
    (wanted(sriov(0)), host(), "ge-0/0/0, nic = 'eth1': this host has no such network interface"),
    (wanted(sriov(0)), host("eth1\te1000e\t0\t0"), "ge-0/0/0, nic = 'eth1': this NIC has no SR-IOV"),
    (wanted(sriov(0, virtual_function=7)), host(IGB), "virtual_function = 7: eth1 has at most 7 VFs, counted from 0"),
    # PF drivers
    (wanted(sriov(0, vlan=1), sriov(1, vlan=2), modified_drivers=["i40e"]), host(I40E),
     "PF eth1: with Juniper's i40e, a vMX can have one VF of a PF, and these are ge-0/0/0, ge-0/0/1"),
    (wanted(sriov(0, vlan=1), sriov(1, vlan=1)), host(I40E),
     "PF eth1: with the unmodified i40e, each of its VFs needs a VLAN"),
    (wanted(sriov(0, vlan=1), sriov(1)), host(I40E), "PF eth1: with the unmodified i40e"),
    (wanted(sriov(0, layer2=True)), host(IXGBE), "ge-0/0/0, layer2 = True: eth1 has the unmodified ixgbe"),
])
def test_a_host(given: Dict, there: Dict, told: str) -> None:
    assert all_told(given) == []
    (error,) = all_told(given, there)
    assert re.search(told, error)


@pytest.mark.parametrize("given", [
    {"placement": {"policy": "dedicated"}}, {"overrides": {"vcp": {}, "vfp": {"placement": {"policy": "shared"}}}}])
def test_the_huge_pages_of_a_vfp_that_is_placed_are_those_of_its_node(given: Dict) -> None:
    """vm_appliance looks at them when it has chosen the node."""
    assert all_told(wanted(virtio(0), **given), host(pages=[0])) == []


def test_a_vfp_that_runs_has_its_huge_pages() -> None:
    given = wanted(virtio(0))
    assert all_told(given, host(pages=[0, 0], own=6144 << 10)) == []
    assert all_told({**given, "vfp": {"vcpus": 3, "memory": 8192}}, host(pages=[512, 0], own=6144 << 10))
    assert all_told({**given, "vfp": {"vcpus": 3, "memory": 8192}}, host(pages=[1024, 0], own=6144 << 10)) == []


@pytest.mark.parametrize(("given", "pf"), [
    (wanted(sriov(0), modified_drivers=["i40e"]), I40E),
    (wanted(sriov(0)), I40E),
    (wanted(sriov(0, vlan=1), sriov(1, vlan=2)), I40E),
    (wanted(sriov(0), sriov(1)), IXGBE),
    (wanted(sriov(0, layer2=True), modified_drivers=["ixgbe"]), IXGBE),
    (wanted(sriov(0, layer2=True)), IGB),
])
def test_what_drivers_can(given: Dict, pf: str) -> None:
    assert all_told(given, host(pf)) == []


def test_all_of_it_is_told_at_once() -> None:
    assert len(all_told(wanted(virtio(1, mac=""), id="", size="small"))) == 4
