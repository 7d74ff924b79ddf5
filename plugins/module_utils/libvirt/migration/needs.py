# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain needs of a host, and whether another host has it."""

from __future__ import annotations

import os
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import (
    CommandFailed,
    InUse,
    NotSupported,
    ValidationError,
)
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import read_interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.pools import Own, check_pools, devices_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.sources import check_source
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.unused import check_unused
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger, read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cargo import Cargo, read_cargo, read_copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.coming import written
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cpu import check_cpu, cpu_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import MEDIUM, checksum
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import host_name
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import ABSENT, HELD, OFF, Copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import LEAVING, LEFT, VfOfNic
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.placing import placing_here, placing_needs
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import root_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import VFS, kind_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.memory import meminfo
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.holders import holders
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_pf, vf_at

Dict = dict[str, t.Any]

# Documentation/admin-guide/mm/hugetlbpage.rst
HUGEPAGES = "/sys/kernel/mm/hugepages/hugepages-{size}kB/free_hugepages"


@dataclass(frozen=True)
class Chosen:
    """A VF of this host for a NIC that had one of another host."""

    wanted: VfOfNic
    pf: Pf
    vf: Vf


def examine(params: Dict, host: Host) -> Dict:
    """What vm_migration_info returns.

    :raises KvmError: the domain cannot go, or this host lacks what it needs
    """
    connection = connect(params["uri"])
    copy = read_copy(connection, host_name(connection), params["name"])
    found: Dict = {"host": copy.host, "state": copy.state, "needs": None, "pfs": [], "vfs": [], "settings": [],
                   "placement": None}
    if params["needs"] is None:
        if copy.state != ABSENT and copy.stage() != LEFT:
            cargo = read_cargo(host, connection, params["name"], copy, params["files"], params["shared_storage"])
            found["needs"] = needs_of(host, connection, copy, cargo, params["shared_storage"])
    elif copy.state in (ABSENT, OFF):
        found.update(check_here(host, connection, params["name"], copy, params["needs"]))
    elif copy.state == HELD and params["needs"].get("placement"):  # an unfinished move, which is run once more
        found["placement"] = placing_here(host, connection, params["name"], params["needs"]["placement"], ())
    return found


def needs_of(host: Host, connection: Connection, copy: Copy, cargo: Cargo, shared: bool) -> Dict:
    """What a domain needs of the host that it is to go to.

    :param shared: whether both hosts reach its disks, and so can reach its other files
    """
    root = t.cast(Element, copy.live if copy.definition is None else copy.definition)
    system = root.find("os/type")
    files = [{
        "path": file.path, "size": os.stat(host.path(file.path)).st_blocks * 512,
        "checksum": checksum(host, file.path) if shared or file.kind == MEDIUM else None,
    } for file in written(cargo.files, cargo.live)]
    unfinished = copy.note is not None and copy.note.stage == LEAVING
    return {
        "live": cargo.live, "files": files, "vfs": [asdict(vf) for vf in cargo.vfs],
        "interfaces": [xml.serialise(nic) for nic in root.findall("devices/interface")],
        "unfinished": copy.note.target if copy.note is not None and unfinished else None,
        "machine": {"type": root.get("type"), "arch": system.get("arch"), "machine": system.get("machine"),
                    "emulator": root.findtext("devices/emulator")},
        "cpu": cpu_of(connection, root) if cargo.live else None,
        "hugepages": _hugepages_of(root), "placement": placing_needs(root),
    }


def _hugepages_of(root: Element) -> Dict | None:
    """Memory that is in huge pages of one size (0: the host's default), both in KiB as libvirt writes them."""
    pages = root.findall("memoryBacking/hugepages/page")
    if root.find("memoryBacking/hugepages") is None or len(pages) > 1:
        return None
    return {"memory": int(root.findtext("memory")), "page": int(pages[0].get("size")) if pages else 0}


def check_here(host: Host, connection: Connection, name: str, copy: Copy, needs: Dict) -> Dict:
    """The VFs of this host that the domain can have, and the PFs that its NICs use.

    :param name: of the domain
    :raises KvmError: this host lacks something
    """
    _check_machine(connection, needs["machine"])
    if needs.get("cpu"):
        check_cpu(connection, needs["cpu"])
    if needs.get("hugepages") and not needs.get("placement"):
        _check_hugepages(host, **needs["hugepages"])
    ledger = read_ledger(connection, without=copy.uuid)
    chosen = _choose(host, ledger, needs["vfs"])
    addresses = {one.wanted.mac: one.vf.pci_address for one in chosen if one.wanted.dev is None}
    pfs = {one.pf.name for one in chosen if one.wanted.dev is None}
    nics: list[tuple[str, Interface, Interface | None]] = []
    for number, text in enumerate(needs["interfaces"]):
        element = _interface(f"needs.interfaces[{number}]", text)
        mac = xml.mac(element)
        if element.get("type") == "hostdev" and addresses.get(mac):
            xml.set_pci_address(element.find("source/address"), str(addresses[mac]))
        nic = read_interface(element)
        check_source(host, connection, f"NIC {nic.label()}", nic, None)
        nics.append((f"NIC {nic.label()}", nic, None))
        pfs |= _pfs_of_pool(host, connection, nic.source_network)
    check_unused(host, nics, Own(name), ledger)
    check_pools(host, connection, [(subject, nic, True) for subject, nic, _before in nics], Own(name), ledger)
    _check_files(host, needs["files"], copy.note is not None or needs["unfinished"] == copy.host)
    settings: dict[str, list[Dict]] = {}
    for one in chosen:
        settings.setdefault(one.pf.name, []).append({"index": one.vf.index, **one.wanted.settings()})
    placement = None if not needs.get("placement") else placing_here(
        host, connection, name, needs["placement"], [nic for _subject, nic, _before in nics])
    return {"placement": placement, "pfs": sorted(pfs),
            "vfs": [{"mac": mac, "pci_address": address} for mac, address in addresses.items()],
            "settings": [{"pf": pf, "vfs": vfs} for pf, vfs in settings.items()]}


