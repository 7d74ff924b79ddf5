# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vSRX as the variables of the role vsrx say it, standalone or a node of a chassis cluster, and which NICs it has.

Sources are Juniper's vSRX Deployment Guide for KVM ("SR-IOV and PCI" and "Interface Naming and Mapping").
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import Names, Nic, on_bridge
from ansible_collections.nfv.kvm.plugins.module_utils.given import Options, Path, Variables, Whole, number
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import vf_indexes

REMEDY = "Run ansible-doc -t role nfv.kvm.vsrx to see its variables"
# Of node 0 and node 1, if nothing else is said.
PRIORITIES = (200, 100)
# No page of the guide names it; more than these have not been seen.
MAXIMUM = 12
# Slots of a node's revenue ports.
PORTS = {0: "ge-0/0/", 1: "ge-7/0/"}
# What a vSRX of a cluster needs of a VF, since it gives it the MAC of a reth.
TRUSTED = {"trust": True, "spoofchk": False}


@dataclass(frozen=True)
class Size:
    """A size of vSRX: vCPUs and MiB of memory, and the first release of each train that has it, none for all."""

    vcpus: int
    memory: int
    releases: tuple[str, ...] = ()


@dataclass(frozen=True)
class VfEntry:
    """An entry of ``vfs`` of a PF as sriov_vf takes it, of one VF or several."""

    options: Whole
    subject: Path
    index: object
    trust: bool | None = None
    spoofchk: bool | None = None

    def __post_init__(self) -> None:
        """:raises ValidationError: the index is not one."""
        self.indexes()

    def indexes(self) -> list[int]:
        """Its VFs."""
        return vf_indexes(f"{self.subject}.index", self.index)


@dataclass(frozen=True)
class Pf:
    """A PF as sriov_vf takes it."""

    options: Whole
    pf: str
    vfs: tuple[VfEntry, ...] = ()


@dataclass(frozen=True)
class Link:
    """The control or the fabric link, with the ports of its bridge if the role makes that."""

    bridge: str | None = None
    ports: object = None


@dataclass(frozen=True)
class Reth:
    """A redundant Ethernet interface."""

    name: str
    members: tuple[str, ...] = ()
    redundancy_group: t.Annotated[int, number(1, 128)] = 1


@dataclass(frozen=True)
class Group:
    """A redundancy group, with the priorities of node 0 and node 1."""

    id: t.Annotated[int, number(0, 128)]
    priorities: tuple[int, ...] = PRIORITIES


@dataclass(frozen=True)
class Cluster:
    """A chassis cluster, and which of its nodes this host has.

    :param trust: whether its VFs may change their MACs
    :param fabric: without a bridge, it is the second NIC that was given
    """

    control: Link = Link()
    fabric: Link = Link()
    id: t.Annotated[int, number(1, 255)] | None = None
    node: t.Annotated[int, number(0, 1)] | None = None
    hosts: tuple[str, ...] = ()
    trust: bool = True
    reths: tuple[Reth, ...] = ()
    redundancy_groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Vsrx(Variables):
    """One vSRX by the variables of the role vsrx, without their prefix. What looks at NICs alone needs few of them.

    :param interfaces: its NICs, to which a cluster adds
    :param memory: MiB
    :param speeds: Mbit/s by what the source of a NIC names, less than 1 for a link that is down
    :param config: the text of juniper.conf, which has passwords
    :param pf_driver_controlled: whether the drivers of the PFs can be updated and chosen
    """

    interfaces: tuple[Nic, ...]
    cluster: Cluster | None = None
    pfs: tuple[Pf, ...] = ()
    release: str = ""
    vcpus: int = 0
    memory: int = 0
    sizes: tuple[Size, ...] = ()
    speeds: t.Mapping[str, int] = field(default_factory=dict)
    config: str = field(default="", repr=False)
    pf_driver_controlled: bool = True


def own_slot(cluster: Cluster | None) -> str:
    """The slot of this node's revenue ports."""
    return PORTS[1 if cluster and cluster.node == 1 else 0]


def names(vsrx: Vsrx) -> Names:
    """The names of its NICs, as the part ``nics`` of the appliance profile has them."""
    management = ("fxp0", "em0") if vsrx.cluster else ("fxp0",)
    return Names(management, f"{own_slot(vsrx.cluster)}{{n}}", 0, max(MAXIMUM, len(nics(vsrx))))


def nics(vsrx: Vsrx) -> list[Nic]:
    """All NICs in order: a cluster's control and fabric links come behind the first one, and its VFs are trusted."""
    given, cluster = vsrx.interfaces, vsrx.cluster
    if cluster is None:
        return [*given]
    bridges = {"control": cluster.control.bridge, "fabric": cluster.fabric.bridge}
    links = [on_bridge(bridge, f"vsrx_cluster.{name}") for name, bridge in bridges.items() if bridge]
    return [*given[:1], *links, *(trusted(nic) if cluster.trust and nic.is_vf else nic for nic in given[1:])]


def interfaces(vsrx: Vsrx) -> list[Options]:
    """The same as vm_interface takes them."""
    return [nic.options for nic in nics(vsrx)]


def trusted(nic: Nic) -> Nic:
    """A VF with the trust that a cluster needs."""
    settings = nic.options.get("vf")
    return nic.changed(vf={**TRUSTED, **(settings if isinstance(settings, t.Mapping) else {})})


def named(vsrx: Vsrx) -> list[tuple[str, Nic]]:
    """All NICs with their names in Junos, which follow from their order alone: SR-IOV does not renumber them."""
    return [(names(vsrx).at(place), nic) for place, nic in enumerate(nics(vsrx))]


def trusted_vfs(vsrx: Vsrx, pf: str) -> set[int]:
    """The VFs of a PF that a cluster needs trusted."""
    if vsrx.cluster is None or not vsrx.cluster.trust:
        return set()
    return {nic.source.vf for nic in vsrx.interfaces[1:]
            if nic.is_vf and nic.source.pf == pf and nic.source.vf is not None}


def pfs(vsrx: Vsrx) -> list[Options]:
    """The PFs as sriov_vf takes them, with the trust of a cluster's VFs, which then is there again after a reboot."""
    return [with_trust(pf, trusted_vfs(vsrx, pf.pf)) for pf in vsrx.pfs]


def with_trust(pf: Pf, wanted: set[int]) -> Options:
    """A PF with an entry for each of its VFs that are trusted; entries of several VFs are taken apart for that."""
    if not wanted:
        return pf.options
    entries = [{**(TRUSTED if index in wanted else {}), **entry.options, "index": index}
               for entry in pf.vfs for index in entry.indexes()]
    missing = sorted(wanted.difference(*(entry.indexes() for entry in pf.vfs)))
    return {**pf.options, "vfs": [*entries, *({"index": index, **TRUSTED} for index in missing)]}


def distrust(settings: VfSettings | VfEntry) -> dict[str, bool]:
    """What contradicts the trust that a cluster's VF needs."""
    given = {"trust": settings.trust, "spoofchk": settings.spoofchk}
    return {name: value for name, value in given.items() if value is not None and value != TRUSTED[name]}
