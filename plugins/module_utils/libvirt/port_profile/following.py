# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a NIC that runs with something else than its profile comes to run with it."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.transition import for_update
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import OWN_BRIDGE
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.consumers import Consumer

LIMITS = frozenset({"bandwidth.inbound", "bandwidth.outbound"})


def updated_live(kind: str, switch: str | None) -> frozenset[str]:
    """The parameters that libvirt changes on a NIC while it is plugged in, when it is asked to have it as defined.

    Seen with 11.3: VLANs and limits on a Linux bridge. With Open vSwitch it says that it changed them, and leaves the
    port without its tag or with the limits that it had.

    :param kind: of the network, see network/modes.py
    :param switch: the type of virtualport of its NICs
    """
    if kind == "bridge":
        return LIMITS | {"vlan"} if switch is None else frozenset()
    return LIMITS if kind in OWN_BRIDGE else frozenset()


def pluggable(nic: Consumer) -> bool:
    """Whether a NIC can be unplugged and plugged in again, at its place in the guest."""
    if nic.live is None or nic.definition is None:
        return False
    place, address = topology(nic.live.getroottree().getroot()), xml.pci_address(nic.live.find("address"))
    return address is not None and address == xml.pci_address(nic.definition.find("address")) \
        and place.takes_live(address)


def device_to_update(nic: Consumer) -> str:
    """The running NIC with nothing of its own but what its definition says, as libvirt takes it to look again."""
    device = for_update(nic.live)
    for tag in ("vlan", "bandwidth"):
        xml.remove(device, tag)
        own = None if nic.definition is None else nic.definition.find(tag)
        if own is not None:
            device.append(xml.parse(xml.serialise(own)))
    return xml.serialise(device)
