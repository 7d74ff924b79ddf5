# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Appliances that are paused, suspended, crashed, saved or off are handled as vm_domain documents."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import console_log
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    FOLDER,
    IMAGES,
    READY,
    WHOLE,
    WholeHost,
    profile,
)

DISK = f"{FOLDER}/disk.qcow2"


def test_paused(deployed: WholeHost) -> None:
    deployed.domain.suspend()
    assert deployed.four_runs(**WHOLE)["state"] == "running"
    deployed.domain.suspend()
    assert not deployed.run(**WHOLE, state="defined")["changed"]
    assert "paused" in deployed.refused(**WHOLE, state="shutdown")


def test_suspended_by_its_guest(deployed: WholeHost) -> None:
    deployed.domain.running_state = 7
    result = deployed.four_runs(**WHOLE)
    assert result["actions"] == ["domain edge1: wake up"]
    assert result["ready"]
    assert deployed.libvirt.started == 1


def test_paused_and_waiting_for_a_restart(deployed: WholeHost) -> None:
    deployed.domain.suspend()
    changed = {**WHOLE, "profile": profile(memory=1024), "restart": "allowed"}
    assert "paused" in deployed.refused(**changed, state="defined")
    assert not deployed.four_runs(**changed)["needs_restart"]


def test_crashed(deployed: WholeHost) -> None:
    deployed.domain.running_state = 6
    assert "crashed" in deployed.refused(**WHOLE)
    assert "crashed" in deployed.refused(**WHOLE, state="shutdown")
    result = deployed.four_runs(**WHOLE, restart="allowed")
    assert [action.partition(": ")[2][:9] for action in result["actions"]] == ["power it ", "start", "wait unti"]
    assert result["ready"]


def test_crashed_and_a_new_image_that_does_not_boot(deployed: WholeHost) -> None:
    """The guest cannot come back, and the message says so."""
    deployed.domain.running_state = 6
    deployed.image(f"{IMAGES}/image.qcow2", content=b"other")
    old = deployed.bytes_of(DISK)
    deployed.libvirt.at("create", 1, deployed.libvirt.fail)
    result = deployed.run(**WHOLE, restart="allowed", disks="replace")
    assert "except for these changes: domain edge1: power it off" in result["msg"]
    assert deployed.bytes_of(DISK) == old
    assert deployed.domain.live is None


def test_saved(deployed: WholeHost) -> None:
    deployed.domain.save()
    assert deployed.four_runs(**WHOLE, state="shutdown")["state"] == "saved"
    result = deployed.four_runs(**WHOLE)
    assert result["actions"] == ["domain edge1: start from its saved state"]
    assert result["ready"]


def test_saved_with_another_definition(deployed: WholeHost) -> None:
    deployed.domain.save()
    changed = {**WHOLE, "profile": profile(memory=1024)}
    assert deployed.four_runs(**changed, state="defined")["needs_restart"]
    assert deployed.four_runs(**changed)["needs_restart"]
    deployed.domain.save()
    result = deployed.four_runs(**changed, restart="allowed")
    assert "domain edge1: discard its saved state" in result["actions"]
    assert not result["needs_restart"]


def test_saved_and_another_image(deployed: WholeHost) -> None:
    deployed.image(f"{IMAGES}/image.qcow2", content=b"other")
    deployed.domain.save()
    assert "saved" in deployed.refused(**WHOLE, disks="replace")
    deployed.four_runs(**WHOLE, disks="replace", restart="allowed")
    assert deployed.bytes_of(DISK) == deployed.bytes_of(f"{IMAGES}/image.qcow2")


def test_off_is_not_ready(deployed: WholeHost) -> None:
    assert not deployed.four_runs(**WHOLE, state="shutdown")["ready"]
    assert deployed.four_runs(**WHOLE)["ready"]


def test_a_guest_that_does_not_shut_down(deployed: WholeHost) -> None:
    deployed.domain.obeys = False
    before = deployed.snapshot()
    result = deployed.run(**{**WHOLE, "day0": {"frr.conf": "new"}, "profile": profile(memory=1024)},
                          restart="allowed")
    assert "did not shut down" in result["msg"]
    assert "nfv.kvm.vm_domain, state: shutdown and a timeout" in result["msg"]
    assert "The previous state was restored" in result["msg"]
    assert deployed.snapshot() == before


def test_defined_waits_for_nothing(deployed: WholeHost) -> None:
    deployed.files.remove(READY)
    deployed.libvirt.says = "panic"
    assert not deployed.applied(**WHOLE, state="defined")["changed"]


def test_started_by_somebody_else_it_is_not_ready_yet(deployed: WholeHost) -> None:
    deployed.domain.end()
    deployed.libvirt.says = "Booting still"
    deployed.domain.create()
    assert not deployed.applied(**WHOLE, state="defined")["ready"]
    result = deployed.run(**WHOLE)
    assert "did not show" in result["msg"]
    deployed.files.write(console_log("edge1"), "login:")
    result = deployed.applied(**WHOLE)
    assert result["ready"]
    assert not result["changed"]


def test_a_rotated_console_log_no_longer_shows_the_boot(deployed: WholeHost) -> None:
    deployed.domain.end()
    deployed.libvirt.says = "%LINK-3-UPDOWN"
    deployed.domain.create()
    deployed.files.write(f"{console_log('edge1')}.0", "login:")
    result = deployed.applied(**WHOLE)
    assert result["ready"]
    assert not result["changed"]


def test_after_a_reboot_of_the_host_the_same_pid_is_another_run(deployed: WholeHost) -> None:
    deployed.files.write("/proc/sys/kernel/random/boot_id", "f00d")
    deployed.files.write(console_log("edge1"), "Booting still")
    assert not deployed.applied(**WHOLE, state="defined")["ready"]


def test_restored_by_somebody_else_it_goes_on(deployed: WholeHost) -> None:
    deployed.domain.save()
    deployed.domain.create()
    deployed.files.write(console_log("edge1"), "")
    assert deployed.four_runs(**WHOLE)["ready"]
    deployed.domain.suspend()
    deployed.domain.resume()
    assert deployed.four_runs(**WHOLE)["ready"]


def test_migrated_it_is_as_ready_as_it_was(deployed: WholeHost) -> None:
    """The file came along from a host where the domain had another process."""
    deployed.files.write(READY, "other 7")
    deployed.domain.reason = 2
    assert deployed.four_runs(**WHOLE)["ready"]
