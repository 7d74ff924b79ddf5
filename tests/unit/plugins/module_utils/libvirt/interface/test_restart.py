# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_interface with restart: allowed: once, at the end, and only where something waits for it."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import (
    ARRIVING,
    LEAVING,
    LEFT,
    Note,
    with_note,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeDomain
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

BRIDGE: Result = {"name": "fxp0", "type": "bridge", "source": {"bridge": "br0"}, "model": "virtio"}
VF: Result = {"name": "ge0", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}, "vlan": {"tags": [100]}}
MTU: Result = {"name": "fxp0", "mtu": 9000}


def running(lab: Lab, machine: str = "pc") -> FakeDomain:
    lab.domain(machine=machine)
    lab.vm_interface(BRIDGE, VF)
    lab.libvirt.found["a"].create()
    lab.libvirt.started = 0
    return lab.libvirt.found["a"]


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_what_waits_restarts_the_guest_once(lab: Lab, machine: str) -> None:
    domain = running(lab, machine)
    changed = lab.four_runs(MTU, restart="allowed")
    assert changed["actions"] == ["domain a: NIC fxp0: mtu none → 9000", "domain a: restart"]
    assert changed["interfaces"][0]["changes"] == {"mtu": "needs_restart"}
    assert not changed["needs_restart"]
    assert lab.libvirt.started == 1
    assert domain.live.find("devices/interface/mtu").get("size") == "9000"


def test_a_new_order_restarts_the_guest(lab: Lab) -> None:
    running(lab)
    turned = lab.four_runs(VF, BRIDGE, state="exact", restart="allowed")
    assert [nic["name"] for nic in turned["interfaces"]] == ["ge0", "fxp0"]
    assert turned["actions"][-1] == "domain a: restart"


def test_what_waited_before_is_made_good(lab: Lab) -> None:
    running(lab)
    assert lab.four_runs(MTU)["needs_restart"]
    assert lab.four_runs(MTU, restart="allowed")["actions"] == ["domain a: restart"]


def test_nothing_that_waits_is_no_restart(lab: Lab) -> None:
    running(lab)
    assert not lab.four_runs(BRIDGE, VF, restart="allowed")["changed"]
    for items in ([{"name": "fxp0", "link_state": "down"}], [{"name": "ge0", "vlan": {"tags": [7]}}],
                  [{"name": "fxp0", "boot_order": 1}], [{**BRIDGE, "name": "new"}]):
        assert "domain a: restart" not in lab.four_runs(*items, restart="allowed")["actions"]
    assert lab.libvirt.started == 0
    lab.libvirt.found["a"].destroy()
    assert lab.four_runs({"name": "fxp0", "mtu": 1400}, restart="allowed")["actions"] == [
        "domain a: NIC fxp0: mtu none → 1400"], "a domain that does not run is not started"


def test_a_guest_that_does_not_shut_down_goes_on_and_keeps_its_definition(lab: Lab) -> None:
    domain = running(lab)
    domain.obeys = False
    refused = lab.vm_interface(MTU, restart="allowed", timeout=30)
    assert refused["error"]["type"] == "InUse"
    assert "it did not shut down within 30 seconds and still runs" in refused["msg"]
    assert refused["actions"] == ["domain a: NIC fxp0: mtu none → 9000"]
    assert domain.isActive()
    assert domain.xml.find("devices/interface/mtu").get("size") == "9000"
    domain.obeys = True
    assert lab.four_runs(MTU, restart="allowed")["actions"] == ["domain a: restart"]


@pytest.mark.parametrize(("state", "word"), [(3, "paused"), (7, "pmsuspended")])
def test_a_guest_that_cannot_react_is_refused_before_anything_changes(lab: Lab, state: int, word: str) -> None:
    domain = running(lab)
    domain.running_state = state
    before = lab.texts()
    for check_mode in (True, False):
        refused = lab.vm_interface(MTU, restart="allowed", check_mode=check_mode)
        assert f"it is {word}, so its guest cannot react to the power button" in refused["msg"]
    assert lab.texts() == before
    assert not lab.vm_interface({"name": "fxp0", "link_state": "down"}, restart="allowed")["failed"]


def test_the_power_of_a_crashed_guest_is_cut(lab: Lab) -> None:
    domain = running(lab)
    domain.running_state = 6
    assert lab.four_runs(MTU)["needs_restart"]
    assert lab.four_runs(MTU, restart="allowed")["actions"] == [
        "domain a: power it off, because its guest has crashed", "domain a: start"]
    assert (domain.running_state, lab.libvirt.calls["shutdown"], lab.libvirt.calls["resume"]) == (1, 0, 0)


