# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would lose a VF: the one answer for every module that takes one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.opened import openers
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.traffic import traffic
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.users import domain_holders

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger

# How a VF becomes free, by the kind of its holder
REMEDIES = {
    "process": "Stop {by}",
    "domain": "Remove the VF from {by} with nfv.kvm.vm_interface",
    "upper": "Remove {by} from {netdev}",
    "address": "Remove the addresses from {netdev}: ip address flush dev {netdev}",
    "route": "Remove the routes over {netdev}: ip route flush dev {netdev}; ip -6 route flush dev {netdev}",
    "session": "Close {by}",
    "namespace": "Move its network interface back to the host's own network namespace",
    "child": "Delete {by}",
}


def present_holders(host: Host, vfs: t.Collection[Vf]) -> tuple[Holder, ...]:
    """Who uses some VFs of one PF at this moment: processes, and the host itself."""
    found = [*openers(host, vfs), *traffic(host, vfs)]
    return tuple(sorted(found, key=lambda holder: holder.vf or 0))


def holders(host: Host, pf: Pf, uses: Ledger, networks: dict[str, str] | None = None) -> tuple[Holder, ...]:
    """Who would lose a VF of the PF, also when its domain starts the next time.

    :param uses: what domains have of the host
    :param networks: the definitions of the networks that may give domains a VF
    """
    present = present_holders(host, pf.vfs.values())
    held = {holder.vf for holder in present}
    return (*present, *(holder for holder in domain_holders(uses, networks or {}, pf) if holder.vf not in held))


def refuse_held(subject: str, value: str, name: str, found: t.Sequence[Holder]) -> None:
    """For a NIC that would take a VF, or another netdev.

    :param name: what messages call it
    :param found: who holds it
    :raises InUse: somebody does
    """
    for first in found:
        kind, by = (first.kind, first.by) if first.domain is None else ("domain", f"domain {first.domain}")
        raise InUse(subject, f"{name} is in use by {', '.join(holder.by for holder in found)}", value,
                    f"{REMEDIES[kind].format(by=by, netdev=first.netdev)}, or choose another VF")
