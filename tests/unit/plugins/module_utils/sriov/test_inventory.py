# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sriov_vf_info: the PFs of a host, with and without a netdev, and who has their VFs."""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import DependencyMissing, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.inventory import examine
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF, FakeKernel
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibrary, FakeLibvirt
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

AWAY = "0000:02:00.0"
DOMAIN = """<domain><name>edge</name><devices><interface type='hostdev'><mac address='52:54:00:aa:00:01'/>
<source><address type='pci' domain='0' bus='1' slot='16' function='2'/></source></interface></devices></domain>"""


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    """Two VFs on enp1s0, and one on a PF that has no netdev here."""
    made = FakeKernel(tmp_path)
    made.write(f"{PCI_DEVICES}/{PF}/sriov_numvfs", "2")
    made.folder.nic(AWAY, totalvfs=4, driver="vfio-pci")
    made.folder.write(f"{PCI_DEVICES}/{AWAY}/sriov_numvfs", "1")
    made.folder.write(f"{PCI_DEVICES}/{AWAY}/numa_node", "1")
    made.folder.vf(AWAY, 0, "0000:02:10.0", "enp2s0v0")
    return made


def info(kernel: FakeKernel, pf: str | None = None) -> list[Result]:
    found: list[Result] = examine({"pf": pf, "uri": "qemu:///system"}, kernel)["pfs"]
    return found


def test_all_pfs_with_their_vfs(kernel: FakeKernel) -> None:
    kernel.folder.nic("0000:03:00.0", "enp3s0", totalvfs=0)
    kernel.folder.nic("0000:04:00.0", totalvfs=8)
    kernel.folder.write(f"{PCI_DEVICES}/0000:04:00.0/class", "0x010802")
    first, away = info(kernel)
    assert [(vf["index"], vf["netdev"], vf["spoofchk"], vf["used_by"]) for vf in first.pop("vfs")] == [
        (0, "enp1s0v0", True, None), (1, "enp1s0v1", True, None),
    ]
    assert first == {"name": "enp1s0", "pci_address": PF, "driver": "igb", "numvfs": 2, "totalvfs": 7, "mtu": 1500,
                     "up": False, "link_up": True, "numa_node": None}
    vf = away["vfs"].pop()
    assert {name: value for name, value in vf.items() if value is not None} == {
        "index": 0, "pci_address": "0000:02:10.0", "netdev": "enp2s0v0", "driver": "igbvf",
    }
    assert away == {"name": None, "pci_address": AWAY, "driver": "vfio-pci", "numvfs": 1, "totalvfs": 4, "mtu": None,
                    "up": None, "link_up": None, "numa_node": 1, "vfs": []}
    assert list(first) == list(away)[:-1]


@pytest.mark.parametrize("pf", ["enp1s0", PF, PF.upper()])
def test_one_pf(kernel: FakeKernel, pf: str) -> None:
    assert [found["name"] for found in info(kernel, pf)] == ["enp1s0"]


@pytest.mark.parametrize(("pf", "message"), [
    ("eno9", "this host has no such network interface"), ("enp0s3", "this device does not support SR-IOV"),
    ("0000:09:00.0", "this host has no such PCI device"), ("", "this host has no such network interface"),
])
def test_what_is_no_pf_is_refused(kernel: FakeKernel, pf: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        info(kernel, pf)


def test_of_several_netdevs_the_pfs_own_is_told(kernel: FakeKernel) -> None:
    for name, port in {"aaa0": "pf0vf0", "enp1s0": "p0"}.items():
        kernel.folder.folder(f"{PCI_DEVICES}/{PF}/net/{name}")
        kernel.folder.write(f"/sys/class/net/{name}/phys_port_name", port)
    assert info(kernel, PF)[0]["name"] == "enp1s0"


def test_the_domain_that_has_a_vf(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    libvirt = FakeLibvirt()
    libvirt.defineXML(DOMAIN)
    monkeypatch.setitem(sys.modules, "libvirt", FakeLibrary(libvirt))
    kernel.folder.folder("/run/libvirt")

    def users() -> list[t.Any]:
        return [vf["used_by"] for vf in info(kernel)[0]["vfs"]]

    told = {"domain": "edge", "mac": "52:54:00:aa:00:01", "live": False, "persistent": True}
    assert users() == [None, told]
    libvirt.found["edge"].create()
    assert users() == [None, {**told, "live": True}]


def test_libvirt_is_asked_only_where_there_are_vfs(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)
    kernel.folder.folder("/etc/libvirt")
    with pytest.raises(DependencyMissing, match="Install python3-libvirt"):
        info(kernel)
    kernel.write(f"{PCI_DEVICES}/{PF}/sriov_numvfs", "0")
    assert info(kernel, PF)[0]["vfs"] == []
