# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a domain as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Step
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, InUse, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import (
    CRASHED,
    PAUSED,
    PMSUSPENDED,
    REMEDIES,
    RUNNING,
    SAVED,
    SHUTDOWN,
    TO_RUN,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.udev import settle

POLL_SECONDS = 0.5
# A guest that is still booting ignores the power button, so it is pressed again.
PRESS_AGAIN_SECONDS = 10.0


@dataclass(frozen=True)
class DomainStep:
    """A step on one domain, which is looked up when the step is taken."""

    connection: Connection = field(repr=False, compare=False)
    name: str


@dataclass(frozen=True)
class Define(DomainStep):
    """Set the persistent definition to ``xml``; ``why`` says what changes, a line each."""

    xml: str = field(repr=False)
    why: tuple[str, ...]

    def describe(self) -> list[str]:
        return [f"domain {self.name}: {line}" for line in self.why]

    def apply(self, host: Host) -> None:
        self.connection.define(self.name, self.xml)


@dataclass(frozen=True)
class SetAutostart(DomainStep):
    """Start the domain with the host, or do not."""

    wanted: bool

    def describe(self) -> list[str]:
        return [f"domain {self.name}: autostart {not self.wanted} → {self.wanted}"]

    def apply(self, host: Host) -> None:
        self.connection.domain(self.name).set_autostart(self.wanted)


@dataclass(frozen=True)
class Start(DomainStep):
    """Let it run: start or restore it, resume it, or wake it up.

    :param state: that it is in now
    """

    state: str = SHUTDOWN

    def describe(self) -> list[str]:
        return [f"domain {self.name}: {TO_RUN[self.state]}"]

    def apply(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        state = domain.state()
        check_alive(self.name, state)
        if state == PAUSED:
            domain.resume()
        elif state == PMSUSPENDED:
            domain.wake_up()
        elif state != RUNNING:
            settle(host)  # a VF that a domain has just given back is still being named
            domain.start()


@dataclass(frozen=True)
class DiscardSaved(DomainStep):
    """Remove the managed save image, so that the next start is one of the definition."""

    def describe(self) -> list[str]:
        return [f"domain {self.name}: discard its saved state"]

    def apply(self, host: Host) -> None:
        self.connection.domain(self.name).discard_saved()


@dataclass(frozen=True)
class CutPower(DomainStep):
    """End a domain whose guest has crashed."""

    def describe(self) -> list[str]:
        return [f"domain {self.name}: power it off, because its guest has crashed"]

    def apply(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        if domain.active():
            state = domain.state()
            if state != CRASHED:
                raise InUse(f"domain {self.name}", "its guest had crashed, but the state has changed in the meantime: "
                            f"it is {state}",
                            remedy="Run the task again")
            domain.power_off()


@dataclass(frozen=True)
class Shutdown(DomainStep):
    """Ask the guest to shut down, and wait for it.

    :param timeout: seconds
    """

    timeout: float

    def describe(self) -> list[str]:
        return [f"domain {self.name}: shut down"]

    def apply(self, host: Host) -> None:
        domain = self.connection.domain(self.name)
        deadline = host.now() + self.timeout
        press = host.now()
        while domain.active():
            if host.now() >= deadline:
                raise InUse(
                    f"domain {self.name}", f"it did not shut down within {self.timeout:g} seconds and still runs; it "
                    "was asked to, and can still shut down later",
                    remedy="Shut it down from inside, with nfv.kvm.vm_domain, state: shutdown and a timeout that is "
                           "long enough, or power it off with virsh destroy, and run the task again",
                )
            if host.now() >= press:
                domain.shutdown()
                press = host.now() + PRESS_AGAIN_SECONDS
            host.sleep(POLL_SECONDS)


def check_reacts(name: str, state: str, cannot: str = "react to the power button") -> None:
    """Refuse to wait for a guest that cannot hear the power button, or what else it has to react to.

    :param state: of the domain, one of the names of states.py
    :raises InUse: it is paused, suspended or crashed
    """
    if state in REMEDIES:
        raise InUse(f"domain {name}", f"it is {state}, so its guest cannot {cannot}",
                    remedy=REMEDIES[state].format(name=name))


def check_alive(name: str, state: str) -> None:
    """Refuse to let a crashed guest go on, which would look as if it ran.

    :raises InUse: it is crashed
    """
    if state == CRASHED:
        raise InUse(f"domain {name}", "its guest has crashed, and resuming does not recover it",
                    remedy=REMEDIES[state].format(name=name))


def power_down(connection: Connection, name: str, state: str, timeout: float, cut: bool) -> Step:
    """What ends a domain that runs.

    :param cut: whether the power of a guest that has crashed may be cut
    :raises InUse: its guest cannot react
    """
    if state == CRASHED and cut:
        return CutPower(connection, name)
    check_reacts(name, state)
    return Shutdown(connection, name, timeout)


def restart(connection: Connection, name: str, state: str, timeout: float, remedy: str | None = None) -> list[Step]:
    """What starts a domain with its definition instead of what it runs with, or is saved with.

    :param remedy: for the user, when it still waits for a restart then
    :raises InUse: its guest cannot react
    """
    if state == SAVED:  # one that is off is not started
        return [DiscardSaved(connection, name)]
    if state == CRASHED:
        return [CutPower(connection, name), Start(connection, name)]
    check_reacts(name, state)
    return [Restart(connection, name, timeout, remedy)]


@dataclass(frozen=True)
class Restart(DomainStep):
    """Ask the guest to shut down, wait for it, and start the domain with its definition.

    :param timeout: seconds for the guest
    :param remedy: for the user, when the domain still waits for a restart then
    """

    timeout: float
    remedy: str | None = None

    def describe(self) -> list[str]:
        return [f"domain {self.name}: restart"]

    def apply(self, host: Host) -> None:
        Shutdown(self.connection, self.name, self.timeout).apply(host)
        try:
            Start(self.connection, self.name).apply(host)
        except CommandFailed as error:
            error.aftermath = ("The domain has shut down for its restart and is still off. Start it with "
                               "nfv.kvm.vm_domain and state: running")
            raise


@dataclass(frozen=True)
class Undefine(DomainStep):
    """Remove the definition; the disks stay.

    :param nvram: whether a file of UEFI variables goes with it
    :param keeps: what of its firmware's state stays, in words
    :param keep_tpm: whether that of its TPM does
    """

    nvram: bool
    keeps: tuple[str, ...] = ()
    keep_tpm: bool = False

    def describe(self) -> list[str]:
        return [f"domain {self.name}: undefine{''.join(f', keep its {what}' for what in self.keeps)}"]

    def apply(self, host: Host) -> None:
        self.connection.domain(self.name).undefine(self.nvram, self.keep_tpm)


def undefine(connection: Connection, name: str, definition: Element, keep: bool) -> Undefine:
    """What removes a domain.

    :param keep: whether its UEFI variables and the state of its emulated TPM stay
    :raises NotSupported: libvirt would remove the state of a TPM that is to be kept
    """
    places = {"UEFI variables": "os/nvram", "TPM state": "devices/tpm/backend[@type='emulator']"}
    has = [what for what, place in places.items() if definition.find(place) is not None]
    keeps = tuple(has) if keep else ()
    if "TPM state" in keeps and not connection.keeps_tpm():
        raise NotSupported("keep_firmware_state", "libvirt can keep the TPM state only from version 8.9 on", keep,
                           f"Copy /var/lib/libvirt/swtpm/{definition.findtext('uuid')}, and omit keep_firmware_state")
    return Undefine(connection, name, "UEFI variables" in has and not keep, keeps, "TPM state" in keeps)
