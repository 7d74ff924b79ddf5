# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the playbook prepare_host take what it notes of hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.readiness import FilterModule

FILTERS = FilterModule().filters()


def test_the_playbook_notes_all_that_a_report_takes() -> None:
    text = (Path(__file__).parents[4] / "playbooks" / "prepare_host.yml").read_text()
    noted = next(task["ansible.builtin.set_fact"] for task in yaml.safe_load(text)[0]["tasks"]
                 if "ansible.builtin.set_fact" in task)["prepare_host_outcome"]
    assert sorted(noted) == ["checks", "error", "failed", "nodes", "ready", "reboot"]


@pytest.mark.parametrize(("name", "given", "told"), [
    ("readiness_fleet", [{"kvm1": {"checks": [{"name": "kvm"}]}}], "outcomes.kvm1.checks[0].status: it is missing."),
    ("readiness_fleet", [["kvm1"]], "outcomes = ['kvm1']: it must be a dictionary."),
    ("readiness_table", [{"ready": "maybe"}, "kvm1"], "outcome.ready = 'maybe': it must be true or false."),
    ("readiness_table", [{}, "kvm1", 5], "width = 5: it must be a number from 20 to 999."),
    ("readiness_html", [{"hosts": []}], "fleet.summary: it is missing."),
])
def test_parameters_are_named(name: str, given: list[object], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        FILTERS[name](*given)
    assert str(raised.value).startswith(told)


def test_an_error_of_any_type_is_shown_as_a_text() -> None:
    assert FILTERS["readiness_table"]({"error": ["a", 1]}, "kvm1") == ["kvm1: failed", "['a', 1]"]
