# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a domain's NICs can change while it runs, and what has to wait for its next start."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields, replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import Topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import Nic, excludes
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.identity import identified
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS, NicRow, rows_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import PortSettings
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import differing

LIVE, CONFIG, NEEDS_RESTART = "live", "config", "needs_restart"
# Firmware reads the order when the domain starts: what runs now does not notice another.
AT_START = frozenset({"boot_order"})
# What a NIC of a network has from the network or the port group where it says nothing itself; a running NIC shows both.
INHERITED = frozenset(field.name for field in fields(PortSettings))


@dataclass(frozen=True)
class LivePlan:
    """What to do to the running domain.

    :param detach: its NICs that go
    :param replug: its NICs that go, each with the NIC of the definition that comes in its place, in this order
    :param attach: NICs of the definition that come
    :param update: its NICs, each with the NIC of the definition whose live rows it takes over
    :param running: its NICs then
    """

    detach: tuple[Interface, ...]
    replug: tuple[tuple[Interface, Interface], ...]
    attach: tuple[Interface, ...]
    update: tuple[tuple[Interface, Interface], ...]
    running: tuple[Interface, ...]

    def has_work(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.detach or self.replug or self.attach or self.update)


@dataclass(frozen=True)
class LiveHost:
    """What a plan for the running domain depends on beside its NICs.

    :param place: the running domain's PCI topology
    :param pools: the networks that give VFs
    :param below: the PCI address of the VF by its netdev, for those that macvtaps are on
    :param listed: whether a NIC of the definition is one of those to make so
    :param unwanted: whether a running NIC that the definition does not have is to go
    """

    place: Topology
    pools: frozenset[str]
    below: t.Mapping[str, str]
    listed: t.Callable[[Nic], bool]
    unwanted: t.Callable[[Interface], bool]


def paired(nics: t.Sequence[Nic], running: t.Sequence[Interface]) -> dict[Interface, Interface]:
    """NICs of the definition (``after``) with what they are in the running domain: by name, MAC, then guest address.

    The address tells a NIC whose MAC was changed for the next start. One of another name, or one that only comes now,
    is another NIC that took the place of the first.
    """
    found: dict[Interface, Interface] = {}
    left = list(running)

    def same_address(nic: Nic) -> Interface | None:
        if nic.before is None or nic.before.address is None:
            return None
        return next((live for live in left if live.address == nic.before.address
                     and (live.alias in (None, nic.after.alias) or nic.after.alias is None)), None)

    def known(nic: Nic) -> Interface | None:
        """The address that it has now tells it from another one of its MAC."""
        return identified(nic.after if nic.before is None else replace(nic.after, address=nic.before.address), left)

    matches: tuple[t.Callable[[Nic], Interface | None], ...] = (
        known,
        lambda nic: None if nic.before is None else identified(nic.before, left),
        same_address,
    )
    for match in matches:
        for nic in nics:
            live = None if nic.after in found else match(nic)
            if live is not None:
                found[nic.after] = live
                left.remove(live)
    return found


def plan_live(nics: t.Sequence[Nic], running: tuple[Interface, ...], host: LiveHost) -> LivePlan:
    """What of the desired NICs the running domain can have at once."""
    pairs = paired(nics, running)
    known = list(pairs.values())
    detach = tuple(live for live in running if live not in known and host.unwanted(live))
    left = [live for live in running if live not in detach]
    listed = [nic for nic in nics if host.listed(nic)]
    replug = _replugged([(pairs[nic.after], nic) for nic in listed if nic.after in pairs], left, host)
    kept = [(pairs[nic.after], nic.after) for nic in listed if nic.after in pairs and nic.after not in left]
    update = tuple((live, after) for live, after in kept if at_once(after, live))
    left = [_updated(live, dict(update).get(live)) for live in left]
    attach = []
    for nic in listed:
        if nic.after not in pairs and _attachable(nic.after, left, host):
            attach.append(nic.after)
            left.append(nic.after)
    return LivePlan(detach, tuple(replug), tuple(attach), update, tuple(left))


def outstanding(after: Interface, live: Interface) -> list[NicRow]:
    """The rows in which a running NIC is not as its definition says."""
    rows = [row for row in rows_of(after.type) if row.runs and row.field not in AT_START]
    if after.type == live.type == "network" and live.source_vf is not None:
        # Link state, model or MTU mean nothing to a VF, and its XML does not tell the port group.
        rows = [row for row in rows if row.field == "source_network" or row.of("hostdev")]
    return [row for row in differing(rows, live, after) if not _inherits(row, after, live)]


