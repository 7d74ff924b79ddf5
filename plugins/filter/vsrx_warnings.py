# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role vsrx that says what works less well than it could, or was not seen to work."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.filter.vsrx import (
    MAXIMUM,
    Dict,
    fabric_members,
    is_trusted,
    is_vf,
    link,
    named,
    ports,
    speed,
)
from ansible_collections.nfv.kvm.plugins.filter.vsrx_cluster import whole_tree
from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes


def vsrx_warnings(settings: Dict) -> list[str]:
    """A sentence for each, with what to do about it.

    :param settings: as vsrx_refused takes them, and found right by it
    """
    return list(warnings(settings))


def warnings(settings: Dict) -> t.Iterator[str]:
    """The same, one after the other."""
    cluster, nics = settings["cluster"], named(settings)
    fabric = fabric_members(whole_tree(settings))
    revenue = [(name, nic) for name, nic in ports(settings) if name not in fabric]
    others = [name for name, nic in revenue if not is_vf(nic)]
    if others and len(others) < len(revenue):
        yield (f"vsrx_interfaces: {', '.join(others)} are no VFs although other revenue ports are. Juniper recommends "
               "SR-IOV on all revenue ports where it is used; give them VFs (type: hostdev).")
    vfs = [(name, nic) for name, nic in revenue if is_vf(nic)]
    unknown = [name for name, nic in vfs if not speed(settings, nic)]
    if unknown and len({link(nic) for _name, nic in vfs}) > 1:
        yield (f"vsrx_interfaces: the speeds of {', '.join(unknown)} are not known, as their PFs have no link now. "
               "Nobody can tell whether the order is 1G, 10G, 40G, 100G; give them in vsrx_speeds.")
    if len(nics) > MAXIMUM:
        yield (f"vsrx_interfaces: {len(nics)} NICs are more than the {MAXIMUM} that a vSRX was seen with. See in Junos "
               "whether it has them all: show interfaces terse.")
    emulated = [name for name, nic in nics if str(nic.get("model", "")).startswith("e1000")]
    if emulated:
        yield (f"vsrx_interfaces: {', '.join(emulated)} are of a model that current releases have no driver for. Use "
               "virtio, which is the default.")
    if junos.is_commands(settings["config"]):
        yield ("vsrx_config: it has set commands, and vSRX reads juniper.conf with curly braces. Write it as show "
               "configuration does.")
    kept = {str(pf.get("pf")) for pf in settings["pfs"]}
    forgotten = [name for name, nic in nics[1:] if is_vf(nic) and (nic.get("source") or {}).get("pf") not in kept]
    if cluster and is_trusted(cluster) and forgotten:
        yield (f"vsrx_interfaces: the trust of {', '.join(forgotten)} is gone when the host reboots, since vsrx_pfs "
               "has not the PF. List it there, and give the VF as source: {pf: ..., vf: ...}.")
    if cluster and not is_trusted(cluster):
        yield ("vsrx_cluster: without trust, the MAC of a reth is another one after each failover. Its neighbours have "
               "to take the gratuitous ARP that vSRX then sends, and packets are lost until they have.")


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Its name."""
        return {"vsrx_warnings": door.guarded(vsrx_warnings, settings=shapes.VSRX)}
