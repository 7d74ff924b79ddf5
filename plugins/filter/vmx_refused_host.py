# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role vmx that says what one host lacks, and what the drivers of its PFs cannot."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.nfv.kvm.plugins.filter.vmx import Dict
from ansible_collections.nfv.kvm.plugins.filter.vmx_plan import host_of
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

BRIDGES = ("bridge", "openvswitch")

Refused = t.Iterator[ValidationError]


def vmx_refused_host(wanted: Dict, host: Dict) -> list[str]:
    """All that is wrong on this host, each with its remedy.

    :param wanted: what vmx_wanted returned, with nothing in it that vmx_refused names
    :param host: as vmx_plan takes it
    """
    return [str(error) for error in refused_host(wanted, host)]


def refused_host(wanted: Dict, host: Dict) -> Refused:
    """The same one after the other."""
    told = host_of(host)
    links = {link["ifname"]: link for link in host["links"]}
    yield from refused_images(wanted, told["files"])
    yield from refused_hugepages(wanted, told["pages"], told["own"])
    if wanted["management_bridged"] and wanted["management_interface"] not in links:
        yield missing("vmx_management_interface", wanted["management_interface"])
    for interface in wanted["interfaces"]:
        if interface["type"] == "sriov":
            yield from refused_vf(interface, told["pfs"])
        else:
            yield from refused_bridge(interface, links)
    for nic, pf in told["pfs"].items():
        vfs = [each for each in wanted["interfaces"] if each.get("nic") == nic and each["type"] == "sriov"]
        modified = pf["driver"] in wanted["modified_drivers"]
        yield from refused_i40e(nic, pf, vfs, modified)
        yield from refused_ixgbe(nic, pf, vfs, modified)


def missing(subject: str, name: str) -> ValidationError:
    """A link that the host has not."""
    return ValidationError(subject, "this host has no such network interface", name, "ip link lists those that there "
                           "are")


def refused_images(wanted: Dict, files: list[str]) -> Refused:
    """Images that are not on the host."""
    for name, path in wanted["images"].items():
        if path not in files:
            yield ValidationError(f"vmx_images.{name}", "this host has no such file", path,
                                  "Unpack Juniper's bundle there, or correct the path")


def refused_hugepages(wanted: Dict, pages: list[int], own: int) -> Refused:
    """A VFP that finds no free huge pages, all on one NUMA node.

    :param own: KiB of those that it runs with now
    """
    memory = wanted["overrides"]["vfp"].get("memory", wanted["vfp"]["memory"])
    most = (max(pages, default=0) + own) // 1024
    if int(memory) > most:
        yield ValidationError("vmx_vfp.memory", f"the VFP's memory is in huge pages of one NUMA node, and this host "
                              f"has at most {most} MiB of them free on one", memory,
                              "Let the role kvm_host reserve more (kvm_host_hugepages)")


def refused_vf(interface: Dict, pfs: Dict) -> Refused:
    """A VF that the host cannot make."""
    name, nic, index = interface["name"], interface["nic"], interface["virtual_function"]
    if nic not in pfs:
        yield missing(f"{name}, nic", nic)
    elif not pfs[nic]["totalvfs"]:
        yield ValidationError(f"{name}, nic", "this NIC has no SR-IOV, or its firmware has it off", nic,
                              "Choose another NIC; nfv.kvm.bios_check says what is off")
    elif index >= pfs[nic]["totalvfs"]:
        yield ValidationError(f"{name}, virtual_function", f"{nic} has at most {pfs[nic]['totalvfs']} VFs, counted "
                              "from 0", index, "Choose another VF")


def refused_bridge(interface: Dict, links: Dict) -> Refused:
    """A bridge, or a NIC behind one, that is not there."""
    name = interface["name"]
    if "host_dev" in interface:
        if interface["host_dev"] not in links:
            yield missing(f"{name}, host_dev of link {interface['link']}", interface["host_dev"])
    elif "peer" not in interface:
        bridge = links.get(interface["bridge"])
        if bridge is None or bridge.get("linkinfo", {}).get("info_kind") not in BRIDGES:
            yield ValidationError(f"{name}, bridge", "this host has no such bridge", interface["bridge"],
                                  "Make it with the role virtual_switch, or join the interface to another, by its "
                                  "bridge or by vmx-junosdev.conf")


def refused_i40e(nic: str, pf: Dict, vfs: list[Dict], modified: bool) -> Refused:
    """VFs of one PF that i40e does not serve together: Juniper's as one only, the kernel's apart by their VLANs."""
    if pf["driver"] != "i40e" or len(vfs) < 2:
        return
    names = ", ".join(each["name"] for each in vfs)
    if modified:
        yield ValidationError(f"PF {nic}", f"with Juniper's i40e, a vMX can have one VF of a PF, and these are {names}",
                              None, "Give each a PF of its own")
    elif None in (vlans := Counter(each.get("vlan") for each in vfs)) or max(vlans.values()) > 1:
        yield ValidationError(f"PF {nic}", f"with the unmodified i40e, each of its VFs needs a VLAN that no other has, "
                              f"and these are {names}", None, "Give each a vlan of its own in vmx_interfaces")


def refused_ixgbe(nic: str, pf: Dict, vfs: list[Dict], modified: bool) -> Refused:
    """What ixgbe without Juniper's changes cannot."""
    if pf["driver"] != "ixgbe" or modified:
        return
    for each in vfs:
        if each.get("layer2"):
            yield ValidationError(f"{each['name']}, layer2", f"{nic} has the unmodified ixgbe, with which a vMX cannot "
                                  "bridge", True, "Use a virtio interface, or Juniper's ixgbe and name it in "
                                  "vmx_modified_drivers")


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"vmx_refused_host": door.guarded(vmx_refused_host, wanted=shapes.VMX, host=shapes.VMX_HOST)}
