# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemons of libvirt: those that a host has, and what keeps them from running, now and after a reboot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.systemd import Properties

# What runs QEMU: in one daemon, or in one of several (https://libvirt.org/daemons.html).
MONOLITHIC = "libvirtd"
MODULAR = ("virtqemud", "virtnetworkd", "virtnodedevd", "virtnwfilterd", "virtstoraged", "virtsecretd",
           "virtinterfaced")


@dataclass(frozen=True)
class Daemons:
    """What is to be done about the daemons.

    :param files: to be written, so that a daemon can lock memory without limit
    """

    daemons: list[str]
    files: list[str]
    enable: list[str]
    start: list[str]
    running: list[str]


def daemons_plan(units: Mapping[str, Properties]) -> Daemons:
    """What is to be done.

    :param units: the units of libvirt that there are
    """
    daemons = daemons_of(units)
    services = {daemon: units[f"{daemon}.service"] for daemon in daemons}
    return Daemons(
        daemons,
        [f"/etc/systemd/system/{daemon}.service.d/nfv-kvm.conf" for daemon, service in services.items()
         if daemon in (MONOLITHIC, MODULAR[0]) and is_bound(service)],
        [daemon for daemon, service in services.items() if service.get("UnitFileState") == "disabled"],
        [daemon for daemon in daemons if not any(is_active(unit) for unit in both(units, daemon))],
        [daemon for daemon, service in services.items() if is_active(service)],
    )


def daemons_of(units: Mapping[str, Properties]) -> list[str]:
    """The daemons that a host has: the one, if it is used or there is no other, or the several."""
    modular = [daemon for daemon in MODULAR if f"{daemon}.service" in units]
    used = any(is_active(unit) or unit.get("UnitFileState") == "enabled" for unit in both(units, MONOLITHIC))
    if f"{MONOLITHIC}.service" in units and (used or MODULAR[0] not in modular):
        return [MONOLITHIC]
    return modular if MODULAR[0] in modular else []


def both(units: Mapping[str, Properties], daemon: str) -> list[Properties]:
    """The service and the socket. An idle daemon ends, and its socket starts it again: either is
    enough."""
    return [units[name] for name in (f"{daemon}.service", f"{daemon}.socket") if name in units]


def is_active(unit: Properties) -> bool:
    """Whether a unit runs."""
    return unit.get("ActiveState") == "active"


def is_bound(service: Properties) -> bool:
    """Whether guests with a VF need another limit of locked memory. libvirt itself raises it, for which it needs
    CAP_SYS_RESOURCE; a daemon without it has to be given the limit (src/util/virprocess.c, virProcessSetMaxMemLock)."""
    return ("cap_sys_resource" not in service.get("CapabilityBoundingSet", "cap_sys_resource")
            and service.get("LimitMEMLOCK") != "infinity")
