# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report on hosts that were to be made ready: within 80 columns, and harmless whatever a host says of itself."""

from __future__ import annotations

import json
import re
import typing as t
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.filter.readiness import (
    readiness_fleet,
    readiness_html,
    readiness_table,
)

Dict = dict[str, t.Any]


def check(name: str, status: str, found: str, cause: str | None = None, remedy: str = "") -> Dict:
    return {"name": name, "status": status, "found": found, "cause": cause, "remedy": remedy}


OUTCOME: Dict = {
    "ready": False, "error": "", "reboot": [],
    "checks": [
        check("cpu_virtualisation", "ok", "svm (AuthenticAMD)"),
        check("nested", "warn", "kvm_amd nested=0", "kernel",
              'Write "options kvm_amd nested=1" to /etc/modprobe.d/kvm.conf, and reload kvm_amd while no guest runs'),
        check("iommu_firmware", "unknown", "/sys/firmware/acpi/tables cannot be read", "host", "Run the check as root"),
        check("nic_sriov", "fail", "SR-IOV is there with 0 VFs on 0000:01:00.0 (enp1s0), 0000:02:00.0 (enp2s0)",
              "firmware", "Enable SR-IOV in the firmware setup (Dell: Integrated Devices, SR-IOV Global Enable)"),
    ],
}
TABLE = """\
kvm1: not ready (1 fail, 1 warn, 1 unknown, 1 ok)
| CHECK               STATUS   CAUSE, OR WHAT WAS FOUND
| cpu_virtualisation  ok       svm (AuthenticAMD)
| nested              warn     kernel
|     kvm_amd nested=0
|     -> Write "options kvm_amd nested=1" to
|        /etc/modprobe.d/kvm.conf, and reload kvm_amd while no guest
|        runs
| iommu_firmware      unknown  host
|     /sys/firmware/acpi/tables cannot be read
|     -> Run the check as root
| nic_sriov           fail     firmware
|     SR-IOV is there with 0 VFs on 0000:01:00.0 (enp1s0),
|     0000:02:00.0 (enp2s0)
|     -> Enable SR-IOV in the firmware setup (Dell: Integrated
|        Devices, SR-IOV Global Enable)
"""
HOSTILE = "<script>alert('x')</script> & \"y\" \x1b[31m\u202e\n{{ 7 * 7 }}"


def shown(lines: list[str]) -> list[str]:
    """What the default callback of Ansible prints of them."""
    return json.dumps({"msg": lines}, indent=4, ensure_ascii=False).splitlines()


def columns(line: str) -> int:
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
               for char in line)


def test_a_table() -> None:
    lines = readiness_table(OUTCOME, "kvm1")
    assert "\n".join(lines) + "\n" == TABLE
    assert max(columns(line) for line in shown(lines)) <= 80


@pytest.mark.parametrize(("outcome", "lines"), [
    ({}, ["kvm1: not reached", "It was not reached, or was lost on the way."]),
    ({"ready": True, "checks": [], "reboot": [], "error": ""}, ["kvm1: ready"]),
    ({"ready": True, "failed": True, "checks": [], "reboot": [], "error": ""}, ["kvm1: not ready"]),
    ({"ready": False, "checks": [], "reboot": [], "error": "No package matching 'qemu'"},
     ["kvm1: failed", "No package matching 'qemu'"]),
    ({"ready": True, "checks": [], "reboot": ["kernel arguments iommu=pt", "2 huge pages of 1G, of which 0 are there"]},
     ["kvm1: waits for a reboot",
      "Reboot it for kernel arguments iommu=pt; 2 huge pages of 1G, of which",
      "0 are there (kvm_host_reboot: true does)."]),
])
def test_a_host_as_a_whole(outcome: Dict, lines: list[str]) -> None:
    assert readiness_table(outcome, "kvm1") == lines


@pytest.mark.parametrize("found", [
    "x" * 300, "a " + "/sys/" * 60, "\\" * 100 + '"' * 100, "漢字" * 90, "e\u0301" * 90, HOSTILE, "\t\n \r", "",
])
def test_whatever_is_found_fits_into_80_columns(found: str) -> None:
    outcome = {**OUTCOME, "error": found, "reboot": [found],
               "checks": [check(found, found, found, found, found), *OUTCOME["checks"]]}
    lines = readiness_table(outcome, found or "kvm1")
    assert max(columns(line) for line in shown(lines)) <= 80
    assert all(line.isprintable() for line in lines)


