# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a domain's NICs can change while it runs, and what has to wait for its next start."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import ROOT_PORT, Topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import Nic, identified
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS, Row
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface

LIVE, CONFIG, NEEDS_RESTART = "live", "config", "needs_restart"


@dataclass(frozen=True)
class LivePlan:
    """What to do to the running domain.

    :param detach: its NICs that go
    :param attach: NICs of the definition that come
    :param update: its NICs, each with the NIC of the definition whose live rows it takes over
    :param running: its NICs then
    """

    detach: tuple[Interface, ...]
    attach: tuple[Interface, ...]
    update: tuple[tuple[Interface, Interface], ...]
    running: tuple[Interface, ...]


def paired(nics: t.Sequence[Nic], running: t.Sequence[Interface]) -> dict[Interface, Interface]:
    """NICs of the definition (``after``) with what they are in the running domain: by name, MAC, then guest address.

    The address tells a NIC whose MAC was changed for the next start.
    """
    found: dict[Interface, Interface] = {}
    left = list(running)

    def same_address(nic: Nic) -> Interface | None:
        address = (nic.before or nic.after).address
        return next((live for live in left if address is not None and live.address == address), None)

    matches: tuple[t.Callable[[Nic], Interface | None], ...] = (
        lambda nic: identified(nic.after, left),
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


def plan_live(nics: t.Sequence[Nic], running: tuple[Interface, ...], place: Topology,
              unwanted: t.Callable[[Interface], bool]) -> LivePlan:
    """What of the desired NICs the running domain can have at once.

    :param place: the running domain's PCI topology
    :param unwanted: whether a running NIC that the definition does not have is to go
    """
    pairs = paired(nics, running)
    known = list(pairs.values())
    detach = tuple(live for live in running if live not in known and unwanted(live))
    update = tuple((live, after) for after, live in pairs.items() if at_once(after, live))
    left = [_updated(live, dict(update).get(live)) for live in running if live not in detach]
    attach = []
    for nic in nics:
        if nic.after not in pairs and _attachable(nic.after, left, place):
            attach.append(nic.after)
            left.append(nic.after)
    return LivePlan(detach, tuple(attach), update, tuple(left))


def outstanding(after: Interface, live: Interface) -> list[Row]:
    """The rows in which a running NIC is not as its definition says."""
    rows = [row for row in ROWS if row.runs and row.of(after.type)]
    if after.type == live.type == "network" and live.source_vf is not None:
        # The network gave a VF, and may have given it a VLAN; link state, model or MTU mean nothing to a VF.
        rows = [row for row in rows if row.field == "source_network" or (row.of("hostdev") and row.field != "vlan")]
    return [row for row in rows if row.meant(after) != row.meant(live)]


def at_once(after: Interface, live: Interface) -> list[Row]:
    """Those of them that libvirt can change on the NIC that is running."""
    kind = live.type if live.source_vf is None else "hostdev"
    return [row for row in outstanding(after, live) if row.live and row.of(kind)]


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
    before = nic.before or Interface()
    rows = [row for row in ROWS if row.of(nic.after.type) and row.meant(nic.after) != row.meant(before)]
    if running is None or plan is None:
        found = dict.fromkeys((row.parameter for row in rows), CONFIG)
    elif live is None:
        how = LIVE if nic.after in plan.attach else NEEDS_RESTART
        # A NIC that the definition had and the running domain lacked is all new to it.
        found = dict.fromkeys((row.parameter for row in rows), how) or ({"name": how} if how == LIVE else {})
    else:
        late, now = outstanding(nic.after, live), at_once(nic.after, live)
        found = {row.parameter: CONFIG for row in rows if row not in late}
        found.update({row.parameter: LIVE for row in now})
        found.update({row.parameter: NEEDS_RESTART for row in rows if row in late and row not in now})
    return found


def _updated(live: Interface, after: Interface | None) -> Interface:
    if after is None:
        return live
    return replace(live, **{row.field: getattr(after, row.field) for row in at_once(after, live)})


def _attachable(nic: Interface, left: t.Sequence[Interface], place: Topology) -> bool:
    """Whether a NIC can be plugged in beside those that the running domain keeps."""
    for field in ("alias", "mac", "source_vf", "address"):
        value = getattr(nic, field)
        if value is not None and value in [getattr(live, field) for live in left]:
            return False
    if nic.address is None:
        return True
    if place.holder(nic.address) is not None:
        return False
    # A root port cannot be plugged in: the running guest must have the one that the address names.
    return place.root != "pcie-root" or place.bridges.get(int(nic.address[5:7], 16), ("", None))[0] == ROOT_PORT
