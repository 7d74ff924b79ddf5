# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What UCS Manager adds by itself: read-only properties and objects that follow others.

That port profiles find their policies in org-root is an assumption.
"""

from __future__ import annotations

import re

from .sample import PROFILES, SWITCH
from .tree import Mo, Tree, split


def derive(tree: Tree) -> None:
    """Bring up to date what follows other objects."""
    for mo in tree.of_kind("vnicEtherIf"):
        vlan = tree.get(f"fabric/lan/net-{_name(mo)}")
        tree.set(mo.dn, operVnetName=_name(mo) if vlan else "", operVnetDn=vlan.dn if vlan else "",
                 vnet=vlan.values.get("id", "1") if vlan else "1")
    for instance in tree.of_kind("vmVnicProfInst"):
        tree.remove(instance.dn)
    for profile in tree.of_kind("vnicProfile"):
        name, values = _name(profile), profile.values
        tree.set(profile.dn, operQosPolicyName=_policy(tree, "ep-qos", values.get("qosPolicyName", "")),
                 operNwCtrlPolicyName=_policy(tree, "nwctrl", values.get("nwCtrlPolicyName", "") or "default"))
        if any(_applies(client) for client in tree.children(profile.dn) if client.kind == "vmVnicProfCl"):
            tree.add("vmVnicProfInst", f"{SWITCH}/vnic-prof-{name}", name=name, profDn=profile.dn,
                     maxPorts=values.get("maxPorts", "64"), descr=values.get("descr", ""), policyOwner="local",
                     profileType=values.get("type", "regular"))


def user_of(tree: Tree, mo: Mo) -> str | None:
    """The VM's NIC that keeps a port profile from being deleted.

    An assumption, as Cisco's guides of VM-FEX are remembered: no VM may use the profile at that moment.
    """
    if mo.kind != "vnicProfile" or split(mo.dn)[0] != PROFILES:
        return None
    return next((nic.dn for nic in tree.of_kind("vmNic") if nic.values.get("profileName") == _name(mo)
                 and nic.values.get("vStatus") == "online"), None)


def _name(mo: Mo) -> str:
    return mo.rn.partition("-")[2]


def _policy(tree: Tree, prefix: str, name: str) -> str:
    dn = f"org-root/{prefix}-{name}"
    return dn if tree.get(dn) else ""


def _applies(client: Mo) -> bool:
    """Whether a profile client means the default cluster, whose folders have no names that patterns could miss."""
    try:
        return bool(re.search(client.values.get("swName", ""), "default"))
    except re.error:
        return False
