# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All readiness checks in the order of their layers, and how their verdicts become one answer.

A new check is a function in the file of its subject and a line in :data:`CHECKS`.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import cpu, iommu, kvm, nic, vfio
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

CheckFunction = t.Callable[[Host, t.Sequence[str]], Verdict]
"""Takes the host and the PFs that the user named (none: every NIC counts), reads only and starts no program."""

CHECKS: dict[str, CheckFunction] = {
    "cpu_virtualisation": cpu.cpu_virtualisation,
    "kvm": kvm.kvm,
    "nested": kvm.nested,
    "iommu_firmware": iommu.iommu_firmware,
    "iommu_kernel": iommu.iommu_kernel,
    "nic_sriov": nic.nic_sriov,
    "vfio": vfio.vfio,
}

FAILING = {"fail": {"fail"}, "warn": {"fail", "warn"}, "never": set[str]()}
"""For each value of ``fail_on`` the statuses that fail the task."""


def examine(params: dict[str, t.Any], host: Host) -> dict[str, t.Any]:
    """Run the checks and sum them up.

    :param params: ``pfs``, ``require`` (None: all checks) and ``fail_on`` of the module
    :returns: ``ready``, ``checks``, ``msg`` and ``failed``, as engine.report wants them
    """
    wanted = [name for name in CHECKS if not params["require"] or name in params["require"]]
    verdicts = {name: CHECKS[name](host, params["pfs"] or ()) for name in wanted}
    failing = {name: verdict for name, verdict in verdicts.items() if verdict.status in FAILING[params["fail_on"]]}
    return {
        "ready": all(verdict.status != "fail" for verdict in verdicts.values()),
        "checks": [{"name": name, **dataclasses.asdict(verdict)} for name, verdict in verdicts.items()],
        "failed": bool(failing),
        "msg": failure(failing) if failing else summary(verdicts),
    }


def failure(failing: dict[str, Verdict]) -> str:
    """One line with what every failing check found and its remedy, which neighbours with the same one share."""
    sentences = ["This host is not ready."]
    for remedy, alike in itertools.groupby(failing.items(), key=lambda item: item[1].remedy):
        found = "; ".join(f"{name} ({verdict.cause}): {verdict.found}" for name, verdict in alike)
        sentences.append(f"{found}. {remedy}.")
    return " ".join(sentences)


def summary(verdicts: dict[str, Verdict]) -> str:
    """One line with the names of the checks by status, such as ``ok: kvm, vfio; unknown: iommu_firmware``."""
    by_status = {
        status: ", ".join(name for name, verdict in verdicts.items() if verdict.status == status)
        for status in ("fail", "warn", "unknown", "ok")
    }
    return "; ".join(f"{status}: {names}" for status, names in by_status.items() if names)
