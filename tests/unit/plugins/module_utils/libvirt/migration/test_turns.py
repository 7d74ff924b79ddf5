# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once, such as one whose controller was killed and one that was begun to take it back."""

from __future__ import annotations

import os
import traceback
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration import turns
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.migration.conftest import (
    BRIDGE,
    DISK,
    MEDIUM,
    READY,
    VF,
    VF_MAC,
    Pair,
)

VFS = [{"mac": VF_MAC, "pci_address": "0000:02:10.2"}]


def test_a_second_run_on_the_same_host_waits_for_its_turn(pair: Pair) -> None:
    domain = pair.domain()
    seen: list[t.Any] = []

    def second() -> None:
        before = pair.all()
        seen.append(pair.move())
        assert pair.all() == before

    pair.hosts["kvm1"].libvirt.at("migrateToURI3", 1, second)
    assert not pair.move()["failed"]
    assert domain.live is None
    assert seen[0]["error"]["type"] == "InUse"
    assert f"domain a: another run is changing it (nfv.kvm.module, process {os.getpid()}, since" in seen[0]["msg"]
    assert not pair.move()["changed"]


def test_what_has_changed_since_it_was_looked_at(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = pair.domain()
    look = turns.Begin.apply

    def apply(step: turns.Begin, host: Host) -> None:
        domain.destroy()
        look(step, host)

    monkeypatch.setattr(turns.Begin, "apply", apply)
    refused = pair.move()
    assert "it was changed in the meantime" in refused["msg"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == ((False, True, None), None)


def looks_once_more() -> bool:
    """Whether a step is between its last look and what it does then: no time for a whole run of another host."""
    return bool({"Remove", "StartThere"} & {
        type(found.f_locals.get("self")).__name__ for found, _line in traceback.walk_stack(None)})


def interrupted(root: Path, nics: str, number: int) -> bool:
    """A move, and one back from the other host right before libvirt's call of this number; whether it came to it."""
    with pytest.MonkeyPatch.context() as patch:
        pair = Pair(root, patch)
        pair.domain(nics)
        calls: list[str] = []

        def happen(name: str) -> None:
            calls.append(name)
            pair.count()
            if len(calls) == number and not looks_once_more():
                pair.move("kvm2", "kvm1", vfs=VFS)
                pair.at = "kvm1"

        for lab in pair.hosts.values():
            patch.setattr(lab.libvirt, "happen", happen)
        pair.move(vfs=VFS)
        came = len(calls) >= number
        last = pair.move(vfs=VFS)
        assert not last["failed"], (number, last)
        assert pair.most == 1, number
        assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, (True, True, None)), number
        assert pair.files("kvm2") == [DISK, MEDIUM, READY]
    return came


@pytest.mark.parametrize("nics", [BRIDGE, BRIDGE + VF])
def test_it_is_taken_back_meanwhile(tmp_path: Path, nics: str) -> None:
    """A run on the other host, which has no lock in common: at no time do two run, and the next run makes it right."""
    number = 1
    while interrupted(tmp_path / str(number), nics, number):
        number += 1
    assert number > 50
