# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps on the domain of an appliance that can be undone."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Step
from ansible_collections.nfv.kvm.plugins.module_utils.foreseen import foreseen_netdev
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import steps
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.define import DefineRecorded
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import write_interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.steps import DetachLive, identity
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.transition import for_update
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf


@dataclass(frozen=True)
class DefineAppliance(DefineRecorded):
    """Set the persistent definition, NICs included, and record what libvirt makes of the rest.

    :param before: its XML now, None for a domain that is not there yet
    :param netdevs: the PCI addresses of VFs that are still to be made, by the names that udev will most likely give
        their netdevs, on which macvtaps can be
    """

    before: str | None = field(repr=False, default=None)
    netdevs: t.Mapping[str, str] = field(default_factory=dict)

    def apply(self, host: Host) -> None:
        DefineRecorded.apply(replace(self, xml=self._with_real_names(host)), host)

    def undo(self, host: Host) -> None:
        domain = self.connection.find(self.name)
        if domain is None:
            return
        if self.before is None:
            domain.undefine(nvram=True)
        elif xml.serialise(xml.parse(domain.definition() or "", notes=True)) != self.before:
            self.connection.define(self.name, self.before)

    def _with_real_names(self, host: Host) -> str:
        if not self.netdevs:
            return self.xml
        root = xml.parse(self.xml, notes=True)
        for source in root.iterfind("devices/interface[@type='direct']/source[@dev]"):
            address = self.netdevs.get(source.get("dev"))
            real = pci.netdevs(host, address) if address is not None else []
            if real:
                source.set("dev", real[0])
        return xml.serialise(root)


def guessed_netdevs(pfs: t.Iterable[Pf]) -> dict[str, str]:
    """The PCI address of each VF that is still to be made, by the name that is taken for that of its netdev."""
    return {foreseen_netdev(pf, vf.index): vf.pci_address for pf in pfs for vf in pf.vfs.values()
            if vf.netdev is None and vf.pci_address is not None}


@dataclass(frozen=True)
class ChangeLive(steps.DomainStep):
    """What the running domain can have of its new NICs at once, as one step that can be undone.

    :param changes: one after the other
    :param before: the ``<interface>`` of each NIC now, and the one by which it is plugged in again
    """

    changes: tuple[Step, ...]
    before: tuple[tuple[str, str], ...] = field(repr=False)

    def describe(self) -> list[str]:
        return [line for change in self.changes for line in change.describe()]

    def apply(self, host: Host) -> None:
        for change in self.changes:
            change.apply(host)

    def undo(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        was = {identity(xml.parse(now)): (now, back) for now, back in self.before}
        for nic in self._nics():
            now, _back = was.get(identity(nic), (None, ""))
            # Another VF, or another tag of its, takes a new plug.
            if now is None or (nic.get("type") == "hostdev" and xml.serialise(nic) != now):
                label = str(nic.find("mac").get("address"))
                DetachLive(self.connection, self.name, label, xml.serialise(nic)).apply(host)
        there = {identity(nic): xml.serialise(nic) for nic in self._nics()}
        for known, (now, back) in was.items() if domain.active() else ():
            if known not in there:
                domain.attach_live(back)
            elif there[known] != now:
                domain.update_live(xml.serialise(for_update(xml.parse(now))))

    def _nics(self) -> list[xml.Element]:
        live = self.connection.domain(self.name).live_xml()
        return [] if live is None else list(xml.parse(live).findall("devices/interface"))


def plugged(nics: NicState) -> tuple[tuple[str, str], ...]:
    """The NICs of a running domain as ChangeLive wants them."""
    devices = [] if nics.live is None else nics.live.findall("devices/interface")
    return tuple((xml.serialise(device), xml.serialise(write_interface(nic, device)))
                 for nic, device in zip(nics.running or (), devices))


@dataclass(frozen=True)
class SetAutostart(steps.SetAutostart):
    """Start the domain with the host, or do not."""

    def undo(self, host: Host) -> None:
        domain = self.connection.find(self.name)
        if domain is not None:
            domain.set_autostart(not self.wanted)
