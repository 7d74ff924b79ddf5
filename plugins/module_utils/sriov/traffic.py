# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host itself does with the netdev of a VF, be it in another network namespace."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, namespaces, pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_stub
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Vf

# Links on top of another one that may go to another namespace without it. A veth has the index of its peer, too.
CHILDREN = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap", "vlan", "macsec"})


def traffic(host: Host, vfs: t.Iterable[Vf]) -> t.Iterator[Holder]:
    """Who uses some VFs of one PF as netdevs.

    A VF whose network driver shows no netdev has given it to another network namespace: sysfs shows only the netdevs
    of one's own (net/core/net-sysfs.c, net_ns_type_operations).
    """
    netdevs = {vf.netdev: vf for vf in vfs if vf.netdev}
    away = {vf.pci_address: vf for vf in vfs if not vf.netdev and vf.driver and not is_stub(vf.driver)}
    if not netdevs and not away:
        return
    for netdev, vf in netdevs.items():
        yield from (Holder(vf.index, upper, "upper") for upper in pci.uppers(host, netdev))
    if netdevs:
        yield from own_traffic(host, netdevs)
    yield from traffic_elsewhere(host, netdevs, away)


def own_traffic(host: Host, netdevs: dict[str, Vf]) -> t.Iterator[Holder]:
    """The addresses of netdevs and, if one is up, without which there are none, their routes and sessions."""
    addresses = iproute.addresses(host)
    up = any(pci.is_up(host, netdev) for netdev in netdevs)
    routes, sessions = (iproute.routes(host), iproute.sessions(host)) if up else ({}, {})
    for netdev, vf in netdevs.items():
        yield from (Holder(vf.index, f"address {address}", "address") for address in addresses.get(netdev, []))
        if netdev in routes:
            first, *more = routes[netdev]
            yield Holder(vf.index, f"route {first}{f' and {len(more)} more' if more else ''}", "route")
        yield from (Holder(vf.index, f"TCP session with {peer}", "session") for peer in sessions.get(netdev, []))


def traffic_elsewhere(host: Host, netdevs: dict[str, Vf], away: dict[str | None, Vf]) -> t.Iterator[Holder]:
    """Netdevs of VFs in other namespaces, and links there that are on top of a netdev of this one.

    The kernel takes the upper_ link of such a child out of sysfs when it moves (net/core/dev.c,
    netdev_adjacent_del_links); only its new namespace knows it, by the index that its lower netdev has here. That the
    index is one of this very namespace and not of a third one, the kernel does not tell: the kinds of links make it
    near to certain.
    """
    below = {host.read(f"{pci.NETDEVS}/{netdev}/ifindex"): vf for netdev, vf in netdevs.items()}
    missing = dict(away)
    for where, links in namespaces.other_links(host):
        for link in links:
            if link.get("parentdev") in missing:  # since Linux 5.14
                yield Holder(missing.pop(link["parentdev"]).index, where, "namespace")
            vf = below.get(str(link.get("link_index")))
            if vf is not None and "link_netnsid" in link and link.get("linkinfo", {}).get("info_kind") in CHILDREN:
                yield Holder(vf.index, f"{link['linkinfo']['info_kind']} {link['ifname']} in {where}", "child")
    yield from (Holder(vf.index, "another network namespace", "namespace") for vf in missing.values())
