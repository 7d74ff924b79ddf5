# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs of a domain as they are, read with no more questions than the list needs."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import SHUTDOWN
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.identity import (
    check_identity,
    identified,
    leaving,
    with_identities,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import (
    CONNECTING,
    overlaid,
    read_interface,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.named import resolved
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import all_networks, root_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import differing
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.pools import Own
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.vf import VfOfNic
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf


# NICs: what messages call each, it as it will be, and it now
Connected = list[tuple[str, Interface, t.Optional[Interface]]]


@dataclass(frozen=True)
class NicState:
    """The NICs of a domain, and what of the host their plan depends on.

    :param definition: the persistent XML of the domain
    :param live: the running XML, None when it does not run
    :param interfaces: its NICs in the order of the XML
    :param running: those of the running domain, None when it does not run
    :param wanted: the list with the VFs that the host has now
    :param ledger: the NICs and devices of the other domains; empty when the list asks for nothing new
    :param pools: the networks that give VFs, as far as a running VF may come from one of them
    :param below: the PCI address of the VF by its netdev, for those that macvtaps are on
    :param saved: the NICs that its saved state was made with, None without one
    :param power: its state, one of the names of states.py
    :param vfs: those with settings that libvirt leaves alone
    :param warnings: what is known not to work on this host of what the list asks for
    :param changes: of a plan, how each attribute of each NIC takes effect, by the NIC's alias and MAC
    :param waits: of a plan, whether any of them waits for a restart after it
    """

    uuid: str
    definition: Element = field(repr=False)
    live: Element | None = field(repr=False)
    interfaces: tuple[Interface, ...]
    running: tuple[Interface, ...] | None
    wanted: tuple[Wanted, ...]
    ledger: Ledger = field(repr=False)
    pools: frozenset[str] = frozenset()
    below: dict[str, str] = field(default_factory=dict)
    saved: tuple[Interface, ...] | None = None
    power: str = SHUTDOWN
    vfs: tuple[VfOfNic, ...] = ()
    warnings: tuple[str, ...] = ()
    changes: dict[tuple[str | None, str | None], dict[str, str]] = field(default_factory=dict)
    waits: bool = False


def read_state(host: Host, connection: Connection, name: str, wanted: tuple[Wanted, ...], state: str,
               restart: bool) -> NicState:
    """A domain's NICs; the host and the other domains only as far as the list asks for something new.

    :param state: absent, with which the list only says which NICs are meant, present or exact
    :param restart: whether the domain may be restarted
    :raises ValidationError: there is no such persistent domain, an item of the list can mean several of its NICs, or
        there is nothing to connect a NIC to
    """
    domain = connection.domain(name)
    text, live_text = domain.definition(), domain.live_xml()
    if text is None:
        raise ValidationError("domain", "this domain is transient: its NICs have no definition to manage", name,
                              "Define it with nfv.kvm.vm_domain")
    definition = xml.parse(text, f"domain {name}", notes=True)
    live = None if live_text is None else xml.parse(live_text, f"domain {name}")
    image = domain.saved_xml() if live is None else None
    nics = interfaces_of(definition)
    running = () if live is None else _running(host, connection, domain.uuid, nics, live)
    for item in wanted:
        check_identity(item, nics, state)
        if identified(item.interface, nics) is None:
            check_identity(item, running, "exact")
    ledger: Ledger = ()
    vfs: tuple[VfOfNic, ...] = ()
    warnings: tuple[str, ...] = ()
    if state == "absent":
        wanted = tuple(leaving(item, nics) for item in wanted)
    else:
        wanted = tuple(resolved(host, item) for item in wanted)
        known = with_identities(wanted, [*nics, *running], domain.uuid, ledger)
        new = [item for item in known if not _is_met(item, nics)]
        if new:
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import read_ledger

            ledger = read_ledger(connection, without=domain.uuid)
            changed = _connected_anew(host, connection, new, nics, running, again=restart and live is not None)
            if changed:
                final = [(item.subject, _to_be(item, [*nics, *running])) for item in known]
                listed = [identified(item.interface, nics) for item in known]
                final += [(f"NIC {nic.label()}", nic) for nic in nics if state != "exact" and nic not in listed]
                warnings = _check_unused(host, connection, _own(name, live), ledger, changed, final)
        vfs = _read_vfs(host, [item for item in known if item.settings is not None], [*nics, *running])
        warnings += _warnings(host, connection, [(item.subject, _to_be(item, [*nics, *running])) for item in known])
    return NicState(
        domain.uuid, definition, live, nics, None if live is None else running, wanted, ledger,
        _pools(connection, [*nics, *(item.interface for item in wanted)], running),
        _below(host, [*nics, *running, *(item.interface for item in wanted)]),
        None if image is None else interfaces_of(xml.parse(image, f"domain {name}")), domain.state(), vfs, warnings,
    )


def interfaces_of(domain: Element) -> tuple[Interface, ...]:
    """The NICs of a domain's XML."""
    return tuple(read_interface(nic) for nic in domain.findall("devices/interface"))


def _running(host: Host, connection: Connection, uuid: str, nics: t.Sequence[Interface],
             live: Element) -> tuple[Interface, ...]:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.running import on_netdevs, with_networks

    return on_netdevs(host, with_networks(connection, uuid, nics, interfaces_of(live)), live)


def _connected_anew(host: Host, connection: Connection, new: t.Sequence[Wanted], nics: t.Sequence[Interface],
                    running: t.Sequence[Interface], again: bool) -> Connected:
    """What messages call each new NIC, it as it will be, and it now; what they are connected to is there.

    :param again: whether all may be connected again
    """
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.sources import check_source

    found: Connected = []
    for item in new:
        before, after = identified(item.interface, nics), _to_be(item, [*nics, *running])
        if before is None or again or differing(CONNECTING, before, after):
            before = _connected(before, identified(item.interface, running), after)
            check_source(host, connection, item.subject, after, before)
            found.append((item.subject, after, before))
    return found


def _own(name: str, live: Element | None) -> Own:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.pools import Own

    targets = () if live is None else live.iterfind("devices/interface/target[@dev]")
    return Own(name, frozenset(target.get("dev") for target in targets))


def _check_unused(host: Host, connection: Connection, own: Own, ledger: Ledger, changed: Connected,
                  final: t.Sequence[tuple[str, Interface]]) -> tuple[str, ...]:
    """What is known not to work of the networks that NICs come to; what NICs take for themselves is free.

    :param changed: the NICs that are connected again
    :param final: all that the domain will have, and what messages call them
    """
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.pools import check_pools
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.unused import check_unused

    check_unused(host, changed, own, ledger)
    come = {subject for subject, after, before in changed if before is None
            or (before.type, before.source_network) != (after.type, after.source_network)}
    return check_pools(host, connection, [(subject, nic, subject in come) for subject, nic in final], own, ledger)


def _below(host: Host, nics: t.Sequence[Interface]) -> dict[str, str]:
    """The PCI address of the VF by its netdev, for those that NICs name."""
    devices = {nic.source_dev for nic in nics if nic.source_dev}
    return {dev: address for dev in devices if (address := pci.vf_of_netdev(host, dev)) is not None}


def _connected(before: Interface | None, live: Interface | None, after: Interface) -> Interface | None:
    """A NIC now; what its running one has already need not be free for it."""
    if live is None or (live.type, live.source_dev) != (after.type, after.source_dev):
        return before or live
    return replace(before or live, type=live.type, source_dev=live.source_dev)


def _to_be(item: Wanted, nics: t.Sequence[Interface]) -> Interface:
    """The NIC that an item leads to."""
    return overlaid(identified(item.interface, nics) or Interface(), item.interface)


def _read_vfs(host: Host, wanted: t.Sequence[Wanted], nics: t.Sequence[Interface]) -> tuple[VfOfNic, ...]:
    """The VFs of NICs that have settings for them, which few lists have.

    :raises ValidationError: a NIC has no VF
    """
    if not wanted:
        return ()
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.vf import read_vf_of

    pfs: dict[str, Pf] = {}
    return tuple(read_vf_of(host, item.subject, _to_be(item, nics), item.settings, pfs)
                 for item in wanted if item.settings is not None)


def _warnings(host: Host, connection: Connection, nics: t.Sequence[tuple[str, Interface]]) -> tuple[str, ...]:
    """What is known not to work with 802.1Qbh, which few lists have; a NIC may have it from its network."""
    networks = all_networks(connection) if any(nic.source_network for _subject, nic in nics) else []
    asking = {network.name for network in networks if "802.1Qbh" in network.definition()}
    found = [(subject, nic) for subject, nic in nics if nic.source_network in asking
             or nic.switch == "802.1Qbh"]
    if not found:
        return ()
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.fex import warnings_of_nics

    return warnings_of_nics(host, connection, found)


def _is_met(item: Wanted, nics: t.Sequence[Interface]) -> bool:
    current = identified(item.interface, nics)
    return current is not None and overlaid(current, item.interface) == current


def _pools(connection: Connection, nics: t.Sequence[Interface], running: t.Sequence[Interface]) -> frozenset[str]:
    """The networks of NICs that give VFs; only one to which a running VF is to move has to be asked."""
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import VFS, kind_of

    found = {live.source_network for live in running if live.source_vf and live.source_network}
    for nic in nics:
        live = identified(nic, running)
        if nic.source_network in found or not nic.source_network or live is None or live.source_vf is None:
            continue
        if kind_of(root_of(connection, nic.source_network)) in VFS:
            found.add(nic.source_network)
    return frozenset(found)
