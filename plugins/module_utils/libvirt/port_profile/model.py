# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A port profile, which libvirt calls a port group of a network, as wanted and as libvirt has it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import (
    Place,
    flag,
    rate,
    virtualport,
    vlan,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class Settings:
    """What a port of a network is given. None is "not managed", or "nothing is said"."""

    vlan: Vlan | None = None
    virtualport: Virtualport | None = None
    inbound: Rate | None = None
    outbound: Rate | None = None
    trust_guest_rx_filters: bool | None = None


@dataclass(frozen=True)
class PortProfile:
    """A port group: whether NICs without one have it, and what it gives."""

    default: bool | None = None
    settings: Settings = Settings()


@dataclass(frozen=True)
class Row:
    """A setting: what port_profile calls it, where it is in a port group, and what it means when nothing is said."""

    field: str
    parameter: str
    place: Place
    default: t.Any


DEFAULT = flag(".", "default")
ROWS = (
    Row("vlan", "vlan", vlan(), Vlan()),
    Row("virtualport", "virtualport", virtualport(), Virtualport()),
    Row("inbound", "bandwidth.inbound", rate("inbound"), Rate()),
    Row("outbound", "bandwidth.outbound", rate("outbound"), Rate()),
    Row("trust_guest_rx_filters", "trust_guest_rx_filters", flag(".", "trustGuestRxFilters"), False),
)
# A running port says that one elsewhere (formatnetworkport); a NIC and a network say all as a port group does.
PORT_ROWS = tuple(
    replace(row, place=flag("rxfilters", "trustGuest")) if row.field == "trust_guest_rx_filters" else row
    for row in ROWS)


def read_settings(element: Element, rows: tuple[Row, ...] = ROWS) -> Settings:
    """What a port group, a network or the ``<interface>`` of a NIC says."""
    return Settings(**{row.field: row.place.read(element) for row in rows})


def read_profile(group: Element) -> PortProfile:
    """A ``<portgroup>``."""
    return PortProfile(bool(DEFAULT.read(group)), read_settings(group))


def overlaid(base: PortProfile | None, wanted: PortProfile) -> PortProfile:
    """A profile with all that ``wanted`` manages; what says the same as nothing is nothing.

    A flag that is False says more: it comes before what the network says.
    """
    base = base or PortProfile()
    values = {}
    for row in ROWS:
        value, old = getattr(wanted.settings, row.field), getattr(base.settings, row.field)
        if row.field == "virtualport" and value is not None:
            value = value.over(old)
        value = old if value is None else value
        values[row.field] = None if value == row.default and value is not False else value
    default = base.default if wanted.default is None else wanted.default
    return PortProfile(bool(default), Settings(**values))


def write_profile(name: str, wanted: PortProfile, current: Element | None) -> Element:
    """The ``<portgroup>``; what no row knows of a current one stays. A new element is returned."""
    group = xml.etree().Element("portgroup", name=name) if current is None else xml.parse(xml.serialise(current))
    before = read_profile(group)
    if wanted.default != before.default:
        DEFAULT.write(group, wanted.default)
    for row in ROWS:
        value = getattr(wanted.settings, row.field)
        if value != getattr(before.settings, row.field):
            row.place.write(group, row.default if value is None else value)
    return group


def find_group(root: Element, name: str) -> Element | None:
    """A port group of a ``<network>``."""
    return next((group for group in root.findall("portgroup") if group.get("name") == name), None)
