# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VFs that are named by their PF and number, and network interfaces that are named by an alternative name."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted


def resolved(host: Host, wanted: Wanted) -> Wanted:
    """With the PCI address of the VF, or for a macvtap its netdev, where it is named by its PF and number.

    libvirt knows no alternative names: the netdev of one is given by the name that the kernel calls it by.

    :raises ValidationError: there is no such PF or VF, or the VF has no netdev
    """
    if wanted.pf is None or wanted.vf is None:
        dev = wanted.interface.source_dev
        if wanted.interface.type != "direct" or dev is None:
            return wanted
        return replace(wanted, interface=replace(wanted.interface, source_dev=pci.netdev_of(host, dev) or dev))
    try:
        pf_address = pci.address_of_pf(host, wanted.pf)
    except ValidationError as error:
        raise ValidationError(f"{wanted.subject}.source.pf", error.cause, error.value, error.remedy) from error
    address = pci.vf_address(host, pf_address, wanted.vf)
    if address is None:
        count = pci.number(host, pf_address, "sriov_numvfs") or 0
        raise ValidationError(f"{wanted.subject}.source.vf", f"PF {wanted.pf} has {count} VFs, and the first one is 0",
                              wanted.vf, "Choose another VF, or raise numvfs with nfv.kvm.sriov_vf")
    if wanted.interface.type != "direct":
        return replace(wanted, interface=replace(wanted.interface, source_vf=address))
    netdevs = pci.netdevs(host, address)
    if not netdevs:
        driver = pci.driver(host, address) or "no driver"
        raise ValidationError(f"{wanted.subject}.source.vf", f"VF {wanted.vf} of {wanted.pf} ({address}) has no network"
                              f" interface for a macvtap: it is bound to {driver}", wanted.vf,
                              "Bind it to its network driver with nfv.kvm.sriov_vf and driver: default")
    return replace(wanted, interface=replace(wanted.interface, source_dev=netdevs[0]))
