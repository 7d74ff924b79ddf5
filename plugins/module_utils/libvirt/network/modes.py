# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of libvirt network gives and carries. Where it says "seen", libvirt 11.3 was asked."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Port, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rules import check_vlan_of_vf
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# Mode bridge without a bridge: macvtaps that reach each other
MACVTAP_BRIDGE = "macvtap bridge"
# Those that libvirt makes a bridge for
OWN_BRIDGE = ("isolated", "nat", "route", "open")
# libvirt defines these only with an address (seen: "nat forwarding requested, but no IP address provided").
ROUTED = ("nat", "route")
MACVTAP = ("private", "vepa", "passthrough", MACVTAP_BRIDGE)
# Whose NICs are VFs that guests get as they are
VFS = ("hostdev",)
# These, and those whose NICs have a netdev for themselves
PASSED = (*VFS, "passthrough")
# By the kind of network, the virtualports that it can have (networkAllocatePort in src/network/bridge_driver.c); a
# network with others is defined all the same, and its NICs are refused or not connected (seen).
VIRTUALPORTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(OWN_BRIDGE, ()), **dict.fromkeys(MACVTAP, ("802.1Qbg", "802.1Qbh")),
    "bridge": ("openvswitch",), "hostdev": ("802.1Qbh",),
}
# networkValidate: seen for the other modes, but for a macvtap bridge, whose NICs are refused only at the start.
VLAN = ("bridge", *PASSED)
# Seen: "Unsupported <bandwidth> element" for the others
BANDWIDTH = (*OWN_BRIDGE, "bridge")


def kind_of(root: Element | None) -> str | None:
    """The kind of a ``<network>``: its forward mode; isolated for none, MACVTAP_BRIDGE for a bridge without one.

    None is that of no network.
    """
    if root is None:
        return None
    forward = root.find("forward")
    mode = "isolated" if forward is None else forward.get("mode", "nat")
    return kind(mode, root.find("bridge") is not None)


def kind(mode: str, has_bridge: bool) -> str:
    """The same of a forward mode."""
    return MACVTAP_BRIDGE if mode == "bridge" and not has_bridge else mode


def check_switch(subject: str, port: Port, kind: str, where: str, remedy: str) -> None:
    """Refuse a type of virtualport that a network of this kind does not have.

    :raises NotSupported: it has others, or none
    """
    allowed = VIRTUALPORTS[kind]
    if port.switch is not None and port.switch not in allowed:
        raise NotSupported(f"{subject}.type", f"{where} supports {' or '.join(allowed) or 'no virtualports'}",
                           port.switch,
                           remedy)


def check_vlan(subject: str, vlan: Vlan | None, kind: str, where: str, vfs: str = "", other: str = "network") -> None:
    """Refuse VLANs that the NICs of a network would not get.

    :param where: what messages call the network
    :param vfs: how a message begins that its NICs are VFs
    :param other: of what to take another one instead
    :raises NotSupported: it carries none, or a VF is to have several
    """
    if not vlan:
        return
    if kind not in VLAN:
        # The words of libvirt 11.3 at the start: "vlan tag not supported for this connection type"
        raise NotSupported(subject, f"libvirt cannot set a VLAN on {where}, only on a bridge of the host and on VFs",
                           str(vlan), f"Use another {other}, or tag inside the guest")
    if kind in PASSED:
        check_vlan_of_vf(subject, vlan, vfs)
