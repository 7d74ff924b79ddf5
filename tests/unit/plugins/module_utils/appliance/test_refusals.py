# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bare host cannot have is refused before anything is touched, alike in check mode and for real."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    BRIDGE,
    DAY0,
    DIRECT,
    FOLDER,
    HOSTDEV,
    IMAGES,
    NICS,
    PFS,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:00:07"
OWN_PF = {**PFS[0], "vfs": None}


def nic(**options: t.Any) -> Result:
    """One NIC, and nothing that is needed for it."""
    return {"interfaces": [options]}


def on(kind: str, **source: t.Any) -> Result:
    return nic(type=kind, source=source)


def disks(*given: Result) -> Result:
    """Disks behind the first."""
    return {"profile": profile(disks=[{"bus": "virtio", "image": f"{IMAGES}/data.qcow2", **one} for one in given])}


# What is given, and what is told
ROWS: list[tuple[Result, str]] = [
    (on("bridge", bridge="br7"), "interfaces[0].source.bridge = 'br7'"),
    (on("bridge", bridge="eth7"), "'eth7'"),
    (nic(type="bridge", source={"bridge": "ovs7"}, virtualport={"type": "openvswitch"}), "ovs7"),
    (on("network", network="wan"), "'wan'"),
    (on("direct", dev="eth9"), "interfaces[0].source.dev = 'eth9'"),
    (on("direct", dev="br0"), "this is a bridge"),
    (on("hostdev", pf="enp9s0", vf=0), "'enp9s0'"),
    (on("hostdev", pf="enp1s0", vf=0), "has 0 VFs"),
    (on("direct", pf="enp1s0", vf=0), "has 0 VFs"),
    (on("hostdev", pci_address="0000:01:10.0"), "no such PCI device"),
    ({"pfs": PFS, **on("hostdev", pf="enp1s0", vf=3)}, "has 3 VFs, and the first one is 0"),
    ({"pfs": [{**OWN_PF, "up": None}], "interfaces": [HOSTDEV]}, "is down"),
    ({"pfs": [{**OWN_PF, "pf": "enp9s0"}]}, "pfs[0].pf = 'enp9s0'"),
    ({"pfs": [{**OWN_PF, "pf": "enp0s3"}]}, "does not support SR-IOV"),
    ({"pfs": [{**OWN_PF, "numvfs": 8}]}, "pfs[0].numvfs = 8: enp1s0 (0000:01:00.0) can have at most 7 VFs"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 3, "trust": True}]}]}, "pfs[0].vfs.index"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 0, "vlan": 4096}]}]}, "pfs[0].vfs[0].vlan"),
    ({"pfs": [OWN_PF, {**OWN_PF, "pf": PF}]}, "pfs[1].pf"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 0, "vlan": 5}]}], "interfaces": [{**HOSTDEV, "vlan": {"tags": [6]}}]},
     "interfaces[0].vlan = 6: pfs[0].vfs gives VF 0 of enp1s0 another value, 5"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 0, "vlan": 5}]}], "interfaces": [{**HOSTDEV, "vlan": {"tags": []}}]},
     "interfaces[0].vlan = 0"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 0, "mac": MAC}]}], "interfaces": [{**HOSTDEV, "mac": f"{MAC[:-1]}8"}]},
     "interfaces[0].mac"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 1, "trust": True}]}], "interfaces": [
        {**DIRECT, "source": {**DIRECT["source"], "pf": PF}, "vf": {"trust": False}}]},
     "interfaces[0].vf.trust = False"),
    ({"pfs": [{**OWN_PF, "vfs": [{"index": 0, "driver": "default"}]}], "interfaces": [HOSTDEV]}, "interfaces[0].type"),
    ({"interfaces": [{"source": {"bridge": "br0"}}]}, "interfaces[0]"),
    (nic(**BRIDGE, address="0000:05:00.0"), "interfaces[0].address = '0000:05:00.0'"),
    (nic(**BRIDGE, address="0000:00:01.2"), "interfaces[0].address = '0000:00:01.2': a chipset of the domain already"),
    (nic(**BRIDGE, model="nonesuch!"), "interfaces[0].model"),
    (nic(**BRIDGE, mtu=1), "interfaces[0].mtu"),
    (nic(**BRIDGE, mac="01:00:5e:00:00:01"), "interfaces[0].mac"),
    (nic(**BRIDGE, vlan={"tags": [5000]}), "interfaces[0].vlan"),
    (nic(**BRIDGE, name="eth1"), "this one is eth0"),
    ({"interfaces": [{**BRIDGE, "address": "0000:00:07.0"}] * 2}, "interfaces[1].address"),
    ({"interfaces": [{**BRIDGE, "mac": MAC}] * 2}, "interfaces[1].mac"),
    ({"pfs": PFS, "interfaces": [HOSTDEV, HOSTDEV]}, "interfaces[1]"),
    ({"profile": profile("vsrx"), "interfaces": [BRIDGE] * 13}, "can have at most 12"),
    ({"profile": profile(cpu="Nonesuch")}, "does not know this CPU model"),
    ({"profile": profile(cpu="Icelake-Server")}, "lacks features"),
    ({"profile": profile(cpu={"intel": "host-passthrough"})}, "cpu"),
    ({"profile": profile(machine="pc-q35-99.0")}, "does not support this machine type"),
    ({"profile": profile(memory=1 << 20)}, "profile.memory"),
    ({"profile": profile(memory=8192 + 1, hugepages=True)}, "profile.hugepages"),
    ({"profile": profile(vcpus=9)}, "profile.vcpus"),
    ({"profile": profile(vcpus=3, sockets=2)}, "sockets"),
    ({"profile": profile(console={"port": 70000})}, "console.port = 70000"),
    ({"profile": None}, "profile"),
    ({"profile": profile(image=None)}, "image"),
    ({"profile": profile(image=f"{IMAGES}/none.qcow2")}, "profile.image = "),
    ({"profile": profile(image=IMAGES)}, "not a regular file"),
    ({"profile": profile(image=f"{IMAGES}/empty.qcow2")}, "it is empty"),
    ({"profile": profile(image=f"{IMAGES}/image.raw")}, "its format is raw"),
    ({"profile": profile("vmx_vfp", image=f"{IMAGES}/image.qcow2")}, "its format is qcow2"),
    ({"profile": profile(image=f"{IMAGES}/based.qcow2")}, "based on nowhere.qcow2"),
    (disks({"name": "data", "image": f"{IMAGES}/none.qcow2"}), "image of disk data"),
    (disks({"name": "disk"}), "another disk has this name"),
    (disks({"name": "a/../../b"}), "profile.disks[0].name"),
    ({"day0": {"../frr.conf": "x"}}, "without .."),
    ({"day0": {"/frr.conf": "x"}}, "without a leading slash"),
    ({"day0": {"config": "x", "config/juniper.conf": "x"}}, "cannot be a file and a folder"),
    ({"day0": {"a" * 256: "x"}}, "255 bytes"),
    ({"day0": {"frr.conf": {"x": 1}}}, "not a text"),
    ({"day0": {"frr.conf": "\ud800"}}, "surrogate"),
    ({"day0": DAY0, "profile": profile("vmx_vfp", image=f"{IMAGES}/image.raw")}, "does not support a day-0"),
    ({"day0": DAY0, "profile": profile(day0={"bus": "ide", "label": "x" * 33})}, "32 characters"),
    ({"day0": DAY0, "profile": profile(day0={"kind": "vmm", "bus": "ide", "label": "x" * 12})}, "11 characters"),
    ({"name": "a/b"}, "name"),
    ({"name": "x" * 250}, "name"),
    ({"name": ""}, "name"),
    ({"name": " "}, "name = ' '"),
    ({"name": ".."}, "name"),
    ({"folder": "relative"}, "folder"),
    ({"folder": "/"}, "folder"),
    ({"folder": "/etc/machine-id/edge1"}, "not a folder"),
    ({"uri": "qemu:///session"}, "cannot be reached"),
]


