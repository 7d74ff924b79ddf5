# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance is removed: what was made for it goes, and what others need stays."""

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


def test_all_goes(site: WholeHost) -> None:
    before = site.snapshot()
    site.applied(**WHOLE)
    result = site.four_runs(state="absent", remove_disks=True, profile=None)
    assert result["state"] == "absent"
    assert site.snapshot() == before


def test_the_disk_stays(site: WholeHost) -> None:
    site.applied(**WHOLE)
    disk = site.bytes_of(DISK)
    site.four_runs(state="absent", profile=None)
    assert site.kernel.names(FOLDER) == ["appliance.json", "disk.qcow2"]
    assert site.bytes_of(DISK) == disk
    assert not site.kernel.vfs
    result = site.four_runs(**WHOLE)
    assert not any("copy of" in action for action in result["actions"])
    assert result["disks"][0]["made_from"] == f"{IMAGES}/image.qcow2"


def test_what_became_of_the_pf_since_then_is_not_its_own(site: WholeHost) -> None:
    site.applied(**WHOLE)
    site.applied(state="absent", profile=None)
    site.make_vfs()
    assert not site.run(state="absent", profile=None)["changed"]
    assert len(site.kernel.vfs) == 3


@pytest.mark.parametrize("folder", [None, IMAGES, "/srv/none"])
def test_of_what_was_never_there(site: WholeHost, folder: str | None) -> None:
    site.files.write(f"{IMAGES}/ready", "of somebody else")
    before = site.snapshot()
    for check_mode in (True, False):
        result = site.run(check_mode=check_mode, state="absent", remove_disks=True, profile=None, folder=folder)
        assert not result["failed"]
        assert not result["changed"], result["actions"]
    assert site.snapshot() == before


def test_another_domain_keeps_its_vfs(site: WholeHost) -> None:
    site.applied(**WHOLE)
    address = "<address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x4'/>"
    site.other("edge2", f"<interface type='hostdev'><mac address='52:54:00:00:00:07'/><source>{address}</source>"
                        "</interface>", runs=True)
    site.four_runs(state="absent", remove_disks=True, profile=None)
    assert len(site.kernel.vfs) == 3
    assert not site.kernel.vfs[0]["trust"]
    assert site.kernel.vfs[0]["spoofchk"]
    assert site.libvirt.found["edge2"].live is not None


def test_a_base_of_another_domain_stays(site: WholeHost) -> None:
    site.applied(**WHOLE)
    site.image("/srv/over.qcow2", backing=DISK)
    site.other("edge2", "<disk type='file'><source file='/srv/over.qcow2'/><target dev='vda' bus='virtio'/></disk>")
    site.four_runs(state="absent", remove_disks=True, profile=None)
    assert site.kernel.exists(DISK)
    assert site.kernel.exists(f"{IMAGES}/image.qcow2")


def test_the_image_itself_stays(site: WholeHost) -> None:
    site.image(f"{FOLDER}/image.qcow2")
    site.applied(**{**WHOLE, "profile": profile(image=f"{FOLDER}/image.qcow2")})
    site.four_runs(state="absent", remove_disks=True, profile=None)
    assert site.kernel.names(FOLDER) == ["image.qcow2"]


@pytest.mark.parametrize(("state", "told"), [(6, "crashed"), (3, "paused"), (7, "pmsuspended")])
def test_a_guest_that_cannot_react(deployed: WholeHost, state: int, told: str) -> None:
    deployed.domain.running_state = state
    assert told in deployed.refused(state="absent", profile=None)


def test_saved(deployed: WholeHost) -> None:
    deployed.domain.save()
    assert "saved" in deployed.refused(state="absent", profile=None)
    deployed.four_runs(state="absent", profile=None, restart="allowed")


def test_crashed_with_leave(deployed: WholeHost) -> None:
    deployed.domain.running_state = 6
    deployed.four_runs(state="absent", profile=None, restart="allowed")


def test_of_the_roles(deployed: WholeHost) -> None:
    """Without a record only what the definition names is known."""
    deployed.files.remove(f"{FOLDER}/appliance.json")
    deployed.four_runs(state="absent", profile=None, remove_disks=True)
    assert not deployed.kernel.exists(FOLDER)


def test_a_pf_that_was_not_as_it_comes(site: WholeHost) -> None:
    site.make_vfs()
    before = site.snapshot()
    site.applied(**WHOLE)
    site.applied(state="absent", profile=None, remove_disks=True)
    assert site.snapshot() == before
