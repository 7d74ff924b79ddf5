# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps on the domain of an appliance that can be undone."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.foreseen import foreseen_netdev
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import steps
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf


@dataclass(frozen=True)
class DefineAppliance(steps.Define):
    """Set the persistent definition, NICs included.

    :param before: its XML now, None for a domain that is not there yet
    :param netdevs: the PCI addresses of VFs that are still to be made, by the names that udev will most likely give
        their netdevs, on which macvtaps can be
    """

    before: str | None = field(repr=False, default=None)
    netdevs: t.Mapping[str, str] = field(default_factory=dict)

    def apply(self, host: Host) -> None:
        steps.Define.apply(replace(self, xml=self._with_real_names(host)), host)

    def undo(self, host: Host) -> None:
        domain = self.connection.find(self.name)
        if self.before is not None:
            self.connection.define(self.name, self.before)
        elif domain is not None:
            domain.undefine(nvram=True)

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
class SetAutostart(steps.SetAutostart):
    """Start the domain with the host, or do not."""

    def undo(self, host: Host) -> None:
        domain = self.connection.find(self.name)
        if domain is not None:
            domain.set_autostart(not self.wanted)
