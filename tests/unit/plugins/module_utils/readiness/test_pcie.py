# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness check of the space for VFs, where the kernel no longer shows which BARs there are."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import nic, pcie
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import (
    NOTHING,
    VF_BAR_0,
    VF_BAR_3,
)

PF = "0000:02:00.0"
AT_PF = f"{PCI_DEVICES}/{PF}"
# VF BAR registers of 64 bits with their upper halves, as they are with an address and without one.
SET, UNSET, NONE = (0xFEA0000C, 0x1), (0x0000000C, 0), (0, 0)


def config(*registers: int, after: int = 0x150) -> bytes:
    """A configuration space with AER, and with SR-IOV's capability behind it."""
    space = bytearray(4096)
    struct.pack_into("<I", space, 0x100, after << 20 | 0x10001)
    struct.pack_into("<I", space, 0x150, 0x160 << 20 | 0x10010)
    struct.pack_into("<6I", space, 0x150 + 0x24, *registers)
    return bytes(space)


def mmio(fake: FakeHost, first: str, second: str, space: bytes | None) -> Verdict:
    """What is said of a PF with VF BARs 0 and 3 like these."""
    fake.write(f"{AT_PF}/resource", "\n".join([*[NOTHING] * 7, first, NOTHING, NOTHING, second, NOTHING, NOTHING]))
    if space is not None:
        Path(fake.host.path(f"{AT_PF}/config")).write_bytes(space)
    return pcie.mmio(fake.host, nic.look(fake.host, [PF]))


@pytest.mark.parametrize(("first", "second", "registers", "readable", "status", "found"), [
    (VF_BAR_0, VF_BAR_3, (*SET, 0, *SET, 0), 4096, "ok", "224 KiB"),
    (VF_BAR_0, NOTHING, (*SET, 0, *NONE, 0), 4096, "ok", "112 KiB"),
    (VF_BAR_0, NOTHING, (*SET, 0, *UNSET, 0), 4096, "fail", "some of the BARs of its VFs have no MMIO space"),
    (NOTHING, VF_BAR_3, (*UNSET, 0, *SET, 0), 4096, "fail", "some of the BARs of its VFs have no MMIO space"),
    (NOTHING, VF_BAR_3, (*NONE, 0, *SET, 0), 4096, "ok", "112 KiB"),
    (NOTHING, NOTHING, (*UNSET, 0, *UNSET, 0), 4096, "fail", f"{PF}: the BARs of its VFs have no MMIO space"),
    # without root, and without extended capabilities
    (VF_BAR_0, NOTHING, (*SET, 0, *UNSET, 0), 64, "ok", "112 KiB"),
    (NOTHING, VF_BAR_3, (*UNSET, 0, *SET, 0), 64, "unknown", f"{PF}: whether BAR 0 of its VFs"),
    (NOTHING, VF_BAR_3, (*UNSET, 0, *SET, 0), 256, "unknown", f"{PF}: whether BAR 0 of its VFs"),
])
def test_every_bar_needs_space(ready: FakeHost, first: str, second: str, registers: tuple[int, ...], readable: int,
                               status: str, found: str) -> None:
    verdict = mmio(ready, first, second, config(*registers)[:readable])
    assert verdict.status == status
    assert found in verdict.found


@pytest.mark.parametrize("space", [None, b"\xff" * 4096, config(*UNSET, 0, *SET, 0, after=0x100)],
                         ids=["hidden", "of a NIC that is off", "without an end"])
def test_a_configuration_space_that_says_nothing(ready: FakeHost, space: bytes | None) -> None:
    assert mmio(ready, NOTHING, VF_BAR_3, space).status == "unknown"
