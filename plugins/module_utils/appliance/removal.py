# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance leaves its host, which is then as it was before, as far as nobody else depends on what was made."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import console_log
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.medium import RemoveParts, has_parts, media
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.ownership import check_own
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.power import marker
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.record import NAME, ForgetPfs, Record
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.storage import OLD, UNFINISHED, RemoveFiles
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.foreseen import ForeseenHost
from ansible_collections.nfv.kvm.plugins.module_utils.host import PARTIAL, Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import DomainResource, DomainState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Undefine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import own_files
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import check_stays
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import PfResource
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import pf_of_vf

# What a VF has that nobody has set; a MAC cannot be taken back.
DEFAULTS = VfSettings(vlan=0, spoofchk=True, trust=False, link_state="auto", min_tx_rate=0, max_tx_rate=0)


@dataclass(frozen=True)
class RemoveFolder:
    """The folder of the appliance, which is empty by now."""

    path: str

    def describe(self) -> list[str]:
        return [f"folder {self.path}: remove"]

    def apply(self, host: Host) -> None:
        host.remove_folder(self.path)


@dataclass(frozen=True)
class LeavingPf:
    """A PF with VFs of the appliance, as it is, and what is to become of it.

    :param whole: back to what it was like before the appliance was made
    :param settings: the settings of the appliance's VFs alone
    """

    current: Pf
    whole: PfResource
    settings: PfResource

    def plan(self) -> Plan[Pf]:
        """VFs that others use stay, and so does what keeps them over a reboot."""
        try:
            return self.whole.plan(self.current)
        except InUse:
            return self.settings.plan(self.current)


@dataclass(frozen=True)
class RemovalState:
    """What there still is of an appliance.

    :param recorded: whether its record has PFs
    :param parts: whether an interrupted run left parts of a medium
    :param files: what goes with it
    :param folder: whether its folder is there, and empty without these files
    """

    domain: DomainState
    pfs: tuple[LeavingPf, ...]
    recorded: bool
    parts: bool
    files: tuple[str, ...]
    folder: bool


