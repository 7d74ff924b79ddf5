# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of an appliance after it was made: changes of its definition, its NICs, day-0 and image, and its states."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import LEFT, Note, with_note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    BRIDGE,
    DAY0,
    FOLDER,
    IMAGES,
    NICS,
    READY,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

DISK = f"{FOLDER}/disk.qcow2"
NETWORK: Result = {"type": "network", "source": {"network": "lan"}}


def media(site: WholeHost) -> list[str]:
    return [name for name in site.kernel.names(FOLDER) if name.startswith("day0-")]


@pytest.fixture
def deployed(site: WholeHost) -> WholeHost:
    site.applied(**WHOLE)
    return site


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
    assert result["msg"].endswith("The host is as it was before.")
    assert deployed.snapshot() == before


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


class TestImage:
    @pytest.fixture
    def newer(self, deployed: WholeHost) -> WholeHost:
        deployed.image(f"{IMAGES}/image.qcow2", content=b"other")
        return deployed

    def test_is_told_and_kept(self, newer: WholeHost) -> None:
        before = newer.snapshot()
        for check_mode in (True, False):
            result = newer.run(check_mode=check_mode, **WHOLE)
            assert result["disks"][0]["image_changed"]
            assert not result["changed"]
        assert newer.snapshot() == before

    def test_another_path(self, deployed: WholeHost) -> None:
        result = deployed.four_runs(**{**WHOLE, "profile": profile(image=f"{IMAGES}/data.qcow2")})
        assert result["disks"][0] == {"name": "disk", "path": DISK, "image_changed": True,
                                      "made_from": f"{IMAGES}/image.qcow2"}

    @pytest.mark.parametrize("state", ["running", "defined"])
    def test_is_not_replaced_while_it_runs(self, newer: WholeHost, state: str) -> None:
        assert "restart: allowed" in newer.refused(**WHOLE, disks="replace", state=state)

    def test_is_replaced(self, newer: WholeHost) -> None:
        result = newer.four_runs(**WHOLE, disks="replace", restart="allowed")
        assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")
        assert not newer.kernel.exists(f"{DISK}.old")
        assert not result["disks"][0]["image_changed"]
        assert newer.libvirt.started == 2

    @pytest.mark.parametrize("state", ["shutdown", "defined"])
    def test_of_one_that_is_off(self, newer: WholeHost, state: str) -> None:
        """The old disk stays until the new one was ready."""
        newer.domain.end()
        newer.four_runs(**WHOLE, disks="replace", state=state)
        assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")
        assert newer.kernel.exists(f"{DISK}.old")
        newer.four_runs(**WHOLE)
        assert not newer.kernel.exists(f"{DISK}.old")

    def test_shut_down_for_it(self, newer: WholeHost) -> None:
        newer.four_runs(**WHOLE, disks="replace", state="shutdown")
        assert newer.kernel.exists(f"{DISK}.old")
        assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")

    @pytest.mark.parametrize("runs", [True, False])
    def test_never_ready(self, newer: WholeHost, runs: bool) -> None:
        old = newer.bytes_of(DISK)
        if not runs:
            newer.domain.end()
        definition = newer.domain.shown(True)
        newer.libvirt.says = "panic"
        result = newer.run(**WHOLE, disks="replace", restart="allowed")
        assert "did not say" in result["msg"]
        assert "The host is as it was before" in result["msg"]
        assert newer.bytes_of(DISK) == old
        assert not newer.kernel.exists(f"{DISK}.old")
        assert (newer.domain.live is not None) == runs
        assert newer.domain.shown(True) == definition
        newer.libvirt.says = "login:"
        newer.files.write("/var/log/libvirt/qemu/edge1-console.log", "login:")
        newer.four_runs(**WHOLE, disks="replace", restart="allowed")

    def test_not_waited_for_and_then_never_ready(self, newer: WholeHost) -> None:
        """The way back is open until a run has seen it ready."""
        old = newer.bytes_of(DISK)
        newer.libvirt.says = "panic"
        newer.applied(**WHOLE, disks="replace", restart="allowed", wait=False)
        assert newer.bytes_of(f"{DISK}.old") == old
        result = newer.run(**WHOLE)
        assert "put the old one back" in result["msg"]
        assert newer.bytes_of(DISK) == old
        assert not newer.kernel.exists(f"{DISK}.old")
        assert newer.domain.live is not None

    def test_twice_before_it_was_ready(self, newer: WholeHost) -> None:
        """The disk that worked is the one to keep."""
        old = newer.bytes_of(DISK)
        newer.applied(**WHOLE, disks="replace", restart="allowed", wait=False)
        newer.image(f"{IMAGES}/image.qcow2", content=b"third")
        newer.applied(**WHOLE, disks="replace", restart="allowed", wait=False)
        assert newer.bytes_of(f"{DISK}.old") == old
        assert newer.bytes_of(DISK) == newer.bytes_of(f"{IMAGES}/image.qcow2")
        newer.four_runs(**WHOLE)
        assert not newer.kernel.exists(f"{DISK}.old")


