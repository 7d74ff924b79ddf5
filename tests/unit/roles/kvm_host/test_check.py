# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role kvm_host does not fail in check mode for what it would have put right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[4]
SHORT = "8 huge pages of 1G, of which 5 are there"


@pytest.mark.parametrize("check_mode", [True, False])
def test_huge_pages_that_may_still_be_reserved(tmp_path: Path, check_mode: bool) -> None:
    """The asserts of the end, on a host with fewer huge pages than the kernel was told of."""
    tasks = yaml.safe_load((REPOSITORY / "roles" / "kvm_host" / "tasks" / "check.yml").read_text())
    play: dict[str, t.Any] = {
        "hosts": "localhost", "gather_facts": False,
        "vars": {"kvm_host_check_mode": check_mode, "kvm_host_reboot_required": False, "kvm_host_reboot_reasons": [],
                 "kvm_host_rebooted": {}, "kvm_host_boot": {"loader": "grub"},
                 "kvm_host_plan": {"short": [SHORT], "quiet": {"wrong": []}}},
        "tasks": [task for task in tasks if "ansible.builtin.assert" in task],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
                   "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    done = subprocess.run([*command, str(tmp_path / "play.yml")], env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == (0 if check_mode else 2), done.stdout + done.stderr
    assert (SHORT in done.stdout) is not check_mode
