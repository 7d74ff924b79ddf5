# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One appliance on its host, from its VFs to its readiness. Each part is planned on what those before it make."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance import plan
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import domain_xml
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.fits import check_fits, with_machine
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.medium import Medium, check_tools, has_parts, media
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import outlast_reboot
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.ownership import check_folder, check_own
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.pfs import check_agree, check_twice
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.power import has_said, is_marked
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import EVERY, Profile, disks_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.record import Record, uuid_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.storage import (
    UNFINISHED,
    Disk,
    DiskState,
    check_images,
    missing_folders,
    read_disks,
)
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.foreseen import ForeseenHost
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.definition import family_of, wanted_definition
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import ABSENT, DomainResource, DomainState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import SAVED, SHUTDOWN
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Define
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.foreseen import ForeseenConnection, ForeseenDomain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import InterfaceResource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import PfResource
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.result import vf_result

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.appliance.placed import Placed
    from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Want

# The PCI root that libvirt gives a machine; with it a NIC's place is known before the domain is defined.
PCI_ROOTS = {"pc": "pci-root", "q35": "pcie-root"}
# The lock of all runs that place an appliance on a host
CPUS = "CPUs of this host"
# A guest that shuts down for a change has to be off by then.
SHUTDOWN_SECONDS = 300.0


@dataclass(frozen=True)
class ApplianceState:
    """An appliance on its host, and what of the host its plan depends on.

    :param wanted: the XML of its domain without NICs, as this host needs it
    :param pfs: the PFs that it has prepared, as they are
    :param missing: the folders that are to be made for it
    :param record: the text of the record in its folder, None without one
    :param medium: whether the wanted day-0 medium is there
    :param spare: media of before, and what interrupted runs left
    :param parts: whether an interrupted run left parts of a medium
    :param nics: the NICs on the host and in the domain as they will be
    :param ready: whether it has been ready since it booted
    :param autostart: whether it is to start with its host
    :param placed: where it runs and is to run on the host; None if that is not managed
    """

    wanted: xml.Element = field(repr=False)
    pfs: tuple[Pf, ...]
    disks: tuple[DiskState, ...]
    missing: tuple[str, ...]
    record: str | None
    medium: bool
    spare: tuple[str, ...]
    parts: bool
    domain: DomainState
    nics: NicState
    ready: bool
    autostart: bool
    placed: Placed | None = None
    needs_restart: bool = False


