# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's calls for a domain that moves, beside those of connection.Domain."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import NAMESPACE, PREFIX
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Placement
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import render

PAUSED = 3  # VIR_DOMAIN_PAUSED in libvirt-domain.h, as the two below
PAUSED_MIGRATION = 2
JOB_NONE = 0


class MovingDomain(Domain):
    """One domain of a connection, with what a move needs of it."""

    def held(self) -> bool:
        """Whether a migration has paused it: it waits for its memory, or has given it away."""
        with self._answering("read its state"):
            return list(self._handle.state()) == [PAUSED, PAUSED_MIGRATION]

    def job(self) -> bool:
        """Whether a job runs that keeps it, such as a migration to another host."""
        # One that comes in tells nothing of its job.
        codes = ("VIR_ERR_OPERATION_INVALID", "VIR_ERR_OPERATION_UNSUPPORTED")
        with self._answering("read its job"):
            found = self._connection.unless(codes, lambda: int(self._handle.jobInfo()[0]))
        return found not in (None, JOB_NONE)

    def abort_job(self) -> None:
        """End that job; the domain goes on here."""
        with self._answering("end its job"):
            self._connection.unless(("VIR_ERR_OPERATION_INVALID",), self._handle.abortJob)

    def left_over(self) -> dict[str, int]:
        """How many things it has that libvirt keeps beside its definition, by their names; those that there are."""
        with self._answering("look for its snapshots"):
            found = {"snapshots": int(self._handle.snapshotNum()),
                     "checkpoints": len(self._handle.listAllCheckpoints()),
                     "a saved state": int(self.saved())}
        return {what: number for what, number in found.items() if number}

    def write_note(self, text: str | None) -> None:
        """Put an element of ours into its metadata, as it is defined and as it runs; None takes it out."""
        self.set_metadata("record its move", text, PREFIX, NAMESPACE, live=True)

    def migrate(self, uri: str, address: str, disks: tuple[str, ...], placement: Placement | None = None) -> None:
        """Have the libvirt of this host move it as it runs, and leave its definition on both.

        :param uri: of the other libvirt
        :param address: where memory and disks are sent to
        :param disks: the targets of the disks whose content goes along
        :param placement: where it runs on the other host; None if it is not bound to a NUMA node
        """
        library = self._connection.library
        flags = library.VIR_MIGRATE_LIVE | library.VIR_MIGRATE_PEER2PEER | library.VIR_MIGRATE_PERSIST_DEST
        given: dict[str, t.Any] = {library.VIR_MIGRATE_PARAM_URI: f"tcp://{address}"}
        if disks:
            flags |= library.VIR_MIGRATE_NON_SHARED_DISK
            given[library.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = list(disks)
        if placement is not None:
            given[library.VIR_MIGRATE_PARAM_DEST_XML] = self._placed(placement, library.VIR_DOMAIN_XML_MIGRATABLE)
            given[library.VIR_MIGRATE_PARAM_PERSIST_XML] = self._placed(placement, library.VIR_DOMAIN_XML_INACTIVE)
        with self._answering("move it"):
            self._handle.migrateToURI3(uri, given, flags)

    def _placed(self, placement: Placement, flag: int) -> str:
        """Its XML with another placement; libvirt lets a migration change that (virDomainDefCheckABIStability)."""
        with self._answering("read its XML"):
            text = str(self._handle.XMLDesc(flag | self._connection.library.VIR_DOMAIN_XML_SECURE))
        root = xml.parse(str(self._connection.known(text)), f"domain {self.name}", notes=True)
        render(root, placement)
        return xml.serialise(root)


def find_moving(connection: Connection, name: str) -> MovingDomain | None:
    """A domain, None if there is none of that name."""
    with connection.answering(f"domain {name}", "look it up"):
        handle = connection.unless(("VIR_ERR_NO_DOMAIN",), lambda: connection.handle.lookupByName(name))
    return None if handle is None else MovingDomain(connection, handle)


def name_of_uuid(connection: Connection, uuid: str) -> str | None:
    """The name of the domain with a UUID, None if there is none."""
    with connection.answering(f"domain {uuid}", "look it up"):
        handle = connection.unless(("VIR_ERR_NO_DOMAIN",), lambda: connection.handle.lookupByUUIDString(uuid))
    return None if handle is None else str(handle.name())


def host_name(connection: Connection) -> str:
    """What the host of a libvirt calls itself."""
    with connection.answering("libvirt", "report the name of its host"):
        return str(connection.handle.getHostname())
