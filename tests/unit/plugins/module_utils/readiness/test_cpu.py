# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness check of the CPU."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import NO_NICS


@pytest.mark.parametrize(
    ("cpuinfo", "status", "cause", "found", "remedy"),
    [
        pytest.param("vendor_id : GenuineIntel\nflags : fpu vmx", "ok", None, "vmx (GenuineIntel)", "", id="VT-x"),
        pytest.param("vendor_id : AuthenticAMD\nflags : fpu svm", "ok", None, "svm (AuthenticAMD)", "", id="SVM"),
        pytest.param("flags : svm", "ok", None, "svm (unknown vendor)", "", id="no vendor"),
        pytest.param("vendor_id : GenuineIntel\nflags : fpu vmx_like", "fail", "firmware", "neither vmx nor svm",
                     "Intel VT-x", id="locked off"),
        pytest.param("flags : fpu hypervisor", "fail", "firmware", "neither vmx nor svm", "host-passthrough",
                     id="virtual machine"),
        pytest.param("flags :", "fail", "firmware", "neither vmx nor svm", "Intel VT-x", id="no flags"),
        pytest.param("Features : fp asimd", "unknown", "host", "no line with x86 CPU flags", "x86", id="ARM"),
        pytest.param(None, "unknown", "host", "no line with x86 CPU flags", "container", id="unreadable"),
    ],
)
def test_cpu_virtualisation(ready: FakeHost, cpuinfo: str | None, status: str, cause: str | None, found: str,
                            remedy: str) -> None:
    if cpuinfo is None:
        ready.hide("/proc/cpuinfo")
    else:
        ready.write("/proc/cpuinfo", cpuinfo)
    verdict = cpu.cpu_virtualisation(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == (status, cause)
    assert found in verdict.found
    assert remedy in verdict.remedy
    assert bool(verdict.remedy) == (status != "ok")