def _inherits(row: NicRow, after: Interface, live: Interface) -> bool:
    """Whether a NIC of a network leaves open what the running one has."""
    if after.type != "network" or row.field not in INHERITED:
        return False
    if row.field == "virtualport" and after.virtualport is not None and live.virtualport is not None:
        return after.virtualport.within(live.virtualport)
    return bool(row.meant(after) == row.default)


def at_once(after: Interface, live: Interface) -> list[NicRow]:
    """Those of them that libvirt can change on the NIC that is running."""
    return [row for row in outstanding(after, live) if row.updates(after, live)]


def late(nic: Nic, live: Interface) -> list[NicRow]:
    """The rows in which the running NIC is not as its definition says, or will no longer be."""
    found = outstanding(nic.after, live)
    if nic.before is None or not nic.before.type == nic.after.type == live.type == "network":
        return found
    untold = INHERITED if live.source_vf is None else INHERITED | {"source_portgroup"}
    unseen = [row for row in differing(ROWS, nic.before, nic.after) if row.field in untold]
    return found + [row for row in unseen if row not in found]


def needs_restart(nics: t.Sequence[Interface], running: t.Sequence[Interface] | None) -> bool:
    """Whether the running domain still has other NICs than its definition."""
    if running is None:
        return False
    pairs = paired([Nic(nic.label(), nic, nic) for nic in nics], running)
    return len(pairs) != len(nics) or len(pairs) != len(running) or any(
        outstanding(after, live) for after, live in pairs.items())


def changes(nic: Nic, running: t.Sequence[Interface] | None, plan: LivePlan | None,
            live: Interface | None) -> dict[str, str]:
    """How each attribute of a NIC that changes takes effect: by parameter, one of the three words.

    :param live: the NIC in the running domain before
    """
    rows = differing(rows_of(nic.after.type), nic.before or Interface(), nic.after)
    if running is None or plan is None:
        found = dict.fromkeys((row.parameter for row in rows), CONFIG)
    elif live is None:
        how = LIVE if nic.after in plan.attach else NEEDS_RESTART
        # A NIC that the definition had and the running domain lacked is all new to it.
        found = dict.fromkeys((row.parameter for row in rows), how) or ({"name": how} if how == LIVE else {})
    elif (live, nic.after) in plan.replug:
        found = dict.fromkeys((row.parameter for row in ROWS if row in rows or row in late(nic, live)), LIVE)
    else:
        differs, now = late(nic, live), at_once(nic.after, live) if (live, nic.after) in plan.update else []
        found = {row.parameter: CONFIG for row in rows if row not in differs}
        found.update({row.parameter: LIVE for row in now})
        found.update({row.parameter: NEEDS_RESTART for row in rows if row in differs and row not in now})
    return found


def _replugged(pairs: list[tuple[Interface, Nic]], left: list[Interface],
               host: LiveHost) -> list[tuple[Interface, Interface]]:
    """The NICs that are to be plugged again, in an order in which each finds its VF and its MAC free.

    :param pairs: running NICs, each with what it is to be
    :param left: the running NICs; those that are plugged again are replaced
    """
    waiting = [(live, nic.after) for live, nic in pairs if _replugs(nic, live, host.pools)]
    found: list[tuple[Interface, Interface]] = []
    while True:
        ready = next((pair for pair in waiting
                      if _attachable(pair[1], [nic for nic in left if nic != pair[0]], host)), None)
        if ready is None:
            return found
        waiting.remove(ready)
        found.append(ready)
        left[left.index(ready[0])] = ready[1]


def _replugs(nic: Nic, live: Interface, pools: frozenset[str]) -> bool:
    """Whether only a new plug, at the same place in the guest, brings what the definition says: VFs allow that."""
    after = nic.after
    comes = after.type == "hostdev" or (after.type == "network" and after.source_network in pools)
    fixed = [row for row in late(nic, live) if row not in at_once(after, live)]
    return live.source_vf is not None and comes and bool(fixed) and after.address == live.address


def _updated(live: Interface, after: Interface | None) -> Interface:
    if after is None:
        return live
    return replace(live, **{row.field: getattr(after, row.field) for row in at_once(after, live)})


def _attachable(nic: Interface, left: t.Sequence[Interface], host: LiveHost) -> bool:
    """Whether a NIC can be plugged in beside those that the running domain keeps."""
    for field in ("alias", "address", *(() if nic.teaming else ("mac",))):  # the two NICs of a team have one MAC
        value = getattr(nic, field)
        if value is not None and value in [getattr(live, field) for live in left]:
            return False
    if any(excludes(nic, live, host.below) for live in left):
        return False
    return nic.address is None or (host.place.holder(nic.address) is None and host.place.takes_live(nic.address))
