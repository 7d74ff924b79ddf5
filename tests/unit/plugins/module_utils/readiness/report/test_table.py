# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table about a host: within 80 columns, and harmless whatever the host says of itself."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.filter.readiness import FilterModule
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.checks import CHECKS
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.report.outcomes import (
    HOSTILE,
    NODES,
    OUTCOME,
    Dict,
    check,
)

readiness_table = FilterModule().filters()["readiness_table"]
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


@pytest.mark.parametrize("name", CHECKS)
def test_the_name_of_a_check_is_in_one_line(name: str) -> None:
    lines = readiness_table({**OUTCOME, "checks": [check(name, "ok", "off")]}, "kvm1")
    assert lines[-1].split() == ["|", name, "ok", "off"]


def test_who_has_what_comes_below_the_checks() -> None:
    lines = readiness_table({**OUTCOME, "nodes": NODES}, "kvm1")
    assert "\n".join(lines) + "\n" == TABLE + """\
| NUMA node 0: CPUs 0-1 of the host; 2-3,6 of edge1; 4-5,7 free. Huge
|     pages 1G: 8 of 16 free, 8 of edge1. PFs eno2 with 4 of 64 VFs.
| NUMA node 1: CPUs none. Huge pages none. PFs none.
"""


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
