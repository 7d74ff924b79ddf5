# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether PFs can associate their VFs with port profiles of Cisco UCS Manager, by the table of ../vm_fex_table.py."""

from __future__ import annotations

import functools

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics, each_pf, label
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex import Use, adapter_of, reasons_of
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex_table import OVERRIDES, Table, read_table

# By key of the table: the status, the layer at fault, and what to do.
JUDGED = {
    "adapter_vendors": ("fail", "nic", "Name a PF of a Cisco VIC"),
    "unsupported_drivers": ("warn", "driver", "Install Cisco's own build of the driver"),
    "unsupported_adapters": ("warn", "nic", "Use another VIC"),
    "vf_limits": ("warn", "kernel", "Give the PF fewer VFs, by nfv.kvm.sriov_vf or nfv.kvm.ucs_dynamic_vnic_policy"),
    "fabric_interconnect": ("fail", "host", "Use a UCS domain with UCS 6300 or earlier fabric interconnects"),
}


def vm_fex(host: Host, nics: Nics) -> Verdict:
    """Whether the PFs have VM-FEX.

    :raises ValidationError: the host's own table is broken
    """
    return each_pf(host, nics, functools.partial(of_pf, table=read_table(host)))


def of_pf(host: Host, address: str, table: Table) -> Verdict:
    """Whether one PF has it."""
    adapter = adapter_of(host, address)
    if table.adapter_vendors and not adapter.vendor:
        return Verdict.unknown(f"{label(host, address)}: its PCI vendor cannot be read", "Run the check as root")
    found = reasons_of(table, Use("", "hostdev", adapter))
    if not found:
        return Verdict.ok(f"{label(host, address)}: {adapter.numvfs} VFs that can have port profiles")
    judged = {key: JUDGED[key] for key, _reason in found}
    worst = min(judged.values(), key=lambda row: row[0])  # fail before warn
    remedies = ". ".join(remedy for _status, _cause, remedy in judged.values())
    return Verdict(worst[0], "; ".join(reason for _key, reason in found), worst[1],
                   f"{remedies}. If port profiles work here, change {' and '.join(judged)} in {OVERRIDES}")
