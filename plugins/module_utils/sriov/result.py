# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PF and a VF as modules return them."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_met
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf


def pf_result(pf: Pf) -> dict[str, t.Any]:
    """A PF without its VFs; a PF without a netdev has no name."""
    return {
        "name": pf.name or None, "pci_address": pf.pci_address, "driver": pf.driver, "numvfs": pf.numvfs,
        "totalvfs": pf.totalvfs, "mtu": pf.mtu, "up": pf.up, "link_up": pf.link_up, "numa_node": pf.numa_node,
    }


def shown_vf(vf: Vf, wanted: Vf) -> dict[str, t.Any]:
    """What is managed of a VF, for the diff."""
    shown = {name: getattr(vf.settings, name) for name in wanted.settings.given()}
    if wanted.driver:
        shown["driver"] = wanted.driver if is_met(wanted.driver, vf.driver) else vf.driver or "none"
    return shown


def vf_result(vf: Vf) -> dict[str, t.Any]:
    """A VF with its settings and the domain that has it; which driver the default is shows when it is bound."""
    return {
        "index": vf.index, "pci_address": vf.pci_address, "netdev": vf.netdev,
        "driver": None if vf.driver == "default" else vf.driver,
        "iommu_group": vf.iommu_group, "numa_node": vf.numa_node, **asdict(vf.settings),
        "used_by": None if vf.used_by is None else asdict(vf.used_by),
    }