@pytest.fixture
def bare(site: WholeHost) -> WholeHost:
    """With what rows name that is wrong."""
    site.binary(f"{IMAGES}/empty.qcow2", b"")
    site.image(f"{IMAGES}/based.qcow2", backing="nowhere.qcow2")
    return site


@pytest.mark.parametrize(("params", "told"), ROWS, ids=[f"{place}-{told}" for place, (_given, told) in enumerate(ROWS)])
def test_refused(bare: WholeHost, params: Result, told: str) -> None:
    assert told in bare.refused(**params)


def test_a_vf_of_a_running_domain(site: WholeHost) -> None:
    site.make_vfs()
    address = "<address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x0'/>"
    site.other("edge2", f"<interface type='hostdev'><mac address='{MAC}'/><source>{address}</source></interface>", True)
    assert "edge2" in site.refused(interfaces=[HOSTDEV])
    assert "edge2" in site.refused(pfs=[{"pf": "enp1s0", "numvfs": 5, "up": True}], interfaces=[BRIDGE])
    assert f"'{MAC}'" in site.refused(interfaces=[{**BRIDGE, "mac": MAC}])


def test_a_vf_of_a_process(site: WholeHost) -> None:
    site.make_vfs()
    address = site.kernel.address(0)
    site.libvirt.take(address, "vfio-pci")
    site.files.link(f"/sys/bus/pci/devices/{address}/iommu_group", "/sys/kernel/iommu_groups/4")
    site.files.write("/proc/4711/cmdline", "dpdk-testpmd\0")
    site.files.folder("/proc/4711/fd")
    Path(site.kernel.path("/proc/4711/fd/30")).symlink_to("/dev/vfio/4")
    assert "4711" in site.refused(interfaces=[HOSTDEV])
    assert "4711" in site.refused(pfs=[{"pf": "enp1s0", "numvfs": 5}])


