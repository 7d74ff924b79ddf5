# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The current state of a PF and its VFs: sysfs for what they are, one ip process for their settings."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf, VfSettings


def read_pf(host: Host, pf: str) -> Pf:
    """The PF that a netdev name or PCI address means, with all of its VFs.

    :raises ValidationError: there is no such PF
    :raises NotSupported: no network driver is bound to it
    """
    address = pci.address_of_pf(host, pf)
    netdev = netdev_of(host, address, pf)
    numvfs = pci.number(host, address, "sriov_numvfs") or 0
    link = iproute.show_link(host, netdev, numvfs)
    totalvfs = pci.number(host, address, "sriov_totalvfs") or 0
    settings = settings_in(link)
    autoprobe = pci.number(host, address, "sriov_drivers_autoprobe")
    return Pf(
        name=netdev,
        pci_address=address,
        driver=pci.driver(host, address),
        totalvfs=totalvfs,
        numvfs=numvfs,
        drivers_autoprobe=None if autoprobe is None else bool(autoprobe),
        mtu=link["mtu"],
        up="UP" in link["flags"],
        link_up="LOWER_UP" in link["flags"],
        numa_node=pci.numa_node(host, address),
        vfs={index: read_vf(host, address, index, settings.get(index, VfSettings())) for index in range(numvfs)},
        future_addresses=tuple(pci.future_vf_address(host, address, index) for index in range(totalvfs)),
    )


def check_reported(pf: Pf, index: int, wanted: VfSettings) -> None:
    """:raises NotSupported: the PF's driver reports nothing of a setting that is wanted of a VF, so it has none."""
    reported = pf.vfs[index].settings.given()
    for setting in wanted.given():
        if setting not in reported:
            raise NotSupported(f"VF {index} of {pf.name}",
                               f"{setting} is not supported by {pf.driver} ({pf.pci_address})")


def netdev_of(host: Host, address: str, pf: str) -> str:
    """The netdev through which the PF's VFs are set: the one that was named, or the only one.

    :raises NotSupported: it has none
    :raises ValidationError: it has several (two ports on one function, representors), and none was named
    """
    netdevs = pci.netdevs(host, address)
    if not netdevs:
        raise NotSupported(
            f"PF {address}", f"it has no network interface (driver: {pci.driver(host, address) or 'none'})",
            remedy="Bind the PF to its network driver in the host's own network namespace",
        )
    if pf in netdevs:
        return pf
    if len(netdevs) > 1:
        raise ValidationError("pf", f"it has several network interfaces: {', '.join(netdevs)}", pf, "Set pf to one of "
                              "them")
    return netdevs[0]


def read_settings(host: Host, netdev: str, pci_address: str) -> dict[int, VfSettings]:
    """The settings of all VFs now, by index."""
    return settings_in(iproute.show_link(host, netdev, pci.number(host, pci_address, "sriov_numvfs") or 0))


def read_vfs(host: Host, netdev: str, pci_address: str) -> dict[int, Vf]:
    """All VFs now, by index."""
    return {index: read_vf(host, pci_address, index, settings)
            for index, settings in read_settings(host, netdev, pci_address).items()}


def settings_in(link: dict[str, t.Any]) -> dict[int, VfSettings]:
    """The settings of all VFs in what ip shows of their PF, by index."""
    return {info["vf"]: vf_settings(info) for info in link.get("vfinfo_list", [])}


def read_vf(host: Host, pf_address: str, index: int, settings: VfSettings) -> Vf:
    """One VF: where it is, what drives it, and its settings as ip told them."""
    address = pci.vf_address(host, pf_address, index)
    if address is None:
        return Vf(index, settings)
    netdevs = pci.netdevs(host, address)
    return Vf(
        index, settings, driver=pci.driver(host, address), pci_address=address,
        netdev=netdevs[0] if netdevs else None, iommu_group=pci.iommu_group(host, address),
        numa_node=pci.numa_node(host, address),
    )


def pf_of_vf(host: Host, address: str) -> Pf:
    """The PF of the VF at a PCI address, with its name and this VF only, and no settings.

    :raises ValidationError: the VF is not there
    """
    pf_address = pci.pf_of(host, address) or ""
    links = (name for name in host.names(f"{pci.DEVICES}/{pf_address}") if name.startswith("virtfn"))
    indexes = (int(name[len("virtfn"):]) for name in links)
    index = vf_at((Vf(index, pci_address=pci.vf_address(host, pf_address, index)) for index in indexes), address).index
    name = next(iter(pci.netdevs(host, pf_address)), pf_address)
    return Pf(name, pf_address, vfs={index: read_vf(host, pf_address, index, VfSettings())})


def vf_at(vfs: t.Iterable[Vf], address: str | None) -> Vf:
    """The VF at a PCI address, among those of its PF.

    :raises ValidationError: it is not there, such as one that was removed since its address was found
    """
    for vf in vfs:
        if vf.pci_address == address:
            return vf
    raise ValidationError("VF", "this host does not have this VF", address,
                          "Create the VFs of its PF with nfv.kvm.sriov_vf")


def vf_settings(info: dict[str, t.Any]) -> VfSettings:
    """The settings in one entry of ip's ``vfinfo_list`` (iproute2 ip/ipaddress.c, print_vfinfo).

    ip leaves out a VLAN, priority or protocol that is the default, and whatever the driver does not report.
    """
    vlan = (info.get("vlan_list") or [{}])[0]
    rate = info.get("rate", {})
    return VfSettings(
        mac=info.get("address"),
        vlan=vlan.get("vlan", 0),
        qos=vlan.get("qos", 0),
        vlan_protocol=vlan.get("protocol", "802.1Q"),
        spoofchk=info.get("spoofchk"),
        trust=info.get("trust"),
        link_state=info.get("link_state"),
        min_tx_rate=rate.get("min_tx", 0),
        max_tx_rate=rate.get("max_tx", info.get("tx_rate", 0)),
        query_rss=info.get("query_rss_en"),
    )
