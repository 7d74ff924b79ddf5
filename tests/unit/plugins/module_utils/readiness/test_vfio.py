# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness check of vfio-pci."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import vfio
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import NO_NICS

MODULES = "/lib/modules/6.12.0-test"


def nothing(fake: FakeHost) -> None:
    """The host stays ready."""


def no_module(fake: FakeHost) -> None:
    """Neighbours of similar names stay."""
    fake.write(f"{MODULES}/modules.dep", "kernel/drivers/vfio/pci/vfio-pci-core.ko: kernel/drivers/vfio/vfio.ko")


def built_in(fake: FakeHost) -> None:
    no_module(fake)
    fake.write(f"{MODULES}/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko")


def driver(fake: FakeHost) -> None:
    no_module(fake)
    fake.folder("/sys/bus/pci/drivers/vfio-pci")


def module(fake: FakeHost) -> None:
    no_module(fake)
    fake.folder("/sys/module/vfio_pci")


def lists_hidden(fake: FakeHost) -> None:
    fake.hide(MODULES)


def one_list_hidden(fake: FakeHost) -> None:
    no_module(fake)
    fake.hide(f"{MODULES}/modules.builtin")


def release_hidden(fake: FakeHost) -> None:
    fake.hide("/proc/sys/kernel/osrelease")


def other_kernel(fake: FakeHost) -> None:
    fake.write("/proc/sys/kernel/osrelease", "6.12.1-test")


@pytest.mark.parametrize(
    ("change", "status", "cause", "found"),
    [
        (nothing, "ok", None, f"can be loaded from {MODULES}"),
        (built_in, "ok", None, f"can be loaded from {MODULES}"),
        (driver, "ok", None, "in the kernel"),
        (module, "ok", None, "in the kernel"),
        (no_module, "fail", "kernel", "the kernel 6.12.0-test has no vfio-pci"),
        (lists_hidden, "unknown", "host", f"{MODULES} cannot be read"),
        (one_list_hidden, "unknown", "host", f"{MODULES} cannot be read"),
        (release_hidden, "unknown", "host", "osrelease cannot be read"),
        (other_kernel, "unknown", "host", "/lib/modules/6.12.1-test cannot be read"),
    ],
)
def test_vfio(ready: FakeHost, change: t.Callable[[FakeHost], None], status: str, cause: str | None,
              found: str) -> None:
    change(ready)
    verdict = vfio.vfio(ready.host, NO_NICS)
    assert (verdict.status, verdict.cause) == (status, cause)
    assert found in verdict.found
    assert bool(verdict.remedy) == (status != "ok")
