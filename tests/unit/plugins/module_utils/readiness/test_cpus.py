# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the corpus cannot show of CPUs for appliances: a binary file, and when a recommendation is a warning."""

from __future__ import annotations

import struct
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import checks
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import CPUS, examine

STATE = f"{CPUS}/cpu2/cpuidle/state2"


def verdict(fake: FakeHost, name: str, **params: t.Any) -> dict[str, t.Any]:
    return next(check for check in examine(fake, **params)["checks"] if check["name"] == name)


@pytest.mark.parametrize(("request_", "status"), [
    (None, "warn"), (b"", "warn"), (struct.pack("<i", 2000000000), "warn"), (struct.pack("<i", 133), "warn"),
    (struct.pack("<i", 132), "ok"), (struct.pack("<i", 0), "ok"),
])
def test_deep_c_states_that_a_program_forbids(ready: FakeHost, request_: bytes | None, status: str) -> None:
    ready.write(f"{STATE}/disable", "0")
    if request_ is not None:
        Path(ready.host.path("/dev/cpu_dma_latency")).write_bytes(request_)
    assert verdict(ready, "cpu_idle")["status"] == status


def test_a_state_of_another_cpu_does_not_count(ready: FakeHost) -> None:
    ready.write(f"{CPUS}/cpu0/cpuidle/state2/disable", "0")
    assert verdict(ready, "cpu_idle")["status"] == "ok"


def test_a_c_state_that_cannot_be_read(ready: FakeHost) -> None:
    ready.hide(f"{STATE}/latency")
    assert verdict(ready, "cpu_idle")["status"] == "unknown"


def test_a_recommendation_fails_no_host_that_has_no_cpus_for_appliances(ready: FakeHost) -> None:
    ready.write("/sys/kernel/mm/ksm/run", "1")
    assert [(verdict(ready, "ksm")[key]) for key in ("status", "cause")] == ["warn", "kernel"]
    ready.write(f"{CPUS}/isolated", "")
    assert verdict(ready, "ksm") == {"name": "ksm", "status": "ok", "found": "on", "cause": None, "remedy": ""}
    assert not examine(ready, fail_on="warn")["failed"]
    assert examine(ready, fail_on="warn", require=["ksm"])["failed"]


@pytest.mark.parametrize("path", [f"{CPUS}/online", "/sys/devices/system/node"])
def test_cpus_that_cannot_be_read(ready: FakeHost, path: str) -> None:
    ready.hide(path)
    assert {verdict(ready, name)["status"] for name in checks.OF_CPUS} == {"unknown"}


@pytest.mark.parametrize(("variable", "status"), [
    ("LIST=2-x", "warn"), ("LIST=6,2-3, 7", "ok"), ("S=ff,000000cc", "ok"), ("LIST=", "ok"), ("S=", "ok"),
])
def test_irqbalance(ready: FakeHost, variable: str, status: str) -> None:
    ready.write("/run/irqbalance/irqbalance9.sock")
    ready.write("/proc/9/comm", "irqbalance")
    ready.write("/proc/9/environ", f"IRQBALANCE_BANNED_CPU{variable}\0")
    assert verdict(ready, "interrupts")["status"] == status
