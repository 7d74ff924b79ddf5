# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A NIC of a domain, as wanted and as libvirt has it."""

from __future__ import annotations

from dataclasses import dataclass

# libvirt 11.3 keeps an alias of the user only with this beginning and of letters, digits, "-" and "_";
# any other alias it drops without a word (seen on the lab host).
ALIAS_PREFIX = "ua-"


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
class Interface:
    """One NIC. None is "not managed" in a wanted one, and "libvirt says nothing of it" in a current one.

    :param alias: the user alias that carries the label, such as ua-ge-0_0_0
    :param type: hostdev, bridge or network; a running NIC of a network that gives VFs has its ``source_vf`` too
    :param source_vf: host PCI address of the VF, dddd:bb:ss.f
    :param source_portgroup: empty for none
    :param mtu: bytes
    :param link_state: up or down
    :param address: guest PCI address, dddd:bb:ss.f
    :param managed: whether libvirt binds the VF to vfio-pci and back
    """

    alias: str | None = None
    mac: str | None = None
    type: str | None = None
    source_vf: str | None = None
    source_bridge: str | None = None
    source_network: str | None = None
    source_portgroup: str | None = None
    model: str | None = None
    vlan: Vlan | None = None
    mtu: int | None = None
    link_state: str | None = None
    boot_order: int | None = None
    address: str | None = None
    managed: bool | None = None

    def label(self) -> str:
        """What a message calls it."""
        return (self.alias or "").replace(ALIAS_PREFIX, "", 1) or self.mac or "without a name"


def alias_of(name: str) -> str:
    """The user alias that carries a label; / and . have no place in one."""
    return ALIAS_PREFIX + name.replace("/", "_").replace(".", "_")
