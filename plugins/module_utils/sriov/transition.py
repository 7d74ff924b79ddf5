# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps from the current to the wanted state of a PF, in the order in which the kernel takes them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Step
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.binding import BindDrivers
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_met
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.journal import ForgetResize
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.persistent import KeepFiles
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.resize import Resize
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.steps import SetAutoprobe, SetLink, SetVfs


def release_steps(uri: str, current: Pf, taken: list[int], holders: t.Iterable[Holder]) -> t.Iterator[Step]:
    """Before VFs are taken away: running domains give them up, and nobody has one open.

    :param uri: the libvirt of the domains
    :param taken: the numbers of the VFs
    :param holders: who had them when the state was read
    """
    if not taken:
        return
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov.release import CheckReleased, ReleaseVf

    for holder in holders:
        if holder.vf is not None and holder.domain is not None and current.unplugs_from(holder):
            yield ReleaseVf(current.name, uri, holder.domain, holder.vf, current.vfs[holder.vf].pci_address or "")
    yield CheckReleased(current.name, current.pci_address, tuple(taken))


def steps_between(current: Pf, base: dict[int, Vf], after: Pf, timeout: int) -> t.Iterator[Step]:
    """What leads from one state to the other.

    :param base: the VFs as they are when their settings are made
    :param timeout: seconds until new VFs must be there
    """
    place = (current.name, current.pci_address)
    resized = after.numvfs != current.numvfs
    link = SetLink(current.name, current.mtu, after.mtu, current.up, after.up)
    # Drivers make VFs, and take rates, on a link that is up: it comes first and goes last.
    goes_down = current.up and not after.up
    if link.describe() and not goes_down:
        yield link
    if after.drivers_autoprobe != current.drivers_autoprobe:
        yield SetAutoprobe(*place, bool(after.drivers_autoprobe))
    if resized:
        yield Resize(*place, current.driver or "", current.numvfs or 0, after.numvfs or 0,
                     {**current.vfs, **current.interrupted}, timeout)
    settings = tuple((index, base[index].settings, vf.settings) for index, vf in after.vfs.items()
                     if vf.settings != base[index].settings)
    if settings:
        yield SetVfs(*place, current.driver or "", settings)
    drivers = tuple((index, base[index].driver, vf.driver or "none") for index, vf in after.vfs.items()
                    if not is_met(vf.driver or "none", base[index].driver))
    if drivers:
        yield BindDrivers(*place, drivers)
    if link.describe() and goes_down:
        yield link
    if after.files != current.files:
        yield KeepFiles(current.files, after.files)
    if (current.interrupted or current.overtaken) and not resized:
        yield ForgetResize(*place, current.overtaken)
