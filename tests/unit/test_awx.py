# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection in AWX: the files of the guide, and what a job of ansible-runner can do with them alone."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "docsite" / "guides" / "awx.md").read_text(encoding="utf-8")
# By the name in the first line of each
FILES = {text.partition("\n")[0].removeprefix("# "): text
         for text in re.findall(r"^```ya?ml\n(# .*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)}
PLAYBOOKS = sorted(path.name for path in (ROOT / "playbooks").glob("*.yml"))


def test_files() -> None:
    assert set(FILES) == {"execution-environment.yml", "requirements.yml", "deploy_appliance.yml", "job_template.yml"}


def test_ansible_builder_accepts_the_execution_environment(tmp_path: Path) -> None:
    pytest.importorskip("ansible_builder")
    for name in ("execution-environment.yml", "requirements.yml"):
        (tmp_path / name).write_text(FILES[name])
    create = [sys.executable, "-m", "ansible_builder", "create", "--output-filename", "Containerfile"]
    subprocess.run(create, cwd=tmp_path, check=True)
    assert "ansible-core ~= 2.18.0" in (tmp_path / "context" / "Containerfile").read_text()


def test_ansible_builder_finds_what_the_collection_needs() -> None:
    """On the controller: ucsmsdk and an SSH client. It looks for the files from the root of the collection."""
    introspect = pytest.importorskip("ansible_builder._target_scripts.introspect")
    python, system = introspect.process_collection(str(ROOT))
    assert [line.split()[0] for line in python] == ["ucsmsdk"]
    assert {line.split()[0] for line in system} == {"openssh-client", "openssh-clients"}


def test_requirements() -> None:
    (one,) = yaml.safe_load(FILES["requirements.yml"])["collections"]
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert one["name"] == f"{galaxy['namespace']}.{galaxy['name']}"
    assert one["version"] == f">={galaxy['version']}"


def test_job_template() -> None:
    """The survey asks for variables of the role, with its choices. With the rest, the role accepts them."""
    (play,), (imported,) = yaml.safe_load(FILES["job_template.yml"]), yaml.safe_load(FILES["deploy_appliance.yml"])
    template = play["tasks"][0]["awx.awx.job_template"]
    assert template["playbook"] == "deploy_appliance.yml"
    assert f"{imported['ansible.builtin.import_playbook'].removeprefix('nfv.kvm.')}.yml" in PLAYBOOKS
    specs = yaml.safe_load((ROOT / "roles/virtual_appliance/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options: dict[str, t.Any] = specs["argument_specs"]["main"]["options"]
    asked = {question["variable"]: question for question in template["survey_spec"]["spec"]}
    assert set(asked) - {"appliance_hosts"} <= set(options)
    for name, question in asked.items():
        choices = question.get("choices", [None])
        assert set(choices) <= set(options.get(name, {}).get("choices", choices))
        assert question.get("default") in choices
    profiles = {path.stem for path in (ROOT / "roles" / "virtual_appliance" / "profiles").glob("*.yml")}
    assert set(asked["virtual_appliance_profile"]["choices"]) <= profiles
    given = {**template["extra_vars"], **{name: question.get("default", "edge") for name, question in asked.items()}}
    del given["appliance_hosts"]
    assert ArgumentSpecValidator(options).validate(given).error_messages == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_runner_starts_each_playbook_in_an_empty_folder(tmp_path: Path, playbook: str) -> None:
    runner = pytest.importorskip("ansible_runner")
    run = runner.run(
        private_data_dir=str(tmp_path), playbook=f"nfv.kvm.{playbook.removesuffix('.yml')}", quiet=True,
        inventory="kvm1,", extravars={"kvm_hosts": "kvm1"}, cmdline="--syntax-check",
        envvars={"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections")})
    assert (run.status, run.rc) == ("successful", 0)
