# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine type of an appliance, of those that its profile lists."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import machine_family


def chosen(machines: t.Sequence[str], has: t.Callable[[str], bool], defined: str | None = None) -> str | None:
    """One of the machine types of a profile: that of the defined domain if it is among them, else the first available.

    A domain keeps its type, so that another release of QEMU does not change the hardware of its guest.

    :param machines: the machine types in order of preference; an alias such as q35 is any version of it
    :param has: whether the QEMU of the host has a machine type
    :param defined: the machine type of the domain, None if it is not defined yet
    :returns: None if QEMU has none of them
    """
    kept = [machine for machine in machines if defined is not None and machine in (defined, machine_family(defined))]
    return kept[0] if kept else next(filter(has, machines), None)
