# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resize whose process is killed, at every call that it makes to the host: the next run ends where it would have."""

from __future__ import annotations

import math
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry as Use
from ansible_collections.nfv.kvm.plugins.module_utils.sriov import users
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.journal import Entry, path
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Vf, VfSettings
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF, FakeKernel, Killed, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

BEFORE: Result = {"numvfs": 4, "vfs": [
    {"index": 0, "vlan": 100, "mac": "52:54:00:aa:00:00", "trust": True}, {"index": 1, "driver": "vfio-pci"}]}
RESIZE: Result = {"numvfs": 6, "vfs": [{"index": 5, "vlan": 200}]}
JOURNAL = path(PF)
FIELDS = ("index", "driver", "vlan", "trust", "spoofchk")


FEWER: tuple[Result, Result] = ({**BEFORE, "numvfs": 6}, {"numvfs": 4, "vfs": [{"index": 3, "vlan": 200}]})


def run_killed_after(
    folder: Path, lives: float, before: Result | None = None, resize: Result | None = None
) -> tuple[bool, FakeKernel]:
    """Whether the resize came to its end before that many calls, and its host."""
    kernel = FakeKernel(folder / str(lives))
    sriov_vf(kernel, **(before or BEFORE))
    kernel.lives = lives
    try:
        ended = not sriov_vf(kernel, **(resize or RESIZE))["failed"]
    except Killed:
        ended = False
    kernel.lives = math.inf
    return ended, kernel


def test_the_second_run_reaches_the_wanted_state(tmp_path: Path) -> None:
    ended, undisturbed = run_killed_after(tmp_path, math.inf)
    assert ended
    wanted = [[vf[name] for name in FIELDS] for vf in sriov_vf(undisturbed)["vfs"]]
    for lives in range(1000):
        ended, kernel = run_killed_after(tmp_path, lives)
        if ended:
            break
        again = sriov_vf(kernel, **RESIZE)
        assert not again["failed"], (lives, again["msg"])
        assert [[vf[name] for name in FIELDS] for vf in again["vfs"]] == wanted, lives
        assert again["vfs"][0]["mac"] == "52:54:00:aa:00:00", lives
        assert not sriov_vf(kernel, **RESIZE)["changed"], lives
        assert kernel.names(lock.folder(kernel)) == [f"PF {PF}.lock"], lives
    assert 10 < lives < 1000, "the resize was killed at every call, and came to its end"


def test_what_is_left_is_told_in_check_mode(tmp_path: Path) -> None:
    for lives in range(5, 40):
        kernel = run_killed_after(tmp_path, lives)[1]
        if len(kernel.vfs) == 6 and kernel.vfs[0]["vlan_list"] == [{}]:
            break
    predicted, applied = (sriov_vf(kernel, check_mode=check_mode, **RESIZE) for check_mode in (True, False))
    assert predicted["actions"] == applied["actions"]
    assert "VF 0 of enp1s0: vlan 0 → 100" in applied["actions"]
    assert "enp1s0: complete the interrupted change of numvfs" in applied["actions"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"0": {}}', '{"0": {"settings": {"x": 1}, "driver": null}}'])
def test_a_broken_journal_is_none(kernel: FakeKernel, text: str) -> None:
    kernel.folder.write("/run/nfv-kvm/sriov-0000:01:00.0.json", text)
    assert not sriov_vf(kernel, numvfs=2)["failed"]


