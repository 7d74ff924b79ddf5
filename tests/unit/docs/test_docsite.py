# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation works when it is pasted: Ansible can read it, and has all its options.

Blocks of ``yaml`` are plays, tasks, variables of roles, or an inventory. YAML of other programs is in ``yml``.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.task import Task

REPOSITORY = Path(__file__).parents[3]
SITE = REPOSITORY / "docs" / "docsite"
PAGES = [*sorted(SITE.rglob("*.md")), REPOSITORY / "README.md"]
BLOCK = re.compile(r"^( *)```(yaml|yml)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)", re.DOTALL)
QUOTE = re.compile(r'"([^"]{15,})"')
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
KEYWORDS = {*Task.fattributes, "local_action"}
# What a templated value could be, by the type of its option
STAND_IN: dict[str, t.Any] = {"str": "text", "path": "/path", "int": 1, "bool": True, "list": [], "raw": "text"}

Example = dict[str, t.Any]
Spec = dict[str, dict[str, t.Any]]


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of UCS Manager, which the pages put into the environment."""
    for name in ("HOSTNAME", "USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"UCS_{name}", "text")


def blocks(language: str) -> list[t.Any]:
    """The examples as parameters, each called by its page and line."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            if block[2] == language:
                line = text.count("\n", 0, block.start()) + 1
                content = re.sub(f"^{block[1]}", "", block[3], flags=re.MULTILINE)
                found.append(pytest.param(content, id=f"{page.relative_to(REPOSITORY)}:{line}"))
    return found


class Captured(Exception):
    """The argument spec of a module, with what it says of options together."""


@functools.cache
def spec_of_module(name: str) -> tuple[Spec, dict[str, t.Any]]:
    module = importlib.import_module(f"ansible_collections.nfv.kvm.plugins.modules.{name}")

    def capture(spec: Spec, **others: t.Any) -> t.NoReturn:
        raise Captured(spec, others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "module_with", capture)
        with pytest.raises(Captured) as captured:
            module.main()
    return captured.value.args


@functools.cache
def specs_of_role(name: str) -> dict[str, Spec]:
    """The options of each entry point of a role."""
    path = REPOSITORY / "roles" / name / "meta" / "argument_specs.yml"
    points = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    return {point: said.get("options", {}) for point, said in points.items()}


@functools.cache
def defaults_of_role(name: str) -> Example:
    path = REPOSITORY / "roles" / name / "defaults" / "main.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


@functools.cache
def variables() -> Spec:
    """The variables of all roles."""
    return {name: option for role in (REPOSITORY / "roles").iterdir() for spec in specs_of_role(role.name).values()
            for name, option in spec.items()}


@functools.cache
def builtin_options(name: str) -> set[str]:
    module = importlib.import_module(f"ansible.modules.{name}")
    return {*yaml.safe_load(module.DOCUMENTATION).get("options", {})}


def stand_in(option: dict[str, t.Any]) -> t.Any:
    """A value that an option takes."""
    if option.get("type") == "dict":
        return {name: stand_in(part) for name, part in option.get("options", {}).items() if part.get("required")}
    return option.get("choices", [STAND_IN[option.get("type", "str")]])[0]


def filled(value: t.Any, option: dict[str, t.Any]) -> t.Any:
    """A value of which each templated part is one that its option takes."""
    if isinstance(value, str) and "{{" in value:
        return stand_in(option)
    inner = option.get("options", {})
    if isinstance(value, dict):
        return {key: filled(part, inner[key]) if key in inner else part for key, part in value.items()}
    if isinstance(value, list):
        one = {"type": option.get("elements", "raw"), "options": inner}
        return [filled(part, one) for part in value]
    return value


def check(spec: Spec, given: Example, **others: t.Any) -> None:
    wanted = copy.deepcopy(filled(given, {"type": "dict", "options": spec}))
    result = ArgumentSpecValidator(spec, **others).validate(wanted)
    assert result.error_messages == []


def check_task(task: Example) -> None:
    assert re.match(r"[A-Z]", task["name"]), "a task has a sentence as its name"
    (action,) = task.keys() - KEYWORDS
    given = task[action] or {}
    assert action.count(".") == 2, "the full name of a module"
    name = action.rpartition(".")[2]
    if action.startswith("nfv.kvm."):
        spec, others = spec_of_module(name)
        check(spec, given, **others)
    elif name in ("include_role", "import_role"):
        role = given["name"].removeprefix("nfv.kvm.")
        spec = specs_of_role(role)[given.get("tasks_from", "main")]
        usual = {option: value for option, value in defaults_of_role(role).items() if option in spec}
        # Such as those of virtual_appliance, which vsrx and vmx use
        others = {option: variables()[option] for option in task.get("vars", {}).keys() & variables().keys()}
        check({**others, **spec}, {**usual, **task.get("vars", {})})
    elif isinstance(given, dict) and name != "set_fact":
        assert given.keys() <= builtin_options(name)


