# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bios_check says of whole hosts, and where virt-host-validate says the same."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.checks import CHECKS
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import examine
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.corpus import CASES
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.trees import build

# Where virt-host-validate says something else: the check and the hosts, by the reason. The notes of bios_check tell.
DIFFERENCES: dict[str, tuple[str, set[str]]] = {
    "it wants the table that goes with vmx or svm": ("iommu_firmware", {
        "AMD server without IVRS, with DMAR", "NIC that no vSRX is known to know", "emulated host of the lab",
        "emulated host with VFs", "virtual machine with an IOMMU that remaps nothing",
        "virtual machine with virtio-iommu",
    }),
    "it takes IORT for an SMMU": ("iommu_firmware", {"ARM server without SMMU"}),
    "it takes the node for KVM": ("kvm", {
        "ARM virtual machine with a device tree", "KVM not loaded",
        "VT-x locked by firmware, with a kernel that shows the flag",
    }),
}


def answers(case: str, folder: Path) -> dict[str, dict[str, t.Any]]:
    """The verdicts on a host by the names of the checks."""
    fake = FakeHost(folder)
    build(fake, CASES[case])
    return {check["name"]: check for check in examine(fake, **CASES[case].params)["checks"]}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(tmp_path: Path, name: str) -> None:
    said, found = CASES[name].said, answers(name, tmp_path)
    assert {check: verdict["found"] for check, verdict in found.items()
            if verdict["status"] != "ok" and check not in said} == {}
    for check, expected in said.items():
        verdict = found[check]
        assert (verdict["status"], verdict["cause"]) == (expected.status, expected.cause), check
        assert expected.found in verdict["found"]
        assert expected.remedy in verdict["remedy"]
        assert verdict["remedy"]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", [{"fail", "warn"}, {"unknown"}])
def test_every_check_is_not_ok_somewhere(check: str, kind: set[str]) -> None:
    assert [name for name, case in CASES.items() if check in case.said and case.said[check].status in kind]


def virt_host_validate(host: Host) -> dict[str, bool]:
    """What virt-host-validate of libvirt 11.3 says where it looks at the same (tools/virt-host-validate-common.c).

    It says nothing of a node without the flag, of the IOMMU of a CPU that it does not know, and of the kernel's IOMMU
    without that of the firmware.
    """
    flags = (cpu.field(host, "flags") or "").split()
    arm = cpu.is_arm(host)
    table = "DMAR" if "vmx" in flags else "IVRS" if "svm" in flags else "IORT" if arm else None
    said = {} if arm else {"cpu_virtualisation": "vmx" in flags or "svm" in flags}
    if table:
        said["kvm"] = host.exists("/dev/kvm")
        said["iommu_firmware"] = host.exists(f"/sys/firmware/acpi/tables/{table}")
    if said.get("iommu_firmware") and host.exists("/sys/kernel/iommu_groups"):
        said["iommu_kernel"] = bool(host.names("/sys/kernel/iommu_groups"))
    return said


def test_virt_host_validate_says_the_same(tmp_path: Path) -> None:
    differences = set()
    for number, name in enumerate(CASES):
        ours = answers(name, tmp_path / str(number))
        theirs = virt_host_validate(Host(str(tmp_path / str(number))))
        # Some cases ask for a few checks only.
        differences |= {(name, check) for check, fine in theirs.items()
                        if check in ours and fine != (ours[check]["status"] == "ok")}
    assert differences == {(name, check) for check, names in DIFFERENCES.values() for name in names}
