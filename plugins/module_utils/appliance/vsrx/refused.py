# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vSRX cannot have, and what works less well than it could.

The reasons are those of Juniper's vSRX Deployment Guide for KVM, "SR-IOV and PCI" and "Requirements".
"""

from __future__ import annotations

import typing as t
from fnmatch import fnmatchcase

from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import misplaced
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.configuration import Judged, judged
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.model import MAXIMUM, Vsrx, names
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.refused_cluster import refused_cluster
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.appliance import RELEASE, knows

# From this release on, memory beyond that of a size is taken for more flow sessions.
MORE_MEMORY_RELEASE = "19.1R1"
# What a vSRX with VFs cannot have if the driver of its PFs can be neither updated nor controlled, as paths of the
# configuration. IRB interfaces were called vlan once.
FEATURES: dict[str, tuple[tuple[str, ...], ...]] = {
    "IRB interfaces": (
        ("interfaces", "irb"), ("interfaces", "vlan"), ("vlans", "*", "l3-interface"),
        ("bridge-domains", "*", "routing-interface")),
    "IPv6 addressing": (("interfaces", "*", "**", "family", "inet6"),),
    "layer 2": (
        ("interfaces", "*", "**", "family", "ethernet-switching"), ("interfaces", "*", "**", "family", "bridge"),
        ("bridge-domains", "*"), ("vlans", "*"), ("protocols", "l2-learning", "global-mode")),
    "packet mode": (
        ("security", "forwarding-options", "family", "*", "mode", "packet-based"),
        ("firewall", "**", "then", "packet-mode")),
}
MULTICAST = ("igmp", "mld", "msdp", "pim")
OSPF = ("ospf", "ospf3")
# The largest MTUs that are no jumbo frames: of an interface with its Ethernet header and a VLAN tag, and of a protocol.
INTERFACE_MTU = 1518
PROTOCOL_MTU = 1500
# Not of the data plane.
MANAGEMENT = ("fxp0", "em0")


def refused(vsrx: Vsrx) -> Refused:
    """All that is wrong, each with its remedy; rules of NICs only if each NIC is in its place."""
    seen = judged(vsrx)
    found = [*refused_order_of_names(seen)]
    if not found:
        found = [*refused_order_of_speeds(seen), *refused_macs(seen), *refused_cluster(seen)]
        if not vsrx.pf_driver_controlled and any(nic.is_vf for _name, nic in seen.named):
            found += refused_driver(seen)
    yield from (*refused_size(vsrx), *found)


def refused_size(vsrx: Vsrx) -> Refused:
    """Sizes that the release does not have."""
    release = vsrx.release
    if not RELEASE.fullmatch(release.upper()):
        yield ValidationError("vsrx_release", "this is not a release of Junos", release,
                              "Write it as Juniper does, such as 21.4R3-S2 or 15.1X49-D90")
        return
    known = [size for size in vsrx.sizes if knows(size.releases, release) is not False]
    right = next((size for size in known if size.vcpus == vsrx.vcpus), None)
    if right is None:
        shown = ", ".join(f"{size.vcpus}/{size.memory}" for size in known) or "none"
        later = next((size for size in vsrx.sizes if size.vcpus == vsrx.vcpus and size.releases), None)
        since = f", which came with {' and '.join(later.releases)}" if later else ""
        yield ValidationError("vsrx_vcpus", f"vSRX {release} does not support this size{since}", vsrx.vcpus,
                              f"Its vCPUs and MiB of memory are {shown}; set vsrx_size, or add the size to vsrx_sizes "
                              "if it is supported")
    elif vsrx.memory < right.memory or (
            vsrx.memory > right.memory and not knows([MORE_MEMORY_RELEASE], release)):
        yield ValidationError("vsrx_memory", f"vSRX {release} with {right.vcpus} vCPUs has {right.memory} MiB, and "
                              f"more only from {MORE_MEMORY_RELEASE} on", vsrx.memory, f"Set it to {right.memory}")


def refused_order_of_names(seen: Judged) -> Refused:
    """No management NIC for a cluster, or NICs that have the name of another place."""
    if seen.vsrx.cluster and not seen.vsrx.interfaces:
        yield ValidationError("vsrx_interfaces", "it is empty, and the first NIC of a vSRX is fxp0, that of management",
                              None, "List it; the role then adds the control and fabric links")
    yield from misplaced(((f"{nic.subject}.name", nic.name) for _name, nic in seen.named), names(seen.vsrx))


def refused_order_of_speeds(seen: Judged) -> Refused:
    """Revenue ports in another order than that of their speeds. Those whose speed is not known are passed over."""
    fastest, before = 0, ""
    for name, nic in seen.ports.items():
        speed = seen.speed(nic)
        if 0 < speed < fastest:
            yield ValidationError(f"vsrx_interfaces, {name}", f"it has {speed} Mbit/s and comes after {before} with "
                                  f"{fastest}, and vSRX requires 1G, 10G, 40G and 100G in this order, or its network "
                                  "adapters must be reset", nic.link, f"List it before {before}")
        elif speed > fastest:
            fastest, before = speed, name


def refused_macs(seen: Judged) -> Refused:
    """MACs that Junos gives to VFs, or to reths of VFs."""
    vfs = [name for name, nic in seen.named if nic.is_vf]
    vfs += [reth for reth, members in seen.reths.items() if {*members} & {*vfs}]
    given: list[tuple[tuple[str, ...], junos.Path]] = [
        ((path[1],), path) for path in junos.find(seen.tree, "interfaces", "*", "mac", "*")]
    for path in junos.find(seen.tree, "interfaces", "interface-range", "*", "mac", "*"):
        members = tuple(found[-1] for found in junos.find(seen.tree, *path[:3], "member", "*"))
        given.append((members or ("*",), path))
    for patterns, path in given:
        for name in vfs:
            if any(fnmatchcase(name, pattern.strip("<>")) for pattern in patterns):
                yield ValidationError("vsrx_config", f"{name} is a VF, and drops packets if Junos gives it a MAC, "
                                      "since neither PF nor VF lets it change", " ".join(path),
                                      "Leave it out, and give the NIC its mac in vsrx_interfaces")


def refused_driver(seen: Judged) -> Refused:
    """What a vSRX with VFs cannot have if the driver of its PFs can be neither updated nor controlled."""
    reason = "not with VFs of a PF whose driver can be neither updated nor controlled"
    remedy = ("Leave it out, use virtio NICs, or set vsrx_pf_driver_controlled: true if this host has the driver that "
              "you chose")
    cluster = seen.vsrx.cluster
    if cluster:
        yield ValidationError("vsrx_cluster", f"vSRX has high availability, but {reason}", cluster.id, remedy)
    elif any(junos.find(seen.tree, "chassis", "cluster")):
        yield ValidationError("vsrx_config", f"vSRX has high availability, but {reason}", "chassis cluster", remedy)
    for feature, path in features(seen.tree):
        if path[:1] != ("interfaces",) or path[1] not in MANAGEMENT:
            yield ValidationError("vsrx_config", f"vSRX has {feature}, but {reason}", " ".join(path), remedy)


def features(tree: junos.Tree) -> t.Iterator[tuple[str, junos.Path]]:
    """The features that a configuration has, with their places."""
    for feature, patterns in FEATURES.items():
        yield from ((feature, path) for pattern in patterns for path in junos.find(tree, *pattern))
    for path in junos.find(tree, "interfaces", "*", "**", "mtu", "*"):
        if junos.number(path[-1]) > (PROTOCOL_MTU if "family" in path else INTERFACE_MTU):
            yield "jumbo frames", path
    protocols = [path for path in junos.find(tree, "**", "protocols", "*")
                 if path[:-2] == () or "instance" in path[0]]
    if {path[-1] for path in protocols} & {*OSPF} or any(
            True for _path in junos.find(tree, "interfaces", "*", "**", "family", "inet6")):
        yield from (("multicast beside OSPF or IPv6", path) for path in protocols if path[-1] in MULTICAST)


def warnings(vsrx: Vsrx) -> t.Iterator[str]:
    """A sentence for each, with what to do about it, of a vSRX of which nothing is refused."""
    seen = judged(vsrx)
    revenue = {name: nic for name, nic in seen.ports.items() if name not in seen.fabric}
    vfs = {name: nic for name, nic in revenue.items() if nic.is_vf}
    others = [name for name in revenue if name not in vfs]
    if others and vfs:
        yield (f"vsrx_interfaces: {', '.join(others)} are not VFs although other revenue ports are. Juniper recommends "
               "SR-IOV on all revenue ports if it is used; give them VFs (type: hostdev).")
    unknown = [name for name, nic in vfs.items() if not seen.speed(nic)]
    if unknown and len({nic.link for nic in vfs.values()}) > 1:
        yield (f"vsrx_interfaces: the speeds of {', '.join(unknown)} are not known, as their PFs have no link now. It "
               "is unknown whether the order is 1G, 10G, 40G, 100G. Set them in vsrx_speeds.")
    if len(seen.named) > MAXIMUM:
        yield (f"vsrx_interfaces: {len(seen.named)} NICs are more than the {MAXIMUM} that a vSRX was seen with. See in "
               "Junos whether it has them all: show interfaces terse.")
    emulated = [name for name, nic in seen.named if (nic.model or "").startswith("e1000")]
    if emulated:
        yield (f"vsrx_interfaces: {', '.join(emulated)} are of a model that current releases have no driver for. Use "
               "virtio, which is the default.")
    if junos.is_commands(vsrx.config):
        yield ("vsrx_config: it has set commands, and vSRX reads juniper.conf with curly braces. Write it as show "
               "configuration does.")
    cluster, kept = vsrx.cluster, {pf.pf for pf in vsrx.pfs}
    forgotten = [name for name, nic in seen.named[1:] if nic.is_vf and nic.source.pf not in kept]
    if cluster and cluster.trust and forgotten:
        yield (f"vsrx_interfaces: the trust of {', '.join(forgotten)} is lost when the host reboots, because vsrx_pfs "
               "does not contain the PF. List it there, and give the VF as source: {pf: ..., vf: ...}.")
    if cluster and not cluster.trust:
        yield ("vsrx_cluster: without trust, the MAC of a reth is another one after each failover. Its neighbors must "
               "accept the gratuitous ARP that vSRX then sends, and packets are lost until then.")
