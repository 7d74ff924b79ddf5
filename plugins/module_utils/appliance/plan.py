# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an appliance as it is to the one that is wanted: the steps of its parts in one order."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.appliance import steps as own
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.medium import MakeMedium, RemoveParts
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.power import (
    Await,
    AwaitReplaced,
    Boot,
    CutPower,
    DiscardSaved,
    FinishReplacement,
    Stop,
)
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.record import KeepRecord, Made
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.storage import (
    OLD,
    UNFINISHED,
    CopyImage,
    DiskState,
    MakeFolder,
    RemoveFiles,
    ReplaceDisk,
)
from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan, Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import DomainState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import (
    CRASHED,
    PAUSED,
    PMSUSPENDED,
    RUNNING,
    SAVED,
    SHUTDOWN,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Define, check_alive, check_reacts
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import check_stays
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
    return (replaces and disk.changed) if disk.there else True


def plan(appliance: ApplianceResource, current: ApplianceState) -> Plan[ApplianceState]:
    """The VFs, the disks and the medium, then the domain with its NICs, then how it runs, and what nobody needs then.

    :raises KvmError: as the modules refuse it
    """
    pfs = [pf.plan(found) for pf, found in zip(appliance.pfs, current.pfs)]
    domain = appliance.domain(current.wanted).plan(current.domain)
    planned, power, waits = running(appliance, current, bool(appliance.domain(current.wanted).result(
        domain.after, domain)["needs_restart"]))
    ready = current.ready and not power.off
    steps: list[Step] = [*prepared(appliance, current, [step for one in pfs for step in one.steps]), *power.off]
    steps += [ReplaceDisk(appliance.folder, disk.disk, disk.inode) for disk in replaced(appliance, current)]
    steps += defined(appliance, current, domain.steps, planned.steps, [one.after for one in pfs])
    if current.autostart != current.domain.autostart:
        steps.append(own.SetAutostart(appliance.connection, appliance.name, current.autostart))
    if power.boot:
        steps.append(Boot(appliance.connection, appliance.name, power.before, appliance.folder))
    after = after_all(appliance, current, power, replace(
        current, pfs=tuple(one.after for one in pfs), domain=as_defined(domain.after, steps), nics=planned.after,
        medium=True, missing=(), needs_restart=waits and not power.off))
    steps += finished(appliance, current, after, ready, power)
    if steps and current.domain.definition is not None:
        check_stays(appliance.name, current.domain.definition)
    ready = ready or any(isinstance(step, Await) for step in steps) or (
        appliance.profile.ready is None and after.domain.live is not None)
    return Plan(tuple(steps), replace(after, ready=ready, spare=(), parts=False), (*domain.objects, *planned.objects))


def replaced(appliance: ApplianceResource, current: ApplianceState) -> list[DiskState]:
    """The disks that are replaced."""
    return [disk for disk in current.disks if disk.there and is_copied(disk, appliance.replace)]


def running(appliance: ApplianceResource, current: ApplianceState, waits: bool) -> tuple[Plan[NicState], Power, bool]:
    """The plan of the NICs, how the appliance runs, and whether it runs with something else than its definition.

    Nothing is plugged into one that goes off, and whether it does may depend on the NICs.

    :param waits: whether the domain without its NICs waits for a restart
    """
    interfaces = appliance.interfaces()
    without = replace(current.nics, live=None, running=None, saved=None, power=SHUTDOWN)
    power = power_of(appliance, current, waits)
    if power.off:
        return interfaces.plan(without), power, waits
    nics = current.nics
    if not appliance.profile.nics.hotplug:  # as if it was saved: what it runs with stays until its next start
        nics = replace(nics, live=None, running=None, saved=nics.saved if nics.running is None else nics.running)
    planned = interfaces.plan(nics)
    waits = waits or planned.after.waits
    power = power_of(appliance, current, waits)
    return interfaces.plan(without) if power.off else planned, power, waits


def power_of(appliance: ApplianceResource, current: ApplianceState, waits: bool) -> Power:
    """:param waits: whether it runs, or is saved, with another definition than it is to have
    :raises InUse: it would have to be off for that, which is not allowed, or its guest cannot react
    """
    connection, name, domain = appliance.connection, appliance.name, current.domain
    runs, replaces = domain.live is not None, bool(replaced(appliance, current))
    goes_on = runs and appliance.state != "shutdown"
    if (goes_on or domain.state == SAVED) and replaces and not appliance.restart:
        raise InUse(f"domain {name}", f"it is {domain.state}, and its disks can be replaced only while it is shut down",
                    remedy="Set restart: allowed, or shut it down first")
    dead = domain.state == CRASHED and appliance.state == "running"
    again = goes_on and (replaces or ((waits or dead) and appliance.restart))
    off: tuple[Step, ...] = ()
    if runs and (again or not goes_on):
        off = tuple(stopped(appliance, domain.state))
    elif domain.state == SAVED and appliance.restart and (waits or replaces):
        off = (DiscardSaved(connection, name),)
    before = SHUTDOWN if off or domain.definition is None else domain.state
    boot = again or (appliance.state == "running" and before != RUNNING)
    if boot:
        check_alive(name, before)
    return Power(off, boot, before)


def stopped(appliance: ApplianceResource, state: str) -> t.Iterator[Step]:
    """What ends one that runs, as vm_domain would.

    :raises InUse: its guest cannot react
    """
    connection, name = appliance.connection, appliance.name
    if state == CRASHED and appliance.restart:
        yield CutPower(connection, name)
        return
    if state in (PAUSED, PMSUSPENDED) and appliance.state == "running":
        yield Boot(connection, name, state, appliance.folder)
    else:
        check_reacts(name, state)
    yield Stop(connection, name, appliance.timeout, appliance.folder)


def prepared(appliance: ApplianceResource, current: ApplianceState, pfs: list[Step]) -> t.Iterator[Step]:
    """What is made before the domain: its folder, VFs, disks and day-0 medium."""
    new = [CopyImage(appliance.folder, disk.disk) for disk in current.disks if not disk.there]
    if current.missing:
        yield MakeFolder(current.missing)
    if pfs or new or replaced(appliance, current):
        yield KeepRecord(appliance.folder, current.pfs if pfs else (), current.record)
    yield from pfs
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
            tuple(line for step in definitions for line in step.why), current.wanted,
            before=None if before is None else xml.serialise(before), netdevs=own.guessed_netdevs(pfs))
    live = tuple(step for step in nics if not isinstance(step, (SetVfs, Define)))
    if live:
        yield own.ChangeLive(appliance.connection, appliance.name, live, own.plugged(current.nics))


