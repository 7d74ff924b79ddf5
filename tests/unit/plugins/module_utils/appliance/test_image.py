# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of an appliance changes: its disk stays, or is replaced with a way back."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    FOLDER,
    IMAGES,
    WHOLE,
    WholeHost,
    profile,
)

DISK = f"{FOLDER}/disk.qcow2"


@pytest.fixture
def newer(deployed: WholeHost) -> WholeHost:
    deployed.image(f"{IMAGES}/image.qcow2", content=b"other")
    return deployed


def test_is_told_and_kept(newer: WholeHost) -> None:
    before = newer.snapshot()
    for check_mode in (True, False):
        result = newer.run(check_mode=check_mode, **WHOLE)
        assert result["disks"][0]["image_changed"]
        assert not result["changed"]
    assert newer.snapshot() == before


def test_another_path(deployed: WholeHost) -> None:
    result = deployed.four_runs(**{**WHOLE, "profile": profile(image=f"{IMAGES}/data.qcow2")})
    assert result["disks"][0] == {"name": "disk", "path": DISK, "image_changed": True,
                                  "made_from": f"{IMAGES}/image.qcow2"}


@pytest.mark.parametrize("state", ["running", "defined"])
def test_is_not_replaced_while_it_runs(newer: WholeHost, state: str) -> None:
    assert "restart: allowed" in newer.refused(**WHOLE, disks="replace", state=state)


def test_is_replaced(newer: WholeHost) -> None:
    result = newer.four_runs(**WHOLE, disks="replace", restart="allowed")
    assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")
    assert not newer.kernel.exists(f"{DISK}.old")
    assert not result["disks"][0]["image_changed"]
    assert newer.libvirt.started == 2


@pytest.mark.parametrize("state", ["shutdown", "defined"])
def test_of_one_that_is_off(newer: WholeHost, state: str) -> None:
    """The old disk stays until the new one was ready."""
    newer.domain.end()
    newer.four_runs(**WHOLE, disks="replace", state=state)
    assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")
    assert newer.kernel.exists(f"{DISK}.old")
    newer.four_runs(**WHOLE)
    assert not newer.kernel.exists(f"{DISK}.old")


def test_shut_down_for_it(newer: WholeHost) -> None:
    newer.four_runs(**WHOLE, disks="replace", state="shutdown")
    assert newer.kernel.exists(f"{DISK}.old")
    assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")


@pytest.mark.parametrize("runs", [True, False])
def test_never_ready(newer: WholeHost, runs: bool) -> None:
    old = newer.bytes_of(DISK)
    if not runs:
        newer.domain.end()
    definition = newer.domain.shown(True)
    newer.libvirt.says = "panic"
    result = newer.run(**WHOLE, disks="replace", restart="allowed")
    assert "did not show" in result["msg"]
    assert "The previous state was restored" in result["msg"]
    assert newer.bytes_of(DISK) == old
    assert not newer.kernel.exists(f"{DISK}.old")
    assert (newer.domain.live is not None) == runs
    assert newer.domain.shown(True) == definition
    newer.libvirt.says = "login:"
    newer.files.write("/var/log/libvirt/qemu/edge1-console.log", "login:")
    newer.four_runs(**WHOLE, disks="replace", restart="allowed")


def test_not_waited_for_and_then_never_ready(newer: WholeHost) -> None:
    """The way back is open until a run has seen it ready."""
    old = newer.bytes_of(DISK)
    newer.libvirt.says = "panic"
    newer.applied(**WHOLE, disks="replace", restart="allowed", wait=False)
    assert newer.bytes_of(f"{DISK}.old") == old
    result = newer.run(**WHOLE)
    assert "restore the old one" in result["msg"]
    assert newer.bytes_of(DISK) == old
    assert not newer.kernel.exists(f"{DISK}.old")
    assert newer.domain.live is not None


def test_twice_before_it_was_ready(newer: WholeHost) -> None:
    """The disk that worked is the one to keep."""
    old = newer.bytes_of(DISK)
    newer.applied(**WHOLE, disks="replace", restart="allowed", wait=False)
    newer.image(f"{IMAGES}/image.qcow2", content=b"third")
    newer.applied(**WHOLE, disks="replace", restart="allowed", wait=False)
    assert newer.bytes_of(f"{DISK}.old") == old
    assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")
    newer.four_runs(**WHOLE)
    assert not newer.kernel.exists(f"{DISK}.old")
