# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vm_placement_info returns of a host with domains."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection
from ansible_collections.nfv.kvm.plugins.module_utils.placement.inventory import examine
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibrary, FakeLibvirt
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.placement.hosts import DELL, SMALL, build
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

ROUTER = """<domain type='kvm'><name>{name}</name><memory unit='GiB'>4</memory><vcpu>2</vcpu>
  <os><type machine='pc'>hvm</type></os>
  <cputune><vcpupin vcpu='0' cpuset='{0}'/><vcpupin vcpu='1' cpuset='{1}'/></cputune>
  <numatune><memory mode='strict' nodeset='1'/></numatune>
  <memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking><devices/></domain>"""


class Site:
    """A Dell host, on which ``edge1`` runs and ``edge2`` is defined."""

    def __init__(self, root: Path) -> None:
        self.files = FakeHost(root)
        build(self.files, DELL)
        self.files.folder("/run/libvirt")
        self.libvirt = FakeLibvirt()
        for name, cpus in (("edge1", (1, 21)), ("edge2", (3, 23))):
            self.libvirt.defineXML(ROUTER.format(*cpus, name=name))
        self.libvirt.found["edge1"].create()

    def info(self, **fits: t.Any) -> Result:
        """One run; without a size none is asked for."""
        wanted = {"pfs": [], "hugepages": "none", "threads": "prefer", **fits} if fits else None
        return examine({"fits": wanted, "uri": "qemu:///system"}, self.files.host)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path)
    monkeypatch.setattr(connection, "load", lambda library, package: FakeLibrary(made.libvirt))
    return made


def test_cpus(site: Site) -> None:
    found = site.info()
    assert [(node["numa_node"], node["memory"], len(node["cpus"])) for node in found["nodes"]] == [
        (0, 65536, 20), (1, 65536, 20)]
    cpus = {cpu["cpu"]: cpu for node in found["nodes"] for cpu in node["cpus"]}
    assert cpus[21] == {"cpu": 21, "siblings": [1], "isolated": False, "nohz_full": False, "governor": "powersave",
                        "housekeeping": False, "pinned_by": ["edge1"]}
    assert [cpu for cpu, one in cpus.items() if one["pinned_by"]] == [1, 3, 21, 23]
    assert [cpu for cpu, one in cpus.items() if one["housekeeping"]] == [0, 20]
    assert (found["other_pfs"], found["fits"]) == ([], None)


def test_pages_and_pfs(site: Site) -> None:
    first, second = site.info()["nodes"]
    assert second["hugepages"] == [{"size": "1G", "total": 16, "free": 16, "used_by": [
        {"domain": "edge1", "pages": 4, "running": True}, {"domain": "edge2", "pages": 4, "running": False}]}]
    assert first["hugepages"][0]["used_by"] == []
    assert [pf["name"] for pf in second["pfs"]] == ["eno1", "eno2"]
    assert second["pfs"][0] == {"name": "eno1", "pci_address": "0000:17:00.0", "numvfs": 0, "totalvfs": 64}
    assert first["pfs"] == []


@pytest.mark.parametrize(("fits", "node", "cpus"), [
    ({"vcpus": 3, "memory": 4096, "pfs": ["eno1"]}, 1, [5, 25, 7]),
    ({"vcpus": 3, "memory": 4096, "pfs": ["0000:18:00.0"], "threads": "isolate"}, 1, [5, 7, 9]),
    ({"vcpus": 3, "memory": 4096}, 0, [2, 22, 4]),
    ({"vcpus": 2, "memory": 12288, "hugepages": "1G", "pfs": ["eno1"]}, 1, [5, 25]),
])
def test_what_fits(site: Site, fits: Result, node: int, cpus: list[int]) -> None:
    assert site.info(**fits)["fits"] == {"fits": True, "numa_node": node, "cpus": cpus, "reason": None}


@pytest.mark.parametrize(("fits", "told"), [
    ({"vcpus": 17, "memory": 1024, "pfs": ["eno1"]}, "node 1 has free CPUs for 16 of 17 vCPUs"),
    ({"vcpus": 2, "memory": 13312, "hugepages": "1G", "pfs": ["eno1"]}, "node 1 has 12 free huge pages of 1G, and 13"),
])
def test_what_does_not_fit(site: Site, fits: Result, told: str) -> None:
    found = site.info(**fits)["fits"]
    assert (found["fits"], found["numa_node"], found["cpus"]) == (False, None, [])
    assert told in found["reason"]
    assert "edge1 has CPUs 1,21" in found["reason"]


@pytest.mark.parametrize(("fits", "told"), [
    ({"vcpus": 0, "memory": 1}, r"fits\.vcpus = 0"), ({"vcpus": 1, "memory": -1}, r"fits\.memory = -1"),
    ({"vcpus": 1, "memory": 1, "pfs": ["eno9"]}, "pf = 'eno9': this host has no such network interface"),
])
def test_wrong_sizes(site: Site, fits: Result, told: str) -> None:
    with pytest.raises(KvmError, match=told):
        site.info(**fits)


def test_a_host_without_libvirt_and_without_a_node_of_its_pf(tmp_path: Path) -> None:
    """Nothing of libvirt is loaded. With one NUMA node, all is on it."""
    fake = FakeHost(tmp_path)
    build(fake, SMALL)
    found = examine({"fits": {"vcpus": 4, "memory": 1024, "pfs": ["enp1s0"], "hugepages": "2M", "threads": "prefer"},
                     "uri": "qemu:///system"}, fake.host)
    assert [pf["name"] for pf in found["nodes"][0]["pfs"]] == ["enp1s0"]
    assert found["fits"]["cpus"] == [1, 2, 3, 4]
