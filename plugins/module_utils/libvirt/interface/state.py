# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The NICs of a domain as they are, read with no more questions than the list needs."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.desired import identified, with_macs
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import overlaid, read_interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.sources import (
    check_source,
    resolved,
    with_networks,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Ledger, read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


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
    :param power: running, paused or crashed; None when it does not matter
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
    power: str | None = None
    changes: dict[tuple[str | None, str | None], dict[str, str]] = field(default_factory=dict)
    waits: bool = False


def read_state(host: Host, connection: Connection, name: str, wanted: tuple[Wanted, ...], identify_only: bool,
               power: bool) -> NicState:
    """A domain's NICs; the host and the other domains only as far as the list asks for something new.

    :param identify_only: the list only says which NICs are meant
    :param power: whether it matters if the guest can react
    :raises ValidationError: there is no such persistent domain, or nothing to connect a NIC to
    """
    domain = connection.domain(name)
    text, live_text = domain.definition(), domain.live_xml()
    if text is None:
        raise ValidationError("domain", "this domain is transient: its NICs have no definition to manage", name,
                              "Define it with nfv.kvm.vm_domain")
    definition = xml.parse(text, f"domain {name}")
    live = None if live_text is None else xml.parse(live_text, f"domain {name}")
    nics = interfaces_of(definition)
    running = () if live is None else with_networks(connection, domain.uuid, nics, interfaces_of(live))
    ledger: Ledger = ()
    if not identify_only:
        wanted = tuple(resolved(host, item) for item in wanted)
        new = [item for item in with_macs(wanted, nics, domain.uuid, ledger) if not _is_met(item, nics)]
        for item in new:
            before = identified(item.interface, [*nics, *running])
            after = overlaid(before or Interface(), item.interface)
            check_source(host, connection, item.subject, after, identified(item.interface, nics))
        if new:
            ledger = read_ledger(connection, without=domain.uuid)
    return NicState(
        domain.uuid, definition, live, nics, None if live is None else running, wanted, ledger,
        _pools(connection, [*nics, *(item.interface for item in wanted)], running),
        domain.state() if power and live is not None else None,
    )


def interfaces_of(domain: Element) -> tuple[Interface, ...]:
    """The NICs of a domain's XML."""
    return tuple(read_interface(nic) for nic in domain.findall("devices/interface"))


def _is_met(item: Wanted, nics: t.Sequence[Interface]) -> bool:
    current = identified(item.interface, nics)
    return current is not None and overlaid(current, item.interface) == current


def _pools(connection: Connection, nics: t.Sequence[Interface], running: t.Sequence[Interface]) -> frozenset[str]:
    """The networks of NICs that give VFs; only one to which a running VF is to move has to be asked."""
    found = {live.source_network for live in running if live.source_vf and live.source_network}
    for nic in nics:
        live = identified(nic, running)
        if nic.source_network in found or not nic.source_network or live is None or live.source_vf is None:
            continue
        network = connection.network(nic.source_network)
        if network is not None and xml.parse(network.xml).find("forward[@mode='hostdev']") is not None:
            found.add(nic.source_network)
    return frozenset(found)
