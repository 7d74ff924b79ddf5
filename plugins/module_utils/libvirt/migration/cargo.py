# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain on a host, and what goes with it when it leaves."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import read_interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.teaming import team_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import (
    DISK,
    File,
    needed_files,
    shared_disks,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import MovingDomain, find_moving
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import HELD, OFF, RUNNING, Copy
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import Note, VfOfNic, read_note
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import root_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import VFS, kind_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_pf, vf_at

# What libvirt keeps on one host only, and how to be rid of it
LEFT_OVER = {
    "snapshots": "Delete them (virsh snapshot-delete, with --metadata to keep their data in the disks)",
    "checkpoints": "Delete them (virsh checkpoint-delete --metadata)",
    "a saved state": "Start the domain (virsh start), or discard that state (virsh managedsave-remove)",
}


@dataclass(frozen=True)
class Cargo:
    """What goes with a domain.

    :param live: whether it can go as it runs
    :param files: what it needs there, but for what is said to be shared
    :param shared: the disks that are said to be shared, and what they are based on
    """

    live: bool
    files: tuple[File, ...]
    vfs: tuple[VfOfNic, ...]
    shared: tuple[str, ...] = ()


def read_copy(connection: Connection, host_name: str, name: str) -> Copy:
    """A domain on one host.

    :raises ValidationError: it is transient
    """
    domain = find_moving(connection, name)
    if domain is None:
        return Copy(host_name)
    text, live_text = domain.definition(), domain.live_xml()
    state = OFF if live_text is None else HELD if domain.held() else domain.state()
    if text is None and state != HELD:
        raise ValidationError("name", f"on {host_name} this domain is transient, so it has no definition to move", name,
                              "Shut it down, and define it with nfv.kvm.vm_domain")
    definition = None if text is None else xml.parse(text, f"domain {name}", notes=True)
    live = None if live_text is None else xml.parse(live_text, f"domain {name}")
    root = definition if live is None else live
    return Copy(host_name, state, domain.uuid, None if root is None else read_note(root),
                definition is not None and domain.autostart(), live is not None and domain.job(), definition, live)


def read_cargo(host: Host, connection: Connection, name: str, copy: Copy, further: t.Sequence[str], shared: bool,
               ) -> Cargo:
    """What goes with a domain that this host has.

    :param further: files that nothing in its XML mentions
    :param shared: whether both hosts reach its disks
    :raises NotSupported: it has something that cannot go
    :raises ValidationError: something that it is defined with is not there
    """
    roots = [root for root in (copy.definition, copy.live) if root is not None]
    live = copy.state in (RUNNING, HELD) and not any(_has_fixed_vf(connection, root) for root in roots)
    domain = find_moving(connection, name)
    if domain is not None:
        _check_movable(domain, roots, live)
    files = needed_files(host, roots, further, shared)
    return Cargo(live, tuple(file for file in files if not (shared and file.kind == DISK)),
                 _read_vfs(host, roots[0], copy.note), shared_disks(host, files) if shared else ())


def _has_fixed_vf(connection: Connection, root: Element) -> bool:
    """Whether a NIC has a VF of this host that is not unplugged for a migration and replaced by another one."""
    for nic in map(read_interface, root.findall("devices/interface")):
        transient = team_of(nic).type == "transient"
        if root.get("id") is not None:
            fixed = nic.source_vf is not None and not transient
        else:
            fixed = nic.type == "hostdev" or (
                not transient and kind_of(root_of(connection, nic.source_network)) in VFS)
        if fixed:
            return True
    return False


def _check_movable(domain: MovingDomain, roots: t.Sequence[Element], live: bool) -> None:
    for root in roots:
        for device in root.findall("devices/hostdev"):
            kind = device.get("type") or device.get("mode")
            raise NotSupported(f"domain {domain.name}", f"its <hostdev type='{kind}'> is a device of this host, which "
                               "cannot be moved", remedy="Replace it by a NIC of type hostdev (nfv.kvm.vm_interface), "
                               "or remove it")
        tpm = root.find("devices/tpm/backend")
        if tpm is not None and not (live and tpm.get("type") == "emulator"):
            raise NotSupported(f"TPM of domain {domain.name}", "its state is not copied" + (
                "" if live else ", except by a live migration"), tpm.get("type"), "Remove the TPM" + (
                "" if tpm.get("type") != "emulator" else ", or move the domain live, without VFs of its own"))
    for what in domain.left_over():
        raise NotSupported(f"domain {domain.name}", f"it has {what}, which libvirt cannot move to another host",
                           remedy=LEFT_OVER[what])


def _read_vfs(host: Host, definition: Element, note: Note | None) -> tuple[VfOfNic, ...]:
    """The VFs that its NICs name, each with what libvirt does not manage of it.

    An unfinished move has noted them: the host may have been restarted since, and its VFs be gone.

    :raises ValidationError: this host does not have one of them, and no note mentions it
    """
    noted = {vf.mac: vf for vf in (() if note is None else note.vfs)}
    found = []
    for nic in map(read_interface, definition.findall("devices/interface")):
        dev = nic.source_dev if nic.type == "direct" else None
        address = host.link_name(f"{pci.NETDEVS}/{dev}/device") if dev else nic.source_vf
        pf = pci.pf_of(host, address) if address else None
        if nic.mac in noted:
            found.append(noted[nic.mac])
        elif pf is not None:
            found.append(_read_vf(host, str(nic.mac), pf, str(address), dev))
        elif nic.source_vf is not None:
            raise ValidationError(f"NIC {nic.label()}", "this host does not have this VF, so its PF is unknown",
                                  nic.source_vf, "Create the VFs of its PF with nfv.kvm.sriov_vf")
    return tuple(found)


def _read_vf(host: Host, mac: str, pf_address: str, address: str, dev: str | None) -> VfOfNic:
    pf = read_pf(host, pf_address)
    vf = vf_at(pf.vfs.values(), address)
    settings = asdict(vf.settings)
    return VfOfNic(mac, pf.name, vf.index, dev, **{
        name: settings[name] for name in ("trust", "spoofchk", "min_tx_rate", "max_tx_rate")})