class Guest:
    """A guest that is started with VFs.

    :param libvirt: whether libvirt gives them MAC and VLAN through the PF, or hands the devices over as they are
    """

    def __init__(self, kernel: FakeKernel, vfs: list[int], libvirt: bool) -> None:
        self.kernel, self.vfs = kernel, vfs
        kernel.folder.write("/proc/4711/cmdline", "qemu-system-x86_64\0-name\0guest=edge\0")
        kernel.folder.folder("/proc/4711/fd")
        for index in vfs:
            device = f"/sys/bus/pci/devices/{kernel.address(index)}"
            if kernel.exists(f"{device}/driver"):
                kernel.unbind(kernel.address(index))
            kernel.folder.link(f"{device}/driver", "/sys/bus/pci/drivers/vfio-pci")
            kernel.folder.link(f"{device}/iommu_group", f"/sys/kernel/iommu_groups/{index}")
            Path(kernel.path(f"/proc/4711/fd/3{index}")).symlink_to(f"/dev/vfio/{index}")
            if libvirt:
                kernel.vfs[index].update(address=f"52:54:00:99:00:0{index}", vlan_list=[{"vlan": 7}])
        self.uses = tuple(Use("edge", True, kernel.vfs[index]["address"], kernel.address(index)) for index in vfs)
        self.before = self.state()

    def state(self) -> t.Any:
        """What the guest would notice."""
        return [(dict(self.kernel.vfs[index]), self.kernel.link_name(f"/sys/bus/pci/devices/"
                                                                     f"{self.kernel.address(index)}/driver"))
                for index in self.vfs]


@pytest.mark.parametrize(("vfs", "libvirt"), [([0], True), ([0, 1, 2], True), ([1, 2], False)])
@pytest.mark.parametrize("resize", [(BEFORE, RESIZE), FEWER])
def test_a_guest_that_was_started_in_between_keeps_its_vfs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resize: tuple[Result, Result], vfs: list[int], libvirt: bool
) -> None:
    outcomes = set()
    for lives in range(1000):
        ended, kernel = run_killed_after(tmp_path, lives, *resize)
        if ended:
            break
        if not kernel.vfs:
            continue
        guest = Guest(kernel, vfs, libvirt)
        monkeypatch.setattr(users, "read_uses", lambda host, uri, guest=guest: (guest.uses, {}))
        monkeypatch.setattr(kernel, "make_vfs", lambda count: pytest.fail("sriov_numvfs is written"))
        again = sriov_vf(kernel, **resize[1])
        outcomes.add(again["failed"])
        assert guest.state() == guest.before, (lives, again["actions"])
        if again["failed"]:
            assert again["error"]["type"] == "InUse"
            assert any(f"VF {index} by process 4711 (domain edge)" in again["msg"] for index in vfs), again["msg"]
        monkeypatch.undo()
    assert outcomes == {True, False}, "it was killed before the VFs were made, and after that"


def killed_at_the_end(folder: Path) -> FakeKernel:
    """A host whose new VFs are there, and of which none has got back what it had."""
    for lives in range(5, 40):
        kernel = run_killed_after(folder, lives)[1]
        made = (kernel.read(JOURNAL) or "").count('"made": {"settings"')
        if len(kernel.vfs) == 6 and made == 4 and kernel.vfs[0]["vlan_list"] == [{}]:
            return kernel
    raise AssertionError


CHANGED: list[tuple[Result, Result]] = [
    ({"vlan_list": [{"vlan": 7}]}, {"vlan": 7, "trust": False}),
    ({"address": "52:54:00:99:00:01"}, {"mac": "52:54:00:99:00:01", "vlan": 0}),
    ({"spoofchk": False}, {"spoofchk": False, "vlan": 0, "trust": False}),
    ({"rate": {"max_tx": 9, "min_tx": 0}}, {"max_tx_rate": 9, "vlan": 0}),
]


