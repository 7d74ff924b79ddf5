# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README of each role: its variables are those of the role, and its examples are plays that the role accepts."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROLES = Path(__file__).parents[3] / "roles"
NAMES = sorted(role.name for role in ROLES.iterdir())
PLAYBOOKS = {playbook.stem for playbook in (ROLES.parent / "playbooks").glob("*.yml")}
MODULES = {module.stem for module in (ROLES.parent / "plugins" / "modules").glob("*.py")}


def readme(role: str) -> str:
    return (ROLES / role / "README.md").read_text(encoding="utf-8")


def specs(role: str) -> dict[str, t.Any]:
    """By entry point, the options of a role."""
    read = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return {name: spec["options"] for name, spec in read["argument_specs"].items()}


def uses(role: str) -> list[tuple[str, dict[str, t.Any]]]:
    """The entry points that the examples use, with their variables."""
    found = []
    for example in re.findall(r"^```yaml\n(.*?)^```$", readme(role), re.MULTILINE | re.DOTALL):
        for play in yaml.safe_load(example):
            assert play["name"][0].isupper()
            found += [("main", entry["vars"]) for entry in play.get("roles", []) if entry["role"] == f"nfv.kvm.{role}"]
            found += [(task["ansible.builtin.include_role"].get("tasks_from", "main"), task["vars"])
                      for task in play.get("tasks", []) if "ansible.builtin.include_role" in task]
    return found


@pytest.mark.parametrize("role", NAMES)
def test_examples_are_accepted_by_every_entry_point(role: str) -> None:
    assert {entry_point for entry_point, _variables in uses(role)} == set(specs(role))
    for entry_point, variables in uses(role):
        options = specs(role)[entry_point]
        assert ArgumentSpecValidator(options).validate(variables).error_messages == []
        assert set(variables) <= set(options)


@pytest.mark.parametrize("role", NAMES)
def test_names_only_what_there_is(role: str) -> None:
    text = readme(role)
    options = {option for spec in specs(role).values() for option in spec}
    variables = set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))
    assert variables <= options
    assert {name for name, option in specs(role)["main"].items() if option.get("required")} <= variables
    assert set(re.findall(r"nfv\.kvm\.(\w+)", text)) <= {*NAMES, *PLAYBOOKS, *MODULES}
    assert f"`ansible-doc -t role nfv.kvm.{role}`" in text


@pytest.mark.parametrize("role", NAMES)
def test_tells_the_defaults_of_the_role(role: str) -> None:
    """A default in the table that is a value is the one of defaults/main.yml."""
    defaults = yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    told = dict(re.findall(r"^\| `(\w+)` \| `(.*?)`", readme(role), re.MULTILINE))
    assert told
    literal = {name: yaml.safe_load(value) for name, value in told.items() if "{{" not in str(defaults.get(name))}
    assert {name: defaults.get(name) for name in literal} == literal
