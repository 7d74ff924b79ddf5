# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which NICs have the port profiles, by the results of modules in a loop."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class UcsNic:
    """A VM interface that UCS Manager shows."""

    nic: str | None = None
    vm: str | None = None
    mac: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Profile:
    """What ucs_port_profile was to do."""

    name: str


@dataclass(frozen=True)
class ProfileResult:
    """A result of ucs_port_profile."""

    item: Profile
    consumers: tuple[UcsNic, ...] = ()


@dataclass(frozen=True)
class HostNic:
    """A NIC of a domain on the host.

    :param current: whether a running domain has the port profile as it is now
    """

    name: str | None = None
    mac: str | None = None
    domain: str | None = None
    running: bool = False
    current: bool = False


@dataclass(frozen=True)
class Group(Profile):
    """What port_profile was to do."""

    network: str


@dataclass(frozen=True)
class GroupResult:
    """A result of port_profile."""

    item: Group
    consumers: tuple[HostNic, ...] = ()


def consumers(profiles: tuple[ProfileResult, ...], groups: tuple[GroupResult, ...]) -> t.Iterator[str]:
    """A line for each VM interface that UCS Manager shows, and for each NIC of the host."""
    for profile in profiles:
        for vif in profile.consumers:
            yield (f"port profile {profile.item.name}: NIC {vif.nic} of VM {vif.vm} ({vif.mac}, {vif.status} in UCS "
                   "Manager)")
    for group in groups:
        for nic in group.consumers:
            state = ("not running" if not nic.running else "running" if nic.current
                     else "running with what it had when it was plugged in")
            yield (f"port profile {group.item.name}: NIC {nic.name or nic.mac} of domain {nic.domain} "
                   f"(network {group.item.network}, {state})")