class TestStates:
    """As vm_domain has them."""

    def test_paused(self, deployed: WholeHost) -> None:
        deployed.domain.suspend()
        assert deployed.four_runs(**WHOLE)["state"] == "running"
        deployed.domain.suspend()
        assert not deployed.run(**WHOLE, state="defined")["changed"]
        assert "paused" in deployed.refused(**WHOLE, state="shutdown")

    def test_suspended_by_its_guest(self, deployed: WholeHost) -> None:
        deployed.domain.running_state = 7
        result = deployed.four_runs(**WHOLE)
        assert result["actions"] == ["domain edge1: wake up"]
        assert result["ready"]
        assert deployed.libvirt.started == 1

    def test_paused_and_waiting_for_a_restart(self, deployed: WholeHost) -> None:
        deployed.domain.suspend()
        changed = {**WHOLE, "profile": profile(memory=1024), "restart": "allowed"}
        assert "paused" in deployed.refused(**changed, state="defined")
        assert not deployed.four_runs(**changed)["needs_restart"]

    def test_crashed(self, deployed: WholeHost) -> None:
        deployed.domain.running_state = 6
        assert "crashed" in deployed.refused(**WHOLE)
        assert "crashed" in deployed.refused(**WHOLE, state="shutdown")
        result = deployed.four_runs(**WHOLE, restart="allowed")
        assert [action.partition(": ")[2][:9] for action in result["actions"]] == ["cut its p", "start", "wait unti"]
        assert result["ready"]

    def test_crashed_and_a_new_image_that_does_not_boot(self, deployed: WholeHost) -> None:
        """The guest cannot come back, and the message says so."""
        deployed.domain.running_state = 6
        deployed.image(f"{IMAGES}/image.qcow2", content=b"other")
        old = deployed.bytes_of(DISK)
        deployed.libvirt.at("create", 1, deployed.libvirt.fail)
        result = deployed.run(**WHOLE, restart="allowed", disks="replace")
        assert "except for what was not undone: domain edge1: cut its power" in result["msg"]
        assert deployed.bytes_of(DISK) == old
        assert deployed.domain.live is None

    def test_saved(self, deployed: WholeHost) -> None:
        deployed.domain.save()
        assert deployed.four_runs(**WHOLE, state="shutdown")["state"] == "saved"
        result = deployed.four_runs(**WHOLE)
        assert result["actions"] == ["domain edge1: start from its saved state"]
        assert result["ready"]

    def test_saved_with_another_definition(self, deployed: WholeHost) -> None:
        deployed.domain.save()
        changed = {**WHOLE, "profile": profile(memory=1024)}
        assert deployed.four_runs(**changed, state="defined")["needs_restart"]
        assert deployed.four_runs(**changed)["needs_restart"]
        deployed.domain.save()
        result = deployed.four_runs(**changed, restart="allowed")
        assert "domain edge1: discard its saved state" in result["actions"]
        assert not result["needs_restart"]

    def test_saved_and_another_image(self, deployed: WholeHost) -> None:
        deployed.image(f"{IMAGES}/image.qcow2", content=b"other")
        deployed.domain.save()
        assert "saved" in deployed.refused(**WHOLE, disks="replace")
        deployed.four_runs(**WHOLE, disks="replace", restart="allowed")
        assert deployed.bytes_of(DISK) == deployed.bytes_of(f"{IMAGES}/image.qcow2")

    def test_off_is_not_ready(self, deployed: WholeHost) -> None:
        assert not deployed.four_runs(**WHOLE, state="shutdown")["ready"]
        assert deployed.four_runs(**WHOLE)["ready"]

    def test_a_guest_that_does_not_shut_down(self, deployed: WholeHost) -> None:
        deployed.domain.obeys = False
        before = deployed.snapshot()
        result = deployed.run(**{**WHOLE, "day0": {"frr.conf": "new"}, "profile": profile(memory=1024)},
                              restart="allowed")
        assert "did not shut down" in result["msg"]
        assert "The host is as it was before" in result["msg"]
        assert deployed.snapshot() == before

    def test_defined_waits_for_nothing(self, deployed: WholeHost) -> None:
        deployed.files.remove(READY)
        deployed.libvirt.says = "panic"
        assert not deployed.applied(**WHOLE, state="defined")["changed"]


