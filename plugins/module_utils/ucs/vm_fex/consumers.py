# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs have the port profiles, by the results of modules in a loop."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """What a module was to do: a port profile, of port_profile with its network."""

    name: str
    network: str = ""


@dataclass(frozen=True)
class Nic:
    """A NIC: as UCS Manager shows it (nic, vm, mac, status), or as the host has it (the others, and mac).

    :param current: whether a running domain has the port profile as it is now
    """

    mac: str | None = None
    nic: str | None = None
    vm: str | None = None
    status: str | None = None
    name: str | None = None
    domain: str | None = None
    running: bool = False
    current: bool = False


@dataclass(frozen=True)
class Result:
    """A result of ucs_port_profile or port_profile."""

    item: Item
    consumers: tuple[Nic, ...] = ()


def consumers(profiles: tuple[Result, ...], groups: tuple[Result, ...]) -> t.Iterator[str]:
    """A line for each VM interface that UCS Manager shows, and for each NIC of the host.

    :param profiles: results of ucs_port_profile
    :param groups: results of port_profile
    """
    for result in profiles:
        for nic in result.consumers:
            yield (f"port profile {result.item.name}: NIC {nic.nic} of VM {nic.vm} ({nic.mac}, {nic.status} in UCS "
                   "Manager)")
    for result in groups:
        for nic in result.consumers:
            state = ("not running" if not nic.running else "running" if nic.current
                     else "running with the settings that it had when it was plugged in")
            yield (f"port profile {result.item.name}: NIC {nic.name or nic.mac} of domain {nic.domain} "
                   f"(network {result.item.network}, {state})")
