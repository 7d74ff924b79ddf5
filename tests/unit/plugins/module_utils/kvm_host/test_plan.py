# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What hosts of all kinds lack besides kernel arguments."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import (
    APPEND,
    LARGE,
    NODE_POOL,
    OWN_GRUB,
    SMALL,
    boot,
    host,
    plan,
    refused,
    written,
)


def test_a_good_host_is_left_alone() -> None:
    assert boot(host()) == {"loader": "grub", "files": [], "stale": [], "commands": [],
                            "line": "linux /vmlinuz root=/dev/vda1 ro quiet intel_iommu=on iommu=pt"}
    found = plan(host())
    assert found["modules"] == {"files": [], "stale": [], "reload": [], "load": []}
    assert found["quiet"] == {"files": [], "stale": [], "stop": [], "apply": [], "restart": [], "wrong": []}
    assert found["hugepages"] == {"counts": [], "mounts": []}
    assert found["libvirt"] == {"daemons": ["libvirtd"], "files": [], "enable": [], "start": [], "running": []}
    assert found["reboot"] == found["unreserved"] == found["short"] == []
    assert refused(host()) == []


@pytest.mark.parametrize(("tables", "cpu", "wanted"), [
    ("DMAR", "vendor_id : AuthenticAMD\nflags : svm", "intel_iommu=on iommu=pt"),
    ("IVRS", "vendor_id : AuthenticAMD\nflags : svm", "iommu=pt"),
    ("", "vendor_id : GenuineIntel\nflags : vmx", "intel_iommu=on iommu=pt"),
    ("", "vendor_id : HygonGenuine\nflags : svm", "iommu=pt"),
    ("", "CPU implementer : 0x41\nFeatures : fp", None),
])
def test_the_kind_of_iommu(tables: str, cpu: str, wanted: str | None) -> None:
    on = host(tables=tables, cpu=cpu, **{"/proc/cmdline": "ro"})
    assert plan(on)["reboot"] == ([f"kernel arguments {wanted}"] if wanted else [])


def test_huge_pages_are_reserved_and_mounted() -> None:
    found = plan(host(), hugepages=[{"size": "2M", "count": "512"}, {"size": "1G", "count": 2}])
    assert found["hugepages"] == {"counts": [{"path": SMALL, "count": 512}, {"path": LARGE, "count": 2}],
                                  "mounts": [{"unit": "dev-hugepages1G.mount", "size": "1G"}]}
    assert found["unreserved"] == ["512 huge pages of 2M, of which 0 are there",
                                   "2 huge pages of 1G, of which 0 are there"]
    assert found["short"] == found["reboot"] == []


def test_huge_pages_that_are_there() -> None:
    found = plan(host(hugepages=f"{SMALL} 512\n"), hugepages=[{"size": "2M", "count": 512}, {"size": "1G", "count": 0}])
    assert (found["hugepages"], found["unreserved"], found["short"]) == ({"counts": [], "mounts": []}, [], [])


def test_huge_pages_that_a_boot_did_not_bring() -> None:
    on = host(**{"/proc/cmdline": "intel_iommu=on iommu=pt hugepagesz=1G hugepages=8", "hugepages": f"{LARGE} 5\n"})
    found = plan(on, hugepages=[{"size": "1G", "count": 8}])
    assert (found["short"], found["unreserved"]) == (["8 huge pages of 1G, of which 5 are there"], [])


def test_huge_pages_that_a_boot_did_not_bring_to_all_nodes() -> None:
    cmdline = "intel_iommu=on iommu=pt hugepagesz=1G hugepages=0:4,1:4"
    on = host(**{"/proc/cmdline": cmdline, "hugepages": f"{LARGE} 5\n"})
    found = plan(on, hugepages=[{"size": "1G", "count": 8}])
    assert (found["short"], found["unreserved"]) == (["8 huge pages of 1G, of which 5 are there"], [])


def test_huge_pages_by_node() -> None:
    asked = [{"size": "1G", "nodes": {0: 2, "1": "1"}}]
    pools = [NODE_POOL.format(node, 1048576) for node in (0, 1)]
    found = plan(host(), hugepages=asked)
    assert found["hugepages"] == {"counts": [{"path": pools[0], "count": 2}, {"path": pools[1], "count": 1}],
                                  "mounts": [{"unit": "dev-hugepages1G.mount", "size": "1G"}]}
    assert found["unreserved"] == ["2 huge pages of 1G on NUMA node 0, of which 0 are there",
                                   "1 huge pages of 1G on NUMA node 1, of which 0 are there"]
    assert f"{APPEND}hugepagesz=1G hugepages=0:2,1:1\"" in written(boot(host(), hugepages=asked))[OWN_GRUB]
    booted = {"/proc/cmdline": "intel_iommu=on iommu=pt hugepagesz=1G hugepages=1:1,0:2",
              "node_hugepages": f"{pools[0]} 2\n{pools[1]} 0\n"}
    found = plan(host(**booted), hugepages=asked)
    assert (found["short"], found["unreserved"]) == (["1 huge pages of 1G on NUMA node 1, of which 0 are there"], [])
    assert found["hugepages"]["counts"] == [{"path": pools[1], "count": 1}]


@pytest.mark.parametrize(("cmdline", "told"), [
    ("ro intel_iommu=on iommu=pt", []),
    ("ro intel_iommu=off", ["kernel arguments intel_iommu=on iommu=pt instead of intel_iommu=off"]),
    ("ro intel_iommu=on iommu=pt nointremap", ["kernel arguments without nointremap"]),
])
def test_a_reboot_waits_as_long_as_the_kernel_runs_otherwise(cmdline: str, told: list[str]) -> None:
    assert plan(host(**{"/proc/cmdline": cmdline}))["reboot"] == told


def test_a_reboot_waits_for_a_module_in_use() -> None:
    assert plan(host(modules="kvm_intel loaded N 1\n"))["reboot"] == ["kvm_intel nested=1, since guests run"]
    assert plan(host(modules="kvm_intel loaded N 0\n"))["reboot"] == []