@pytest.mark.parametrize(("by_hand", "left"), CHANGED)
def test_what_was_changed_since_stays(tmp_path: Path, by_hand: Result, left: Result) -> None:
    kernel = killed_at_the_end(tmp_path)
    kernel.vfs[0].update(by_hand)
    predicted, applied = (sriov_vf(kernel, check_mode=check_mode, **RESIZE) for check_mode in (True, False))
    assert predicted["actions"] == applied["actions"]
    assert "VF 0 of enp1s0: not restored, because it was changed in the meantime" in applied["actions"]
    assert left.items() <= applied["vfs"][0].items()
    assert applied["vfs"][1]["driver"] == "vfio-pci", "the others get theirs back"
    assert not sriov_vf(kernel, **RESIZE)["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_task_without_numvfs_finishes_the_resize_and_has_the_last_word(tmp_path: Path, check_mode: bool) -> None:
    kernel = killed_at_the_end(tmp_path)
    task = {"vfs": [{"index": 0, "vlan": 5, "mac": "52:54:00:99:00:01"}]}
    later = sriov_vf(kernel, check_mode=check_mode, **task)
    assert "enp1s0: complete the interrupted change of numvfs" in later["actions"]
    if not check_mode:
        for result in (later, sriov_vf(kernel, **RESIZE)):
            vf = result["vfs"][0]
            assert (vf["vlan"], vf["mac"], vf["trust"]) == (5, "52:54:00:99:00:01", True)
            assert result["vfs"][1]["driver"] == "vfio-pci"


def test_nothing_is_forgotten_while_there_are_no_vfs(tmp_path: Path) -> None:
    kernel = next(kernel for kernel in (run_killed_after(tmp_path, lives)[1] for lives in range(5, 40))
                  if not kernel.vfs)
    assert not sriov_vf(kernel)["changed"]
    assert sriov_vf(kernel, **RESIZE)["vfs"][0]["vlan"] == 100


def test_the_host_keeps_a_vf_that_it_has_begun_to_use(tmp_path: Path) -> None:
    kernel = killed_at_the_end(tmp_path)
    kernel.addresses = [{"ifname": "enp1s0v0", "addr_info": [
        {"local": "192.0.2.1", "prefixlen": 24, "scope": "global"}]}]
    before = [dict(vf) for vf in kernel.vfs]
    refused = sriov_vf(kernel, **RESIZE)
    assert refused["msg"] == (
        "VFs of enp1s0: an interrupted change of numvfs must restore their settings, and they "
        "are in use: VF 0 by address 192.0.2.1/24. Stop whatever uses them, or set in_use: allow.")
    assert kernel.vfs == before
    assert sriov_vf(kernel, in_use="allow", **RESIZE)["vfs"][0]["vlan"] == 100


SETTINGS = VfSettings(mac="52:54:00:00:00:01", vlan=100, qos=0, spoofchk=True, trust=True)
MADE = Vf(0, VfSettings(mac="26:00:00:00:00:01", vlan=0, qos=0, spoofchk=True, trust=False), "igbvf")


@pytest.mark.parametrize(("made", "changes", "driver", "holds"), [
    (MADE, {}, "igbvf", True),
    (MADE, {"vlan": 100, "trust": True}, "vfio-pci", True),
    (MADE, {"mac": SETTINGS.mac}, None, True),
    (MADE, {"mac": "00:00:00:00:00:00"}, "igbvf", True),
    (MADE, {"mac": "26:00:00:00:00:02"}, "igbvf", False),
    (MADE, {"vlan": 1}, "igbvf", False),
    (MADE, {"spoofchk": False}, "igbvf", False),
    (MADE, {}, "uio_pci_generic", False),
    # killed while they were made: what a driver chooses is not known
    (None, {"mac": "26:00:00:00:00:02", "spoofchk": False}, "igbvf", True),
    (None, {"vlan": 1}, "igbvf", False),
    (None, {}, "uio_pci_generic", False),
    # killed before the first call to the kernel: all is as it was, or somebody has changed it
    (Vf(0, SETTINGS, "vfio-pci"), {"vlan": 0}, "vfio-pci", False),
    (replace(MADE, settings=replace(MADE.settings, mac="00:00:00:00:00:00")), {}, "igbvf", True),
])
def test_whether_an_entry_holds(made: Vf | None, changes: Result, driver: str | None, holds: bool) -> None:
    base = SETTINGS if made is not None and made.settings == SETTINGS else MADE.settings
    found = Vf(0, replace(base, **changes), driver)
    assert Entry(Vf(0, SETTINGS, "vfio-pci"), made).holds(found) == holds
