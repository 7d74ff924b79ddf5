# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers of VFs: bound, unbound, never left in between."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_met
from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result


def drivers(result: Result) -> list[str | None]:
    return [vf["driver"] for vf in result["vfs"]]


@pytest.mark.parametrize("drivers_autoprobe", [True, False])
def test_every_way_from_one_driver_to_another(kernel: FakeKernel, drivers_autoprobe: bool) -> None:
    sriov_vf(kernel, numvfs=1, drivers_autoprobe=drivers_autoprobe)
    bound = {"vfio-pci": "vfio-pci", "default": "igbvf", "none": None, "pci-stub": "pci-stub"}
    for wanted in ("vfio-pci", "default", "pci-stub", "none", "vfio-pci", "none", "default"):
        vfs = [{"index": 0, "driver": wanted}]
        predicted = sriov_vf(kernel, check_mode=True, vfs=vfs)
        applied = sriov_vf(kernel, vfs=vfs)
        assert (predicted["actions"], predicted["diff"]) == (applied["actions"], applied["diff"])
        assert predicted["diff"]["after"]["vfs"][0] == {"driver": wanted}
        assert drivers(applied) == [bound[wanted]]
        assert not sriov_vf(kernel, vfs=vfs)["changed"]
        assert set(kernel.overrides.values()) <= {""}, "an override was left"


def test_new_vfs_get_their_driver_in_the_same_run(kernel: FakeKernel) -> None:
    wanted = {"numvfs": 3, "drivers_autoprobe": False,
              "vfs": [{"index": 0, "driver": "vfio-pci"}, {"index": 1, "driver": "default"}]}
    assert sriov_vf(kernel, check_mode=True, **wanted)["actions"] == [
        "enp1s0: drivers_autoprobe True → False", "enp1s0: numvfs 0 → 3",
        "VF 0 of enp1s0: driver none → vfio-pci", "VF 1 of enp1s0: driver none → default"]
    assert drivers(sriov_vf(kernel, **wanted)) == ["vfio-pci", "igbvf", None]
    assert not sriov_vf(kernel, **wanted)["changed"]


def test_default_is_what_the_kernel_does_anyway(kernel: FakeKernel) -> None:
    result = sriov_vf(kernel, numvfs=1, vfs=[{"index": 0, "driver": "default"}])
    assert result["actions"] == ["enp1s0: numvfs 0 → 1"]


@pytest.mark.parametrize(("wanted", "found", "met"), [
    ("vfio-pci", "vfio-pci", True), ("vfio-pci", "mlx5_vfio_pci", True), ("vfio-pci", "nvgrace-gpu-vfio-pci", True),
    ("vfio-pci", None, False), ("vfio-pci", "mlx5_core", False), ("vfio-pci", "igb_uio", False),
    ("mlx5_vfio_pci", "mlx5_vfio_pci", True), ("mlx5_vfio_pci", "vfio-pci", False),
    ("default", "mlx5_vfio_pci", False), ("default", "mlx5_core", True), ("default", None, False),
    ("none", "mlx5_vfio_pci", False), ("none", None, True),
])
def test_which_driver_is_as_good_as_the_one_that_is_wanted(wanted: str, found: str | None, met: bool) -> None:
    assert is_met(wanted, found) == met


def test_a_guest_keeps_the_variant_of_vfio_that_libvirt_chose(kernel: FakeKernel) -> None:
    wanted = {"numvfs": 1, "vfs": [{"index": 0, "driver": "vfio-pci"}]}
    sriov_vf(kernel, **wanted)
    vf = kernel.address(0)
    kernel.unbind(vf)
    kernel.folder.link(f"/sys/bus/pci/devices/{vf}/driver", "/sys/bus/pci/drivers/mlx5_vfio_pci")
    again = sriov_vf(kernel, **wanted)
    assert (again["changed"], again["actions"], drivers(again)) == (False, [], ["mlx5_vfio_pci"])


def test_a_resize_keeps_drivers(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=4, vfs=[{"index": 0, "driver": "vfio-pci"}, {"index": 1, "driver": "none"}])
    resized = sriov_vf(kernel, numvfs=3)
    assert resized["actions"][1].endswith("driver vfio-pci")
    assert drivers(resized) == ["vfio-pci", None, "igbvf"]


def test_a_driver_that_does_not_take_the_vf_leaves_the_old_one(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    kernel.unwilling = ("vfio-pci",)
    result = sriov_vf(kernel, vfs=[{"index": "0-1", "driver": "vfio-pci", "trust": True}])
    assert "VF 0 of enp1s0 (0000:01:10.0): driver vfio-pci does not accept it" in result["msg"]
    assert "The previous state was restored" in result["msg"]
    assert drivers(sriov_vf(kernel)) == ["igbvf", "igbvf"]
    assert [vf["trust"] for vf in kernel.vfs] == [False, False]


def test_a_failure_takes_new_vfs_back(kernel: FakeKernel) -> None:
    kernel.unwilling = ("vfio-pci",)
    result = sriov_vf(kernel, numvfs=2, up=True, mtu=9000, drivers_autoprobe=False,
                      vfs=[{"index": 0, "driver": "vfio-pci"}])
    assert result["failed"]
    assert (kernel.vfs, kernel.link_state["mtu"], kernel.link_state["flags"]) == ([], 1500, ["LOWER_UP"])
    assert kernel.autoprobes()


def test_an_unknown_driver_is_refused_first(kernel: FakeKernel) -> None:
    result = sriov_vf(kernel, numvfs=2, vfs=[{"index": 0, "driver": "igbfv"}])
    assert "vfs.driver = 'igbfv': this host has no such driver" in result["msg"]
    assert kernel.vfs == []


def test_a_vf_with_an_address_keeps_its_driver(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    kernel.addresses = [{"ifname": "enp1s0v1", "addr_info": [
        {"local": "fe80::1", "prefixlen": 64, "scope": "link"},
        {"local": "192.0.2.1", "prefixlen": 24, "scope": "global"}]}]
    refused = sriov_vf(kernel, vfs=[{"index": "0-1", "driver": "vfio-pci"}])
    assert "VF 1 by address 192.0.2.1/24" in refused["msg"]
    assert "fe80" not in refused["msg"]
    assert not sriov_vf(kernel, vfs=[{"index": 0, "driver": "vfio-pci"}])["failed"], "VF 0 is free"