def _interface(subject: str, text: str) -> Element:
    remedy = "Use the value of needs that the module returned on the host that has the domain"
    try:
        found = xml.parse(text, subject)
    except ValidationError as error:
        error.remedy = remedy
        raise
    mac = found.find("mac[@address]")
    if found.tag != "interface" or mac is None:
        raise ValidationError(subject, "this is not an <interface> with a MAC", remedy=remedy)
    try:
        nic = read_interface(found)
    except (TypeError, ValueError) as error:
        raise ValidationError(subject, f"this is not an <interface> as libvirt writes it: {error}",
                              remedy=remedy) from error
    if nic.type == "hostdev" and nic.source_vf is None:
        raise ValidationError(subject, "this <interface> does not refer to a VF", remedy=remedy)
    return found


def _check_machine(connection: Connection, machine: Dict) -> None:
    given = [machine[name] for name in ("emulator", "arch", "machine", "type")]
    try:
        with connection.answering("machine", "have it"):
            connection.handle.getDomainCapabilities(*given)
    except CommandFailed as error:
        raise NotSupported(error.subject, error.cause, machine["machine"], "Install the QEMU release of the other "
                           "host, with its emulator at the same path; if KVM is missing, run nfv.kvm.bios_check to "
                           "find the cause"
                           ) from error


def _check_hugepages(host: Host, memory: int, page: int) -> None:
    size = page or meminfo(host).get("Hugepagesize", 0)
    free = int(host.read(HUGEPAGES.format(size=size)) or 0) * size
    if memory > free:
        raise InUse("memory", f"the domain needs it in huge pages of {size} KiB, of which {free >> 10} MiB are free on "
                    "this host",
                    f"{memory >> 10} MiB", "Reserve more with the role kvm_host (kvm_host_hugepages)")


def _choose(host: Host, ledger: Ledger, wanted: list[Dict]) -> list[Chosen]:
    """For each VF one of the PF of the same name, and of the same number if that is free."""
    found: list[Chosen] = []
    for need in (VfOfNic(**one) for one in wanted):
        address = host.link_name(f"{pci.NETDEVS}/{need.dev}/device") if need.dev else None
        pf_address = pci.pf_of(host, address) if address else None
        if need.dev and pf_address is None:
            continue  # what the macvtap is to be put on is looked at with the NIC
        pf = read_pf(host, pf_address or need.pf)
        if need.dev:
            found.append(Chosen(need, pf, vf_at(pf.vfs.values(), address)))
            continue
        found.append(Chosen(need, pf, _free_vf(host, ledger, pf, [one.vf for one in found], need)))
    return found


def _free_vf(host: Host, ledger: Ledger, pf: Pf, taken: list[Vf], need: VfOfNic) -> Vf:
    """A VF that nobody has, of the same number if that is free.

    :param taken: VFs that are for other NICs
    :raises InUse: there is none
    """
    held = holders(host, pf, ledger)
    numbers = {holder.vf for holder in held}
    free = [vf for vf in pf.vfs.values() if vf not in taken and vf.index not in numbers]
    if not free:
        who = f" ({', '.join(map(str, held))})" if held else ""
        raise InUse(f"PF {pf.name}", f"none of its {len(pf.vfs)} VFs is free for the NIC {need.mac}{who}",
                    remedy="Create more VFs with nfv.kvm.sriov_vf, or release one that is in use")
    return min(free, key=lambda vf: (vf.index != need.index, vf.index))


def _pfs_of_pool(host: Host, connection: Connection, name: str | None) -> set[str]:
    """The PFs of a network that gives VFs as they are."""
    root = root_of(connection, name)
    return {str(device.pf) for device in devices_of(host, root)} if kind_of(root) in VFS else set()


def _check_files(host: Host, files: list[Dict], again: bool) -> None:
    """Refuse to overwrite, and to begin without the room.

    :param again: whether the files that are there are those of an unfinished move
    """
    needed: dict[int, tuple[str, int]] = {}
    for file in files:
        path = file["path"]
        if host.exists(path):
            if not again and (file["checksum"] is None or checksum(host, path) != file["checksum"]):
                raise InUse(f"file {path}", "this host already has it, but not from this move",
                            remedy="Remove it, or set shared_storage: true if the hosts share it")
            continue
        folder = os.path.dirname(path)
        while not host.exists(folder):
            folder = os.path.dirname(folder)
        device = os.stat(host.path(folder)).st_dev
        needed[device] = (folder, needed.get(device, ("", 0))[1] + file["size"])
    for folder, size in needed.values():
        room = os.statvfs(host.path(folder))
        if size > room.f_bavail * room.f_frsize:
            raise InUse(f"folder {folder}", f"the files of the domain need {size >> 20} MiB on this host, and "
                        f"{room.f_bavail * room.f_frsize >> 20} MiB are free", remedy="Free disk space, or mount a "
                        "larger file system there")
