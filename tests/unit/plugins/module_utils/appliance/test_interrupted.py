# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that the host stops at any call that changes something: one that fails is undone, one that is killed is finished
by the next.
"""

from __future__ import annotations

import math
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.fakekernel import Killed
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    BRIDGE,
    DAY0,
    FOLDER,
    IMAGES,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MOST = 200
BACK = "The previous state was restored"


def nothing(site: WholeHost) -> None:
    """Of the appliance."""


def deployed(site: WholeHost) -> None:
    site.applied(**WHOLE)


def new_image(site: WholeHost) -> None:
    deployed(site)
    site.image(f"{IMAGES}/image.qcow2", content=b"other")


def off(site: WholeHost) -> None:
    site.applied(**WHOLE, state="shutdown")


# What was there, and what is asked for
RUNS: dict[str, tuple[t.Callable[[WholeHost], None], Result]] = {
    "new": (nothing, WHOLE),
    "new vMX": (nothing, {"profile": profile("vmx_vcp", disks=[
        {"name": "data", "image": f"{IMAGES}/data.qcow2", "bus": "virtio"}]), "interfaces": [BRIDGE], "day0": DAY0}),
    "new in a folder of its own": (nothing, {**WHOLE, "folder": "/srv/a/b"}),
    "restarted": (deployed, {
        **WHOLE, "restart": "allowed", "profile": profile(memory=1024), "day0": {"frr.conf": "new"}}),
    "changed while it runs": (deployed, {**WHOLE, "interfaces": [BRIDGE, *WHOLE["interfaces"][1:], BRIDGE]}),
    "replaced": (new_image, {**WHOLE, "disks": "replace", "restart": "allowed"}),
    "started": (off, WHOLE),
    "shut down": (deployed, {**WHOLE, "state": "shutdown"}),
    "removed": (deployed, {"state": "absent", "remove_disks": True}),
    "removed but for its disk": (deployed, {"state": "absent"}),
}


def site_of(folder: Path, patch: pytest.MonkeyPatch, prepare: t.Callable[[WholeHost], None]) -> WholeHost:
    """A host of which only the calls of the run that comes are counted."""
    site = WholeHost(folder)
    site.serve(patch)
    prepare(site)
    site.kernel.counted = 0
    return site


def lasting(site: WholeHost) -> list[t.Any]:
    """The host without what tells one start of a guest from another."""
    files, domains, *rest = site.snapshot()
    files = [(path, content) for path, content in files if not path.endswith("/ready")]
    return [files, [(text, live is not None, *more) for text, live, *more in domains], *rest]


@pytest.mark.parametrize("name", [name for name in RUNS if "removed" not in name and "shut" not in name])
def test_a_refused_call_undoes_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    prepare, params = RUNS[name]
    undone = 0
    for fault in range(1, MOST):
        site = site_of(tmp_path / str(fault), monkeypatch, prepare)
        before = lasting(site)
        site.kernel.fault = fault
        result = site.run(**params)
        if site.kernel.counted < fault:
            break
        if not result["failed"]:  # there is another way to the same end
            continue
        if BACK in result["msg"]:
            undone += 1
            assert lasting(site) == before, (fault, result["msg"])
            assert not site.unfinished(), (fault, result["msg"])
            assert "except for" not in result["msg"], result["msg"]
            assert not result["changed"]
        else:
            assert site.domain.live is not None, (fault, result["msg"])
            assert result["changed"]
        site.kernel.fault = 0
        again = site.applied(**params)
        assert again["state"] == "running"
        assert not site.run(**params)["changed"], fault
        assert not site.unfinished(), fault
    assert undone
    assert fault < MOST - 1


@pytest.mark.parametrize("name", RUNS)
def test_a_killed_run_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    prepare, params = RUNS[name]
    whole = site_of(tmp_path / "whole", monkeypatch, prepare)
    wanted = whole.applied(**params)
    for lives in range(MOST):
        site = site_of(tmp_path / str(lives), monkeypatch, prepare)
        site.kernel.lives = lives
        try:
            site.run(**params)
            break
        except Killed:
            site.kernel.lives = math.inf
        predicted = site.run(check_mode=True, **params)
        again = site.applied(**params)
        assert again["actions"] == predicted["actions"], lives
        assert kept(again) == kept(wanted), lives
        assert not site.run(**params)["changed"], lives
        assert not site.unfinished(), lives
        # Killed right after the last file in it has gone, a run leaves this folder, which then means nothing.
        site.kernel.remove_folder("/etc/systemd/system/multi-user.target.d")
        assert contents(site) == contents(whole), lives
    assert lives
    assert lives < MOST - 1


def kept(result: Result) -> Result:
    """What a result says of the end."""
    return {name: result[name] for name in ("state", "ready", "needs_restart", "disks")}


def contents(site: WholeHost) -> list[t.Any]:
    """All that a host has, but for inodes, times in archives, and numbers of starts.
    """
    files, domains, *rest = site.snapshot()
    root = site.kernel.root
    found = [(path[len(root):], None if path.endswith(".img") else content) for path, content in files
             if not path.endswith("appliance.json")]
    return [found, [(text, live is not None, *more) for text, live, *more in domains], *rest]


def test_a_full_file_system_during_the_copy(site: WholeHost) -> None:
    before = site.snapshot()
    site.kernel.full = 1
    result = site.run(**WHOLE)
    assert "No space left on device" in result["msg"]
    assert BACK in result["msg"]
    assert site.snapshot() == before


def test_qemu_refuses_to_start(site: WholeHost) -> None:
    before = site.snapshot()
    site.libvirt.at("create", 1, site.libvirt.fail)
    result = site.run(**WHOLE)
    assert "libvirt cannot start it" in result["msg"]
    assert result["msg"].endswith(f"{BACK}.")
    assert not result["actions"]
    assert site.snapshot() == before


def test_the_image_changes_while_it_is_copied(site: WholeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.snapshot()
    save = site.kernel.save

    def changing(path: str, pieces: t.Any, mode: int) -> None:
        save(path, pieces, mode)
        if path.endswith(".qcow2.unfinished"):
            Path(site.kernel.path(f"{IMAGES}/image.qcow2")).touch()

    monkeypatch.setattr(site.kernel, "save", changing)
    result = site.run(**WHOLE)
    assert "changed while it was copied" in result["msg"]
    assert BACK in result["msg"]
    assert site.snapshot() == before


def test_one_that_is_not_ready_in_time_goes_on(site: WholeHost) -> None:
    site.libvirt.says = "panic"
    result = site.run(**WHOLE)
    assert "did not show" in result["msg"]
    assert "as it was before" not in result["msg"]
    assert "domain edge1: start" in result["actions"]
    assert site.domain.live is not None
    site.files.write("/var/log/libvirt/qemu/edge1-console.log", "login:")
    again = site.applied(**WHOLE)
    assert [action.partition(":")[2][:5] for action in again["actions"]] == [" wait"]
    assert again["ready"]
    assert site.libvirt.started == 1


def test_one_that_ends_before_it_is_ready(site: WholeHost) -> None:
    def ends() -> None:  # there is no domain yet
        site.domain.end()

    site.libvirt.says = "panic"
    site.kernel.due[10.0] = ends
    result = site.run(**WHOLE)
    assert "stopped before it was ready" in result["msg"]
    assert site.kernel.exists(f"{FOLDER}/disk.qcow2")


@pytest.mark.parametrize(("more", "removed"), [
    ({"day0": None}, False), ({"state": "absent", "remove_disks": True}, True)])
def test_parts_of_a_medium_do_not_stay(site: WholeHost, more: Result, removed: bool) -> None:
    """They are secrets, and no run makes that medium any more."""
    for lives in range(MOST):
        site.kernel.lives = lives
        with pytest.raises(Killed):
            site.run(**WHOLE)
        if site.kernel.exists("/run/nfv-kvm/day0-edge1/files/frr.conf"):
            break
    site.kernel.lives = math.inf
    site.four_runs(**{**WHOLE, **more})
    assert not site.kernel.exists("/run/nfv-kvm/day0-edge1")
    assert site.kernel.exists(FOLDER) != removed
