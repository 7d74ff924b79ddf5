# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role virtual_appliance: from an appliance profile to its NICs and its disks."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes
from ansible_collections.nfv.kvm.plugins.plugin_utils.appliance_profile import Dict, checked


def appliance_nics(interfaces: list[Dict], profile: Dict) -> list[Dict]:
    """The NICs of an appliance in order, each with the name that its place gives it inside.

    :param interfaces: as vm_interface takes them; ``name`` may be left out, and ``model`` where the profile has one
    :param profile: its ``nics`` has ``management`` (the names of the first NICs), ``data`` (the pattern of all
        others, with ``{n}``), ``first`` (the first ``n``), ``model``, ``models`` (others by name) and ``maximum``
    :raises AnsibleFilterError: a name that belongs to another place, or more NICs than the appliance can have
    """
    profile = checked(profile)
    nics = profile["nics"]
    if len(interfaces) > nics.get("maximum", len(interfaces)):
        raise AnsibleFilterError(
            f"interfaces = {len(interfaces)} NICs: the appliance can have {nics['maximum']} at most. "
            "Leave some out, or raise nics.maximum where you know that it takes more."
        )
    ordered = []
    for position, interface in enumerate(interfaces):
        name = nic_name(nics, position)
        if interface.get("name", name) != name:
            raise AnsibleFilterError(
                f"interfaces[{position}].name = {interface['name']!r}: the appliance's NIC at this place is {name}. "
                "Order the list as the appliance counts its interfaces, or leave the names out."
            )
        if not interface.get("type"):
            raise AnsibleFilterError(
                f"interfaces[{position}].type: it is missing, and says what {name} of the appliance is on. "
                "Describe the NIC as nfv.kvm.vm_interface takes it."
            )
        model = {} if interface["type"] == "hostdev" else {"model": nics.get("models", {}).get(name, nics["model"])}
        ordered.append({**model, **interface, "name": name})
    return ordered


def nic_name(nics: Dict, position: int) -> str:
    """What the appliance calls its NIC at a position, from 0 on."""
    data = position - len(nics["management"])
    return str(nics["management"][position]) if data < 0 else str(nics["data"]).format(n=data + nics["first"])


def appliance_disks(profile: Dict, folder: str) -> list[Dict]:
    """The disks of an appliance in order: each with its image, its path on the host, its bus and its format."""
    profile = checked(profile)
    first = {"name": "disk", "image": profile.get("image"), **profile["disk"]}
    every = [{"format": "qcow2", **disk} for disk in [first, *profile.get("disks", [])]]
    for disk in every:
        if not disk["image"]:
            raise AnsibleFilterError(
                "appliance profile, image: it is missing, since the appliance's vendor alone may hand it out. "
                "Name the image on the KVM host, such as by virtual_appliance_overrides."
            )
    return [{**disk, "path": f"{folder}/{disk['name']}.{disk['format']}"} for disk in every]


def console_log(name: str) -> str:
    """Where virtlogd writes what an appliance says on its serial console, from its last start on."""
    return f"/var/log/libvirt/qemu/{name}-console.log"


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "appliance_nics": door.guarded(appliance_nics, interfaces=[shapes.NIC], profile=shapes.PROFILE),
            "appliance_disks": door.guarded(appliance_disks, profile=shapes.PROFILE, folder=str),
            "appliance_console_log": door.guarded(console_log, "appliance_console_log", name=str),
        }
