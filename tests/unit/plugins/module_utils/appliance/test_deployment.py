# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Appliances of each kind: check mode predicts what is made, and what is made stays."""

from __future__ import annotations

import typing as t

import pytest

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
    READY,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

VF1 = "0000:01:10.2"
VCP_DAY0 = {"boot/loader.conf": "vmchtype=\"vMX\"\n", "config/juniper.conf": DAY0["frr.conf"]}
DATA = [{"name": "data", "image": f"{IMAGES}/data.qcow2", "bus": "virtio"},
        {"name": "more", "image": f"{IMAGES}/image.raw", "bus": "ide", "format": "raw"}]
KINDS: dict[str, Result] = {
    "open appliance": WHOLE,
    "open appliance without day-0": {"pfs": PFS, "interfaces": NICS},
    "nothing but a disk": {},
    "q35": {**WHOLE, "profile": profile(machine="q35", day0={"bus": "sata"})},
    "vSRX": {**WHOLE, "profile": profile("vsrx")},
    "vMX VCP": {"profile": profile("vmx_vcp", disks=DATA), "interfaces": [BRIDGE, BRIDGE], "day0": VCP_DAY0},
    "vMX VFP": {"profile": profile("vmx_vfp", image=f"{IMAGES}/image.raw"), "pfs": PFS, "interfaces": [
        BRIDGE, BRIDGE, HOSTDEV]},
    "several disks": {**WHOLE, "profile": profile(disks=DATA)},
    "a console port": {**WHOLE, "profile": profile(console={"port": 5001})},
    "no ready": {**WHOLE, "profile": {key: value for key, value in profile().items() if key != "ready"}},
    "another folder": {**WHOLE, "folder": "/srv/appliances/a/edge1"},
}


@pytest.mark.parametrize("state", ["running", "shutdown", "defined"])
@pytest.mark.parametrize("kind", KINDS)
def test_four_runs(site: WholeHost, kind: str, state: str) -> None:
    result = site.four_runs(**KINDS[kind], state=state)
    assert result["state"] == ("running" if state == "running" else "shutdown")
    assert result["ready"] == (state == "running")
    assert not result["needs_restart"]
    assert [disk["image_changed"] for disk in result["disks"]] == [False] * len(result["disks"])
    assert len(result["interfaces"]) == len(KINDS[kind].get("interfaces", []))
    assert len(result["vfs"]) == (3 if "pfs" in KINDS[kind] else 0)


def test_what_is_made(site: WholeHost) -> None:
    result = site.four_runs(**WHOLE)
    assert site.bytes_of(f"{FOLDER}/disk.qcow2") == site.bytes_of(f"{IMAGES}/image.qcow2")
    assert [name for name in site.kernel.names(FOLDER) if not name.startswith("day0-")] == [
        "appliance.json", "disk.qcow2", "ready"]
    assert site.kernel.exists(READY)
    assert [nic["name"] for nic in result["interfaces"]] == ["eth0", "eth1", "eth2"]
    assert [nic["pci_address"] for nic in result["interfaces"]] == sorted(
        nic["pci_address"] for nic in result["interfaces"])
    assert site.kernel.vfs[0]["trust"]
    assert not site.kernel.vfs[0]["spoofchk"]
    assert not site.domain.starts_with_host or all(pf.get("persistent", True) for pf in PFS)
    modes = {name: oct((site.kernel.status(f"{FOLDER}/{name}") or pytest.fail(name)).st_mode & 0o777)
             for name in site.kernel.names(FOLDER)}
    assert set(modes.values()) == {"0o600"}


@pytest.mark.parametrize(("params", "expected"), [
    ({}, True), ({"autostart": False}, False), ({"persistent": False}, False),
    ({"persistent": False, "autostart": True}, True),
    ({"pfs": [], "interfaces": [BRIDGE], "persistent": False}, True),
    ({"interfaces": [{**HOSTDEV, "source": {"pci_address": VF1}}]}, True),
    ({"interfaces": [{**HOSTDEV, "source": {"pci_address": VF1}}], "persistent": False}, False),
    ({"interfaces": [{**HOSTDEV, "source": {"pf": PF, "vf": 1}}]}, True),
    ({"pfs": [{**PFS[0], "pf": PF}]}, True),
    ({"interfaces": [{**DIRECT, "source": {"dev": "enp1s0v1", "mode": "passthrough"}}], "persistent": False}, False),
])
def test_autostart(site: WholeHost, params: Result, expected: bool) -> None:
    """With VFs, only if the PFs are prepared again after a reboot, by whichever name the one or the other is given."""
    site.four_runs(**{**WHOLE, **params})
    assert bool(site.domain.starts_with_host) == expected


def test_the_medium_has_the_files(site: WholeHost) -> None:
    site.four_runs(**WHOLE)
    medium = next(name for name in site.kernel.names(FOLDER) if name.startswith("day0-"))
    assert DAY0["frr.conf"].encode() in site.bytes_of(f"{FOLDER}/{medium}")
    assert b"nftables.conf" in site.bytes_of(f"{FOLDER}/{medium}")
    assert not site.unfinished()


def test_a_deployment_of_the_roles_is_taken_as_it_is(site: WholeHost) -> None:
    """They left no record."""
    site.four_runs(**WHOLE)
    site.files.remove(f"{FOLDER}/appliance.json")
    before = site.snapshot()
    for check_mode in (True, False):
        result = site.run(check_mode=check_mode, **WHOLE)
        assert not result["changed"], result["actions"]
        assert result["disks"][0]["made_from"] is None
        assert not result["disks"][0]["image_changed"]
    assert site.snapshot() == before


def test_holes_stay_holes(site: WholeHost) -> None:
    size = 64 << 20
    with open(site.kernel.path(f"{IMAGES}/image.raw"), "r+b") as file:
        file.truncate(size)
    raw: t.Any = profile("vmx_vfp", image=f"{IMAGES}/image.raw")
    site.applied(profile=raw)
    found = site.kernel.status(f"{FOLDER}/disk.raw")
    assert found is not None
    assert found.st_size == size
    assert found.st_blocks * 512 < size // 8