def saved(lab: Lab) -> FakeDomain:
    """A domain that is saved with a NIC; it cannot have VFs then."""
    lab.domain()
    lab.vm_interface(BRIDGE)
    domain = lab.libvirt.found["a"]
    domain.create()
    domain.save()
    return domain


# (what is wanted, state, how it takes effect): nothing reaches the guest before its saved state is discarded.
SAVED: list[tuple[Result, str, dict[str, str]]] = [
    (MTU, "present", {"mtu": "needs_restart"}),
    ({"name": "fxp0", "link_state": "down"}, "present", {"link_state": "needs_restart"}),
    ({"name": "fxp0", "boot_order": 1}, "present", {"boot_order": "config"}),
    ({**BRIDGE, "name": "new"}, "present", {}),
    ({"name": "fxp0"}, "absent", {}),
]


@pytest.mark.parametrize(("wanted", "state", "changes"), SAVED)
def test_a_saved_guest_comes_back_with_the_nics_that_it_was_saved_with(
    lab: Lab, wanted: Result, state: str, changes: dict[str, str]
) -> None:
    domain = saved(lab)
    assert not lab.four_runs(BRIDGE)["needs_restart"]
    changed = lab.four_runs(wanted, state=state)
    waits = wanted.get("boot_order") is None
    assert changed["needs_restart"] is waits
    if changes:
        assert changed["interfaces"][0]["changes"] == changes
    assert lab.vm_interface(wanted, state=state)["needs_restart"] is waits, "the next run says so, too"
    assert (domain.managed_save, domain.isActive()) == (True, 0)
    if waits:
        discarded = lab.four_runs(wanted, state=state, restart="allowed")
        assert discarded["actions"] == ["domain a: discard its saved state"]
        assert (discarded["needs_restart"], domain.managed_save, domain.isActive()) == (False, False, 0)
    else:
        assert not lab.four_runs(wanted, state=state, restart="allowed")["changed"]


def test_a_new_nic_of_a_saved_guest_waits(lab: Lab) -> None:
    saved(lab)
    made = lab.four_runs({**BRIDGE, "name": "new"}, restart="never")
    assert set(made["interfaces"][-1]["changes"].values()) == {"needs_restart"}
    both = lab.four_runs({**BRIDGE, "name": "newer"}, restart="allowed")
    assert both["actions"][-1] == "domain a: discard its saved state"
    assert not both["needs_restart"]


def test_a_domain_that_cannot_start_again_says_that_it_is_off(lab: Lab) -> None:
    domain = running(lab)
    lab.libvirt.at("create", 1, lab.libvirt.fail)
    failed = lab.vm_interface(MTU, restart="allowed")
    assert failed["error"]["type"] == "CommandFailed"
    assert "The domain has shut down for its restart and is still off" in failed["msg"]
    domain.create()
    assert not lab.four_runs(MTU, restart="allowed")["changed"]


@pytest.mark.parametrize("timeout", [0, -5])
def test_a_timeout_that_leaves_no_time(lab: Lab, timeout: int) -> None:
    running(lab)
    assert f"timeout = {timeout}: it must be at least 1" in lab.vm_interface(MTU, timeout=timeout)["msg"]


@pytest.mark.parametrize("state", ["running", "defined"])
@pytest.mark.parametrize("stage", [LEAVING, LEFT, ARRIVING])
def test_a_domain_whose_move_has_not_ended_keeps_its_nics(lab: Lab, stage: str, state: str) -> None:
    lab.domain(state=state)
    lab.vm_interface({"name": "n", "type": "user"})
    with_note(lab.libvirt.found["a"].xml, Note(stage, "kvm1", "kvm2", autostart=False, running=True, shared=False))
    before = lab.texts()
    for way, check_mode in itertools.product(("present", "exact", "absent"), (True, False)):
        refused = lab.vm_interface({"name": "n", "link_state": "down"}, state=way, check_mode=check_mode)
        assert refused["error"]["type"] == "InUse"
        assert "domain a: its move from kvm1 to kvm2 is not complete. Run the move again" in refused["msg"]
    assert lab.vm_interface({"name": "n"})["actions"] == [], "what changes nothing is not refused"
    assert lab.texts() == before
