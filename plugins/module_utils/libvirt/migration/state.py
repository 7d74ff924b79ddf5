# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain on both hosts of a move, with what goes along and what both reach."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.cargo import Cargo, read_cargo
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import own_files, written_disks
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.handle import name_of_uuid
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.holder import ABSENT, Copy, holder
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import LEAVING
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.shared import check_shared, on_both
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.turns import read_settled


@dataclass(frozen=True)
class MoveState:
    """A domain on both hosts.

    :param cargo: what goes with it, if it is still to go
    :param own: the files on the source that go once it has gone
    :param shared: whether both hosts reach its disks
    :param on_both: its other files that both hosts reach
    """

    source: Copy
    target: Copy
    cargo: Cargo | None = None
    own: tuple[str, ...] = ()
    shared: bool = False
    on_both: frozenset[str] = frozenset()

    def drops_nvram(self, copy: Copy) -> bool:
        """Whether a file of UEFI variables goes with a copy: it has one, which is not the other copy's as well."""
        return copy.nvram() is not None and copy.nvram() not in self.on_both


def read_move(host: Host, here: Connection, there: Connection, name: str, further: tuple[str, ...], shared: bool,
              ) -> MoveState:
    """The domain on both hosts, with what goes along.

    :param further: files that nothing in its XML mentions
    :param shared: whether both hosts reach its disks, as far as this run is told
    :raises KvmError: nobody can tell which of them is the appliance, or it cannot go
    """
    source, target = read_settled(host, here, there, name)
    shared = shared or any(found.note is not None and found.note.shared for found in (source, target))
    cargo = None
    if holder(name, source, target) is source:
        _check_uuid(there, name, source, target)
        cargo = read_cargo(host, here, name, source, further, shared)
        check_shared(there, target.host, cargo.shared)
    # Of one that has only come in, or was only being copied, the other one tells the files.
    came_back = target.note is not None and target.note.stage == LEAVING and target.note.target == source.host
    root = source.definition if source.definition is not None else target.definition if came_back else None
    own = () if root is None else own_files(host, here, name, root, further)
    disks = set() if root is None else written_disks(root)
    files = () if cargo is None else cargo.files
    variables = {path for path in (source.nvram(), target.nvram()) if path is not None}
    found = on_both(host, there, {*own, *variables, *(file.path for file in files)} - disks)
    if cargo is not None and shared:
        cargo = replace(cargo, files=tuple(file for file in files if file.path not in found))
    own = tuple(path for path in own if path not in found and not (shared and path in disks))
    return MoveState(source, target, cargo, own, shared, found)


def _check_uuid(there: Connection, name: str, source: Copy, target: Copy) -> None:
    """:raises ValidationError: the other host has another domain with this one's UUID, and so cannot define it"""
    other = name_of_uuid(there, str(source.uuid)) if target.state == ABSENT else None
    if other is not None:
        raise ValidationError("name", f"{target.host} has another domain with its UUID {source.uuid}: {other}", name,
                              f"Remove {other} there (virsh undefine {other}), or define it with another <uuid>")
