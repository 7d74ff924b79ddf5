# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt leaves alone of the VFs of NICs: trust, spoof check and rates, which are set through the PF.

libvirt sets MAC and VLAN of a VF when a domain starts, and puts them back when it ends; it touches nothing else
(virNetDevSaveNetConfig and virNetDevSetNetConfig in src/util/virnetdev.c).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import check_reported, read_pf, vf_at
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.steps import SetVfs


@dataclass(frozen=True)
class VfOfNic:
    """The VF of a NIC as its PF has it.

    :param subject: what messages call the NIC
    :param wanted: its settings that are to be so
    """

    subject: str
    pf: Pf
    index: int
    settings: VfSettings
    wanted: VfSettings

    def after(self) -> VfOfNic:
        """It with the settings that are wanted."""
        return replace(self, settings=self.settings.overlaid(self.wanted))

    def managed(self) -> dict[str, t.Any]:
        """What the VF has of the settings that are wanted."""
        return {name: getattr(self.settings, name) for name in self.wanted.given()}


def read_vf_of(host: Host, subject: str, nic: Interface, wanted: VfSettings, pfs: dict[str, Pf]) -> VfOfNic:
    """The VF that a NIC has, or will have.

    :param pfs: by PCI address the PFs that were read already; gets the one of this NIC
    :raises ValidationError: it has none, or none that stays the same, or what it is to have contradicts itself
    :raises NotSupported: the PF's driver has no such setting
    """
    address, pf_address = _addresses(host, f"{subject}.vf", nic)
    if pf_address not in pfs:
        pfs[pf_address] = read_pf(host, pf_address)
    pf = pfs[pf_address]
    index = vf_at(pf.vfs.values(), address).index
    check_reported(pf, index, wanted)
    found = VfOfNic(subject, pf, index, pf.vfs[index].settings, wanted)
    after = found.after().settings
    if after.max_tx_rate and (after.min_tx_rate or 0) > after.max_tx_rate:
        raise ValidationError(f"{subject}.vf.min_tx_rate", f"it would be above max_tx_rate {after.max_tx_rate}",
                              after.min_tx_rate, "Lower it, or raise max_tx_rate")
    rates = {name: value for name, value in found.after().managed().items() if name.endswith("_rate")}
    if not pf.up and rates != {name: getattr(found.settings, name) for name in rates}:
        raise ValidationError(f"{subject}.vf", f"PF {pf.name} is down, and drivers accept rates only with a link",
                              rates,
                              f"Run ip link set {pf.name} up, or set up: true with nfv.kvm.sriov_vf")
    return found


def _addresses(host: Host, subject: str, nic: Interface) -> tuple[str | None, str]:
    """The PCI addresses of a NIC's VF and of its PF."""
    if nic.type == "network":
        raise NotSupported(subject, "a network can give any of its VFs at each start of the domain", nic.source_network,
                           "Set the VFs of its PF with nfv.kvm.sriov_vf, or use a single VF with type: hostdev")
    address = nic.source_vf
    if nic.type == "direct" and nic.source_dev:
        address = pci.vf_of_netdev(host, nic.source_dev)
    pf_address = None if address is None else pci.pf_of(host, address)
    if nic.source_vf is not None and pf_address is None:
        raise ValidationError(subject, "this host does not have this VF", nic.source_vf,
                              "Create the VFs of its PF with nfv.kvm.sriov_vf")
    if pf_address is None:
        raise ValidationError(subject, f"this NIC of type {nic.type} has no VF", nic.source_dev or nic.source_bridge,
                              "Remove vf, or set type: hostdev, or type: direct on a VF")
    return address, pf_address


def vf_steps(vfs: t.Sequence[VfOfNic]) -> list[SetVfs]:
    """One step for each PF that has something to set."""
    changed: dict[str, list[VfOfNic]] = {}
    for vf in vfs:
        if vf.after() != vf:
            changed.setdefault(vf.pf.pci_address, []).append(vf)
    return [
        SetVfs(found[0].pf.name, address, found[0].pf.driver or "",
               tuple((vf.index, vf.settings, vf.after().settings) for vf in found))
        for address, found in changed.items()]
