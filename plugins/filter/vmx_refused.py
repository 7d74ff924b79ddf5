# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role vmx that says what cannot be meant, or would not run.

The rules are Juniper's (vMX Getting Started Guide for KVM, "Virtual Network Interfaces for vMX" among others) where
nothing else is said.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter

from ansible_collections.nfv.kvm.plugins.filter.vmx import Dict
from ansible_collections.nfv.kvm.plugins.filter.vmx_plan import LEAST
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

# A link of the host has 15 characters, and br-int-ID is one.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,7}")
LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
JUNOS_NAME = re.compile(r"(ge|xe|et)-0/0/(0|[1-9]\d*)")
IMAGES = {"vcp": "routing-engine-image", "hdd": "routing-engine-hdd", "vfp": "forwarding-engine-image"}
PLANES = {"vcp": "control plane (VCP)", "vfp": "forwarding plane (VFP)"}
UNITS = {"vcpus": "vCPUs", "memory": "MiB"}
RANGES = {"mtu": (68, 65535), "vlan": (1, 4094), "port_speed": (1, 10**6), "virtual_function": (0, 65535)}

Refused = t.Iterator[ValidationError]


def vmx_refused(wanted: Dict) -> list[str]:
    """All that is wrong on any host, each with its remedy.

    :param wanted: what vmx_wanted returned
    """
    found = [*refused_identity(wanted), *refused_sizes(wanted), *refused_consoles(wanted), *refused_names(wanted)]
    for interface in wanted["interfaces"]:
        found += refused_interface(interface)
    found += refused_macs(wanted)
    found += refused_kinds(wanted)
    found += refused_vfs(wanted)
    return [str(error) for error in found]


def refused_identity(wanted: Dict) -> Refused:
    """What a vMX must have, whatever its interfaces."""
    if not ID.fullmatch(str(wanted["id"] or "")):
        yield ValidationError("vmx_id", "it must have 1 to 8 characters: letters, digits, '_' and '-', since br-int-ID "
                              "is a link of the host", wanted["id"], "Choose another (identifier in vmx.conf)")
    if not LINK.fullmatch(str(wanted["external_bridge"])):
        yield ValidationError("vmx_external_bridge", "it must have at most 15 characters: letters, digits, '_', '.' "
                              "and '-'", wanted["external_bridge"], "Choose another (name in BRIDGES of vmx.conf)")
    if wanted["management_bridged"] and not wanted.get("management_interface"):
        yield ValidationError("vmx_management_bridged", "there is no interface to put into the bridge", True,
                              "Give vmx_management_interface (host-management-interface in vmx.conf)")
    for name, key in IMAGES.items():
        if not str(wanted["images"].get(name, "")).startswith("/"):
            yield ValidationError(f"vmx_images.{name}", "it must be the path of an image on the KVM host",
                                  wanted["images"].get(name), f"Give it ({key} in vmx.conf)")
    if wanted["reserved_vnics"] is None:
        yield ValidationError("vmx_release", "how many NICs this release's VFP keeps for itself is not known",
                              wanted["release"], "Give the release as Juniper writes it, such as 18.2R1, or "
                              "vmx_reserved_vnics")


def refused_sizes(wanted: Dict) -> Refused:
    """Domains that are too small for their size."""
    size = wanted["size"]
    if size not in LEAST:
        yield ValidationError("vmx_size", f"there are {' and '.join(LEAST)}", size, "Choose one")
        return
    for part, least in LEAST[size].items():
        for name, number in least.items():
            value = wanted[part].get(name)
            if not isinstance(value, int) or value < number:
                yield ValidationError(f"vmx_{part}.{name}", f"in size {size}, the {PLANES[part]} needs at least "
                                      f"{number} {UNITS[name]}", value, f"Give it {number} or more")


def refused_consoles(wanted: Dict) -> Refused:
    """Console ports that cannot be listened at."""
    ports = {part: wanted[part]["console_port"] for part in PLANES if "console_port" in wanted[part]}
    for part, port in ports.items():
        if not isinstance(port, int) or not 1 <= port <= 65535:
            yield ValidationError(f"vmx_{part}.console_port", "a port is a number from 1 to 65535", port, "Give one")
    if len(ports) == 2 and ports["vcp"] == ports["vfp"]:
        yield ValidationError("vmx_vfp.console_port", f"it is that of the {PLANES['vcp']}", ports["vfp"],
                              "Give each console a port of its own, such as 8601 and 8602")


def refused_names(wanted: Dict) -> Refused:
    """Junos names that do not follow from the order of the NICs."""
    names = [str(interface.get("name")) for interface in wanted["interfaces"]]
    if not names:
        yield ValidationError("vmx_interfaces", "a vMX without interfaces forwards nothing", None,
                              "List them (JUNOS_DEVICES in vmx.conf)")
    kind = names[0].partition("-")[0] if names else "ge"
    for place, name in enumerate(names):
        if name in names[:place]:
            yield ValidationError(f"interface {place + 1}", f"{names.index(name) + 1} has this name already", name,
                                  "A Junos name is there once")
        elif not JUNOS_NAME.fullmatch(name):
            yield ValidationError(f"interface {place + 1}", "it must have a Junos name", name,
                                  f"Name it {kind if JUNOS_NAME.fullmatch(names[0]) else 'ge'}-0/0/{place}")
        elif name != f"{kind}-0/0/{place}":
            yield ValidationError(f"interface {place + 1}", f"Junos gives names in the order of the NICs, and this one "
                                  f"is {kind}-0/0/{place}", name, f"List the interfaces from {kind}-0/0/0 on, without "
                                  "gaps")
    for name in wanted["strays"]:
        yield ValidationError("vmx-junosdev.conf", f"{wanted['id']} has no such interface", name,
                              "Take the link out, or list the interface (JUNOS_DEVICES in vmx.conf)")


