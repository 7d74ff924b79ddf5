# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a port of a network is given, be it said of a NIC, of a port group or of the network."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Vlan:
    """The VLANs of a NIC: ``tags`` as numbers (none: no VLAN), ``native`` the one whose packets go untagged."""

    tags: tuple[int, ...] = ()
    trunk: bool = False
    native: int | None = None

    def __str__(self) -> str:
        if not self.tags:
            return "none"
        shown = ",".join(map(str, self.tags)) + (" trunk" if self.trunk else "")
        return shown if self.native is None else f"{shown} native {self.native}"


@dataclass(frozen=True)
class Virtualport:
    """What a NIC tells the switch that it is connected to; no ``type`` and no parameters: nothing."""

    type: str | None = None
    managerid: int | None = None
    typeid: int | None = None
    typeidversion: int | None = None
    instanceid: str | None = None
    profileid: str | None = None
    interfaceid: str | None = None

    def parameters(self) -> dict[str, t.Any]:
        """Those that are set, by libvirt's names in libvirt's order."""
        return {name: value for name, value in vars(self).items() if name != "type" and value is not None}

    def over(self, base: Virtualport | None) -> Virtualport:
        """This one with the parameters of ``base`` that it leaves open, if the two have one type."""
        if base is None or base.type != self.type or self == Virtualport():
            return self
        return replace(base, **self.parameters())

    def within(self, other: Virtualport) -> bool:
        """Whether another has all that this one sets."""
        return self.type in (None, other.type) and self.parameters().items() <= other.parameters().items()

    def __str__(self) -> str:
        return " ".join([self.type or "none", *(f"{name}={value}" for name, value in self.parameters().items())])


@dataclass(frozen=True)
class Rate:
    """The limit of one direction: kilobytes (1000 bytes) a second, ``burst`` in kibibytes; all None: no limit."""

    average: int | None = None
    peak: int | None = None
    burst: int | None = None
    floor: int | None = None

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in vars(self).items() if value is not None) or "none"
