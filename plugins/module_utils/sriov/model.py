# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PF and its VFs: the same classes for what is wanted and what is there; None means not managed or not known."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.nfv.kvm.plugins.module_utils.mac import ZERO
from ansible_collections.nfv.kvm.plugins.module_utils.settings import Settings

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.carried import Carried


@dataclass(frozen=True)
class VfSettings(Settings):
    """What a PF's driver keeps for one VF (Linux include/uapi/linux/if_link.h, IFLA_VF_*)."""

    mac: str | None = None
    vlan: int | None = None
    """0 is untagged, else 1-4094."""
    qos: int | None = None
    """The 802.1p priority, 0-7."""
    vlan_protocol: str | None = None
    """802.1Q or 802.1ad."""
    spoofchk: bool | None = None
    trust: bool | None = None
    link_state: str | None = None
    """auto, enable or disable."""
    min_tx_rate: int | None = None
    """Mbit/s, 0 is none."""
    max_tx_rate: int | None = None
    """Mbit/s, 0 is none."""
    query_rss: bool | None = None

    def whole_tag(self) -> VfSettings:
        """With priority and protocol where a VLAN is set: the kernel sets them as one, what is not given by default."""
        if self.vlan is None:
            return self
        return replace(self, qos=self.qos or 0, vlan_protocol=self.vlan_protocol or "802.1Q")


# What a VF has when it is made; the driver gives it a MAC of its own choice.
FRESH = VfSettings(
    mac=ZERO, vlan=0, qos=0, vlan_protocol="802.1Q", trust=False, link_state="auto", min_tx_rate=0, max_tx_rate=0
)


@dataclass(frozen=True)
class Use:
    """A domain that has a VF: in its running configuration (``live``), in its definition (``persistent``), or both."""

    domain: str
    mac: str | None
    live: bool
    persistent: bool


@dataclass(frozen=True)
class Vf:
    """One VF of a PF."""

    index: int
    settings: VfSettings = VfSettings()
    driver: str | None = None
    """The driver that is bound to it. As a desired state also ``default`` or ``none``, as a planned one ``default``."""
    pci_address: str | None = None
    netdev: str | None = None
    iommu_group: int | None = None
    numa_node: int | None = None
    used_by: Use | None = None


@dataclass(frozen=True)
class Holder:
    """Somebody who would lose a VF.

    ``vf``: its number, None for who takes any VF of the PF. ``by``: in words, such as ``domain edge (running)``.
    ``kind``: process for one that has a file of the VF open, else as in REMEDIES of :mod:`holders`. ``domain``: the one
    that this process runs. ``netdev``: of the VF, for what is on top of it
    """

    vf: int | None
    by: str
    kind: str = "domain"
    domain: str | None = None
    netdev: str | None = None

    def __str__(self) -> str:
        return f"{'any VF' if self.vf is None else f'VF {self.vf}'} by {self.by}"


@dataclass(frozen=True)
class Pf:
    """One PF with its VFs. As a desired state its ``vfs`` are those that are managed."""

    name: str
    pci_address: str = ""
    driver: str | None = None
    totalvfs: int = 0
    numvfs: int | None = None
    drivers_autoprobe: bool | None = None
    mtu: int | None = None
    up: bool | None = None
    link_up: bool | None = None
    numa_node: int | None = None
    vfs: dict[int, Vf] = field(default_factory=dict)
    future_addresses: tuple[str | None, ...] = ()
    """The PCI address that each VF up to ``totalvfs`` has when it exists."""
    holders: tuple[Holder, ...] = ()
    """Who uses the VFs; read only if VFs may have to go."""
    carried: tuple[Carried, ...] = ()
    """What passes by the PF's own netdev; read only if its link may go."""
    interrupted: dict[int, Vf] = field(default_factory=dict)
    """The VFs of before a resize that was killed, as far as they still have to become so."""
    overtaken: tuple[int, ...] = ()
    """Those that somebody else has changed since."""
    persistent: bool | None = None
    """Desired only: whether files of the host bring the same back after a reboot."""
    files: dict[str, str] = field(default_factory=dict)
    """Those files, text by path; read only if ``persistent`` is given."""
    rivals: tuple[str, ...] = ()
    """The .link files of the host's user with which these do not go together; read only if they may be written."""

    def unplugs_from(self, holder: Holder) -> bool:
        """Whether a VF can be unplugged from its holder: a process by which libvirt runs a domain with it."""
        use = None if holder.vf is None else self.vfs[holder.vf].used_by
        return use is not None and use.live and use.domain == holder.domain
