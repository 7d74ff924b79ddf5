# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A libvirt network, as wanted and as libvirt has it."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import kind
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Port


@dataclass(frozen=True)
class Network(Port):
    """What a network is. None is "not managed" in a wanted one; a current one has no None but for what it lacks.

    :param mode: the forward mode, isolated for none
    :param pf: netdev of the PF whose VFs it gives
    :param devices: netdevs, or with mode hostdev PCI addresses of VFs, dddd:bb:ss.f
    :param bridge: the bridge of the host, or the one that libvirt makes
    :param managed: whether libvirt binds VFs to vfio-pci and back
    :param addresses: the host's own, such as 192.0.2.1/24
    :param mtu: bytes
    """

    mode: str | None = None
    pf: str | None = None
    devices: tuple[str, ...] | None = None
    bridge: str | None = None
    managed: bool | None = None
    addresses: tuple[str, ...] | None = None
    mtu: int | None = None

    def kind(self) -> str:
        """Its kind, as modes.py counts them."""
        return kind(str(self.mode), self.bridge is not None)
