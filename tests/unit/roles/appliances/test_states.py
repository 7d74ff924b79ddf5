# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles vsrx and vmx ask of virtual_appliance and virtual_switch, whose stand-ins say what they are given."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[4]
SAYS = {
    "virtual_appliance/tasks/main.yml": "made {{ virtual_appliance_name }} {{ virtual_appliance_state }}",
    "virtual_appliance/tasks/foresee.yml": "judged {{ virtual_appliance_name }} {{ virtual_appliance_state }}",
    "virtual_appliance/tasks/host.yml": "host for {{ virtual_appliance_kind }} {{ virtual_appliance_release }}",
    "virtual_switch/tasks/main.yml": "bridges {{ virtual_switch_bridges | map(attribute='name') | join(' ') }}",
    "virtual_switch/tasks/take_back.yml": "back {{ virtual_switch_made | map(attribute='name') | join(' ') }} "
                                          "of {{ virtual_switch_domains | join(' ') }}",
}
VSRX: dict[str, t.Any] = {
    "vsrx_name": "fw", "vsrx_release": "21.4R1", "vsrx_image": "/images/vsrx.qcow2",
    "vsrx_interfaces": [{"type": "bridge", "source": {"bridge": "br-mgmt"}}],
    "vsrx_cluster": {"id": 1, "node": 0, "control": {"bridge": "br-control", "ports": []},
                     "fabric": {"bridge": "br-fabric", "ports": []}}}


def run(folder: Path, role: str, *options: str, **variables: t.Any) -> list[str]:
    """What the stand-ins say, in order."""
    roles = folder / "roles"
    shutil.copytree(REPOSITORY / "roles" / role, roles / role)
    for file in (roles / role / "tasks").iterdir():
        file.write_text(re.sub(r"nfv\.kvm\.(virtual_\w+)$", r"\1", file.read_text(), flags=re.MULTILINE))
    for path, says in SAYS.items():
        (roles / path).parent.mkdir(parents=True, exist_ok=True)
        (roles / path).write_text(json.dumps([{"ansible.builtin.debug": {"msg": f"<{says}>"}}]))
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": [role],
            "vars": {**variables, "ansible_python_interpreter": sys.executable}}
    (folder / "play.yml").write_text(json.dumps([play]))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "--check", *options]
    done = subprocess.run(
        [*command, str(folder / "play.yml")],
        env={**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
             "ANSIBLE_COLLECTIONS_PATH": "build/collections"},
        capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.findall(r'msg\W+<(.*)>', done.stdout)


def test_a_vsrx_that_is_shut_down_is_still_judged(tmp_path: Path) -> None:
    assert run(tmp_path, "vsrx", **VSRX, vsrx_state="shutdown") == [
        "host for vsrx 21.4R1", "judged fw shutdown", "bridges br-control br-fabric", "made fw shutdown"]


@pytest.mark.parametrize(("options", "said"), [
    ((), ["judged fw absent", "made fw absent", "back br-control br-fabric of fw"]),
    (("--tags=appliance",), ["judged fw absent", "made fw absent"]),
    (("--tags=check",), ["judged fw absent"]),
])
def test_a_vsrx_is_removed(tmp_path: Path, options: tuple[str, ...], said: list[str]) -> None:
    """What would be refused of a new one, such as a host that is not ready, does not keep it."""
    assert run(tmp_path, "vsrx", *options, **VSRX, vsrx_state="absent") == said


def test_a_vmx_is_removed(tmp_path: Path) -> None:
    """Its name is enough, neither its images nor its NICs have to be there."""
    assert run(tmp_path, "vmx", vmx_id="a", vmx_state="absent") == [
        "judged vcp-a absent", "judged vfp-a absent", "made vcp-a absent", "made vfp-a absent",
        "back br-int-a of vcp-a vfp-a"]