@given(found=st.text(), remedy=st.text(), host=st.text(min_size=1), width=st.integers(69, 200))
def test_no_line_is_too_wide(found: str, remedy: str, host: str, width: int) -> None:
    lines = readiness_table({**OUTCOME, "checks": [check("kvm", "fail", found, "kernel", remedy)]}, host, width)
    assert max(columns(line) for line in shown(lines)) <= width + 11


def test_all_that_is_found_is_told() -> None:
    words = [f"word{number}" for number in range(40)]
    lines = readiness_table({**OUTCOME, "checks": [check("kvm", "fail", " ".join(words), "kernel", "do it")]}, "kvm1")
    assert re.findall(r"word\d+", " ".join(lines)) == words


FLEET: Dict = {
    "kvm1": OUTCOME,
    "kvm2": {"ready": True, "checks": [check("kvm", "ok", "/dev/kvm")], "reboot": [], "error": ""},
    "kvm3": {},
    "kvm4": {"ready": False, "checks": [], "reboot": ["kernel arguments iommu=pt"], "error": ""},
    "kvm5": {"ready": False, "checks": [], "reboot": [], "error": "No package"},
}


def test_a_fleet_for_programs() -> None:
    fleet = readiness_fleet(FLEET)
    assert fleet["summary"] == {"failed": 1, "not reached": 1, "not ready": 1, "waits for a reboot": 1, "ready": 1}
    assert [(host["host"], host["state"], host["ready"], host["reboot_required"]) for host in fleet["hosts"]] == [
        ("kvm1", "not ready", False, False), ("kvm2", "ready", True, False), ("kvm3", "not reached", False, False),
        ("kvm4", "waits for a reboot", False, True), ("kvm5", "failed", False, False)]
    assert fleet["hosts"][0]["checks"] == OUTCOME["checks"]
    assert json.loads(json.dumps(fleet)) == fleet


def test_the_playbook_notes_all_that_a_report_takes() -> None:
    text = (Path(__file__).parents[4] / "playbooks" / "prepare_host.yml").read_text()
    noted = next(task["ansible.builtin.set_fact"] for task in yaml.safe_load(text)[0]["tasks"]
                 if "ansible.builtin.set_fact" in task)["prepare_host_outcome"]
    assert sorted(noted) == ["checks", "error", "failed", "ready", "reboot"]


class Page(HTMLParser):
    """A page as a browser takes it: its elements, and the texts within them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page() -> None:
    page = Page(readiness_html(readiness_fleet(FLEET)))
    assert page.open == []
    told = " ".join(page.texts)
    for word in ("1 failed, 1 not reached, 1 not ready, 1 waits for a reboot, 1 ready", "kvm1: not ready", "nic_sriov",
                 "SR-IOV Global Enable", "Reboot it for kernel arguments iommu=pt", "No package", "It was not reached"):
        assert word in told
    anchors = [attributes["id"] for tag, attributes in page.elements if tag == "h2"]
    assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == [f"#{name}" for name in anchors]
    assert [tag for tag, _attributes in page.elements].count("table") == 3


def test_a_page_needs_nothing_but_itself() -> None:
    page = Page(readiness_html(readiness_fleet(FLEET)))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _attributes in page.elements}
    assert not {"src", "style", "onclick"} & {name for _tag, attributes in page.elements for name in attributes}
    assert "url(" not in "".join(page.texts)


def test_a_page_shows_hostile_text_as_text() -> None:
    checks = [check(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)]
    hosts = {HOSTILE: {"ready": False, "checks": checks, "reboot": [HOSTILE], "error": HOSTILE}}
    text = readiness_html(readiness_fleet(hosts))
    assert "<script" not in text
    assert all(char.isprintable() or char == "\n" for char in text)
    page = Page(text)
    assert {tag for tag, _attributes in page.elements} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th", "td", "a"}
    assert any("<script>alert('x')</script> & \"y\" ?[31m? {{ 7 * 7 }}" in told for told in page.texts)


def test_a_page_about_nobody() -> None:
    assert "<p>no hosts</p>" in readiness_html(readiness_fleet({}))