def is_inventory(example: Example) -> bool:
    return all(isinstance(group, dict) and "hosts" in group for group in example.values())


@pytest.mark.parametrize("text", blocks("yaml"))
def test_an_example_has_the_options_that_it_uses(text: str) -> None:
    example = yaml.safe_load(text)
    if isinstance(example, dict):
        if not is_inventory(example):
            assert example.keys() <= variables().keys()
            check({name: variables()[name] for name in example}, example)
        return
    for entry in example:
        if playbook := entry.get("ansible.builtin.import_playbook"):
            assert (REPOSITORY / "playbooks" / f"{playbook.removeprefix('nfv.kvm.')}.yml").is_file()
        else:
            for task in entry["tasks"] if "hosts" in entry else [entry]:
                check_task(task)


@pytest.mark.parametrize("text", blocks("yml"))
def test_yaml_of_others_can_be_read(text: str) -> None:
    assert isinstance(yaml.safe_load(text), (dict, list))


def test_ansible_can_read_all_examples(tmp_path: Path) -> None:
    plays: list[Example] = []
    for example in (yaml.safe_load(block.values[0]) for block in blocks("yaml")):
        if isinstance(example, list) and example[0].keys() & {"hosts", "ansible.builtin.import_playbook"}:
            plays += example
        elif isinstance(example, list):
            plays.append({"hosts": "kvm", "tasks": example})
    playbook = tmp_path / "examples.yml"
    playbook.write_text(yaml.safe_dump(plays), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "--syntax-check", "--inventory", "kvm,", playbook],
        capture_output=True, text=True, check=False, cwd=REPOSITORY,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "build" / "collections")})
    assert done.returncode == 0, done.stderr


def test_links_lead_to_files() -> None:
    """``make docs`` also looks at the headings. These pages are there after it has run."""
    generated = {(SITE / page).resolve() for page in ("contributing.md", "reference/profiles.md")}
    for page in PAGES:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            path = (page.parent / target).resolve()
            assert path.exists() or path in generated, f"{page.relative_to(REPOSITORY)}: {target}"


def test_each_symptom_has_a_cause_and_what_to_run() -> None:
    symptoms = []
    for page in sorted((SITE / "howto").glob("*.md")):
        for entry in re.split(r"^(?=## )", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            symptoms += HEADING.findall(entry)
            for part in ("**Cause.**", "**How the collection finds it.**", "**What to run.**"):
                assert entry.count(part) == 1, f"{page.name}: {symptoms[-1]}: {part}"
    assert len(symptoms) == len({*symptoms})
    assert len(symptoms) >= 40


def test_quoted_messages_are_those_of_the_collection() -> None:
    """Where a page tells how the collection finds something, it quotes its messages; … stands for what differs."""
    said = "\n".join(text for path in (REPOSITORY / "plugins").rglob("*.py") for text in texts(path))
    quotes = 0
    for page in sorted((SITE / "howto").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for part in re.findall(r"\*\*How the collection finds it\.\*\*.*?\n\n", text, re.DOTALL):
            for quote in QUOTE.findall(" ".join(part.split())):
                quotes += 1
                assert all(words.strip() in said for words in quote.split("…")), f"{page.name}: {quote}"
    assert quotes > 10


def texts(path: Path) -> t.Iterator[str]:
    """The strings of a program; those with values have … in the place of each."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant):
            yield str(node.value)


@pytest.mark.parametrize("wrong", [
    {"name": "Create VFs", "nfv.kvm.sriov_vf": {"pf": "eno2", "numvf": 4}},
    {"name": "Create VFs", "nfv.kvm.sriov_vf": {"numvfs": 4}},
    {"name": "Create VFs", "nfv.kvm.sriov_vf": {"pf": "eno2", "vfs": [{"index": "0", "vlna": 1}]}},
    {"name": "Prepare", "ansible.builtin.include_role": {"name": "nfv.kvm.kvm_host"}, "vars": {"kvm_host_boot": 1}},
    {"name": "Copy", "ansible.builtin.copy": {"destination": "/etc/motd"}},
    {"name": "create VFs", "nfv.kvm.sriov_vf": {"pf": "eno2"}},
])
def test_a_wrong_example_is_noticed(wrong: Example) -> None:
    with pytest.raises(AssertionError):
        check_task(wrong)
