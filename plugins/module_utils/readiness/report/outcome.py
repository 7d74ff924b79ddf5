# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What bios_check found on hosts, and what became of them."""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.placement import Node

# The worst first, as of the statuses of checks.
STATES = ("failed", "not reached", "not ready", "waits for a reboot", "ready")


@dataclass(frozen=True)
class Check:
    """One check, as bios_check returns it; ../verdict.py says what its values are."""

    name: str
    status: str
    found: str
    cause: str | None = None
    remedy: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a host that was reached.

    :param ready: as bios_check returns it. If a warning is to fail a host, it is, and bios_check fails
    :param reboot: what waits for a reboot
    :param error: why the host was not prepared
    :param nodes: who has what of it, as vm_placement_info returns it
    """

    checks: tuple[Check, ...] = ()
    ready: bool = False
    failed: bool = False
    reboot: tuple[str, ...] = ()
    error: t.Annotated[str, str] = ""
    nodes: tuple[Node, ...] = ()


def reached(given: object) -> object:
    """An outcome, None for an empty one."""
    return given if given != {} else None


MaybeOutcome = t.Annotated[t.Optional[Outcome], reached]
"""None for a host that was not reached."""


@dataclass(frozen=True)
class HostReport:
    """A host for programs."""

    host: str
    state: str
    ready: bool = False
    reboot_required: bool = False
    reboot_reasons: tuple[str, ...] = ()
    error: t.Annotated[str, str] = ""
    checks: tuple[Check, ...] = ()
    nodes: tuple[Node, ...] = ()

    @property
    def note(self) -> str:
        """The remark on it."""
        outcome = Outcome(reboot=self.reboot_reasons, error=self.error)
        return remark(None if self.state == "not reached" else outcome)


@dataclass(frozen=True)
class Fleet:
    """All hosts for programs.

    :param summary: how many hosts are in which state
    """

    summary: Mapping[str, int]
    hosts: tuple[HostReport, ...]


def fleet(outcomes: Mapping[str, MaybeOutcome]) -> Fleet:
    """What became of the hosts, by their names."""
    hosts = tuple(host_report(host, outcome) for host, outcome in outcomes.items())
    counts = Counter(host.state for host in hosts)
    return Fleet({state: counts[state] for state in STATES if counts[state]}, hosts)


def host_report(host: str, outcome: Outcome | None) -> HostReport:
    """What became of one host."""
    state, found = state_of(outcome), outcome or Outcome()
    return HostReport(host, state, state == "ready", bool(found.reboot), found.reboot, found.error, found.checks,
                      found.nodes)


def state_of(outcome: Outcome | None) -> str:
    """A host in a few words; one that waits for a reboot may be ready after it, whatever it lacks now."""
    if outcome is None:
        return "not reached"
    if outcome.error:
        return "failed"
    if outcome.reboot:
        return "waits for a reboot"
    return "ready" if outcome.ready and not outcome.failed else "not ready"


def remark(outcome: Outcome | None) -> str:
    """What is to be said of a host as a whole."""
    if outcome is None:
        return "It was not reached, or was lost on the way."
    if outcome.error:
        return outcome.error
    return f"Reboot it for {'; '.join(outcome.reboot)} (kvm_host_reboot: true does)." if outcome.reboot else ""
