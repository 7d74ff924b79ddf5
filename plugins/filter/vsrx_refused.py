# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role vsrx that says what a vSRX cannot have, before anything is touched.

The reasons are those of Juniper's vSRX Deployment Guide for KVM, "SR-IOV and PCI" and "Requirements".
"""

from __future__ import annotations

import typing as t
from fnmatch import fnmatchcase

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.filter.vsrx import (
    Dict,
    is_vf,
    link,
    named,
    number,
    ports,
    reth_members,
    speed,
)
from ansible_collections.nfv.kvm.plugins.filter.vsrx_cluster import refused_cluster, whole_tree
from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.appliance import RELEASE, knows
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import vf_indexes
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

# From this release on, memory beyond that of a size is taken for more flow sessions.
MORE_MEMORY_RELEASE = "19.1R1"
# What deployments with VFs cannot have where the PF's driver is not one's own to choose, as paths of the configuration.
# IRB interfaces were called vlan once.
WITHOUT_DRIVER: dict[str, tuple[tuple[str, ...], ...]] = {
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

Refused = t.Iterator[ValidationError]


def vsrx_refused(settings: Dict) -> list[str]:
    """All that is wrong, each with its remedy; the cluster's rules only where its NICs are what they are.

    :param settings: the role's variables without their prefix: ``release``, ``vcpus``, ``memory`` (MiB), ``sizes``,
        ``interfaces``, ``pfs``, ``speeds`` (Mbit/s by what ``source`` names), ``config`` (the text of juniper.conf),
        ``cluster`` ({} for none, else with ``node``) and ``pf_driver_controlled``
    """
    found = [*refused_pfs(settings["pfs"]), *refused_interfaces(settings)]
    if not found:
        tree = whole_tree(settings)
        found += refused_order(settings)
        found += refused_mac(settings, tree)
        if settings["cluster"]:
            found += refused_cluster(settings, tree)
        controlled = boolean(settings["pf_driver_controlled"], strict=False)
        if not controlled and any(is_vf(nic) for _name, nic in named(settings)):
            found += refused_without_driver(settings, tree)
    return [str(error) for error in [*refused_size(settings), *found]]


def refused_size(settings: Dict) -> Refused:
    """Sizes that the release does not have."""
    release, sizes = str(settings["release"]), settings["sizes"]
    vcpus, memory = number(settings["vcpus"]), number(settings["memory"])
    if not RELEASE.fullmatch(release.upper()):
        yield ValidationError("vsrx_release", "this is no release of Junos", release,
                              "Give it as Juniper writes it, such as 21.4R3-S2 or 15.1X49-D90")
        return
    known = [size for size in sizes if knows(size.get("releases") or [], release) is not False]
    shown = ", ".join(f"{size['vcpus']}/{size['memory']}" for size in known) or "none"
    for size in known:
        if number(size["vcpus"]) == vcpus:
            least = number(size["memory"]) or 0
            more = memory is not None and memory > least and knows([MORE_MEMORY_RELEASE], release)
            if memory != least and not more:
                yield ValidationError("vsrx_memory", f"vSRX {release} with {vcpus} vCPUs has {least} MiB, and more "
                                      f"only from {MORE_MEMORY_RELEASE} on", settings["memory"], f"Set it to {least}")
            return
    later = [size for size in sizes if number(size["vcpus"]) == vcpus]
    since = f", which came with {' and '.join(later[0]['releases'])}" if later and later[0].get("releases") else ""
    yield ValidationError("vsrx_vcpus", f"vSRX {release} has no such size{since}", settings["vcpus"],
                          f"Its vCPUs and MiB of memory are {shown}; set vsrx_size, or add to vsrx_sizes what you know "
                          "it has")


def refused_interfaces(settings: Dict) -> Refused:
    """NICs that are none, or that have the name of another place."""
    if settings["cluster"] and not settings["interfaces"]:
        yield ValidationError("vsrx_interfaces", "it is empty, and the first NIC of a vSRX is fxp0, that of management",
                              None, "List it; control and fabric links then follow by themselves")
        return
    for place, nic in enumerate(settings["interfaces"]):
        right = isinstance(nic, dict) and nic.get("type")
        if not right or not all(isinstance(nic.get(key) or {}, dict) for key in ("source", "vf")):
            yield ValidationError(f"vsrx_interfaces[{place}]", "it has no type, or a source or vf that is no mapping",
                                  nic, "Describe it as vm_interface takes it")
            return
    for name, nic in named(settings):
        if nic.get("name", name) != name:
            yield ValidationError("vsrx_interfaces", f"the NIC at this place is {name}, since vSRX counts its NICs in "
                                  "the order of the domain's, and SR-IOV does not renumber them", nic["name"],
                                  "Order the list as Junos counts its interfaces, or leave the names out")


def refused_pfs(pfs: list[Dict]) -> Refused:
    """PFs that are none, or that name no VFs."""
    for place, pf in enumerate(pfs):
        if not pf.get("pf"):
            yield ValidationError(f"vsrx_pfs[{place}].pf", "it is missing", pf, "Name the PF by its network interface")
        for position, entry in enumerate(pf.get("vfs") or []):
            try:
                vf_indexes(f"vsrx_pfs[{place}].vfs[{position}].index", entry.get("index"))
            except ValidationError as error:
                yield error


def refused_order(settings: Dict) -> Refused:
    """Revenue ports in another order than that of their speeds. Those whose speed is not known are passed over."""
    fastest, before = 0, ""
    for name, nic in ports(settings):
        found = speed(settings, nic)
        if 0 < found < fastest:
            yield ValidationError(f"vsrx_interfaces, {name}", f"it has {found} Mbit/s and comes after {before} with "
                                  f"{fastest}, and vSRX wants 1G, 10G, 40G and 100G in this order, or its network "
                                  "adapters have to be reset", link(nic), f"List it before {before}")
        elif found > fastest:
            fastest, before = found, name


def refused_mac(settings: Dict, tree: junos.Tree) -> Refused:
    """MACs that Junos gives to VFs, or to reths of VFs."""
    vfs = [name for name, nic in named(settings) if is_vf(nic)]
    vfs += [reth for reth, members in reth_members(tree).items() if {*members} & {*vfs}]
    given: list[tuple[junos.Path, junos.Path]] = [
        ((path[1],), path) for path in junos.find(tree, "interfaces", "*", "mac", "*")]
    for path in junos.find(tree, "interfaces", "interface-range", "*", "mac", "*"):
        members = tuple(found[-1] for found in junos.find(tree, *path[:3], "member", "*"))
        given.append((members or ("*",), path))
    for patterns, path in given:
        for name in vfs:
            if any(fnmatchcase(name, pattern.strip("<>")) for pattern in patterns):
                yield ValidationError("vsrx_config", f"{name} is a VF, and drops packets where Junos gives it a MAC, "
                                      "since neither PF nor VF lets it change", " ".join(path),
                                      "Leave it out, and give the NIC its mac in vsrx_interfaces")


def refused_without_driver(settings: Dict, tree: junos.Tree) -> Refused:
    """What a vSRX with VFs cannot have where the PF's driver can be neither updated nor controlled."""
    reason = "not with VFs of a PF whose driver can be neither updated nor controlled"
    remedy = ("Leave it out, use virtio NICs, or set vsrx_pf_driver_controlled: true where this host has the driver "
              "that you chose")
    if settings["cluster"]:
        yield ValidationError("vsrx_cluster", f"vSRX has high availability, but {reason}",
                              settings["cluster"].get("id"), remedy)
    elif any(junos.find(tree, "chassis", "cluster")):
        yield ValidationError("vsrx_config", f"vSRX has high availability, but {reason}", "chassis cluster", remedy)
    findings = [(feature, path) for feature, patterns in WITHOUT_DRIVER.items() for pattern in patterns
                for path in junos.find(tree, *pattern)]
    findings += [("jumbo frames", path) for path in jumbo_frames(tree)]
    findings += [("multicast beside OSPF or IPv6", path) for path in multicast_beside_others(tree)]
    for feature, path in findings:
        if path[:1] != ("interfaces",) or path[1] not in MANAGEMENT:
            yield ValidationError("vsrx_config", f"vSRX has {feature}, but {reason}", " ".join(path), remedy)


def jumbo_frames(tree: junos.Tree) -> t.Iterator[junos.Path]:
    """MTUs of jumbo frames."""
    for path in junos.find(tree, "interfaces", "*", "**", "mtu", "*"):
        if (number(path[-1]) or 0) > (PROTOCOL_MTU if "family" in path else INTERFACE_MTU):
            yield path


def multicast_beside_others(tree: junos.Tree) -> t.Iterator[junos.Path]:
    """Multicast protocols, where there is OSPF or IPv6 as well."""
    found = [path for path in junos.find(tree, "**", "protocols", "*") if path[:-2] == () or "instance" in path[0]]
    names = {path[-1] for path in found}
    others = names & {*OSPF} or any(True for _path in junos.find(tree, "interfaces", "*", "**", "family", "inet6"))
    return (path for path in found if others and path[-1] in MULTICAST)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Its name."""
        return {"vsrx_refused": door.guarded(vsrx_refused, settings=shapes.VSRX_GIVEN)}
