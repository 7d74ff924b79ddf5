# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PCI devices of the host that a domain's XML hands to its guest, and who else has them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import namespaces, pci
from ansible_collections.nfv.kvm.plugins.module_utils.carried import carried
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger, read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders, refuse_held
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Vf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.opened import openers
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import pf_of_vf, read_vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.users import has

SUBJECT = "xml.devices.hostdev"


def check_devices(host: Host, connection: Connection, name: str, uuid: str | None, wanted: Element,
                  current: t.Iterable[Element]) -> None:
    """Refuse devices that the wanted XML brings and somebody has: libvirt takes them from their driver, and so from
    the host, when the domain starts. The other domains are read only if it brings any.

    :param name: of the domain
    :param uuid: of it, None for one that is not there yet
    :param current: its definition, and what it runs with
    :raises InUse: another domain, a process or the host itself has one
    """
    before = {address for domain in current for address in _pci_devices(domain)}
    new = [address for address in _pci_devices(wanted) if address not in before]
    ledger = read_ledger(connection, without=uuid) if new else ()
    for address in new:
        _check_domains(host, address, ledger)
        if pci.pf_of(host, address) is None:
            _check_whole(host, name, address, ledger)
            continue
        pf = pf_of_vf(host, address)
        for index in pf.vfs:
            refuse_held(SUBJECT, address, f"VF {index} of {pf.name}", _others(name, holders(host, pf, ledger)))


def _pci_devices(domain: Element) -> t.Iterator[str]:
    for device in domain.findall("devices/hostdev[@type='pci']"):
        address = xml.pci_address(device.find("source/address"))
        if address is not None:
            yield address


def _others(name: str, found: t.Iterable[Holder]) -> list[Holder]:
    return [holder for holder in found if holder.domain != name]


def _check_domains(host: Host, address: str, ledger: Ledger) -> None:
    """Of two domains with a device libvirt refuses the one that starts second, and no definition."""
    own = [Vf(0, pci_address=address, netdev=netdev) for netdev in (None, *pci.netdevs(host, address))]
    for entry in ledger:
        if any(has(entry, device) for device in own):
            runs = "runs with" if entry.live else "is defined with"
            raise InUse(SUBJECT, f"domain {entry.domain} {runs} this device", address,
                        f"Use another device, or remove this one from {entry.domain}")


def _check_whole(host: Host, name: str, address: str, ledger: Ledger) -> None:
    """A device that is not a VF: a NIC takes its netdevs with it, and a PF its VFs."""
    device = Vf(0, pci_address=address, driver=pci.driver(host, address), iommu_group=pci.iommu_group(host, address))
    refuse_held(SUBJECT, address, "this device", _others(name, openers(host, [device])))
    for netdev in pci.netdevs(host, address):
        cut_off = carried(host, netdev, lambda: ledger)
        if cut_off:
            raise InUse(SUBJECT, f"{netdev} of this device carries {', '.join(map(str, cut_off))}", address,
                        "Use another device or a VF of this one, or move this traffic to another NIC first")
    _check_elsewhere(host, address)
    vfs = {index: read_vf(host, address, index, VfSettings())
           for index in range(pci.number(host, address, "sriov_numvfs") or 0)}
    for holder in _others(name, holders(host, Pf(address, vfs=vfs), ledger) if vfs else ()):
        raise InUse(SUBJECT, f"giving this PF to the guest would remove its VFs, and VF {holder.vf} is in use by "
                    f"{holder.by}",
                    address, "Release that VF first, or use a VF of this PF instead of the PF")


def _check_elsewhere(host: Host, address: str) -> None:
    """One whose netdev is in another namespace shows none here."""
    if pci.netdevs(host, address) or not (pci.attribute(host, address, "class") or "").startswith(pci.NETWORK_CLASS):
        return
    for where, links in namespaces.other_links(host):
        if any(link.get("parentdev") == address for link in links):
            raise InUse(SUBJECT, f"its network interface is in {where}", address,
                        "Move it back to the host's own network namespace, or use another device")