@dataclass(frozen=True)
class ApplianceRemoval:
    """An appliance that is to be absent.

    :param pfs: the PFs that were prepared for it
    :param restart: whether the power of a crashed guest is cut, and a saved state discarded
    :param remove_disks: whether its disks go, too
    """

    connection: Connection = field(repr=False)
    uri: str
    name: str
    folder: str
    pfs: tuple[PfResource, ...]
    restart: bool
    remove_disks: bool
    timeout: float

    def objects(self, host: Host) -> tuple[str, ...]:
        """The domain and its PFs."""
        return tuple(dict.fromkeys((f"domain {self.name}", *(name for pf in self.pfs for name in pf.objects(host)))))

    def read(self, host: Host) -> RemovalState:
        """What there is of it.

        :raises InUse: the domain is not this appliance
        """
        domain = self._domain().read(host)
        check_own(self.name, domain.definition, self.folder)
        files = tuple(path for path in self._files(host, domain) if host.exists(path))
        left = {f"{self.folder}/{name}" for name in host.names(self.folder)} - set(files)
        recorded = bool(Record(host, self.folder).pfs())
        empty = host.exists(self.folder) and not left
        return RemovalState(domain, self._read_pfs(host, domain), recorded, has_parts(host, self.name), files, empty)

    def plan(self, current: RemovalState) -> Plan[RemovalState]:
        """The domain, then what its VFs had, then its files.

        :raises InUse: it is on its way to another host, or its guest cannot react
        """
        if current.domain.definition is not None:  # its disks may be those of the other host, too
            check_stays(self.name, current.domain.definition)
        domain = self._domain().plan(current.domain)
        pfs = [pf.plan() for pf in current.pfs]
        # What its VFs had is known as long as it is defined.
        steps = [step for step in domain.steps if not isinstance(step, Undefine)]
        steps += [step for one in pfs for step in one.steps]
        steps += [step for step in domain.steps if isinstance(step, Undefine)]
        if current.recorded and not self.remove_disks:
            steps.append(ForgetPfs(self.folder))
        if current.files:
            steps.append(RemoveFiles(current.files, "it was the appliance's"))
        if current.parts:
            steps.append(RemoveParts(self.name))
        if current.folder:
            steps.append(RemoveFolder(self.folder))
        after = tuple(replace(pf, current=one.after) for pf, one in zip(current.pfs, pfs))
        locked = (f"PF {pf.current.pci_address}" for pf in current.pfs)
        gone = RemovalState(domain.after, after, recorded=False, parts=False, files=(), folder=False)
        return Plan(tuple(steps), gone, (*domain.objects, *locked))

    def show(self, state: RemovalState) -> dict[str, t.Any]:
        """Its domain, its files and its VFs."""
        return {"domain": self._domain().show(state.domain), "files": list(state.files),
                "pfs": {pf.current.name: pf.whole.show(pf.current) for pf in state.pfs}}

    def result(self, state: RemovalState, plan: Plan[RemovalState]) -> dict[str, t.Any]:
        """The same keys as of an appliance that is there."""
        return {"state": state.domain.state, "uuid": None, "interfaces": [], "vfs": [], "disks": [], "placement": None,
                "ready": False, "needs_restart": False}

    def _domain(self) -> DomainResource:
        return DomainResource(self.connection, self.name, None, "absent", None, self.restart, self.timeout)

    def _files(self, host: Host, domain: DomainState) -> list[str]:
        """What was made for it, and nobody else has."""
        record = Record(host, self.folder)
        if domain.definition is None and record.text() is None and os.path.basename(self.folder) != self.name:
            return []  # of a folder that it never had
        there = [f"{self.folder}/{name}" for name in host.names(self.folder)]
        found = [*media(host, self.folder), marker(self.folder), console_log(self.name),
                 *(path for path in there if path.endswith(UNFINISHED) or path.startswith(f"{self.folder}/{PARTIAL}"))]
        if not self.remove_disks:
            return found
        root = domain.definition if domain.definition is not None else xml.etree().Element("domain")
        made = [path for path in there if record.made(path) is not None or path.endswith(OLD)]
        disks = own_files(host, self.connection, self.name, root, made)
        return list(dict.fromkeys([*found, *(path for path in disks if path in there), f"{self.folder}/{NAME}"]))

    def _read_pfs(self, host: Host, domain: DomainState) -> tuple[LeavingPf, ...]:
        ports = [] if domain.live is None else [
            target.get("dev") for target in domain.live.iterfind("devices/interface/target[@dev]")]
        record, host = Record(host, self.folder), ForeseenHost(host, ports=ports)
        known = (address for address in record.pfs() if host.exists(f"{pci.DEVICES}/{address}"))
        vfs: dict[str, set[int]] = {address: set() for address in known}
        for pf in self.pfs:
            vfs.setdefault(pci.address_of_pf(host, pf.desired.name), set()).update(pf.desired.vfs)
        for address in () if domain.definition is None else _vfs_of(host, domain.definition):
            of_vf = pf_of_vf(host, address)
            vfs.setdefault(of_vf.pci_address, set()).update(of_vf.vfs)
        return tuple(self._read_pf(host, address, numbers, record.before(address))
                     for address, numbers in sorted(vfs.items()))

    def _read_pf(self, host: Host, address: str, numbers: set[int], before: dict[str, t.Any]) -> LeavingPf:
        """:param numbers: the VFs that it had
        :param before: what the PF was like before
        """
        persistent = None if before.pop("persistent", True) else False
        back = Pf(address, vfs={number: Vf(number, DEFAULTS) for number in numbers}, persistent=persistent)
        back = replace(back, **before)
        current = self._pf(back).read(host)
        vfs = {number: Vf(number, _reported(current.vfs[number])) for number in sorted(numbers)
               if number in current.vfs and current.vfs[number].used_by is None}
        staying = {number: vf for number, vf in vfs.items() if back.numvfs is None or number < back.numvfs}
        return LeavingPf(current, self._pf(replace(back, vfs=staying)), self._pf(Pf(address, vfs=vfs)))

    def _pf(self, desired: Pf) -> PfResource:
        return PfResource(desired, "fail", 120, self.uri, leaving=self.name)


def _vfs_of(host: Host, definition: xml.Element) -> t.Iterator[str]:
    """The PCI addresses of the VFs that a domain's NICs have, or that its macvtaps are on."""
    yield from (address for address in xml.passed_through(definition) if pci.pf_of(host, address))
    for source in definition.iterfind("devices/interface[@type='direct']/source[@dev]"):
        folder = f"{pci.NETDEVS}/{source.get('dev')}/device"
        if host.exists(f"{folder}/physfn"):
            yield host.link_name(folder) or ""


def _reported(vf: Vf) -> VfSettings:
    """The defaults of what the driver of the PF reports of a VF."""
    return VfSettings(**{name: value for name, value in DEFAULTS.given().items()
                         if getattr(vf.settings, name) is not None})
