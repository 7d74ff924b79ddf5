# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices of the host that networks give to NICs. Which of them is free, libvirt knows only of its own networks."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import root_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import PASSED, kind_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import pf_of_vf


@dataclass(frozen=True)
class Device:
    """A VF, or another netdev that a NIC has for itself.

    :param name: what messages call it
    :param pf: the netdev of its PF, None for what is not a VF
    :param vf: it, with a number of its own among those that are looked at
    """

    name: str
    pf: str | None
    vf: Vf


@dataclass(frozen=True)
class Own:
    """A domain with what it holds itself, which is no obstacle for its own NICs.

    :param ports: the netdevs that the host has for its running NICs, such as macvtap0
    """

    domain: str
    ports: frozenset[str] = frozenset()

    def others(self, found: t.Iterable[Holder]) -> list[Holder]:
        """Those who are not this domain."""
        return [holder for holder in found
                if holder.domain != self.domain and not (holder.kind == "upper" and holder.by in self.ports)]


def vf_at(host: Host, address: str, number: int) -> Device:
    """The VF at a PCI address."""
    pf = pf_of_vf(host, address)
    vf = next(iter(pf.vfs.values()))
    return Device(f"VF {vf.index} of {pf.name}", pf.name, replace(vf, index=number))


def device_of(host: Host, netdev: str, number: int) -> Device:
    """The VF that a netdev is of; if it is of none, the netdev."""
    address = pci.vf_of_netdev(host, netdev)
    return Device(netdev, None, Vf(number, netdev=netdev)) if address is None else vf_at(host, address, number)


def devices_of(host: Host, network: Element) -> list[Device]:
    """What a ``<network>`` of one of the modes PASSED gives, as far as the host has it now; nothing for others."""
    forward = network.find("forward")
    if kind_of(network) not in PASSED:
        return []
    pfs = [host.link_name(f"{pci.NETDEVS}/{listed.get('dev')}/device") or "" for listed in forward.findall("pf")]
    # libvirt lists the VFs of a PF itself, as a network shows that runs.
    listed = [pci.vf_address(host, pf, index) for pf in pfs
              for index in range(pci.number(host, pf, "sriov_numvfs") or 0)]
    if not pfs:
        listed = [xml.pci_address(found) for found in forward.findall("address")]
    addresses = [address for address in listed if address and pci.pf_of(host, address) is not None]
    netdevs = [] if pfs else [str(found.get("dev")) for found in forward.findall("interface")]
    return [
        *(vf_at(host, address, number) for number, address in enumerate(addresses)),
        *(device_of(host, netdev, number) for number, netdev in enumerate(netdevs, len(addresses))
          if host.exists(f"{pci.NETDEVS}/{netdev}")),
    ]


def check_pools(host: Host, connection: Connection, nics: t.Sequence[tuple[str, Interface, bool]], own: Own,
                ledger: Ledger) -> tuple[str, ...]:
    """See whether networks have a free device for each NIC that comes to them, and warn of those that the host uses.

    :param nics: all that the domain will have: what messages call each, it, and whether it comes to its network
    :param ledger: what the other domains have
    :raises InUse: a network has too few
    """
    named = {nic.source_vf for _subject, nic, _comes in nics if nic.source_vf is not None}
    found: list[str] = []
    for name in sorted({str(nic.source_network) for _subject, nic, comes in nics if comes and nic.type == "network"}):
        root = root_of(connection, name)
        if kind_of(root) not in PASSED:
            continue
        devices = devices_of(host, root)
        users = own.others(holders(host, Pf("", vfs={one.vf.index: one.vf for one in devices}), ledger))
        subjects = [(subject, comes) for subject, nic, comes in nics
                    if nic.type == "network" and nic.source_network == name]
        elsewhere = [Holder(one.vf.index, "another NIC of the domain") for one in devices
                     if one.vf.pci_address in named]
        _check_enough(name, subjects, devices, [*elsewhere, *users])
        found += _warnings(name, devices, users, ledger)
    return tuple(found)


def _check_enough(network: str, nics: t.Sequence[tuple[str, bool]], devices: t.Sequence[Device],
                  users: t.Sequence[Holder]) -> None:
    held = {holder.vf for holder in users}
    free = sum(one.vf.index not in held for one in devices)
    if free >= len(nics):
        return
    who = ", ".join(f"{one.name} by {holder.by}" for one in devices for holder in users if holder.vf == one.vf.index)
    raise InUse(f"{[subject for subject, comes in nics if comes][-1]}.source.network",
                f"the domain needs {len(nics)} of its devices, and {free} of {len(devices)} are free"
                f"{f' ({who})' if who else ''}", network,
                "Create more VFs with nfv.kvm.sriov_vf, add devices to the network, or release one that is in use")


def _warnings(network: str, devices: t.Sequence[Device], users: t.Sequence[Holder], ledger: Ledger) -> t.Iterator[str]:
    """The devices that the host itself uses, and that libvirt may give all the same."""
    guests = {entry.port for entry in ledger if entry.live}
    for one in devices:
        by = [holder.by for holder in users if holder.vf == one.vf.index and holder.kind != "domain"
              and holder.domain is None and holder.by not in guests]
        if by:
            yield (f"Network {network} can give {one.name} to a NIC although it is in use by {', '.join(by)}, because "
                   "libvirt does not check that. Remove it from the network (forward.devices of nfv.kvm.vm_network), "
                   "or release it.")
