# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each kind of libvirt network can carry. Where it says "seen", libvirt 11.3 was asked."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# Mode bridge without a bridge: macvtaps that reach each other
MACVTAP_BRIDGE = "macvtap bridge"
# Those that libvirt makes a bridge for
OWN_BRIDGE = ("isolated", "nat", "route", "open")
# libvirt defines these only with an address (seen: "nat forwarding requested, but no IP address provided").
ROUTED = ("nat", "route")
MACVTAP = ("private", "vepa", "passthrough", MACVTAP_BRIDGE)
# Whose NICs are VFs, or have a netdev for themselves
PASSED = ("hostdev", "passthrough")
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


def kind_of(root: Element) -> str:
    """The kind of a ``<network>``: its forward mode; isolated for none, MACVTAP_BRIDGE for a bridge without one."""
    forward = root.find("forward")
    mode = "isolated" if forward is None else forward.get("mode", "nat")
    return kind(mode, root.find("bridge") is not None)


def kind(mode: str, has_bridge: bool) -> str:
    """The same of a forward mode."""
    return MACVTAP_BRIDGE if mode == "bridge" and not has_bridge else mode