def test_a_console_port_that_another_process_has(site: WholeHost) -> None:
    site.files.write("/proc/net/tcp", "  sl  local_address rem_address   st\n"
                     "   0: 0100007F:2203 00000000:0000 0A 00000000:00000000\n"
                     "   1: 0100007F:2204 00000000:0000 01 00000000:00000000\n")
    console = {"profile": profile(console={"port": 0x2203}), "interfaces": NICS[:1]}
    assert "profile.console.port = 8707: another process" in site.refused(**console)
    site.applied(**console, state="defined")
    site.applied(**{**console, "profile": profile(console={"port": 0x2204})}, wait=False)


def test_what_only_libvirt_knows_of_a_machine(site: WholeHost) -> None:
    site.libvirt.no_command_line = "unsupported configuration: IDE controllers are unsupported"
    assert "profile: libvirt cannot run this on QEMU: unsupported configuration: IDE" in site.refused(**WHOLE)


def test_a_libvirt_that_makes_no_command_lines(site: WholeHost) -> None:
    site.libvirt.no_command_line, site.libvirt.no_command_line_code = "this function is not supported", 3
    site.four_runs(**WHOLE)


def test_no_space(site: WholeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "free", lambda host, folder: 1000)
    assert "MiB free" in site.refused(**WHOLE)


def test_no_free_huge_pages(site: WholeHost) -> None:
    vfp = profile("vmx_vfp", image=f"{IMAGES}/image.raw")
    site.files.write("/proc/meminfo", "MemTotal: 33554432 kB\nHugePages_Total: 4096\nHugePages_Free: 5\n"
                                      "Hugepagesize: 2048 kB")
    assert "5 free ones" in site.refused(profile=vfp)
    site.files.write("/proc/meminfo", "MemTotal: 33554432 kB")
    assert "profile.hugepages" in site.refused(profile=vfp)


@pytest.mark.parametrize(("tool", "params"), [
    ("xorriso", WHOLE), ("mcopy", {"profile": profile("vmx_vcp"), "day0": DAY0}),
    ("mkfs.vfat", {"profile": profile("vmx_vcp"), "day0": DAY0})])
def test_a_tool_is_missing(site: WholeHost, tool: str, params: Result) -> None:
    site.files.remove(f"/usr/bin/{tool}")
    assert tool in site.refused(**params)


@pytest.mark.parametrize("state", ["running", "shutdown", "defined", "absent"])
def test_a_domain_of_somebody_else(site: WholeHost, state: str) -> None:
    site.other("edge1", "<disk type='file'><source file='/srv/a.qcow2'/><target dev='vda' bus='virtio'/></disk>")
    assert "not this appliance" in site.refused(**WHOLE, state=state)


def test_a_transient_domain(site: WholeHost) -> None:
    site.other("edge1", runs=True).persistent = 0
    assert "transient" in site.refused(**WHOLE)


def test_the_folder_is_a_file(site: WholeHost) -> None:
    site.files.write(FOLDER, "")
    assert "not a folder" in site.refused(interfaces=NICS[:1])


def test_a_bridge_of_open_vswitch_without_virtualport(site: WholeHost) -> None:
    site.files.folder("/sys/class/net/ovs-system")
    site.files.folder("/sys/class/net/ovs0")
    assert "ovs0" in site.refused(**on("bridge", bridge="ovs0"))
    site.four_runs(**nic(type="bridge", source={"bridge": "ovs0"}, virtualport={"type": "openvswitch"}))


def test_a_vf_without_a_netdev_has_no_macvtap(site: WholeHost) -> None:
    pfs = [{**OWN_PF, "vfs": [{"index": 1, "driver": "vfio-pci"}]}]
    site.files.write("/sys/bus/pci/drivers/vfio-pci/bind")
    assert "no network interface for a macvtap" in site.refused(pfs=pfs, interfaces=[DIRECT])


@pytest.mark.parametrize("path", [f"{FOLDER}/disk.qcow2", f"{FOLDER}/other.qcow2"])
def test_a_folder_of_another_domain(site: WholeHost, path: str) -> None:
    site.image(path)
    site.other("edge2", f"<disk type='file'><source file='{path}'/><target dev='vda' bus='virtio'/></disk>")
    assert path in site.refused(**WHOLE)


def test_a_domain_of_that_name_beside_the_folder(site: WholeHost) -> None:
    """Not every domain with a disk in the folder of all images is an appliance."""
    path = f"{IMAGES}/edge1.qcow2"
    site.other("edge1", f"<disk type='file'><source file='{path}'/><target dev='vda' bus='virtio'/></disk>")
    assert "not this appliance" in site.refused(**WHOLE, folder=IMAGES)
    assert "not this appliance" in site.refused(folder=IMAGES, state="absent", remove_disks=True)
