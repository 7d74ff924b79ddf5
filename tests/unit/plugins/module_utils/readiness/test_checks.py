# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of bios_check as a whole."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import appliance, checks
from ansible_collections.nfv.kvm.plugins.modules import bios_check
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import examine

ALL = ["cpu_virtualisation", "kvm", "nested", "iommu_firmware", "iommu_kernel", "interrupt_remapping", "nic_sriov",
       "mmio", "acs", "vfio", "lockdown", "hugepages", "numa", "pcie_link", *checks.QUIET]


def statuses(answer: dict[str, t.Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in answer["checks"]}


def test_a_ready_host(ready: FakeHost) -> None:
    answer = examine(ready, fail_on="warn")
    assert statuses(answer) == dict.fromkeys(ALL, "ok")
    assert answer["ready"]
    assert not answer["failed"]
    assert answer["msg"] == f"ok: {', '.join(ALL)}"


def test_a_check_that_needs_an_appliance(ready: FakeHost) -> None:
    answer = examine(ready, appliance="vsrx", release="18.1R1", require=["nic_model"])
    assert list(statuses(answer)) == ["nic_model"]
    assert list(statuses(examine(ready, appliance="vsrx", release="18.1R1"))) == [
        name for name in checks.CHECKS if name != "vm_fex"]
    with pytest.raises(ValidationError, match="require = 'nic_model': this check is about an appliance"):
        examine(ready, require=["kvm", "nic_model"])


def test_a_check_that_is_named(ready: FakeHost) -> None:
    assert list(statuses(examine(ready, pfs=["enp1s0"], require=["vm_fex", "kvm"]))) == ["kvm", "vm_fex"]


def test_a_host_that_hides_everything_is_nowhere_ok(ready: FakeHost) -> None:
    for folder in ("/proc", "/sys", "/dev", "/lib"):
        ready.hide(folder)
    answer = examine(ready, fail_on="warn")
    assert statuses(answer) == dict.fromkeys(ALL, "unknown")
    assert (answer["ready"], answer["failed"], answer["msg"]) == (True, False, f"unknown: {', '.join(ALL)}")


@pytest.mark.parametrize(
    ("fail_on", "with_warn", "with_fail"), [("fail", False, True), ("warn", True, True), ("never", False, False)]
)
def test_fail_on(ready: FakeHost, fail_on: str, with_warn: bool, with_fail: bool) -> None:
    ready.write("/sys/module/kvm_intel/parameters/nested", "N")
    answer = examine(ready, fail_on=fail_on)
    assert (answer["ready"], answer["failed"]) == (True, with_warn)
    answer = examine(ready, fail_on=fail_on, pfs=["enp3s0"])
    assert (answer["ready"], answer["failed"]) == (False, with_fail)
    assert len(answer["checks"]) == len(ALL)


def test_the_message_names_what_fails_and_a_shared_remedy_once(ready: FakeHost) -> None:
    for path in ("/sys/firmware/acpi/tables/DMAR", "/sys/class/iommu/dmar0"):
        ready.remove(path)
    message = examine(ready, pfs=["enp9s0"])["msg"]
    assert message.startswith("This host is not ready. iommu_firmware (firmware): firmware has neither")
    assert "; iommu_kernel (firmware): the kernel drives no IOMMU" in message
    assert message.count("Enable Intel VT-d") == 1
    assert message.endswith("nic_sriov (host): enp9s0: this host has no such network interface. "
                            "Name a PF of this host: 0000:01:00.0 (enp1s0), 0000:02:00.0.")
    assert "\n" not in message
    assert "vfio" not in message


def test_require_keeps_the_order_of_the_layers_and_ignores_the_rest(ready: FakeHost) -> None:
    answer = examine(ready, require=["vfio", "kvm"], pfs=["enp9s0"])
    assert statuses(answer) == {"kvm": "ok", "vfio": "ok"}
    assert list(statuses(answer)) == ["kvm", "vfio"]
    assert answer["ready"]


def test_the_summary_tells_unknown_from_ok(ready: FakeHost) -> None:
    ready.hide("/sys/firmware")
    assert examine(ready, require=["kvm", "iommu_firmware"])["msg"] == "unknown: iommu_firmware; ok: kvm"


class ReadOnlyHost(Host):
    """Nothing can be written or started here: reading only is why the checks cost little more than a ping."""

    def write(self, path: str, text: str) -> None:
        raise AssertionError(path)

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        raise AssertionError(argv)


@pytest.mark.parametrize("hidden", [[], ["/proc", "/sys", "/dev", "/lib"]])
def test_checks_only_read(ready: FakeHost, hidden: list[str]) -> None:
    for folder in hidden:
        ready.hide(folder)
    ready.host = ReadOnlyHost(ready.host.root)
    assert list(statuses(examine(ready))) == ALL


def test_the_documentation_lists_the_checks() -> None:
    options = yaml.safe_load(bios_check.DOCUMENTATION)["options"]
    assert options["require"]["choices"] == list(checks.CHECKS)
    described = " ".join(options["require"]["description"])
    assert [name for name in checks.CHECKS if f"V({name}) is " not in described] == []
    table = "and".join(f" V({name}) " for name in appliance.TABLE)
    assert f"The module knows{table.rstrip()}," in options["appliance"]["description"][0]