def finished(appliance: ApplianceResource, current: ApplianceState, after: ApplianceState, ready: bool, power: Power,
             ) -> t.Iterator[Step]:
    """What comes once it runs: it is waited for, and what it has no use for any more is removed.

    :param after: the state that the steps before lead to
    """
    wanted, anew = appliance.profile.ready, replaced(appliance, current)
    awaits = appliance.wait and not ready and (power.boot or appliance.state == "running")
    left = tuple(disk.disk.path for disk in current.disks if disk.old and disk not in anew)
    old = (*left, *(disk.disk.path for disk in anew))
    if awaits and wanted is not None:
        if left:
            yield FinishReplacement(appliance.connection, appliance.name, left, appliance.folder, not power.boot)
        kind = AwaitReplaced if old else Await
        yield kind(appliance.connection, appliance.name, appliance.folder, wanted)
    if old and (awaits or ready or wanted is None):
        yield RemoveFiles(tuple(path + OLD for path in old), "the disk in its place works")
    if current.parts and (appliance.medium is None or current.medium):
        yield RemoveParts(appliance.name)
    stale = spare(appliance, current, after)
    if stale:
        yield RemoveFiles(stale, "nothing uses it any more")


def as_defined(domain: DomainState, steps: t.Iterable[Step]) -> DomainState:
    """The domain with the definition that it gets."""
    for step in steps:
        if isinstance(step, own.DefineAppliance):
            return replace(domain, definition=xml.parse(step.xml, notes=True), changes=())
    return domain


def spare(appliance: ApplianceResource, current: ApplianceState, after: ApplianceState) -> tuple[str, ...]:
    """Media of before that nothing runs with then, and what interrupted runs left that these steps do not finish."""
    used = {source.get("file") for root in (after.domain.live, after.domain.saved) if root is not None
            for source in root.iterfind("devices/disk/source[@file]")}
    made = {disk.disk.path + UNFINISHED for disk in current.disks if is_copied(disk, appliance.replace)}
    if appliance.medium is not None and not current.medium:
        made.add(appliance.medium.path + UNFINISHED)
    return tuple(path for path in current.spare if path not in used | made)


def after_all(appliance: ApplianceResource, current: ApplianceState, power: Power, after: ApplianceState,
              ) -> ApplianceState:
    """The state that the steps lead to, as far as the parts do not know it themselves."""
    disks = tuple(replace(disk, inode=disk.inode or 0, changed=False, made=Made(disk.disk.image, 0, 0))
                  if is_copied(disk, appliance.replace) else disk for disk in current.disks)
    domain = replace(after.domain, autostart=current.autostart)
    if power.off:
        domain = replace(domain, state=SHUTDOWN, live=None, saved=None)
    if power.boot:
        runs = next((found for found in (domain.live, domain.saved) if found is not None), domain.definition)
        domain = replace(domain, state=RUNNING, live=runs, saved=None)
    placed = None if after.placed is None else replace(after.placed, present=after.placed.wanted)
    return replace(after, disks=disks, domain=domain, placed=placed)
