# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is warned that 802.1Qbh (Cisco VM-FEX) is known not to work, by the table of vm_fex_table.py.

It costs time, so only runs that meet a virtualport of type 802.1Qbh import it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.models import lacks_vm_fex
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex_table import NO_VF, OVERRIDES, Table, read_table

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network


@dataclass(frozen=True)
class Adapter:
    """What a PF is.

    :param driver: its driver if that is of Linux itself, None for one that was built apart
    :param subsystem: its PCI subsystem ID, vendor:device
    :param vendor: its PCI vendor ID, empty if the host does not show it
    """

    name: str
    driver: str | None
    subsystem: str
    numvfs: int
    vendor: str = ""


@dataclass(frozen=True)
class Use:
    """What 802.1Qbh is asked of.

    :param subject: what messages call who asks, such as interfaces[0]
    :param topology: hostdev, or the mode of the macvtap
    :param pf: None for a device that is not a VF
    """

    subject: str
    topology: str
    pf: Adapter | None


def warnings_of(host: Host, uses: t.Sequence[Use]) -> tuple[str, ...]:
    """What users of 802.1Qbh are to be warned of on this host.

    :raises ValidationError: OVERRIDES is broken
    """
    return judge(read_table(host), uses)


def uses_of(
    host: Host, subject: str, topology: str, pfs: t.Iterable[str] = (), devices: t.Iterable[str] = ()
) -> list[Use]:
    """What is asked of devices of the host; those that it does not have now are left out.

    :param topology: hostdev, or the mode of the macvtap
    :param pfs: PFs whose VFs are taken, by netdev or PCI address
    :param devices: what is taken itself, by netdev or PCI address
    """
    found = []
    for pf in pfs:
        address = pci.bus_address(host, pf)
        if address is not None and host.exists(f"{pci.DEVICES}/{address}"):
            found.append(Use(subject, topology, adapter_of(host, address)))
    for device in devices:
        address = pci.bus_address(host, device)
        owner = None if address is None else pci.pf_of(host, address)
        if owner is not None:
            found.append(Use(subject, topology, adapter_of(host, owner)))
        elif host.exists(f"{pci.NETDEVS}/{device}") or host.exists(f"{pci.DEVICES}/{device}"):
            found.append(Use(subject, topology, None))
    return found


def uses_of_network(host: Host, subject: str, network: Network) -> list[Use]:
    """What is asked of the devices of a libvirt network; its forward mode is the topology."""
    return uses_of(host, subject, str(network.mode), [network.pf] if network.pf else [], network.devices or ())


def judge(table: Table, uses: t.Iterable[Use]) -> tuple[str, ...]:
    """A warning for each thing that is known not to work, once for all who use it."""
    return tuple(dict.fromkeys(
        f"802.1Qbh may not work here: {reason}. If it does, change {key} in {OVERRIDES}."
        for use in uses for key, reason in reasons_of(table, use)))


def reasons_of(table: Table, use: Use) -> tuple[tuple[str, str], ...]:
    """Keys of the table, and what is known not to work by them."""
    return (*_of_topology(table, use), *_of_pf(table, use.pf))


def _of_topology(table: Table, use: Use) -> t.Iterator[tuple[str, str]]:
    """Keys of the table, and what they say of the way from the guest to the switch."""
    interconnect, listed = table.fabric_interconnect, table.unsupported_fabric_interconnects
    if lacks_vm_fex(interconnect) if listed is None else interconnect in listed:
        yield "fabric_interconnect", f"fabric interconnect {interconnect} supports neither VM-FEX nor port profiles"
    met = [use.topology] if use.pf is not None else [use.topology, NO_VF]
    reasons = [table.unsupported_topologies[name] for name in met if name in table.unsupported_topologies]
    if reasons:
        yield "unsupported_topologies", f"{use.subject} (mode {use.topology}): {'; '.join(reasons)}"


def _of_pf(table: Table, pf: Adapter | None) -> t.Iterator[tuple[str, str]]:
    """Keys of the table, and what they say of a PF."""
    if pf is None:
        return
    drivers, adapters, limits = table.unsupported_drivers, table.unsupported_adapters, table.vf_limits
    vendors = table.adapter_vendors
    if pf.vendor and vendors and pf.vendor not in vendors:
        yield "adapter_vendors", f"PF {pf.name} has PCI vendor {pf.vendor}, and only NICs of {' or '.join(vendors)} " \
            "(Cisco VIC is 1137) support VM-FEX"
    if pf.driver and pf.driver in drivers:
        yield "unsupported_drivers", f"driver {pf.driver} of PF {pf.name}: {drivers[pf.driver]}"
    if pf.subsystem in adapters:
        yield "unsupported_adapters", f"PF {pf.name} belongs to a {adapters[pf.subsystem]}, for which Cisco does not " \
            "support VM-FEX on VFs"
    if limits and pf.numvfs > limits[0]:
        usable = f"at most {limits[1]}" if pf.numvfs > limits[1] else \
            f"{limits[0]} to {limits[1]}, depending on their kernel"
        yield "vf_limits", f"PF {pf.name} has {pf.numvfs} VFs, of which hosts can use {usable}"


def adapter_of(host: Host, address: str) -> Adapter:
    """What the PF at a PCI address is."""
    driver = pci.driver(host, address)
    if "O" in (host.read(f"/sys/module/{driver}/taint") or ""):  # Documentation/ABI/testing/sysfs-module
        driver = None
    vendor, by, device = (_id(host, address, name) for name in ("vendor", "subsystem_vendor", "subsystem_device"))
    return Adapter((pci.netdevs(host, address) or [address])[0], driver, f"{by}:{device}",
                   pci.number(host, address, "sriov_numvfs") or 0, vendor)


def _id(host: Host, address: str, name: str) -> str:
    return (pci.attribute(host, address, name) or "").replace("0x", "", 1)
