# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role kvm_host reads and changes BIOS settings by Redfish, in an emulated BMC."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import typing as t
from base64 import b64encode
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.tests.unit.roles.kvm_host.bmc import Settings, System

# One run of the playbook serves all tests here, so one worker has them all.
pytestmark = pytest.mark.xdist_group("kvm_host firmware")
REPOSITORY = Path(__file__).parents[4]
USERNAME, PASSWORD = "admin", "not-to-be-seen"
RUNS = ("check", "run", "check again", "run again")
NOT_READY = {"name": "nic_sriov", "status": "fail", "found": "0 VFs", "cause": "firmware", "remedy": ""}

SYSTEMS: list[System] = [
    {"uuid": "dell", "manufacturer": "Dell Inc.", "etag": '"5f"', "apply_times": ["OnReset", "Immediate"],
     "attributes": {"ProcVirtualization": "Enabled", "SriovGlobalEnable": "Disabled", "LogicalProc": "Enabled"}},
    {"uuid": "example", "manufacturer": "Example", "attributes": {"Quiet": "Enabled"}},
]
# Hosts by what is wrong with them, what kvm_host_bmc says of that, and what users are told.
FAULTS: dict[str, tuple[dict[str, t.Any], str]] = {
    "unreachable": ({"uri": "{nobody}"}, r"BMC http://127\.0\.0\.1:\d+: it does not answer \(.*refused.*\)\. Check "),
    "untrusted": ({"validate_certs": True}, "it does not answer .*certificate.* kvm_host_bmc.validate_certs: false"),
    "wrong password": ({"password": "no"}, "kvm_host_bmc.username = 'admin': .*rejects this user name.*401 at.* Set "
                       "kvm_host_bmc.username "),
    "not redfish": ({"uri": "{web}"}, r"it answers, but not as a Redfish service \(404 at /redfish/v1/\)\. Check "),
    "no such system": ({"system": "hpe"}, "kvm_host_bmc.system = 'hpe': .* systems: dell, example. Set it to the Id of "
                       "one of them"),
    "no such value": (
        {"system": "example"}, r"\(400 at .*/BIOS/Settings; The value Loud of the property Quiet is not in the list"),
}


class Outcome(t.NamedTuple):
    """What one task came to on one host."""

    run: str
    status: str
    host: str
    result: dict[str, t.Any]


def playbook() -> list[dict[str, t.Any]]:
    """The role twice in check mode and twice for real, with the hosts on which it must fail in one of these."""
    role = {"name": "nfv.kvm.kvm_host", "tasks_from": "firmware"}
    # The hosts are not there, and nobody may become root on them: only the BMC is asked.
    common = {"gather_facts": False, "become": True,
              "tasks": [{"name": "Firmware", "ansible.builtin.include_role": role}]}
    return [{"name": run, "hosts": "all" if run == "run" else "dell", "check_mode": run.startswith("check"), **common}
            for run in RUNS]


def inventory(addresses: dict[str, str]) -> dict[str, t.Any]:
    """The hosts with their BMCs."""
    def host(bmc: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
        whole = {"uri": "{bmc}", "username": USERNAME, "password": PASSWORD, "validate_certs": False, **bmc}
        return {"ansible_host": "192.0.2.1", "kvm_host_bmc": {**whole, "uri": whole["uri"].format(**addresses)}, **more}

    hosts = {name: host(bmc, kvm_host_firmware_attributes={"Quiet": "Loud"}) for name, (bmc, _told) in FAULTS.items()}
    hosts["dell"] = host({"system": "dell"}, kvm_host_firmware_checks=[NOT_READY])
    return {"all": {"vars": {"kvm_host_firmware_change": True}, "hosts": hosts}}


@contextlib.contextmanager
def emulator(folder: Path) -> t.Iterator[str]:
    """The address of an emulated BMC, which is a process of its own."""
    settings: Settings = {"folder": str(folder), "username": USERNAME, "password": PASSWORD, "systems": SYSTEMS}
    file = folder / "settings.json"
    file.write_text(json.dumps(settings))
    command = [sys.executable, str(Path(__file__).with_name("bmc.py")), str(file)]
    with (folder / "log").open("w") as log, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            assert process.stdout
            port = process.stdout.readline().strip()
            assert port, (folder / "log").read_text()
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextlib.contextmanager
def others() -> t.Iterator[dict[str, str]]:
    """The addresses of a web server that is no BMC, and of nobody."""
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    with web, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        threading.Thread(target=web.serve_forever, daemon=True).start()
        try:
            yield {"web": f"http://127.0.0.1:{web.server_port}",
                   "nobody": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        finally:
            web.shutdown()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What ansible-playbook says of it all, as talkative as users make it."""
    folder = tmp_path_factory.mktemp("firmware")
    with emulator(folder) as address, others() as addresses:
        (folder / "playbook.json").write_text(json.dumps(playbook()))
        (folder / "inventory.json").write_text(json.dumps(inventory({"bmc": address, **addresses})))
        environment = {
            **os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "build/collections"), "ANSIBLE_NOCOLOR": "1", "no_proxy": "*"}
        command = [sys.executable, "-m", "ansible", "playbook", "-vvv", "-i", str(folder / "inventory.json"),
                   str(folder / "playbook.json")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def outcomes(output: str) -> list[Outcome]:
    """The same, task by task."""
    found, decoder = [], json.JSONDecoder()
    for play in re.split(r"^PLAY \[", output, flags=re.MULTILINE)[1:]:
        for task in re.finditer(r"^(ok|changed|fatal): \[([^]]*?)(?: -> \S+)?\].*?=> (?={)", play, re.MULTILINE):
            found.append(Outcome(play.partition("]")[0], task[1], task[2], decoder.raw_decode(play, task.end())[0]))
    return found


def report(outcomes: list[Outcome], run: str) -> list[str]:
    """What a run reported of the host that is well."""
    (lines,) = [one.result["msg"] for one in outcomes if one.run == run and isinstance(one.result.get("msg"), list)]
    return t.cast("list[str]", lines)


def test_four_runs(outcomes: list[Outcome]) -> None:
    assert [(one.run, one.host) for one in outcomes if one.status == "changed"] == [("check", "dell"), ("run", "dell")]


def test_what_is_to_be_done_is_told(outcomes: list[Outcome]) -> None:
    assert report(outcomes, "check") == [
        "Dell Inc. of the tests",
        "ProcVirtualization: Enabled, as wanted",
        "SriovGlobalEnable: Disabled, but Enabled is wanted: to be set for the next reboot",
        "bios_check nic_sriov (0 VFs): caused by SriovGlobalEnable = Disabled",
    ]


@pytest.mark.parametrize("run", RUNS[1:])
def test_what_a_reboot_brings_is_told(outcomes: list[Outcome], run: str) -> None:
    assert "SriovGlobalEnable: Disabled, and Enabled after the next reboot, as wanted" in report(outcomes, run)


@pytest.mark.parametrize("host", FAULTS)
def test_faults(outcomes: list[Outcome], host: str) -> None:
    (error,) = [one.result["msg"] for one in outcomes if one.status == "fatal" and one.host == host]
    assert re.search(FAULTS[host][1], error)


def test_nothing_else_fails(outcomes: list[Outcome]) -> None:
    assert {one.host for one in outcomes if one.status == "fatal"} == set(FAULTS)


def test_the_password_is_never_shown(output: str) -> None:
    assert "/BIOS/Settings" in output
    assert PASSWORD not in output
    assert b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode() not in output
