# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two hosts has the appliance, also after an interrupted move: the other has a copy that is not to run."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import check_reacts
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import nvram_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import (
    ARRIVED,
    ARRIVING,
    LEAVING,
    LEFT,
    Note,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

ABSENT, OFF, RUNNING = "absent", "shutdown", "running"
# Paused by a migration: on the target until its memory has come, on the source once it has gone.
HELD = "held"
# Of two that do not run, the one that is nearer to being the appliance. A copy that has not run is less than the domain
# that it was made of, until that one is marked as left.
RANKS = {LEFT: 0, ARRIVING: 1, None: 2, LEAVING: 2, ARRIVED: 3}


@dataclass(frozen=True)
class Copy:
    """A domain on one of the two hosts.

    :param host: what the host calls itself
    :param state: ABSENT, OFF, RUNNING, HELD, or another name of domain/states.py
    :param job: whether a migration of it is under way
    :param definition: the persistent XML, None for one that is just coming in
    """

    host: str
    state: str = ABSENT
    uuid: str | None = None
    note: Note | None = None
    autostart: bool = False
    job: bool = False
    definition: Element | None = field(default=None, repr=False, compare=False)
    live: Element | None = field(default=None, repr=False, compare=False)

    def stage(self) -> str | None:
        """Where it is on its way."""
        if self.note is None:
            return None
        came_along = self.note.stage == LEAVING and self.note.target == self.host
        return ARRIVED if came_along else self.note.stage

    def nvram(self) -> str | None:
        """The file of UEFI variables in its definition."""
        return nvram_of(self.definition)

    def shown(self) -> dict[str, object]:
        """What a diff shows of it."""
        if self.state == ABSENT:
            return {"state": self.state}
        return {"state": self.state, "autostart": self.autostart, "unfinished": self.note is not None}

    def rank(self) -> int:
        """Its place in RANKS; one that still waits for its memory is nothing yet."""
        return -1 if self.state == HELD and self.stage() == ARRIVED else RANKS[self.stage()]


def holder(name: str, source: Copy, target: Copy) -> Copy:
    """The one of the two that is the appliance.

    :raises ValidationError: there is none, or two that are not of one move
    :raises InUse: both run, or nobody can tell which of them ran last
    """
    if source.host == target.host:
        raise ValidationError("target", "this is the host on which the task runs", target.host,
                              "Set target to the libvirt of another host; the host names must differ")
    if ABSENT in (source.state, target.state):
        return _only(name, source, target)
    if source.uuid != target.uuid:
        raise ValidationError("name", f"{target.host} has another domain of this name, with UUID {target.uuid}", name,
                              "Rename one of them (virsh domrename), or remove the other")
    running = [copy for copy in (source, target) if copy.state == RUNNING]
    if len(running) == 2:
        raise InUse(f"domain {name}", f"it runs on both {source.host} and {target.host}", remedy=(
            "Power off the copy whose data can be lost (virsh destroy), and check who started it"))
    first = running[0] if running else _nearer(name, source, target)
    second = target if first is source else source
    if second.job and first.state == RUNNING:
        raise InUse(f"domain {name}", f"a migration from {second.host} is about to finish",
                    remedy="Run the task again after some seconds")
    if second.note is None and second.state != HELD:
        raise InUse(f"domain {name}", f"{source.host} and {target.host} both have it, and the copy on {second.host} "
                    "does not run, but not because of a move",
                    remedy="Remove the copy that is not needed, for example with nfv.kvm.vm_domain and state: absent "
                    f"on {second.host}")
    return first


def _only(name: str, source: Copy, target: Copy) -> Copy:
    """The one that there is."""
    if source.state == target.state:
        raise ValidationError("name", f"neither {source.host} nor {target.host} has this domain", name,
                              "Run virsh list --all on both hosts")
    found, other = (target, source) if source.state == ABSENT else (source, target)
    if found.state != RUNNING and found.stage() == LEFT:
        new = found.note.target if found.note else ""
        raise InUse(f"domain {name}", f"{found.host} has handed it over to {new}, and {other.host} does not have it",
                    remedy=f"Set target to the host that has it, or, if {new} is lost, run nfv.kvm.vm_migration with "
                    f"lost_host: {new} on {found.host} to keep the domain there")
    if found.rank() < 0:
        raise InUse(f"domain {name}", f"on {found.host} it still waits for a part of its memory, and {other.host} does "
                    "not have it", remedy=f"Run virsh destroy {name} there")
    return found


def _nearer(name: str, source: Copy, target: Copy) -> Copy:
    """The higher one in rank of two that do not run."""
    for copy in (source, target):
        if copy.state != HELD:
            check_reacts(f"{name} on {copy.host}", copy.state, "be moved")
    first = max(source, target, key=Copy.rank)
    if source.rank() == target.rank() or first.stage() == LEFT:
        raise InUse(f"domain {name}", f"{source.host} and {target.host} both have it, neither copy runs, and it is "
                    "unknown which copy ran last",
                    remedy="Remove the copy whose disks are older, with nfv.kvm.vm_domain and state: absent")
    return first
