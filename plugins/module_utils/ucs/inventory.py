# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ucs_port_profile_info returns: the whole of a UCS system that port profiles have to do with."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.ucs import limits
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.consumers import CLASSES, clusters_of, consumers_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.plan import shown_profile
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.read import dn_of, profile_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Mo, interconnects_of, text

SYSTEM_CLASSES = ("NetworkElement", "VmSwitch", "VmVnicProfInst")
PROFILE_CLASSES = ("VnicProfile", "VnicEtherIf", "VmVnicProfCl")
HOST_CLASSES = ("LsServer", "VnicDynamicConPolicyRef")


def examine(params: dict[str, t.Any], manager: UcsManager) -> dict[str, t.Any]:
    """The profiles, who uses them, the clusters, the service profiles and the fabric interconnects.

    :raises ValidationError: the name is not that of a profile
    """
    limits.check("name", params["name"], "VnicProfile", "name")
    found = manager.of_classes(*SYSTEM_CLASSES, *PROFILE_CLASSES, *HOST_CLASSES, *CLASSES)
    consumers = consumers_of(found)
    children: dict[str, list[Mo]] = {}
    for child in (*found["VnicEtherIf"], *found["VmVnicProfCl"]):
        children.setdefault(child.dn.rpartition("/")[0], []).append(child)
    profiles = []
    for mo in sorted(found["VnicProfile"], key=lambda mo: text(mo, "name")):
        name = text(mo, "name")
        if mo.dn == dn_of(name) and params["name"] in (None, name):
            users = [consumer.shown() for consumer in consumers if consumer.uses(name)]
            profiles.append({"name": name, **shown_profile(profile_of(mo, children.get(mo.dn, []))),
                             "consumers": users})
    return {
        "profiles": profiles,
        "clusters": [cluster.shown() for cluster in clusters_of(found["VmSwitch"], found["VmVnicProfInst"])],
        "service_profiles": service_profiles(found),
        "interconnects": [each.shown() for each in interconnects_of(found["NetworkElement"])],
        "release": manager.release(),
    }


def service_profiles(found: dict[str, list[Mo]]) -> list[dict[str, t.Any]]:
    """The service profiles with their dynamic vNIC policies; a host knows its own by the UUID of its firmware."""
    policies: dict[str, set[str]] = {}
    for reference in found["VnicDynamicConPolicyRef"]:
        policies.setdefault(reference.dn.rpartition("/")[0].rpartition("/")[0], set()).add(
            text(reference, "con_policy_name"))
    shown = []
    for server in sorted(found["LsServer"], key=lambda mo: str(mo.dn)):
        if text(server, "type") in ("", "instance"):
            own = text(server, "dynamic_con_policy_name")
            shown.append({
                "dn": server.dn, "name": text(server, "name"), "uuid": text(server, "uuid").lower(),
                "server": text(server, "pn_dn") or None, "associated": text(server, "assoc_state") == "associated",
                "dynamic_vnic_policies": sorted({*policies.get(server.dn, ()), *([own] if own else [])})})
    return shown
