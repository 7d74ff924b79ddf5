# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an appliance as it is to the one that is wanted: the steps of its parts in one order."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.appliance import steps as own
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.medium import MakeMedium
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.power import Await, AwaitReplaced, Boot, Stop
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.record import KeepRecord, Made
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.storage import (
    OLD,
    CopyImage,
    DiskState,
    MakeFolder,
    PutBack,
    RemoveFiles,
    ReplaceDisk,
)
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import DomainState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import CRASHED, RUNNING, SAVED, SHUTDOWN
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import (
    CutPower,
    Define,
    DiscardSaved,
    check_alive,
    check_reacts,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.steps import SetVfs

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.appliance.resource import ApplianceResource, ApplianceState


@dataclass(frozen=True)
class Power:
    """How an appliance comes from one state to the other.

    :param off: the steps after which it is off, none if it stays as it is
    :param boot: whether it is started, or goes on, in the end
    :param before: the state in which it is then
    """

    off: tuple[Step, ...]
    boot: bool
    before: str


def is_copied(disk: DiskState, replaces: bool) -> bool:
    """Whether a disk is to be made of its image."""
    return (replaces and disk.changed) if disk.there else not disk.old


def plan(appliance: ApplianceResource, current: ApplianceState) -> Plan[ApplianceState]:
    """The VFs, the disks and the medium, then the domain with its NICs, then how it runs, and what nobody needs then.

    :raises KvmError: as the modules refuse it
    """
    pfs = [pf.plan(found) for pf, found in zip(appliance.pfs, current.pfs)]
    domain = appliance.domain(current.wanted).plan(current.domain)
    replaced = [disk for disk in current.disks if disk.there and disk.changed] if appliance.replace else []
    nics = nics_of(appliance, current)
    planned = appliance.interfaces().plan(nics)
    waits = current.domain.live is not None and (
        bool(appliance.domain(current.wanted).result(domain.after, domain)["needs_restart"]) or planned.after.waits)
    power = power_of(appliance, current.domain, waits, bool(replaced))
    ready = current.ready and not (power.boot and power.before in (SHUTDOWN, CRASHED))
    steps: list[Step] = [*prepared(appliance, current, [step for one in pfs for step in one.steps]), *power.off]
    steps += [ReplaceDisk(appliance.folder, disk.disk) for disk in replaced]
    steps += defined(appliance, current, domain.steps, planned.steps, [one.after for one in pfs])
    if appliance.autostart != current.domain.autostart:
        steps.append(own.SetAutostart(appliance.connection, appliance.name, appliance.autostart))
    if power.boot:
        steps.append(Boot(appliance.connection, appliance.name, power.before, appliance.folder))
    steps += finished(appliance, current, bool(replaced), ready, power)
    after = after_all(appliance, current, power, replace(
        current, pfs=tuple(one.after for one in pfs), domain=domain.after, nics=planned.after, medium=True,
        folder=True, ready=ready or any(isinstance(step, Await) for step in steps)))
    after = replace(after, needs_restart=waits and not power.off)
    return Plan(tuple(steps), after, (*domain.objects, *planned.objects))


def nics_of(appliance: ApplianceResource, current: ApplianceState) -> NicState:
    """The NICs as their plan sees them: nothing is plugged into one that goes off, or takes no NIC while it runs."""
    if appliance.state != "shutdown" and appliance.profile.nics.hotplug:
        return current.nics
    return replace(current.nics, live=None, running=None, saved=current.nics.running or current.nics.saved)


def power_of(appliance: ApplianceResource, domain: DomainState, waits: bool, replaces: bool) -> Power:
    """:param waits: whether it runs with another definition than it is to have
    :param replaces: whether its disks are replaced
    :raises InUse: it would have to be off for that, which is not allowed, or its guest cannot react
    """
    connection, name, runs = appliance.connection, appliance.name, domain.live is not None
    again = runs and appliance.state != "shutdown" and (replaces or (waits and appliance.restart))
    if (again or domain.state == SAVED) and replaces and not appliance.restart:
        raise InUse(f"domain {name}", f"it is {domain.state}, and its disks can be replaced only while it is off",
                    remedy="Set restart: allowed, or shut it down first")
    off: tuple[Step, ...] = ()
    if runs and (again or appliance.state == "shutdown"):
        if domain.state == CRASHED and appliance.restart:
            off = (CutPower(connection, name),)
        else:
            check_reacts(name, domain.state)
            off = (Stop(connection, name, appliance.timeout),)
    elif domain.state == SAVED and appliance.restart and (waits or replaces):
        off = (DiscardSaved(connection, name),)
    before = SHUTDOWN if off else domain.state
    boot = again or (appliance.state == "running" and before != RUNNING)
    if boot:
        check_alive(name, before)
    return Power(off, boot, SHUTDOWN if before == "absent" else before)


def prepared(appliance: ApplianceResource, current: ApplianceState, pfs: list[Step]) -> t.Iterator[Step]:
    """What is made before the domain: its folder, VFs, disks and day-0 medium."""
    back = [PutBack(disk.disk.path) for disk in current.disks if disk.old and not disk.there]
    new = [CopyImage(appliance.folder, disk.disk) for disk in current.disks if not disk.there and not disk.old]
    if not current.folder:
        yield MakeFolder(appliance.folder)
    if pfs or new:
        yield KeepRecord(appliance.folder, current.pfs if pfs else (), current.record)
    yield from pfs
    yield from back
    yield from new
    if appliance.medium is not None and not current.medium:
        yield MakeMedium(appliance.name, appliance.medium)


def defined(appliance: ApplianceResource, current: ApplianceState, domain: t.Sequence[Step], nics: t.Sequence[Step],
            pfs: t.Sequence[Pf]) -> t.Iterator[Step]:
    """The settings of its VFs, then one definition with its NICs, then what the running domain can have at once.

    :param domain: the steps of the domain without its NICs
    :param nics: the steps of its NICs
    """
    yield from (step for step in nics if isinstance(step, SetVfs))
    definitions = [step for step in (*domain, *nics) if isinstance(step, Define)]
    if definitions:
        before = current.domain.definition
        yield own.DefineAppliance(
            appliance.connection, appliance.name, definitions[-1].xml,
            tuple(line for step in definitions for line in step.why),
            before=None if before is None else xml.serialise(before), netdevs=own.guessed_netdevs(pfs))
    yield from (step for step in nics if not isinstance(step, (SetVfs, Define)))


def finished(appliance: ApplianceResource, current: ApplianceState, replaces: bool, ready: bool, power: Power,
             ) -> t.Iterator[Step]:
    """What comes once it runs: it is waited for, and what it has no use for any more is removed."""
    runs = power.boot or (current.domain.live is not None and not power.off)
    wanted = appliance.profile.ready
    awaits = runs and appliance.wait and wanted is not None and not ready
    old = tuple(disk.disk.path + OLD for disk in current.disks
                if (disk.old and disk.there) or (replaces and disk.changed))
    stale = () if current.domain.live is not None and not power.off else current.media
    if stale:
        yield RemoveFiles(stale, "another day-0 medium is in its place")
    if awaits and wanted is not None:
        kind = AwaitReplaced if old else Await
        yield kind(appliance.connection, appliance.name, appliance.folder, wanted)
    if old and (awaits or ready or wanted is None):
        yield RemoveFiles(old, "the disk in its place works")


def after_all(appliance: ApplianceResource, current: ApplianceState, power: Power, after: ApplianceState,
              ) -> ApplianceState:
    """The state that the steps lead to, as far as the parts do not know it themselves."""
    disks = tuple(
        disk if disk.there and not (appliance.replace and disk.changed) else
        replace(disk, there=True, changed=False, old=False, made=Made(disk.disk.image, 0, 0)) for disk in current.disks)
    domain = replace(after.domain, autostart=appliance.autostart)
    if power.boot:
        domain = replace(domain, state=RUNNING, live=domain.definition, saved=None)
    elif power.off:
        domain = replace(domain, state=SHUTDOWN, live=None, saved=None)
    return replace(after, disks=disks, domain=domain)
