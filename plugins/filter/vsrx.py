# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role vsrx: which NICs a vSRX has, standalone and as a node of a chassis cluster.

Sources are Juniper's vSRX Deployment Guide for KVM ("SR-IOV and PCI" and "Interface Naming and Mapping").
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.filter.appliance import nic_name
from ansible_collections.nfv.kvm.plugins.module_utils import junos
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import vf_indexes
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

Dict = dict[str, t.Any]
Nics = list[tuple[str, Dict]]
"""NICs as vm_interface takes them, each with its name in Junos."""

# No page of the guide names it; more than these have not been seen.
MAXIMUM = 12
# Slots of a node's revenue ports.
PORTS = {0: "ge-0/0/", 1: "ge-7/0/"}
# What a vSRX of a cluster needs of a VF, since it gives it the MAC of a reth.
TRUSTED = {"trust": True, "spoofchk": False}


def vsrx_nics(settings: Dict) -> Dict:
    """The part ``nics`` of the appliance profile: a cluster has its control link as second NIC.

    :param settings: the role's variables without their prefix: ``interfaces`` and ``cluster``, {} for none
    """
    cluster = settings["cluster"]
    return {
        "management": ["fxp0", "em0"] if cluster else ["fxp0"],
        "data": PORTS.get(number(cluster.get("node", 0)) or 0, PORTS[0]) + "{n}",
        "first": 0,
        "maximum": max(MAXIMUM, len(vsrx_interfaces(settings))),
    }


def vsrx_interfaces(settings: Dict) -> list[Dict]:
    """The NICs in order, as vm_interface takes them: a cluster's control and fabric links come behind the first one.

    :param settings: as vsrx_nics takes them
    """
    given, cluster = settings["interfaces"], settings["cluster"]
    bridges = [(cluster.get(link) or {}).get("bridge") for link in ("control", "fabric")]
    links = [{"type": "bridge", "source": {"bridge": bridge}} for bridge in bridges if bridge]
    nics = [*given[:1], *links, *given[1:]]
    if not cluster or not is_trusted(cluster):
        return nics
    return nics[:1] + [{**nic, "vf": {**TRUSTED, **(nic.get("vf") or {})}} if is_vf(nic) else nic for nic in nics[1:]]


def vsrx_pfs(settings: Dict) -> list[Dict]:
    """The PFs, as sriov_vf takes them, with the trust of a cluster's VFs, which then is there again after a reboot.

    :param settings: as vsrx_nics takes them, and ``pfs``
    :raises ValidationError: an index that is none
    """
    trusted = trusted_vfs(settings)
    return [with_trust(pf, trusted[pf["pf"]]) if pf["pf"] in trusted else pf for pf in settings["pfs"]]


def trusted_vfs(settings: Dict) -> dict[str, list[int]]:
    """The VFs that a cluster needs trusted, by what names their PF."""
    trusted: dict[str, list[int]] = {}
    if settings["cluster"] and is_trusted(settings["cluster"]):
        for nic in vsrx_interfaces(settings)[1:]:
            source = nic.get("source") or {}
            index = number(source.get("vf"))
            if is_vf(nic) and index is not None:
                trusted.setdefault(str(source.get("pf")), []).append(index)
    return trusted


def with_trust(pf: Dict, trusted: list[int]) -> Dict:
    """A PF with an entry for each of its VFs that are trusted; entries of several VFs are taken apart for that."""
    entries = [{**entry, "index": index} for entry in pf.get("vfs") or []
               for index in vf_indexes(f"vsrx_pfs, {pf['pf']}, vfs[].index", entry["index"])]
    missing = sorted({*trusted} - {entry["index"] for entry in entries})
    entries = [{**TRUSTED, **entry} if entry["index"] in trusted else entry for entry in entries]
    return {**pf, "vfs": [*entries, *({"index": index, **TRUSTED} for index in missing)]}


def is_trusted(cluster: Dict) -> bool:
    """Whether the VFs of a cluster may change their MACs."""
    return bool(boolean(cluster.get("trust", True), strict=False))


def is_vf(nic: Dict) -> bool:
    """Whether a NIC is a VF that the vSRX itself drives (SR-IOV)."""
    return nic.get("type") == "hostdev"


def named(settings: Dict) -> Nics:
    """All NICs with their names in Junos, which follow from their order alone: SR-IOV does not renumber them."""
    nics = vsrx_nics(settings)
    return [(nic_name(nics, place), nic) for place, nic in enumerate(vsrx_interfaces(settings))]


def ports(settings: Dict) -> Nics:
    """Those that have packets of the data plane, which are revenue ports and the fabric link."""
    return [(name, nic) for name, nic in named(settings) if name.startswith("ge-")]


def link(nic: Dict) -> str | None:
    """What names the host's link that a NIC is on, be it a PF, a VF's PCI address or another interface."""
    source = nic.get("source") or {}
    return source.get("pf") or source.get("pci_address") or source.get("dev")


def speed(settings: Dict, nic: Dict) -> int:
    """The Mbit/s of that link, 0 where they are not known, as those of a link that is down."""
    return number(settings["speeds"].get(link(nic))) or 0


def without_trust(given: Dict | None) -> Dict:
    """What contradicts the trust that a cluster's VF needs."""
    return {key: value for key, value in (given or {}).items()
            if key in TRUSTED and boolean(value, strict=False) != TRUSTED[key]}


def number(value: object) -> int | None:
    """A whole number that may have come as text, None where it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def refused_range(subject: str, value: object, least: int, most: int, remedy: str = "") -> t.Iterator[ValidationError]:
    """A number that is out of range, or none."""
    found = number(value)
    if found is None or not least <= found <= most:
        yield ValidationError(subject, f"it must be a number from {least} to {most}", value, remedy)


def reth_members(tree: junos.Tree) -> dict[str, list[str]]:
    """The members of each reth."""
    found: dict[str, list[str]] = {}
    for path in junos.find(tree, "interfaces", "*", "**", "redundant-parent", "*"):
        found.setdefault(path[-1], []).append(path[1])
    return found


def reths_of(tree: junos.Tree, name: str) -> list[str]:
    """The reths of which an interface is a member."""
    return [reth for reth, members in reth_members(tree).items() if name in members]


def fabric_members(tree: junos.Tree) -> list[str]:
    """The members of the fabric link on both nodes."""
    return [path[-1] for node in PORTS
            for path in junos.find(tree, "interfaces", f"fab{node}", "fabric-options", "member-interfaces", "*")]


def on_node(names: t.Iterable[str], node: int) -> list[str]:
    """Those that are ports of a node."""
    return [name for name in names if name.startswith(PORTS[node])]


def is_own(name: str, cluster: Dict) -> bool:
    """Whether a name is one of this node's ports."""
    return bool(on_node([name], 1 if number(cluster.get("node")) == 1 else 0))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "vsrx_nics": door.guarded(vsrx_nics, settings=shapes.VSRX_NICS),
            "vsrx_interfaces": door.guarded(vsrx_interfaces, settings=shapes.VSRX_NICS),
            "vsrx_pfs": door.guarded(vsrx_pfs, settings={**shapes.VSRX_NICS, "pfs!": [{**shapes.VSRX_PF, "pf!": str}]}),
        }
