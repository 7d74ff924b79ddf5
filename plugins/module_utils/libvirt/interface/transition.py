# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps from the NICs that a domain has to those that are wanted, for the runs that have something to do."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import check_reacts
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import Nic
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.identity import identified
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.live import LivePlan, at_once, late
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import write_interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.steps import (
    AttachLive,
    DetachLive,
    Redefine,
    Replug,
    UpdateLive,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import differences, write
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.values import change


@dataclass(frozen=True)
class Definition:
    """What the persistent definition becomes: the domain with all but its new NICs, and what changes, in words."""

    domain: Element
    lines: tuple[str, ...]


def check_possible(domain: str, current: NicState, nics: t.Sequence[Nic], plan: LivePlan | None) -> None:
    """Refuse what the running domain stands in the way of.

    :raises InUse: its guest cannot release a NIC, or a running NIC keeps a VF that is to be set for another one
    """
    if plan is None:
        return
    if plan.detach or plan.replug:
        check_reacts(domain, current.power, cannot="release a NIC")
    wanted = {nic.subject: nic.after for nic in nics}
    for vf in current.vfs:
        address = vf.pf.vfs[vf.index].pci_address
        for live in plan.running if vf.after() != vf else ():
            if live.source_vf == address and identified(wanted[vf.subject], [live]) is None:
                raise InUse(f"{vf.subject}.vf", f"NIC {live.label()} of {domain} runs with this VF until the domain "
                            "restarts", address, "Restart the domain first, with restart: allowed and without vf")


def steps_between(connection: Connection, domain: str, current: NicState, nics: t.Sequence[Nic],
                  plan: LivePlan | None, after: Definition) -> t.Iterator[Step]:
    """The VFs first, then one new definition with all NICs, then what the running domain can have at once.

    :param nics: all that the domain is to have
    :param plan: what the running domain can have of them, None when it does not run
    :param after: the definition then
    """
    if current.vfs:
        from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.vf import vf_steps

        # What drivers may lack comes first, so that it is refused before anything is changed.
        yield from vf_steps(current.vfs)
    found = dict(zip(current.interfaces, current.definition.findall("devices/interface")))
    elements = {nic.after: write_interface(nic.after, None if nic.before is None else found[nic.before])
                for nic in nics}
    if after.lines:
        text = xml.serialise(_redefined(after.domain, list(elements.values())))
        yield Redefine(connection, domain, text, after.lines, before=xml.serialise(current.definition))
    if plan is None or current.live is None:
        return
    devices = dict(zip(current.running or (), current.live.findall("devices/interface")))
    for nic in plan.detach:
        yield DetachLive(connection, domain, nic.label(), xml.serialise(devices[nic]))
    for nic, wanted in plan.replug:
        # The device of a network's NIC is the VF; to have it again it must be asked for at the network.
        back = xml.serialise(write_interface(nic, devices[nic]))
        why = ", ".join(change(row.parameter, row.meant(nic), row.meant(wanted))
                        for one in nics if one.after == wanted for row in late(one, nic))
        yield Replug(connection, domain, wanted.label(), xml.serialise(elements[wanted]), xml.serialise(devices[nic]),
                     back, why)
    for nic in plan.attach:
        yield AttachLive(connection, domain, nic.label(), xml.serialise(elements[nic]))
    for nic, wanted in plan.update:
        yield _update(connection, domain, devices[nic], nic, wanted)


def _update(connection: Connection, domain: str, device: Element, nic: Interface, after: Interface) -> UpdateLive:
    device, rows = for_update(device), at_once(after, nic)
    write(rows, device, after, nic)
    why = ", ".join(differences(rows, nic, after))
    return UpdateLive(connection, domain, after.label(), xml.serialise(device), why)


def for_update(device: Element) -> Element:
    """A running NIC as libvirt takes it to change it: one of a network shows what it became, and would then stay that.

    :param device: its ``<interface>``, of which a copy is returned
    """
    device = copy.deepcopy(device)
    source = device.find("source")
    if source is not None and source.get("network"):
        device.set("type", "network")
        for name in set(source.attrib) - {"network", "portgroup"}:
            del source.attrib[name]
    return device


def _redefined(definition: Element, interfaces: t.Sequence[Element]) -> Element:
    root = copy.deepcopy(definition)
    devices = xml.child(root, "devices")
    xml.remove(devices, "interface")
    devices.extend(interfaces)
    return root
