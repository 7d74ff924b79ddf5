# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a change of the PF itself would cut off: what passes by its own netdev, and those who have its VFs."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import carried
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.pci import NETDEVS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.users import read_uses

# What each change does. That of numvfs is over after some seconds, which bridges and their guests outlast: it is
# refused for the host's own traffic alone, by which this run may have come.
EFFECTS = {
    "mtu": "it changes which packets pass, and many drivers reset the link for it, which would interrupt",
    "up": "it would interrupt",
    "numvfs": "many drivers then reset the link of the PF, which would interrupt",
}


def read_carried(host: Host, current: Pf, mtu: int | None, uri: str) -> tuple[carried.Carried, ...]:
    """What passes by the netdev of the PF.

    :param mtu: the one that it is to have
    :param uri: of the libvirt whose domains may have macvtaps on it
    """
    return (*carried.carried(host, current.name, lambda: read_uses(host, uri)[0]), *larger(host, current.name, mtu))


def larger(host: Host, netdev: str, mtu: int | None) -> t.Iterator[carried.Carried]:
    """The netdevs on top of it whose packets would be too large."""
    for device in carried.stack(host, netdev)[1:]:
        found = int(host.read(f"{NETDEVS}/{device}/mtu") or 0)
        if mtu is not None and found > mtu:
            yield carried.Carried(f"{device}, whose MTU is {found}")


def refuse_cut_off(current: Pf, changes: dict[str, int]) -> None:
    """:raises InUse: one of the changes of the PF, by the names of their options, would cut somebody off."""
    for name, value in changes.items():
        who = [found.by for found in current.carried if found.own or name != "numvfs"]
        if name != "numvfs":
            who += map(str, current.holders)
        if who:
            raise InUse(f"{name} of {current.name}", f"{EFFECTS[name]}: {'; '.join(who)}", value,
                        "Move these to another NIC first, or set in_use: allow")
