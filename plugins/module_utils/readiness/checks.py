# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All readiness checks in the order of their layers, and how their verdicts become one answer.

A new check is a function in the file of its subject and a line in :data:`CHECKS`.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.placement.topology import Topology
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import (
    cpu,
    cpus,
    interrupts,
    iommu,
    kvm,
    lockdown,
    memory,
    nic,
    pcie,
    vfio,
)
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import STATUSES, Verdict

CheckFunction = t.Callable[[Host, nic.Nics], Verdict]
"""Takes the host and the NICs that it is about, reads only and starts no program."""

CpusFunction = t.Callable[[Host, nic.Nics, "Topology | None"], Verdict]
"""Takes the CPUs as well, None where they cannot be read."""

CHECKS: dict[str, CheckFunction | None] = {
    "cpu_virtualisation": cpu.cpu_virtualisation,
    "kvm": kvm.kvm,
    "nested": kvm.nested,
    "iommu_firmware": iommu.iommu_firmware,
    "iommu_kernel": iommu.iommu_kernel,
    "interrupt_remapping": iommu.interrupt_remapping,
    "nic_sriov": nic.nic_sriov,
    "mmio": pcie.mmio,
    "acs": pcie.acs,
    "nic_model": None,  # needs an appliance, see functions()
    "vm_fex": None,  # only if it is named
    "vfio": vfio.vfio,
    "lockdown": lockdown.lockdown,
    "hugepages": memory.hugepages,
    "numa": memory.numa,
    "pcie_link": pcie.pcie_link,
    "pml_apicv": None,  # as nic_model
    "machine_types": None,
    "isolated_cpus": None,  # these need the CPUs, see functions()
    "smt": None,
    "interrupts": None,
    "cpu_governor": None,
    "cpu_idle": None,
    "node_hugepages": memory.node_hugepages,
    "transparent_hugepages": memory.transparent_hugepages,
    "ksm": memory.ksm,
}

OF_CPUS: dict[str, CpusFunction] = {
    "isolated_cpus": cpus.isolated_cpus, "smt": cpus.smt, "interrupts": interrupts.interrupts,
    "cpu_governor": cpus.cpu_governor, "cpu_idle": cpus.cpu_idle,
}
QUIET = (*OF_CPUS, "node_hugepages", "transparent_hugepages", "ksm")
"""What is recommended where appliances have CPUs for themselves. Elsewhere it is a matter of taste, so that it is no
warning unless the check is named."""

OF_APPLIANCE = ("nic_model", "pml_apicv", "machine_types")
FAILING = {"fail": {"fail"}, "warn": {"fail", "warn"}, "never": set[str]()}
"""For each value of ``fail_on`` the statuses that fail the task."""


def examine(params: dict[str, t.Any], host: Host) -> dict[str, t.Any]:
    """Run the checks and sum them up.

    :param params: those of the module
    :returns: ``ready``, ``checks``, ``msg`` and ``failed``, as engine.report wants them
    :raises ValidationError: what is asked of the appliance cannot be meant
    """
    nics = nic.look(host, params["pfs"] or ())
    topology = functools.cache(functools.partial(cpus.look, host))
    verdicts = {name: function(host, nics) for name, function in functions(params, topology).items()}
    for name in set(QUIET) & set(verdicts) - set(params["require"] or ()):
        if verdicts[name].status == "warn" and not isolates(topology()):
            verdicts[name] = Verdict.ok(verdicts[name].found)
    failing = {name: verdict for name, verdict in verdicts.items() if verdict.status in FAILING[params["fail_on"]]}
    return {
        "ready": all(verdict.status != "fail" for verdict in verdicts.values()),
        "checks": [{"name": name, **dataclasses.asdict(verdict)} for name, verdict in verdicts.items()],
        "failed": bool(failing),
        "msg": failure(failing) if failing else summary(verdicts),
    }


def with_cpus(function: CpusFunction, topology: t.Callable[[], Topology | None]) -> CheckFunction:
    """A check that needs the CPUs, as one of those that do not."""
    return lambda host, nics: function(host, nics, topology())


def isolates(topology: Topology | None) -> bool:
    """Whether appliances have, or are to have, CPUs for themselves."""
    return topology is not None and bool(topology.isolated)


def functions(params: dict[str, t.Any], topology: t.Callable[[], Topology | None]) -> dict[str, CheckFunction]:
    """The checks to do, in the order of their layers: those that are required, else all that apply.

    :param topology: reads the CPUs, once
    :raises ValidationError: a check of an appliance is required without an appliance
    """
    checks, of_appliance = dict(CHECKS), [name for name in OF_APPLIANCE if name in (params["require"] or ())]
    checks |= {name: with_cpus(function, topology) for name, function in OF_CPUS.items()}
    if params["appliance"] is not None:
        from ansible_collections.nfv.kvm.plugins.module_utils.readiness import appliance, needs

        checks["nic_model"] = functools.partial(appliance.nic_model, params=params)
        if params["appliance"] in needs.TABLE or of_appliance:
            checks["pml_apicv"] = functools.partial(needs.pml_apicv, appliance=params["appliance"])
            checks["machine_types"] = functools.partial(needs.machine_types, appliance=params["appliance"])
    elif of_appliance:
        raise ValidationError("require", "this check is about an appliance, and none is given", of_appliance[0],
                              "Give appliance and release as well")
    if "vm_fex" in (params["require"] or ()):
        from ansible_collections.nfv.kvm.plugins.module_utils.readiness import vm_fex

        checks["vm_fex"] = vm_fex.vm_fex
    return {name: function for name, function in checks.items()
            if function and name in (params["require"] or checks)}


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
        for status in STATUSES
    }
    return "; ".join(f"{status}: {names}" for status, names in by_status.items() if names)
