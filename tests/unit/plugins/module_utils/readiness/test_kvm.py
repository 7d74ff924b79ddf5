# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness checks of KVM."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import kvm
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import NO_NICS

Break = t.Callable[[FakeHost], None]


def nothing(fake: FakeHost) -> None:
    """The host stays ready."""


def flags(fake: FakeHost, text: str) -> None:
    fake.write("/proc/cpuinfo", f"vendor_id : AnyVendor\nflags : {text}")


def amd(fake: FakeHost) -> None:
    flags(fake, "svm")
    fake.remove("/sys/module/kvm_intel")
    fake.write("/sys/module/kvm_amd/parameters/nested", "1")


def not_loaded(fake: FakeHost) -> None:
    """The node stays, as udev makes it before the module is there."""
    fake.remove("/sys/module/kvm_intel")
    fake.remove("/sys/class/misc/kvm")


def amd_not_loaded(fake: FakeHost) -> None:
    not_loaded(fake)
    flags(fake, "svm")


def off_in_firmware(fake: FakeHost) -> None:
    not_loaded(fake)
    flags(fake, "fpu")


def off_in_firmware_of_old_kernel(fake: FakeHost) -> None:
    fake.remove("/sys/class/misc/kvm")


def other_kvm(fake: FakeHost) -> None:
    fake.remove("/sys/module/kvm_intel")
    flags(fake, "fpu hypervisor")


def no_node(fake: FakeHost) -> None:
    fake.remove("/dev/kvm")


def nothing_readable(fake: FakeHost) -> None:
    fake.hide("/sys")
    fake.hide("/proc")


def no_cpuinfo(fake: FakeHost) -> None:
    not_loaded(fake)
    fake.hide("/proc/cpuinfo")


@pytest.mark.parametrize(
    ("change", "status", "cause", "found", "remedy"),
    [
        (nothing, "ok", None, "/dev/kvm of kvm_intel", ""),
        (amd, "ok", None, "/dev/kvm of kvm_amd", ""),
        (not_loaded, "fail", "kernel", "kvm_intel is not loaded", "modprobe kvm_intel"),
        (amd_not_loaded, "fail", "kernel", "kvm_amd is not loaded", "modprobe kvm_amd"),
        (off_in_firmware, "fail", "firmware", "neither vmx nor svm", "SVM Mode"),
        (off_in_firmware_of_old_kernel, "fail", "firmware", "disabled in firmware", "Intel VT-x"),
        (other_kvm, "fail", "firmware", "belongs to neither", "hypervisor"),
        (no_node, "fail", "host", "no /dev/kvm", "udevadm"),
        (nothing_readable, "unknown", "host", "/sys cannot be read", "container"),
        (no_cpuinfo, "unknown", "host", "/proc/cpuinfo", "container"),
    ],
)
def test_kvm(ready: FakeHost, change: Break, status: str, cause: str | None, found: str, remedy: str) -> None:
    change(ready)
    verdict = kvm.kvm(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == (status, cause)
    assert found in verdict.found
    assert remedy in verdict.remedy


def nested_off(fake: FakeHost) -> None:
    fake.write("/sys/module/kvm_intel/parameters/nested", "N")


def amd_nested_off(fake: FakeHost) -> None:
    amd(fake)
    fake.write("/sys/module/kvm_amd/parameters/nested", "0")


def parameter_hidden(fake: FakeHost) -> None:
    fake.hide("/sys/module/kvm_intel/parameters/nested")


@pytest.mark.parametrize(
    ("change", "status", "cause", "found", "remedy"),
    [
        (nothing, "ok", None, "kvm_intel nested=Y", ""),
        (amd, "ok", None, "kvm_amd nested=1", ""),
        (nested_off, "warn", "kernel", "kvm_intel nested=N", "options kvm_intel nested=1"),
        (amd_nested_off, "warn", "kernel", "kvm_amd nested=0", "options kvm_amd nested=1"),
        (parameter_hidden, "unknown", "host", "cannot be read", "root"),
        (not_loaded, "unknown", "host", "neither", "kvm"),
    ],
)
def test_nested(ready: FakeHost, change: Break, status: str, cause: str | None, found: str, remedy: str) -> None:
    change(ready)
    verdict = kvm.nested(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == (status, cause)
    assert found in verdict.found
    assert remedy in verdict.remedy
