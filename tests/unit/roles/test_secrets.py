# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles declare which of their variables are secret, and do not show them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[3]
SECRET = {"kvm_host": {"kvm_host_bmc.password"}, "virtual_appliance": {"virtual_appliance_day0"},
          "vm_fex": {"vm_fex_ucs.password"}, "vmx": {"vmx_day0"}, "vsrx": {"vsrx_config"}}
HASH = "$6$salt$notToBeSeen"
# Roles with variables that they accept, and that let them get as far as the first look at this machine.
DEPLOYED: dict[str, dict[str, t.Any]] = {
    "vmx": {"vmx_id": "a", "vmx_release": "18.2R1", "vmx_day0": {"config/juniper.conf": HASH}},
    "vsrx": {"vsrx_name": "a", "vsrx_release": "21.4R3", "vsrx_image": "/x", "vsrx_config": f"root {{ {HASH}; }}",
             "vsrx_interfaces": [{"type": "bridge", "source": {"bridge": "none"}}] * 2},
}


def secrets(options: dict[str, t.Any], path: str = "") -> t.Iterator[str]:
    for name, option in options.items():
        if option.get("no_log"):
            yield f"{path}{name}"
        yield from secrets(option.get("options", {}), f"{path}{name}.")


@pytest.mark.parametrize("role", sorted(role.name for role in (REPOSITORY / "roles").iterdir()))
def test_secrets_are_declared(role: str) -> None:
    specs = yaml.safe_load((REPOSITORY / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    found = {name for spec in specs["argument_specs"].values() for name in secrets(spec["options"])}
    assert found == SECRET.get(role, set())


@pytest.mark.parametrize("role", DEPLOYED)
def test_secrets_are_not_shown(role: str, tmp_path: Path) -> None:
    """Not even by a run that says all that there is to say, and fails."""
    task = {"ansible.builtin.include_role": {"name": f"nfv.kvm.{role}"}, "vars": DEPLOYED[role]}
    (tmp_path / "play.yml").write_text(json.dumps([{
        "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-vvvv", "--diff", "--check", str(tmp_path / "play.yml")],
        env={**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
             "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
             "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "build" / "collections")},
        capture_output=True, text=True, check=False)
    assert done.stdout.count("TASK [") >= 3, done.stdout
    assert "notToBeSeen" not in done.stdout + done.stderr