@pytest.mark.parametrize("more", [{}, {"state": "absent", "remove_disks": True}, {"autostart": False}])
def test_one_on_its_way_to_another_host_is_left_alone(site: WholeHost, more: Result) -> None:
    """Started here, there could be two of it; its disks may be those of the other host, too."""
    site.applied(**WHOLE, state="shutdown")
    with_note(site.domain.xml, Note(LEFT, "kvm1", "kvm2", autostart=False, running=True, shared=True))
    assert "has not come to its end" in site.refused(**{**WHOLE, **more})


class TestAbsent:
    def test_all_goes(self, site: WholeHost) -> None:
        before = site.snapshot()
        site.applied(**WHOLE)
        result = site.four_runs(state="absent", remove_disks=True, profile=None)
        assert result["state"] == "absent"
        assert site.snapshot() == before

    def test_the_disk_stays(self, site: WholeHost) -> None:
        site.applied(**WHOLE)
        disk = site.bytes_of(DISK)
        site.four_runs(state="absent", profile=None)
        assert site.kernel.names(FOLDER) == ["appliance.json", "disk.qcow2"]
        assert site.bytes_of(DISK) == disk
        assert not site.kernel.vfs
        result = site.four_runs(**WHOLE)
        assert not any("copy of" in action for action in result["actions"])
        assert result["disks"][0]["made_from"] == f"{IMAGES}/image.qcow2"

    def test_what_became_of_the_pf_since_then_is_not_its_own(self, site: WholeHost) -> None:
        site.applied(**WHOLE)
        site.applied(state="absent", profile=None)
        site.make_vfs()
        assert not site.run(state="absent", profile=None)["changed"]
        assert len(site.kernel.vfs) == 3

    @pytest.mark.parametrize("folder", [None, IMAGES, "/srv/none"])
    def test_of_what_was_never_there(self, site: WholeHost, folder: str | None) -> None:
        site.files.write(f"{IMAGES}/ready", "of somebody else")
        before = site.snapshot()
        for check_mode in (True, False):
            result = site.run(check_mode=check_mode, state="absent", remove_disks=True, profile=None, folder=folder)
            assert not result["failed"]
            assert not result["changed"], result["actions"]
        assert site.snapshot() == before

    def test_another_domain_keeps_its_vfs(self, site: WholeHost) -> None:
        site.applied(**WHOLE)
        address = "<address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x4'/>"
        site.other("edge2", f"<interface type='hostdev'><mac address='52:54:00:00:00:07'/><source>{address}</source>"
                            "</interface>", runs=True)
        site.four_runs(state="absent", remove_disks=True, profile=None)
        assert len(site.kernel.vfs) == 3
        assert not site.kernel.vfs[0]["trust"]
        assert site.kernel.vfs[0]["spoofchk"]
        assert site.libvirt.found["edge2"].live is not None

    def test_a_base_of_another_domain_stays(self, site: WholeHost) -> None:
        site.applied(**WHOLE)
        site.image("/srv/over.qcow2", backing=DISK)
        site.other("edge2", "<disk type='file'><source file='/srv/over.qcow2'/><target dev='vda' bus='virtio'/></disk>")
        site.four_runs(state="absent", remove_disks=True, profile=None)
        assert site.kernel.exists(DISK)
        assert site.kernel.exists(f"{IMAGES}/image.qcow2")

    def test_the_image_itself_stays(self, site: WholeHost) -> None:
        site.image(f"{FOLDER}/image.qcow2")
        site.applied(**{**WHOLE, "profile": profile(image=f"{FOLDER}/image.qcow2")})
        site.four_runs(state="absent", remove_disks=True, profile=None)
        assert site.kernel.names(FOLDER) == ["image.qcow2"]

    @pytest.mark.parametrize(("state", "told"), [(6, "crashed"), (3, "paused"), (7, "pmsuspended")])
    def test_a_guest_that_cannot_react(self, deployed: WholeHost, state: int, told: str) -> None:
        deployed.domain.running_state = state
        assert told in deployed.refused(state="absent", profile=None)

    def test_saved(self, deployed: WholeHost) -> None:
        deployed.domain.save()
        assert "saved" in deployed.refused(state="absent", profile=None)
        deployed.four_runs(state="absent", profile=None, restart="allowed")

    def test_crashed_with_leave(self, deployed: WholeHost) -> None:
        deployed.domain.running_state = 6
        deployed.four_runs(state="absent", profile=None, restart="allowed")

    def test_of_the_roles(self, deployed: WholeHost) -> None:
        """Without a record only what the definition names is known."""
        deployed.files.remove(f"{FOLDER}/appliance.json")
        deployed.four_runs(state="absent", profile=None, remove_disks=True)
        assert not deployed.kernel.exists(FOLDER)

    def test_a_pf_that_was_not_as_it_comes(self, site: WholeHost) -> None:
        site.make_vfs()
        before = site.snapshot()
        site.applied(**WHOLE)
        site.applied(state="absent", profile=None, remove_disks=True)
        assert site.snapshot() == before


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
