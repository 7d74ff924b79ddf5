# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port profile, which libvirt calls a port group of a network, as wanted and as libvirt has it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rows
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import PortSettings, Rate, Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import rate, virtualport, vlan, yes_no
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Row
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class PortProfile(PortSettings):
    """A port group: whether NICs without one have it, and what it gives."""

    default: bool | None = None


# What a NIC and a network say as a port group does
ROWS = (
    Row("vlan", "vlan", vlan(), default=Vlan()),
    Row("virtualport", "virtualport", virtualport(), default=Virtualport()),
    Row("inbound", "bandwidth.inbound", rate("inbound"), default=Rate()),
    Row("outbound", "bandwidth.outbound", rate("outbound"), default=Rate()),
    # One that says no comes before what the network says.
    Row("trust_guest_rx_filters", "trust_guest_rx_filters", yes_no("@trustGuestRxFilters")),
)
# A running port says that one elsewhere (formatnetworkport), and no if it says nothing.
PORT_ROWS = (*ROWS[:-1], replace(ROWS[-1], place=yes_no("rxfilters/@trustGuest"), default=False))
GROUP_ROWS = (Row("default", "default", yes_no("@default"), default=False), *ROWS)


def read_settings(element: Element, table: t.Iterable[Row] = ROWS) -> PortSettings:
    """What a port group, a network or the ``<interface>`` of a NIC says."""
    return PortSettings(**rows.read(table, element))


def read_profile(group: Element) -> PortProfile:
    """A ``<portgroup>``."""
    return _normal(PortProfile(**rows.read(GROUP_ROWS, group)))


def overlaid(base: PortProfile | None, wanted: PortProfile) -> PortProfile:
    """A profile with all that ``wanted`` manages."""
    base = base or PortProfile()
    port = wanted.virtualport and wanted.virtualport.over(base.virtualport)
    return _normal(base.overlaid(replace(wanted, virtualport=port)))


def _normal(profile: PortProfile) -> PortProfile:
    """A profile in which what says the same as nothing is nothing."""
    nothing = {row.field: None for row in ROWS if getattr(profile, row.field) == row.default}
    return replace(profile, default=bool(profile.default), **nothing)


def write_profile(name: str, wanted: PortProfile, current: Element | None) -> Element:
    """The ``<portgroup>``; what no row knows of a current one stays. A new element is returned."""
    group = xml.etree().Element("portgroup", name=name) if current is None else xml.parse(xml.serialise(current))
    rows.write(GROUP_ROWS, group, wanted, read_profile(group))
    return group


def find_group(root: Element, name: str) -> Element | None:
    """A port group of a ``<network>``."""
    return next((group for group in root.findall("portgroup") if group.get("name") == name), None)