@dataclass(frozen=True)
class ApplianceResource:
    """An appliance with its desired state.

    :param state: running, shutdown or defined
    :param pfs: the PFs to prepare
    :param nics: its NICs in order
    :param medium: its day-0 medium, None without one
    :param autostart: whether it starts with its host, None if that depends on its VFs
    :param restart: whether it may be restarted for what waits for that
    :param replace: whether disks of an image that has changed are replaced
    :param wait: whether to wait until it is ready
    :param bridges: Linux bridges that will be there when it is made
    :param placement: what it has of the CPUs and the memory of its host; None leaves that to libvirt
    """

    connection: Connection = field(repr=False)
    name: str
    state: str
    profile: Profile
    pfs: tuple[PfResource, ...]
    nics: tuple[Wanted, ...]
    medium: Medium | None
    folder: str
    autostart: bool | None
    restart: bool
    replace: bool
    wait: bool
    bridges: tuple[str, ...] = ()
    timeout: float = SHUTDOWN_SECONDS
    placement: Want | None = None

    def objects(self, host: Host) -> tuple[str, ...]:
        """The domain, its PFs and its networks, and if it is placed, the CPUs that another run could give away, too."""
        found = [pf.objects(host) for pf in self.pfs]
        if self.placement is not None:
            found.append((CPUS,))
        found.append(self.interfaces().objects(host))
        return tuple(dict.fromkeys(name for names in found for name in names))

    def read(self, host: Host) -> ApplianceState:
        """The appliance as it is.

        :raises KvmError: what one of the modules refuses, or that the host cannot run it
        """
        pfs = tuple(pf.read(host) for pf in self.pfs)
        check_twice(pfs)
        check_agree(self.nics, [(pf.desired, found) for pf, found in zip(self.pfs, pfs)])
        plans = [pf.plan(found) for pf, found in zip(self.pfs, pfs)]
        changes = self.bridges or any(found.steps for found in plans)
        later = ForeseenHost(host, [found.after for found in plans], self.bridges) if changes else host
        missing, record = missing_folders(host, self.folder), Record(host, self.folder)
        handle = self.connection.find(self.name)
        if handle is None:
            check_folder(host, self.connection, self.name, self.folder)
        there = read_disks(host, self.disks(), record)
        check_images(host, self.folder, [found.disk for found in there if plan.is_copied(found, self.replace)])
        medium = self.medium is None or host.exists(self.medium.path)
        if self.medium is not None and not medium:
            check_tools(host, self.medium)
        placed = None
        if self.placement is not None:
            from ansible_collections.nfv.kvm.plugins.module_utils.appliance.placed import place

            placed = place(later, self, self.placement, handle, pfs)
        wanted = self._wanted(host, handle, placed)
        domain = self.domain(wanted).read(later)
        check_own(self.name, domain.definition, self.folder)
        planned = self.domain(wanted).plan(domain)
        starts = domain.live is None and self.state == "running"
        if planned.steps or starts:
            check_fits(host, self.connection, self.profile, wanted, starts, placed is not None)
        nics, autostart = self._read_nics(later, planned), self.autostart
        if autostart is None:
            kept = [found.pci_address for pf, found in zip(self.pfs, pfs) if pf.desired.persistent]
            autostart = outlast_reboot(later, nics, kept)
        return ApplianceState(
            wanted, pfs, there, missing, record.text(), medium, self._spare(host),
            has_parts(host, self.name), domain, nics, self._is_ready(host, domain), autostart, placed)

    def plan(self, current: ApplianceState) -> Plan[ApplianceState]:
        """All steps, in the order in which the host takes them, and the state that they lead to.

        :raises KvmError: as the modules refuse it
        """
        return plan.plan(self, current)

    def show(self, state: ApplianceState) -> dict[str, t.Any]:
        """What the modules show of each part, and the disks."""
        return {
            "pfs": {found.name: pf.show(found) for pf, found in zip(self.pfs, state.pfs)},
            "disks": {disk.disk.path: disk.made.image if disk.made else None for disk in state.disks if disk.there},
            "medium": self.medium.path if self.medium is not None and state.medium else None,
            "domain": self.domain(state.wanted).show(state.domain),
            "interfaces": self.interfaces().show(state.nics) if state.domain.definition is not None else {},
            **({} if state.placed is None else {"placement": state.placed.shown()}),
            "ready": state.ready,
        }

    def result(self, state: ApplianceState, plan: Plan[ApplianceState]) -> dict[str, t.Any]:
        """``state``, ``uuid``, ``interfaces``, ``vfs``, ``disks``, ``placement``, ``ready`` and ``needs_restart``."""
        nics = self.interfaces().result(state.nics, Plan((), plan.after.nics))
        domain = self.domain(state.wanted).result(state.domain, Plan(plan.steps, plan.after.domain))
        return {
            **nics, "warnings": [*domain.get("warnings", ()), *nics.get("warnings", ()),
                                 *(() if state.placed is None else state.placed.warnings)],
            "state": state.domain.state, "uuid": state.domain.uuid, "ready": state.ready,
            "needs_restart": plan.after.needs_restart,
            "placement": None if state.placed is None else state.placed.wanted.shown(),
            "vfs": [{"pf": pf.name, **vf_result(vf)} for pf in state.pfs for vf in pf.vfs.values()],
            "disks": [{"name": found.disk.name, "path": found.disk.path, "image_changed": found.changed,
                       "made_from": found.made.image if found.made else None} for found in state.disks],
        }

    def disks(self) -> list[Disk]:
        """Its disks in order."""
        return [Disk(disk.name, disk.image, disk.format, disk.path(self.folder)) for disk in disks_of(self.profile)]

    def domain(self, wanted: xml.Element) -> DomainResource:
        """The domain without its NICs; how it runs is up to the plan of the whole."""
        return DomainResource(self.connection, self.name, wanted, "defined", None, False, self.timeout)

    def interfaces(self, connection: Connection | None = None) -> InterfaceResource:
        """The NICs."""
        return InterfaceResource(connection or self.connection, self.name, self.nics, "exact", False, self.timeout)

    def _wanted(self, host: Host, handle: Domain | None, placed: Placed | None) -> xml.Element:
        """The XML of the domain; a new one has the UUID that its MACs are made of, and the root of its PCI buses."""
        vendor = ""
        if EVERY not in self.profile.cpu:  # the kernel asks each CPU for what it is
            vendor = (host.read("/proc/cpuinfo") or "").partition("vendor_id")[2].partition("\n")[0]
        medium = "" if self.medium is None else self.medium.path
        profile = with_machine(self.connection, self.profile, handle)
        root = wanted_definition(self.name, domain_xml(profile, self.name, self.folder, medium, vendor))
        if placed is not None:
            placed.write(root)
        if handle is None:
            own = xml.etree().Element("uuid")
            own.text = uuid_of(host, self.name)
            root.insert(1, own)
            model = PCI_ROOTS.get(family_of(root))
            if model is not None:
                xml.etree().SubElement(root.find("devices"), "controller", type="pci", index="0", model=model)
        return root

    def _read_nics(self, later: Host, planned: Plan[DomainState]) -> NicState:
        domain, new = planned.after, [step.xml for step in planned.steps if isinstance(step, Define)]
        texts = [None if one is None else xml.serialise(one) for one in (domain.definition, domain.live, domain.saved)]
        definition = new[-1] if new else texts[0] or ""
        foreseen = ForeseenDomain(self.name, domain.uuid or "", definition, texts[1], texts[2], domain.state)
        return self.interfaces(ForeseenConnection(self.connection, foreseen)).read(later)

    def _spare(self, host: Host) -> tuple[str, ...]:
        wanted = None if self.medium is None else self.medium.path
        unfinished = [f"{self.folder}/{name}" for name in host.names(self.folder) if name.endswith(UNFINISHED)]
        return (*(path for path in media(host, self.folder) if path != wanted), *unfinished)

    def _is_ready(self, host: Host, domain: DomainState) -> bool:
        ready = self.profile.ready
        if domain.state in (ABSENT.state, SHUTDOWN):
            return False
        if ready is None:
            return domain.live is not None
        return is_marked(host, self.connection.domain(self.name), self.folder, ready) or (
            domain.state == SAVED and has_said(host, self.name, ready))
