# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role vm_fex that say what modules are to do, and which NICs have the port profiles."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

Dict = dict[str, t.Any]

# What a profile that is to be absent still says to ucs_port_profile
OF_ABSENT = ("name", "state", "in_use")


def vm_fex_plan(settings: Dict) -> Dict:
    """The arguments of each module, and the PFs.

    :param settings: ``profiles``, ``networks`` and ``uri`` as the role has them
    """
    profiles, networks = parts(settings)
    present, removed = split(networks)
    return {
        "profiles": [profile if profile["state"] == "present" else {key: profile[key] for key in OF_ABSENT
                                                                    if key in profile} for profile in profiles],
        "networks": [{"uri": settings["uri"], **network_of(network)} for network in present],
        "groups": [{"uri": settings["uri"], **group} for network in present for group in groups_of(network, profiles)],
        "removed": [{"uri": settings["uri"], "name": network["name"], "state": "absent"} for network in removed],
        "pfs": sorted({network["pf"] for network in present if "pf" in network}),
    }


def vm_fex_consumers(profiles: list[Dict], groups: list[Dict]) -> list[str]:
    """A line for each VM interface that UCS Manager shows, and for each NIC of the host.

    :param profiles: results of ucs_port_profile in a loop
    :param groups: results of port_profile in a loop
    """
    lines = [f"port profile {result['item']['name']}: NIC {nic.get('nic')} of VM {nic.get('vm')} ({nic.get('mac')}, "
             f"{nic.get('status')} in UCS Manager)" for result in profiles for nic in result.get("consumers") or ()]
    for result in groups:
        for nic in result.get("consumers") or ():
            state = ("not running" if not nic.get("running") else "running" if nic.get("current")
                     else "running with what it had when it was plugged in")
            lines.append(f"port profile {result['item']['name']}: NIC {nic.get('name') or nic.get('mac')} of domain "
                         f"{nic.get('domain')} (network {result['item']['network']}, {state})")
    return lines


def given(values: Dict) -> Dict:
    """What is given: null is as good as left out."""
    return {key: value for key, value in values.items() if value is not None}


def parts(settings: Dict) -> tuple[list[Dict], list[Dict]]:
    """Profiles and networks, each with its state; networks with their profiles."""
    profiles = [{"state": "present", **given(profile)} for profile in settings["profiles"] or ()]
    every = [profile["name"] for profile in profiles]
    networks = [{"state": "present", "profiles": every, **given(network)} for network in settings["networks"] or ()]
    return profiles, networks


def split(networks: list[Dict]) -> tuple[list[Dict], list[Dict]]:
    """Those that are to be there, and those that are not."""
    present = [network for network in networks if network["state"] == "present"]
    return present, [network for network in networks if network not in present]


def network_of(network: Dict) -> Dict:
    """The arguments of vm_network."""
    forward = {key: network[key] for key in ("mode", "pf", "devices") if key in network}
    return {"name": network["name"], "forward": forward, "state": "active",
            "autostart": network.get("autostart", True)}


def groups_of(network: Dict, profiles: list[Dict]) -> list[Dict]:
    """The arguments of port_profile for a network; the default comes last, since a network has one at a time."""
    states = {profile["name"]: profile["state"] for profile in profiles}
    default = network.get("default_profile")
    groups = []
    for name in sorted(network["profiles"], key=lambda name: (name == default, name)):
        group = {"name": name, "network": network["name"], "state": states.get(name, "present")}
        if group["state"] == "present":
            group["virtualport"] = {"type": "802.1Qbh", "profileid": name}
            group.update({} if default is None else {"default": name == default})
        groups.append(group)
    return groups


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "vm_fex_plan": door.guarded(vm_fex_plan, settings=shapes.VM_FEX),
            "vm_fex_consumers": door.guarded(
                vm_fex_consumers, profiles=[shapes.UCS_PROFILE_RESULT], groups=[shapes.PORT_GROUP_RESULT]),
        }
