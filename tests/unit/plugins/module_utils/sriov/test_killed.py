# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A resize whose process is killed, at every call that it makes to the host: the next run ends where it would have."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF, FakeKernel, Killed, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

BEFORE: Result = {"numvfs": 4, "vfs": [
    {"index": 0, "vlan": 100, "mac": "52:54:00:aa:00:00", "trust": True}, {"index": 1, "driver": "vfio-pci"}]}
RESIZE: Result = {"numvfs": 6, "vfs": [{"index": 5, "vlan": 200}]}
FIELDS = ("index", "driver", "vlan", "trust", "spoofchk")


def run_killed_after(folder: Path, lives: float) -> tuple[bool, FakeKernel]:
    """Whether the resize came to its end before that many calls, and its host."""
    kernel = FakeKernel(folder / str(lives))
    sriov_vf(kernel, **BEFORE)
    kernel.lives = lives
    try:
        ended = not sriov_vf(kernel, **RESIZE)["failed"]
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
        assert kernel.names(lock.folder()) == [f"PF {PF}.lock"], lives
    assert 10 < lives < 1000, "the resize was killed at every call, and came to its end"


def test_what_is_left_is_told_in_check_mode(tmp_path: Path) -> None:
    for lives in range(5, 40):
        kernel = run_killed_after(tmp_path, lives)[1]
        if len(kernel.vfs) == 6 and kernel.vfs[0]["vlan_list"] == [{}]:
            break
    predicted, applied = (sriov_vf(kernel, check_mode=check_mode, **RESIZE) for check_mode in (True, False))
    assert predicted["actions"] == applied["actions"]
    assert "VF 0 of enp1s0: vlan 0 → 100" in applied["actions"]
    assert "enp1s0: finish the change of numvfs that was interrupted" in applied["actions"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"0": {}}', '{"0": {"settings": {"x": 1}, "driver": null}}'])
def test_a_broken_journal_is_none(kernel: FakeKernel, text: str) -> None:
    kernel.folder.write("/run/nfv-kvm/sriov-0000:01:00.0.json", text)
    assert not sriov_vf(kernel, numvfs=2)["failed"]
