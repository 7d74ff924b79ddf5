# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All PFs of a host with their VFs, and the domains that have these."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_pf, read_vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.result import pf_result, vf_result
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.users import read_uses, used_by


def examine(params: dict[str, t.Any], host: Host) -> dict[str, t.Any]:
    """What sriov_vf_info returns. libvirt is asked only if there are VFs.

    :raises ValidationError: there is no such PF
    """
    pfs = [read_any_pf(host, pf) for pf in (pci.pf_addresses(host) if params["pf"] is None else [params["pf"]])]
    uses = read_uses(host, params["uri"])[0] if any(pf.vfs for pf in pfs) else ()
    return {"pfs": [
        {**pf_result(pf), "vfs": [vf_result(replace(vf, used_by=used_by(uses, vf))) for vf in pf.vfs.values()]}
        for pf in pfs
    ]}


def read_any_pf(host: Host, pf: str) -> Pf:
    """A PF by netdev or PCI address. Without a netdev in the host's own network namespace, only what sysfs tells.

    :raises ValidationError: there is no such PF
    """
    address = pci.address_of_pf(host, pf)
    netdevs = pci.netdevs(host, address)
    if pf in netdevs:
        return read_pf(host, pf)
    if netdevs:
        return read_pf(host, min(netdevs, key=lambda name: (is_representor(host, name), name)))
    numvfs = pci.number(host, address, "sriov_numvfs") or 0
    return Pf(
        name="", pci_address=address, driver=pci.driver(host, address), numvfs=numvfs,
        totalvfs=pci.number(host, address, "sriov_totalvfs") or 0, numa_node=pci.numa_node(host, address),
        vfs={index: read_vf(host, address, index, VfSettings()) for index in range(numvfs)},
    )


def is_representor(host: Host, netdev: str) -> bool:
    """Whether a netdev of the PF stands for a port of the NIC's switch to a guest (phys_port_name ``pf0vf3``)."""
    return "pf" in (host.read(f"{pci.NETDEVS}/{netdev}/phys_port_name") or "")
