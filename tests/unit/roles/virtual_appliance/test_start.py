# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role virtual_appliance waits for the words of an appliance that boots, and for those only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[4]
WORD = "login: [a.b]"
LOG = "{{ virtual_appliance_name | nfv.kvm.appliance_console_log }}"

# (the domain's state, whether it was known to be ready, what its console says before and after it was started,
# whether it is ready in the end)
STARTS = [
    ("shutdown", True, WORD, "boots", False),
    ("crashed", True, WORD, "boots", False),
    ("pmsuspended", True, "rotated", "rotated", True),
    ("saved", True, WORD, "", True),
    ("saved", False, f"boots\n{WORD}\nmore", "", True),
    ("saved", False, "boots", WORD, True),
    ("saved", False, "login: xaxbx", "", False),
]


def test_who_is_waited_for(tmp_path: Path) -> None:
    text = (REPOSITORY / "roles" / "virtual_appliance" / "tasks" / "start.yml").read_text()
    assert LOG in text
    tasks = yaml.safe_load(text.replace(LOG, "{{ case.log }}"))
    for task in tasks:
        if task.pop("nfv.kvm.vm_domain", None) is not None:  # libvirt empties the log when it starts a domain
            task["ansible.builtin.command"] = {"argv": ["cp", "{{ case.log }}.after", "{{ case.log }}"]}
    (tmp_path / "start.yml").write_text(json.dumps(tasks))
    (tmp_path / "case.yml").write_text(json.dumps([{
        "block": [{"ansible.builtin.include_tasks": "start.yml"}],
        "rescue": [{"ansible.builtin.debug": {"msg": "gave up on {{ case.name }}"}}]}]))
    cases = [made(tmp_path / str(number), *row[:4]) for number, row in enumerate(STARTS)]
    play = {
        "hosts": "localhost", "gather_facts": False, "vars": {
            "ansible_python_interpreter": sys.executable, "virtual_appliance_name": "a",
            "virtual_appliance_folder": "{{ case.folder }}", "virtual_appliance_defined": {"state": "{{ case.state }}"},
            "virtual_appliance_whole": {"ready": {"console": WORD, "timeout": 1}}},
        "tasks": [{"ansible.builtin.include_tasks": "case.yml", "loop": cases, "loop_control": {"loop_var": "case"}}]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run([*command, str(tmp_path / "play.yml")], env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for case, row in zip(cases, STARTS):
        told = (Path(case["folder"], "ready").exists(), f"gave up on {case['name']}" in done.stdout)
        assert told == (row[4], not row[4]), (row, done.stdout)


def made(folder: Path, state: str, known: bool, before: str, after: str) -> dict[str, t.Any]:
    """An appliance's folder with its console log, and what the play has to know of it."""
    folder.mkdir()
    log = folder / "console.log"
    log.write_text(before)
    (folder / "console.log.after").write_text(after)
    if known:
        (folder / "ready").touch()
    return {"name": f"case {folder.name}", "folder": str(folder), "log": str(log), "state": state}
