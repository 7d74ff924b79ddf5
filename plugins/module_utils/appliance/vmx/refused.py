# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vMX cannot be on any host.

The rules are Juniper's (vMX Getting Started Guide for KVM, "Virtual Network Interfaces for vMX" among others) unless
something else is said.
"""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import misplaced
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.model import LEAST, Interface, Vmx, data_names
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.mac import unicast_mac

# A link of the host has 15 characters, and br-int-ID is one.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,7}")
LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
LINK_WORDS = "it must have at most 15 characters: letters, digits, '_', '.' and '-'"
JUNOS_NAME = re.compile(r"(ge|xe|et)-0/0/(0|[1-9]\d*)")
VCP, VFP = "control plane (VCP)", "forwarding plane (VFP)"
TYPES = ("virtio", "e1000", "sriov")


def refused(vmx: Vmx) -> Refused:
    """All that is wrong, each with its remedy."""
    for rules in (refused_identity, refused_sizes, refused_names):
        yield from rules(vmx)
    for interface in vmx.interfaces:
        yield from refused_interface(interface)
    for rules in (refused_macs, refused_kinds, refused_vfs):
        yield from rules(vmx)


def refused_id(vmx: Vmx) -> Refused:
    """An ID of which no names of domains and bridges can be made."""
    if not ID.fullmatch(vmx.id or ""):
        yield ValidationError("vmx_id", "it must have 1 to 8 characters: letters, digits, '_' and '-', since br-int-ID "
                              "is a link of the host", vmx.id, "Choose another (identifier in vmx.conf)")


def refused_identity(vmx: Vmx) -> Refused:
    """What a vMX must have, whatever its interfaces."""
    yield from refused_id(vmx)
    if not LINK.fullmatch(vmx.external_bridge or ""):
        yield ValidationError("vmx_external_bridge", LINK_WORDS, vmx.external_bridge,
                              "Choose another (name in BRIDGES of vmx.conf)")
    if vmx.management_bridged and not vmx.management_interface:
        yield ValidationError("vmx_management_bridged", "there is no interface to put into the bridge", True,
                              "Give vmx_management_interface (host-management-interface in vmx.conf)")
    images = vmx.images
    for name, key, image in (("vcp", "routing-engine-image", images.vcp), ("hdd", "routing-engine-hdd", images.hdd),
                             ("vfp", "forwarding-engine-image", images.vfp)):
        if not (image or "").startswith("/"):
            yield ValidationError(f"vmx_images.{name}", "it must be the path of an image on the KVM host", image,
                                  f"Give it ({key} in vmx.conf)")
    if vmx.reserved_vnics is None:
        yield ValidationError("vmx_release", "how many NICs this release's VFP keeps for itself is not known",
                              vmx.release, "Give the release as Juniper writes it, such as 18.2R1, or "
                              "vmx_reserved_vnics")


def refused_sizes(vmx: Vmx) -> Refused:
    """Domains that are too small for their size, or that have the same console."""
    if vmx.vfp.console_port is not None and vmx.vfp.console_port == vmx.vcp.console_port:
        yield ValidationError("vmx_vfp.console_port", f"it is that of the {VCP}", vmx.vfp.console_port,
                              "Give each console a port of its own, such as 8601 and 8602")
    if vmx.size not in LEAST:
        yield ValidationError("vmx_size", f"there are {' and '.join(LEAST)}", vmx.size, "Choose one")
        return
    for part, words, plane in (("vcp", VCP, vmx.vcp), ("vfp", VFP, vmx.vfp)):
        vcpus, memory = LEAST[vmx.size][part]
        for name, unit, value, least in (
                ("vcpus", "vCPUs", plane.vcpus, vcpus), ("memory", "MiB", plane.memory, memory)):
            if (value or 0) < least:
                yield ValidationError(f"vmx_{part}.{name}", f"in size {vmx.size}, the {words} needs at least {least} "
                                      f"{unit}", value, f"Give it {least} or more")


def refused_names(vmx: Vmx) -> Refused:
    """Junos names that do not follow from the order of the NICs."""
    if not vmx.interfaces:
        yield ValidationError("vmx_interfaces", "a vMX without interfaces forwards nothing", None,
                              "List them (JUNOS_DEVICES in vmx.conf)")
    elif not JUNOS_NAME.fullmatch(vmx.interfaces[0].name or ""):
        yield ValidationError("interface 1", "it must have a Junos name", vmx.interfaces[0].name, "Name it ge-0/0/0")
    else:
        yield from misplaced(((f"interface {place}", interface.name or "")
                              for place, interface in enumerate(vmx.interfaces, 1)), data_names(vmx))
    for name in vmx.strays:
        yield ValidationError("vmx-junosdev.conf", f"{vmx.id} has no such interface", name,
                              "Take the link out, or list the interface (JUNOS_DEVICES in vmx.conf)")


def refused_interface(interface: Interface) -> Refused:
    """One interface that is not whole, or of which parts contradict each other."""
    name, kind = interface.name, interface.type
    if kind not in TYPES:
        yield ValidationError(f"{name}, type", f"it must be one of {', '.join(TYPES)}", kind,
                              "Choose one (device-type in vmx.conf, which can be mixed as well)")
    for key, value, written in (("nic", interface.nic, "nic"),
                                ("virtual_function", interface.virtual_function, "virtual-function")):
        if interface.is_vf and value is None:
            yield ValidationError(f"{name}, {key}", "an SR-IOV interface needs the NIC of the host and the number of "
                                  "its VF", None, f"Give it ({written} in vmx.conf)")
        elif not interface.is_vf and value is not None:
            yield ValidationError(f"{name}, {key}", f"an interface of type {kind} has none", value,
                                  f"Leave it out, or make it sriov ({written} and device-type in vmx.conf)")
    if interface.is_vf and (interface.bridge or interface.link):
        yield ValidationError(str(name), "a VF is joined to its NIC, and to nothing else",
                              interface.link or interface.bridge,
                              "Take the bridge or the link of vmx-junosdev.conf away, or make it virtio")
    if interface.link and not LINK.fullmatch(interface.link):
        yield ValidationError(f"{name}, link", LINK_WORDS, interface.link,
                              "Choose another link_name in vmx-junosdev.conf")
    if interface.vlan is not None and not interface.is_vf:
        yield ValidationError(f"{name}, vlan", "only a VF is put into a VLAN here", interface.vlan,
                              "Leave it out, and give the port of the bridge the VLAN")


def refused_macs(vmx: Vmx) -> Refused:
    """MACs that are missing, not those of a NIC, or there twice; each interface has its own."""
    owners: dict[str, str] = {}
    planes = [(VCP, vmx.vcp.mac), (VFP, vmx.vfp.mac)]
    given = [*(plane for plane in planes if plane[1]), *((str(each.name), each.mac) for each in vmx.interfaces)]
    for name, mac in given:
        if mac is None:
            yield ValidationError(f"{name}, mac", "each interface needs a MAC of its own, which it keeps when the vMX "
                                  "moves", None, "Give one such as 02:06:0a:0e:ff:f0 (mac-address in vmx.conf)")
            continue
        try:
            mac = unicast_mac(f"{name}, mac", mac)
        except ValidationError as error:
            yield error
            continue
        if owners.setdefault(mac, name) != name:
            yield ValidationError(f"{name}, mac", f"{owners[mac]} has it already", mac, "Give each a MAC of its own")


def refused_kinds(vmx: Vmx) -> Refused:
    """Data NICs of kinds that one VFP does not drive together, and memory that is not in huge pages."""
    e1000, virtio = (", ".join(str(each.name) for each in vmx.interfaces if each.type == kind)
                     for kind in ("e1000", "virtio"))
    if e1000 and virtio:
        yield ValidationError("vmx_interfaces", f"a VFP has e1000 NICs or virtio NICs, not both: {e1000} and {virtio}",
                              None, f"Make {e1000} virtio")
    if vmx.overrides.get("vfp", {}).get("hugepages") is False:
        yield ValidationError("vmx_vfp_overrides.hugepages", "the memory of a VFP is in huge pages", False,
                              "Leave it out, and let the role kvm_host reserve them (kvm_host_hugepages)")
    if vmx.placement.get("hugepages") == "none":
        yield ValidationError("vmx_placement.hugepages", "the memory of a VFP is in huge pages", "none",
                              "Set 2M or 1G, or leave it out")


def refused_vfs(vmx: Vmx) -> Refused:
    """VFs that are given twice, and PFs of which two things are wanted."""
    owners: dict[tuple[str | None, int | None], list[str]] = {}
    mtus: dict[str, dict[int, str]] = {}
    for each in vmx.interfaces:
        if each.is_vf and each.nic is not None:
            owners.setdefault((each.nic, each.virtual_function), []).append(str(each.name))
            mtus.setdefault(each.nic, {}).update({} if each.mtu is None else {each.mtu: str(each.name)})
    for (nic, index), names in owners.items():
        if len(names) > 1 and index is not None:
            yield ValidationError(f"VF {index} of {nic}", f"it is given to {', '.join(names)}", None,
                                  "Give each a VF of its own")
    for pf, wanted in mtus.items():
        if len(wanted) > 1:
            yield ValidationError(pf, "its VFs have its MTU, and " + ", ".join(
                f"{name} wants {mtu}" for mtu, name in wanted.items()), None, "Give all of them the same")
