# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of an appliance after it was made: changes of its definition, its NICs, day-0 and image, and its states."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import LEFT, Note, with_note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse, serialise
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    BRIDGE,
    DAY0,
    FOLDER,
    NICS,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

DISK = f"{FOLDER}/disk.qcow2"
NETWORK: Result = {"type": "network", "source": {"network": "lan"}}


def media(site: WholeHost) -> list[str]:
    return [name for name in site.kernel.names(FOLDER) if name.startswith("day0-")]


@pytest.mark.parametrize("change", [{"memory": 1024}, {"vcpus": 2}, {"memory": 256, "vcpus": 4}])
def test_memory_and_vcpus_wait_for_a_restart(deployed: WholeHost, change: Result) -> None:
    changed = {**WHOLE, "profile": profile(**change)}
    result = deployed.four_runs(**changed)
    assert result["needs_restart"]
    assert deployed.libvirt.started == 1
    result = deployed.four_runs(**changed, restart="allowed")
    assert not result["needs_restart"]
    assert result["ready"]
    assert deployed.libvirt.started == 2


def test_a_restart_comes_once_for_all(deployed: WholeHost) -> None:
    """No NIC is plugged into a domain that is off by then."""
    result = deployed.four_runs(**{**WHOLE, "profile": profile(memory=1024), "interfaces": [*NICS, BRIDGE],
                                   "day0": {"frr.conf": "new"}}, restart="allowed")
    assert deployed.libvirt.started == 2
    assert not result["needs_restart"]
    assert len(media(deployed)) == 1
    assert not any("live" in action for action in result["actions"])


def test_nics_come_live(deployed: WholeHost) -> None:
    result = deployed.four_runs(**{**WHOLE, "interfaces": [*NICS, BRIDGE]})
    assert any("attach live" in action for action in result["actions"])
    assert not result["needs_restart"]
    result = deployed.four_runs(**WHOLE)
    assert any("detach live" in action for action in result["actions"])


def test_without_hotplug_nics_wait(site: WholeHost) -> None:
    vsrx: Result = {**WHOLE, "profile": profile("vsrx")}
    site.applied(**vsrx)
    changed = {**vsrx, "interfaces": [*NICS, BRIDGE]}
    result = site.four_runs(**changed)
    assert not any("live" in action for action in result["actions"])
    assert result["needs_restart"]
    assert len(site.domain.live.findall("devices/interface")) == 3
    result = site.four_runs(**changed, restart="allowed")
    assert not result["needs_restart"]
    assert len(site.domain.live.findall("devices/interface")) == 4


def test_the_first_nic_of_one_without_hotplug_waits(site: WholeHost) -> None:
    vsrx: Result = {"profile": profile("vsrx")}
    site.applied(**vsrx)
    assert site.four_runs(**vsrx, interfaces=[BRIDGE])["needs_restart"]


def test_a_failure_after_live_nics_unplugs_them(deployed: WholeHost) -> None:
    """The second of two is refused; the VF settings and the definition go back as well."""
    before = deployed.snapshot()
    deployed.libvirt.at("attachDeviceFlags", 2, deployed.libvirt.fail)
    result = deployed.run(**{**WHOLE, "interfaces": [*NICS, BRIDGE, NETWORK]})
    assert result["failed"]
    assert result["msg"].endswith("The previous state was restored.")
    assert deployed.snapshot() == before


@pytest.mark.parametrize(("vlan", "link_state"), [({"tags": [100]}, None), (None, "down"), ({"tags": [100]}, "down")])
def test_changed_nics_are_as_they_were_after_a_failure(deployed: WholeHost, vlan: Result | None,
                                                       link_state: str | None) -> None:
    """A VF is plugged in anew for another VLAN, the link of a NIC is changed; then a change is refused."""
    def nics() -> list[str]:
        return sorted(serialise(nic) for nic in parse(deployed.domain.shown(False)).findall("devices/interface"))

    before, definition = nics(), deployed.domain.shown(True)
    changed = [{**BRIDGE, "link_state": link_state}, {**NICS[1], "vlan": vlan}, NICS[2], BRIDGE]
    deployed.libvirt.at("attachDeviceFlags", 2 if vlan else 1, deployed.libvirt.fail)
    if link_state:
        deployed.libvirt.planned.clear()
        deployed.libvirt.at("updateDeviceFlags", 1, deployed.libvirt.fail)
    result = deployed.run(**{**WHOLE, "interfaces": changed})
    assert result["failed"]
    assert result["msg"].endswith("The previous state was restored.")
    assert nics() == before
    assert deployed.domain.shown(True) == definition


def test_day0_changes(deployed: WholeHost) -> None:
    old = media(deployed)
    changed = {**WHOLE, "day0": {"frr.conf": "hostname new"}}
    result = deployed.four_runs(**changed)
    assert result["needs_restart"]
    assert len(media(deployed)) == 2, "the guest has the old one"
    deployed.domain.end()
    result = deployed.four_runs(**changed)
    assert not set(old) & set(media(deployed))
    assert len(media(deployed)) == 1


def test_day0_is_dropped(deployed: WholeHost) -> None:
    without = {**WHOLE, "day0": None}
    deployed.four_runs(**without)
    deployed.four_runs(**without, restart="allowed")
    assert not media(deployed)
    assert deployed.domain.live.find("devices/disk[@device='cdrom']") is None


@pytest.mark.parametrize("more", [{}, {"state": "absent", "remove_disks": True}, {"autostart": False}])
def test_one_on_its_way_to_another_host_is_left_alone(site: WholeHost, more: Result) -> None:
    """Started here, there could be two of it; its disks may be those of the other host, too."""
    site.applied(**WHOLE, state="shutdown")
    with_note(site.domain.xml, Note(LEFT, "kvm1", "kvm2", autostart=False, running=True, shared=True))
    assert "is not complete" in site.refused(**{**WHOLE, **more})


@pytest.mark.parametrize("text", [
    "", "{", "[]", "7", '{"disks": 1}', '{"disks": [{"inode": "x"}]}', '{"pfs": {"a": 1}}', '{"pfs": []}',
    '{"disks": [1]}', '{"pfs": {"0000:01:00.0": {"numvfs": "x"}}}'])
def test_a_broken_record_is_none(deployed: WholeHost, text: str) -> None:
    Path(deployed.kernel.path(f"{FOLDER}/appliance.json")).write_text(text, encoding="utf-8")
    result = deployed.run(**WHOLE)
    assert not result["changed"]
    assert result["disks"][0]["made_from"] is None
    deployed.four_runs(state="absent", profile=None)


def test_secrets_are_nowhere(site: WholeHost) -> None:
    """The run itself looks at its result; here are the files that others may read, and what was called."""
    site.applied(**WHOLE)
    secret: t.Any = DAY0["frr.conf"]
    readable = [path for path in Path(site.kernel.root).rglob("*")
                if path.is_file() and path.stat().st_mode & 0o077 and secret.encode() in path.read_bytes()]
    assert not readable
    assert secret not in str(site.kernel.processes)
    assert parse(site.domain.shown(True)).find("devices") is not None
