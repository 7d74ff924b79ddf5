# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port profile as UCS Manager has it, who uses it, and what it can refer to."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.consumers import CLASSES, consumers_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import Client, Profile, State, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Mo, interconnects_of, names_below, text

FOLDER = "fabric/lan/profiles"
# By option, the class of what it refers to, and where UCS Manager looks for it: profiles are in no organization, so
# that policies are those of the root organization. VLANs of one fabric are below fabric/lan/A and B.
REFERENCES = {
    "vlans": ("FabricVlan", ("fabric/lan", "fabric/lan/A", "fabric/lan/B")),
    "qos_policy": ("EpqosDefinition", ("org-root",)),
    "network_control_policy": ("NwctrlDefinition", ("org-root",)),
    "pin_group": ("FabricLanPinGroup", ("fabric/lan",)),
}


def dn_of(name: str) -> str:
    """Where a profile is."""
    return f"{FOLDER}/vnic-{name}"


def read_state(manager: UcsManager, name: str, options: t.Collection[str]) -> State:
    """The profile and what belongs to it.

    :param options: those whose existing names are read, too
    """
    mo = manager.one(dn_of(name))
    children = manager.children(dn_of(name)) if mo is not None else []
    references = {option: reference for option, reference in REFERENCES.items() if option in options}
    found = manager.of_classes("NetworkElement", *CLASSES, *(class_name for class_name, _where in references.values()))
    existing = {option: names_below(found[class_name], *where) for option, (class_name, where) in references.items()}
    consumers = tuple(consumer for consumer in consumers_of(found) if consumer.uses(name))
    return State(None if mo is None else profile_of(mo, children), consumers,
                 interconnects_of(found["NetworkElement"]), manager.release(), existing)


def profile_of(mo: Mo, children: t.Iterable[Mo]) -> Profile:
    """A profile.

    :param children: the objects right below it
    """
    children = list(children)
    ports = text(mo, "max_ports")
    vlans = (Vlan(text(child, "name"), text(child, "default_net") in ("yes", "true"))
             for child in children if child.get_class_id() == "VnicEtherIf")
    clients = (Client(*(text(child, prop) for prop in ("name", "dc_name", "org_path", "sw_name")))
               for child in children if child.get_class_id() == "VmVnicProfCl")
    return Profile(
        text(mo, "descr"), text(mo, "qos_policy_name"), text(mo, "nw_ctrl_policy_name"), text(mo, "pin_to_group_name"),
        int(ports) if ports.isdecimal() else None, text(mo, "host_nw_io_perf") or "none",
        tuple(sorted(vlans, key=lambda vlan: vlan.name)), tuple(sorted(clients, key=lambda client: client.name)))
