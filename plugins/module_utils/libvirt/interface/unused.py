# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody has what NICs would take for themselves: VFs, and what a macvtap of mode passthrough is put on."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.pools import Device, Own, device_of, vf_at
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders, refuse_held
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf


@dataclass(frozen=True)
class Taken:
    """What a NIC would take.

    :param subject: what messages call the source of the NIC
    :param value: the source as the NIC has it
    """

    subject: str
    value: str
    device: Device


def check_unused(host: Host, nics: t.Sequence[tuple[str, Interface, Interface | None]], own: Own,
                 ledger: Ledger) -> None:
    """One look at the host for all NICs. Each source is there, as :mod:`sources` has found.

    libvirt takes a VF from its driver, and so from whoever has it. A macvtap of mode passthrough gets all frames of
    what it is put on (macvlan_handle_frame in drivers/net/macvlan.c of the kernel), and libvirt changes the MAC of
    that.

    :param nics: for each what messages call it, it as it will be, and it now
    :param own: the domain which has them
    :param ledger: what the other domains have
    :raises InUse: another domain, a process or the host itself has it
    """
    taken = [one for number, nic in enumerate(nics) for one in _taken(host, number, *nic)]
    if not taken:
        return
    found = own.others(holders(host, Pf("", vfs={one.device.vf.index: one.device.vf for one in taken}), ledger))
    for one in taken:
        vf = one.device.vf
        refuse_held(one.subject, one.value, one.device.name, [holder for holder in found if holder.vf == vf.index])


def _taken(host: Host, number: int, subject: str, nic: Interface, before: Interface | None) -> t.Iterator[Taken]:
    """What a NIC would take that it does not have."""
    had = before or Interface()
    if nic.source_vf is not None and nic.source_vf != had.source_vf:
        yield Taken(f"{subject}.source", nic.source_vf, vf_at(host, nic.source_vf, number))
    dev, on_it = nic.source_dev, (nic.type, nic.source_dev) == (had.type, had.source_dev)
    if nic.type == "direct" and nic.source_mode == "passthrough" and dev is not None and not on_it:
        yield Taken(f"{subject}.source.dev", dev, device_of(host, dev, number))
