# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether somebody has what NICs would take for themselves: VFs, and what a macvtap of mode passthrough is put on."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders, refuse_held
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import pf_of_vf


@dataclass(frozen=True)
class Taken:
    """What a NIC would take.

    :param subject: what messages call the source of the NIC
    :param value: the source as the NIC has it
    :param name: what messages call it
    :param vf: it, with a number of its own in the list
    :param own: the netdev that the NIC has a macvtap on already
    """

    subject: str
    value: str
    name: str
    vf: Vf
    own: str | None


def check_unused(host: Host, nics: t.Sequence[tuple[str, Interface, Interface | None]], domain: str,
                 ledger: Ledger) -> None:
    """One look at the host for all NICs. Each source is there, as :mod:`sources` has found.

    libvirt takes a VF from its driver, and so from whoever has it. A macvtap of mode passthrough gets all frames of
    what it is put on (macvlan_handle_frame in drivers/net/macvlan.c of the kernel), and libvirt changes the MAC of
    that.

    :param nics: for each what messages call it, it as it will be, and it now
    :param domain: which has them: what it holds itself is its own
    :param ledger: what the other domains have
    :raises InUse: another domain, a process or the host itself has it
    """
    taken = [one for number, nic in enumerate(nics) for one in _taken(host, number, *nic)]
    if not taken:
        return
    found = holders(host, Pf("", vfs={one.vf.index: one.vf for one in taken}), ledger)
    for one in taken:
        refuse_held(one.subject, one.value, one.name, [
            holder for holder in found if holder.vf == one.vf.index and holder.domain != domain
            and not (holder.kind == "upper" and one.own is not None and one.own == one.vf.netdev)])


def _taken(host: Host, number: int, subject: str, nic: Interface, before: Interface | None) -> t.Iterator[Taken]:
    """What a NIC would take that it does not have."""
    had = before or Interface()
    if nic.source_vf is not None and nic.source_vf != had.source_vf:
        yield _vf(host, nic.source_vf, Taken(f"{subject}.source", nic.source_vf, "", Vf(number), had.source_dev))
    dev, on_it = nic.source_dev, (nic.type, nic.source_dev) == (had.type, had.source_dev)
    if nic.type == "direct" and nic.source_mode == "passthrough" and dev is not None and not on_it:
        found = Taken(f"{subject}.source.dev", dev, dev, Vf(number, netdev=dev), None)
        is_vf = host.exists(f"{pci.NETDEVS}/{dev}/device/physfn")
        yield _vf(host, host.link_name(f"{pci.NETDEVS}/{dev}/device") or "", found) if is_vf else found


def _vf(host: Host, address: str, taken: Taken) -> Taken:
    """It as the VF at a PCI address."""
    pf = pf_of_vf(host, address)
    vf = next(iter(pf.vfs.values()))
    return replace(taken, name=f"VF {vf.index} of {pf.name}", vf=replace(vf, index=taken.vf.index))
