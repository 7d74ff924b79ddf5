# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readiness check of the NICs."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness import nic
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost

ENP1S0 = "0000:01:00.0 (enp1s0): 7 VFs"
OTHER = "0000:02:00.0: 7 VFs"
CHOICE = "Name a PF of this host: 0000:01:00.0 (enp1s0), 0000:02:00.0"


def sriov(fake: FakeHost, pfs: list[str]) -> Verdict:
    return nic.nic_sriov(fake.host, nic.look(fake.host, pfs))


@pytest.mark.parametrize(
    ("pfs", "status", "cause", "found", "remedy"),
    [
        ([], "ok", None, f"{ENP1S0}; {OTHER}", ""),
        (["enp1s0"], "ok", None, ENP1S0, ""),
        (["enp1s0", "0000:02:00.0"], "ok", None, f"{ENP1S0}; {OTHER}", ""),
        (["enp9s0"], "fail", "host", "enp9s0: this host has no such network interface", CHOICE),
        (["0000:09:00.0"], "fail", "host", "0000:09:00.0: this host has no such PCI device", CHOICE),
        (["../net/enp1s0"], "fail", "host", "../net/enp1s0: this host has no such network interface", CHOICE),
        (["lo"], "fail", "host", "lo: is not a PCI NIC", CHOICE),
        (["0000:04:00.0"], "fail", "host", "0000:04:00.0: is not a PCI NIC", CHOICE),
        (["enp1s0v0"], "fail", "host", "enp1s0v0: is a VF of 0000:01:00.0 (enp1s0)", CHOICE),
        (["enp3s0"], "fail", "nic", "0000:03:00.0 (enp3s0): has no SR-IOV (no sriov_totalvfs)", nic.NO_CAPABILITY),
        (["enp1s0", "enp9s0", "lo"], "fail", "host",
         "enp9s0: this host has no such network interface; lo: is not a PCI NIC", CHOICE),
    ],
)
def test_pfs(ready: FakeHost, pfs: list[str], status: str, cause: str | None, found: str, remedy: str) -> None:
    verdict = sriov(ready, pfs)
    assert (verdict.status, verdict.cause, verdict.found, verdict.remedy) == (status, cause, found, remedy)


def test_pci_addresses_in_capitals(ready: FakeHost) -> None:
    ready.nic("0000:0a:00.0", totalvfs=3)
    assert sriov(ready, ["0000:0A:00.0"]).found == "0000:0a:00.0: 3 VFs"


@pytest.mark.parametrize("pfs", [[], ["enp1s0"]])
def test_no_vfs_is_the_firmwares_fault(ready: FakeHost, pfs: list[str]) -> None:
    ready.remove(f"{PCI_DEVICES}/0000:02:00.0")
    ready.write(f"{PCI_DEVICES}/0000:01:00.0/sriov_totalvfs", "0")
    verdict = sriov(ready, pfs)
    assert (verdict.status, verdict.cause) == ("fail", "firmware")
    assert verdict.found == "0000:01:00.0 (enp1s0): SR-IOV is there with 0 VFs"
    assert "SR-IOV Global Enable" in verdict.remedy


def test_no_nic_has_sriov(ready: FakeHost) -> None:
    ready.remove(f"{PCI_DEVICES}/0000:01:00.0")
    ready.remove(f"{PCI_DEVICES}/0000:02:00.0")
    verdict = sriov(ready, [])
    assert (verdict.status, verdict.cause) == ("fail", "nic")
    assert sriov(ready, ["enp9s0"]).remedy == "This host has no NIC with SR-IOV to name"


def test_sriov_of_an_ssd_does_not_count(ready: FakeHost) -> None:
    ready.remove(f"{PCI_DEVICES}/0000:01:00.0")
    ready.remove(f"{PCI_DEVICES}/0000:02:00.0")
    ready.write(f"{PCI_DEVICES}/0000:04:00.0/sriov_totalvfs", "16")
    assert sriov(ready, []).status == "fail"


def test_one_bad_pf_is_not_outweighed(ready: FakeHost) -> None:
    verdict = sriov(ready, ["enp1s0", "enp3s0", "0000:02:00.0"])
    assert (verdict.status, verdict.cause) == ("fail", "nic")


@pytest.mark.parametrize("path", ["/sys", "/sys/class/net", "/sys/bus"])
@pytest.mark.parametrize("pfs", [[], ["enp1s0"]])
def test_hidden_sysfs_is_unknown(ready: FakeHost, path: str, pfs: list[str]) -> None:
    ready.hide(path)
    assert sriov(ready, pfs).status == "unknown"


def test_hidden_totalvfs_is_unknown(ready: FakeHost) -> None:
    ready.hide(f"{PCI_DEVICES}/0000:01:00.0/sriov_totalvfs")
    verdict = sriov(ready, ["enp1s0", "0000:02:00.0"])
    assert (verdict.status, verdict.found) == ("unknown", "0000:01:00.0 (enp1s0): sriov_totalvfs cannot be read")