def refused_interface(interface: Dict) -> Refused:
    """One interface that is not whole, or of which parts contradict each other."""
    name, kind = interface.get("name"), interface["type"]
    needed = {"nic": "nic", "virtual_function": "virtual-function"}
    if kind not in ("virtio", "e1000", "sriov"):
        yield ValidationError(f"{name}, type", "it must be virtio, e1000 or sriov", kind,
                              "Choose one (device-type in vmx.conf, which can be mixed as well)")
    for key, written in needed.items():
        if kind == "sriov" and key not in interface:
            yield ValidationError(f"{name}, {key}", "an SR-IOV interface needs the NIC of the host and the number of "
                                  "its VF", None, f"Give it ({written} in vmx.conf)")
        elif kind != "sriov" and key in interface:
            yield ValidationError(f"{name}, {key}", f"an interface of type {kind} has none", interface[key],
                                  f"Leave it out, or make it sriov ({written} and device-type in vmx.conf)")
    if kind == "sriov" and {"bridge", "link"} & set(interface):
        yield ValidationError(str(name), "a VF is joined to its NIC, and to nothing else",
                              interface.get("link", interface.get("bridge")),
                              "Take the bridge or the link of vmx-junosdev.conf away, or make it virtio")
    if "link" in interface and not LINK.fullmatch(str(interface["link"])):
        yield ValidationError(f"{name}, link", "a link's name must have at most 15 characters: letters, digits, '_', "
                              "'.' and '-'", interface["link"], "Choose another link_name in vmx-junosdev.conf")
    for key, (least, most) in RANGES.items():
        value = interface.get(key, least)
        if not isinstance(value, int) or not least <= value <= most:
            yield ValidationError(f"{name}, {key}", f"it must be a number from {least} to {most}", value, "Correct it")
    if "vlan" in interface and kind != "sriov":
        yield ValidationError(f"{name}, vlan", "only a VF is put into a VLAN here", interface["vlan"],
                              "Leave it out, and give the port of the bridge the VLAN")


def refused_macs(wanted: Dict) -> Refused:
    """MACs that are missing, none, or there twice; each interface has its own."""
    owners: dict[str, str] = {}
    planes = [(PLANES[part], wanted[part]) for part in PLANES if "mac" in wanted[part]]
    for name, owner in [*planes, *((str(each.get("name")), each) for each in wanted["interfaces"])]:
        mac = str(owner.get("mac", "")).lower()
        if not MAC.fullmatch(mac):
            yield ValidationError(f"{name}, mac", "each interface needs a MAC of its own, which it keeps when the vMX "
                                  "moves", owner.get("mac"),
                                  "Give one such as 02:06:0a:0e:ff:f0 (mac-address in vmx.conf)")
        elif int(mac[:2], 16) & 1:
            yield ValidationError(f"{name}, mac", "this is the MAC of a group", mac, "The first byte must be even")
        elif mac in owners:
            yield ValidationError(f"{name}, mac", f"{owners[mac]} has it already", mac, "Give each a MAC of its own")
        owners.setdefault(mac, name)


def refused_kinds(wanted: Dict) -> Refused:
    """Data NICs of kinds that one VFP does not drive together."""
    kinds = {kind: [str(each.get("name")) for each in wanted["interfaces"] if each["type"] == kind]
             for kind in ("e1000", "virtio")}
    if all(kinds.values()):
        told = ", ".join(kinds["e1000"])
        yield ValidationError("vmx_interfaces", f"a VFP has e1000 NICs or virtio NICs, not both: {told} and "
                              f"{', '.join(kinds['virtio'])}", None, f"Make {told} virtio")
    if wanted["overrides"]["vfp"].get("hugepages") is False:
        yield ValidationError("vmx_vfp_overrides.hugepages", "the memory of a VFP is in huge pages", False,
                              "Leave it out, and let the role kvm_host reserve them (kvm_host_hugepages)")


def refused_vfs(wanted: Dict) -> Refused:
    """VFs that are given twice, and PFs of which two things are wanted."""
    vfs = [each for each in wanted["interfaces"] if each["type"] == "sriov"]
    for (nic, index), count in Counter((each.get("nic"), each.get("virtual_function")) for each in vfs).items():
        if count > 1 and nic is not None and index is not None:
            names = ", ".join(str(each.get("name")) for each in vfs
                              if (each.get("nic"), each.get("virtual_function")) == (nic, index))
            yield ValidationError(f"VF {index} of {nic}", f"it is given to {names}", None, "Give each a VF of its own")
    for nic in dict.fromkeys(each["nic"] for each in vfs if "nic" in each):
        mtus = {str(each["mtu"]): each.get("name") for each in vfs if each.get("nic") == nic and "mtu" in each}
        if len(mtus) > 1:
            yield ValidationError(str(nic), "its VFs have its MTU, and " + ", ".join(
                f"{name} wants {mtu}" for mtu, name in mtus.items()), None, "Give all of them the same")


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"vmx_refused": door.guarded(vmx_refused, wanted=shapes.VMX)}
