# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PFs of an appliance, as sriov_vf takes them: messages name the item of the list, and it fits the NICs."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.argument_spec import OPTIONS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_vfio
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import PfResource


@contextlib.contextmanager
def item(place: int) -> t.Iterator[None]:
    """Errors about an option of sriov_vf are about that of an item of ``pfs``."""
    try:
        yield
    except KvmError as error:
        if error.subject.partition(".")[0].partition("[")[0] in OPTIONS:
            error.subject = f"pfs[{place}].{error.subject}"
        raise


class AppliancePf(PfResource):
    """One PF of an appliance.

    :param number: of the item of ``pfs``
    """

    def __init__(self, number: int, pf: PfResource) -> None:
        super().__init__(pf.desired, pf.in_use, pf.timeout, pf.uri)
        self.number = number

    def objects(self, host: Host) -> tuple[str, ...]:
        with item(self.number):
            return super().objects(host)

    def read(self, host: Host) -> Pf:
        with item(self.number):
            return super().read(host)

    def plan(self, current: Pf) -> Plan[Pf]:
        with item(self.number):
            return super().plan(current)


def check_twice(pfs: t.Sequence[Pf]) -> None:
    """:raises ValidationError: one PF is given twice, be it by two names"""
    seen: dict[str, int] = {}
    for place, pf in enumerate(pfs):
        if pf.pci_address in seen:
            raise ValidationError(f"pfs[{place}].pf", f"this is the PF of pfs[{seen[pf.pci_address]}]", pf.name,
                                  "Give all that is wanted of a PF in one item")
        seen[pf.pci_address] = place


def check_agree(nics: t.Iterable[Wanted], pfs: t.Sequence[tuple[Pf, Pf]]) -> None:
    """Refuse settings of a VF that its NIC would change again.

    :param pfs: each PF as it is wanted, and as it is
    :raises ValidationError: names the option of the NIC
    """
    for nic in nics:
        for place, (wanted, found) in enumerate(pfs):
            vf = None if nic.vf is None else wanted.vfs.get(nic.vf)
            if vf is not None and nic.pf in (wanted.name, found.name, found.pci_address):
                _check_vf(nic, vf, f"pfs[{place}].vfs gives VF {vf.index} of {found.name}")


def _check_vf(nic: Wanted, vf: Vf, gives: str) -> None:
    for option, value in _settings(nic).items():
        other = getattr(vf.settings, option.rpartition(".")[2])
        if other not in (None, value):
            raise ValidationError(f"{nic.subject}.{option}", f"{gives} another value, {other}", value,
                                  "Give it in one of the two only")
    if nic.interface.type == "hostdev" and vf.driver is not None and not is_vfio(vf.driver):
        raise ValidationError(f"{nic.subject}.type", f"such a NIC needs the driver vfio-pci, and {gives} {vf.driver}",
                              nic.interface.type, "Leave the driver of this VF out")


def _settings(nic: Wanted) -> dict[str, t.Any]:
    """What a NIC gives its VF, by its options."""
    found = {} if nic.settings is None else {f"vf.{name}": value for name, value in nic.settings.given().items()}
    mac, vlan = nic.interface.mac, nic.interface.vlan
    if mac is not None and not nic.generated:
        found["mac"] = mac
    if vlan is not None and len(vlan.tags) < 2:
        found["vlan"] = vlan.tags[0] if vlan.tags else 0
    return found
