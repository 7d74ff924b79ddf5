# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All hosts for programs."""

from __future__ import annotations

import json

from ansible_collections.nfv.kvm.plugins.filter.readiness import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.report.outcomes import FLEET, OUTCOME

readiness_fleet = FilterModule().filters()["readiness_fleet"]


def test_a_fleet_for_programs() -> None:
    fleet = readiness_fleet(FLEET)
    assert fleet["summary"] == {"failed": 1, "not reached": 1, "not ready": 1, "waits for a reboot": 1, "ready": 1}
    assert [(host["host"], host["state"], host["ready"], host["reboot_required"]) for host in fleet["hosts"]] == [
        ("kvm1", "not ready", False, False), ("kvm2", "ready", True, False), ("kvm3", "not reached", False, False),
        ("kvm4", "waits for a reboot", False, True), ("kvm5", "failed", False, False)]
    assert fleet["hosts"][0]["checks"] == OUTCOME["checks"]
    assert json.loads(json.dumps(fleet)) == fleet
