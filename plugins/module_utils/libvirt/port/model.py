# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a port of a network is given, set by a NIC, a port group or the network."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.settings import Settings


@dataclass(frozen=True)
class Vlan:
    """The VLANs of a NIC: ``tags`` as numbers (none: no VLAN), ``native`` the one whose packets go untagged."""

    tags: tuple[int, ...] = ()
    trunk: bool = False
    native: int | None = None

    def __bool__(self) -> bool:
        return bool(self.tags)

    def __str__(self) -> str:
        if not self.tags:
            return "none"
        shown = ",".join(map(str, self.tags)) + (" trunk" if self.trunk else "")
        return shown if self.native is None else f"{shown} native {self.native}"


@dataclass(frozen=True)
class Virtualport(Settings):
    """What a NIC tells the switch that it is connected to; no ``type`` and no parameters: nothing."""

    type: str | None = None
    managerid: int | None = None
    typeid: int | None = None
    typeidversion: int | None = None
    instanceid: str | None = None
    profileid: str | None = None
    interfaceid: str | None = None

    def __bool__(self) -> bool:
        return bool(self.given())

    def parameters(self) -> dict[str, t.Any]:
        """Those that are set, by libvirt's names in libvirt's order."""
        return {name: value for name, value in self.given().items() if name != "type"}

    def over(self, base: Virtualport | None) -> Virtualport:
        """This one with the parameters of ``base`` that it leaves open, if the two have one type."""
        return base.overlaid(self) if self and base is not None and base.type == self.type else self

    def within(self, other: Virtualport) -> bool:
        """Whether another has all that this one sets."""
        return self.type in (None, other.type) and self.parameters().items() <= other.parameters().items()

    def __str__(self) -> str:
        return " ".join([self.type or "none", *(f"{name}={value}" for name, value in self.parameters().items())])


@dataclass(frozen=True)
class Rate(Settings):
    """The limit of one direction: kilobytes (1000 bytes) a second, ``burst`` in kibibytes; all None: no limit."""

    average: int | None = None
    peak: int | None = None
    burst: int | None = None
    floor: int | None = None

    def __bool__(self) -> bool:
        return bool(self.given())

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.given().items()) or "none"


@dataclass(frozen=True)
class Port(Settings):
    """What NICs, port groups and networks say of ports. None is "not managed", or "nothing is said"."""

    vlan: Vlan | None = None
    virtualport: Virtualport | None = None

    @property
    def switch(self) -> str | None:
        """The type of its virtualport, None for none."""
        return None if self.virtualport is None else self.virtualport.type


@dataclass(frozen=True)
class PortSettings(Port):
    """What NICs and port groups say of ports; limits of a network are those of its bridge."""

    inbound: Rate | None = None
    outbound: Rate | None = None
    trust_guest_rx_filters: bool | None = None

    @property
    def limits(self) -> list[Rate]:
        """The limits of both directions, as far as there are any."""
        return [rate for rate in (self.inbound, self.outbound) if rate]
