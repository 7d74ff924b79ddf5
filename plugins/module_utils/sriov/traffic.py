# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host itself does with the netdev of a VF, also in another network namespace."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, namespaces, pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_stub
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Vf

# Some drivers (iavf) register the netdev of a VF some time after they are bound, which udevadm settle does not await.
NETDEV_SECONDS = 5.0


def traffic(host: Host, vfs: t.Iterable[Vf]) -> t.Iterator[Holder]:
    """Who uses some VFs of one PF as netdevs.

    A VF whose network driver shows no netdev may have given it to another network namespace: sysfs shows only the
    netdevs of one's own (net/core/net-sysfs.c, net_ns_type_operations).
    """
    own = [vf for vf in vfs if vf.netdev or (vf.driver and not is_stub(vf.driver))]
    if not own:
        return
    own, others = placed(host, own)
    netdevs = {vf.netdev: vf for vf in own if vf.netdev}
    for netdev, vf in netdevs.items():
        yield from (Holder(vf.index, upper, "upper", netdev=netdev) for upper in pci.uppers(host, netdev))
    if netdevs:
        yield from own_traffic(host, netdevs)
    for netdev, child in namespaces.children(host, netdevs, others):
        yield Holder(netdevs[netdev].index, child, "child")
    if len(netdevs) < len(own):
        yield from moved(host, [vf for vf in own if not vf.netdev], others)


def placed(host: Host, vfs: list[Vf]) -> tuple[list[Vf], list[namespaces.Namespace]]:
    """The VFs with their netdevs, and the other namespaces. It looks for a while for a netdev that is in none."""
    deadline = host.now() + NETDEV_SECONDS
    while True:
        vfs = [vf if vf.netdev else replace(vf, netdev=next(iter(pci.netdevs(host, vf.pci_address or "")), None))
               for vf in vfs]
        others = list(namespaces.other_links(host))
        away = namespaces.devices(others)
        if host.now() >= deadline or all(vf.netdev or vf.pci_address in away for vf in vfs):
            return vfs, others
        host.sleep(0.5)


def moved(host: Host, vfs: list[Vf], others: list[namespaces.Namespace]) -> t.Iterator[Holder]:
    """The other namespaces of VFs without netdevs in this one.

    A kernel that tells nothing of devices may have moved the VF; with any other, its driver has made no netdev, such as
    one that waits for a reset.
    """
    away = namespaces.devices(others)
    unseen = None if away or iproute.tells_devices(host) else namespaces.ANOTHER
    for vf in vfs:
        where = away.get(vf.pci_address or "", unseen)
        if where is not None:
            yield Holder(vf.index, where, "namespace")


def own_traffic(host: Host, netdevs: dict[str, Vf]) -> t.Iterator[Holder]:
    """The addresses of netdevs and, if one is up, without which there are none, their routes and sessions."""
    addresses = iproute.addresses(host)
    up = any(pci.is_up(host, netdev) for netdev in netdevs)
    routes, sessions = (iproute.routes(host), iproute.sessions(host)) if up else ({}, {})
    for netdev, vf in netdevs.items():
        yield from (Holder(vf.index, f"address {address}", "address", netdev=netdev)
                    for address in addresses.get(netdev, []))
        if netdev in routes:
            first, *more = routes[netdev]
            yield Holder(vf.index, f"route {first}{f' and {len(more)} more' if more else ''}", "route", netdev=netdev)
        yield from (Holder(vf.index, f"TCP session with {peer}", "session") for peer in sessions.get(netdev, []))
