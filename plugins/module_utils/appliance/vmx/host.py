# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role vmx has read of a host, and what a vMX finds missing there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.model import Interface, Plane, Vmx
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Options, Refused, read, shown
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.host import Link
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.notes import notes_of

BRIDGES = ("bridge", "openvswitch")


@dataclass(frozen=True)
class Overrides(Plane):
    """Overrides of the VFP's profile."""

    placement: Options = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """What the role has read.

    :param links: as iproute2 shows them
    :param own: lines with the notes of virtual_switch among others
    :param said: what the role's script ``read`` printed
    """

    links: tuple[Link, ...] = ()
    own: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Host:
    """A host.

    :param kinds: of its links, by their names
    :param made: the bridges that the role virtual_switch has made, with the ports that it gave them
    :param pages: KiB of free huge pages of the default size on each NUMA node
    :param own: KiB of those that the VFP runs with
    """

    kinds: t.Mapping[str, str | None]
    made: t.Mapping[str, t.Collection[str]]
    pfs: t.Mapping[str, Pf]
    files: t.Collection[str]
    pages: t.Sequence[int]
    own: int


def host_of(values: object) -> Host:
    """What was read.

    :param values: as Said
    :raises ValidationError: a part is of another type
    :raises ValueError: a line of the script has another form
    """
    given = read(Said, values, "host", "Run the role vmx again")
    told: dict[str, list[list[str]]] = {kind: [] for kind in ("pf", "file", "pages", "own")}
    for line in given.said.splitlines():
        kind, *words = line.split("\t")
        told.setdefault(kind, []).append(words)
    made: dict[str, set[str]] = {}
    for note in notes_of(given.own):
        made.setdefault(note.bridge, set()).update(filter(None, [note.port]))
    return Host(
        {link.ifname: link.linkinfo.info_kind for link in given.links}, made,
        {name: Pf(name, driver=driver, numvfs=int(numvfs), totalvfs=int(totalvfs))
         for name, driver, numvfs, totalvfs in told["pf"]},
        [path for (path,) in told["file"]], [int(size) * int(count) for size, count in told["pages"]],
        sum(int(size) for (size,) in told["own"]))


AsRead = t.Annotated[Host, host_of]


def refused_host(vmx: Vmx, host: AsRead) -> Refused:
    """What the host lacks for a vMX of which nothing is refused, and what the drivers of its PFs cannot."""
    for name, path in shown(vmx.images).items():
        if path not in host.files:
            yield ValidationError(f"vmx_images.{name}", "this host has no such file", path,
                                  "Unpack Juniper's bundle there, or correct the path")
    yield from refused_hugepages(vmx, host)
    if vmx.management_bridged and vmx.management_interface not in host.kinds:
        yield missing("vmx_management_interface", vmx.management_interface)
    for interface in vmx.interfaces:
        yield from refused_vf(interface, host.pfs) if interface.is_vf else refused_bridge(interface, host.kinds)
    for pf in host.pfs.values():
        vfs = [each for each in vmx.interfaces if each.is_vf and each.nic == pf.name]
        yield from refused_driver(pf, vfs, pf.driver in vmx.modified_drivers)


def missing(subject: str, name: str | None) -> ValidationError:
    """A link that the host does not have."""
    return ValidationError(subject, "this host has no such network interface", name, "See ip link for its own")


def refused_hugepages(vmx: Vmx, host: Host) -> Refused:
    """A VFP that finds too few free huge pages on one NUMA node, where those that it runs with count as free.

    For one that is placed, vm_appliance looks at those of the node that it chooses.
    """
    overrides = read(Overrides, vmx.overrides.get("vfp", {}), "vmx_vfp_overrides",
                     "Write it as in an appliance profile")
    if {**overrides.placement, **vmx.placement}.get("policy") not in (None, "none"):
        return
    memory = overrides.memory or vmx.vfp.memory or 0
    most = (max(host.pages, default=0) + host.own) // 1024
    if memory > most:
        yield ValidationError("vmx_vfp.memory", "the VFP's memory is in huge pages of one NUMA node, and this host has "
                              f"at most {most} MiB of them free on one", memory,
                              "Let the role kvm_host reserve more (kvm_host_hugepages)")


def refused_vf(interface: Interface, pfs: t.Mapping[str, Pf]) -> Refused:
    """A VF that the host cannot make."""
    name, pf, index = interface.name, pfs.get(interface.nic or ""), interface.virtual_function or 0
    if pf is None:
        yield missing(f"{name}, nic", interface.nic)
    elif not pf.totalvfs:
        yield ValidationError(f"{name}, nic", "this NIC has no SR-IOV, or its firmware has it off", pf.name,
                              "Choose another NIC; nfv.kvm.bios_check says what is off")
    elif index >= pf.totalvfs:
        yield ValidationError(f"{name}, virtual_function", f"{pf.name} has at most {pf.totalvfs} VFs, counted from 0",
                              index, "Choose another VF")


def refused_bridge(interface: Interface, kinds: t.Mapping[str, str | None]) -> Refused:
    """A bridge, or a NIC behind one, that is not there."""
    name = interface.name
    if interface.host_dev:
        if interface.host_dev not in kinds:
            yield missing(f"{name}, host_dev of link {interface.link}", interface.host_dev)
    elif not interface.peer and kinds.get(interface.bridge or "") not in BRIDGES:
        yield ValidationError(f"{name}, bridge", "this host has no such bridge", interface.bridge, "Make it with the "
                              "role virtual_switch, or join the interface to another, by its bridge or by "
                              "vmx-junosdev.conf")


def refused_driver(pf: Pf, vfs: t.Sequence[Interface], modified: bool) -> Refused:
    """What the drivers i40e and ixgbe cannot do with VFs of a PF, those of Juniper (``modified``) or the kernel's."""
    names, vlans = ", ".join(str(each.name) for each in vfs), {each.vlan for each in vfs}
    if pf.driver == "i40e" and modified and len(vfs) > 1:
        yield ValidationError(f"PF {pf.name}", "with Juniper's i40e, a vMX can have one VF of a PF, and these are "
                              f"{names}", None, "Give each a PF of its own")
    elif pf.driver == "i40e" and len(vfs) > 1 and (None in vlans or len(vlans) < len(vfs)):
        yield ValidationError(f"PF {pf.name}", "with the unmodified i40e, each of its VFs needs a VLAN that no other "
                              f"has, and these are {names}", None, "Give each a vlan of its own in vmx_interfaces")
    for each in vfs if pf.driver == "ixgbe" and not modified else ():
        if each.layer2:
            yield ValidationError(f"{each.name}, layer2", f"{pf.name} has the unmodified ixgbe, with which a vMX "
                                  "cannot bridge", True, "Use a virtio interface, or Juniper's ixgbe and name it in "
                                  "vmx_modified_drivers")
