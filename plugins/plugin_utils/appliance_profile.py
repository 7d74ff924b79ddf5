# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an appliance profile may say; its filters refuse what it cannot mean."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

Dict = dict[str, t.Any]

# Per place in the profile: the keys that it needs, and those that it may have. A place in brackets is each of a list.
KEYS: dict[str, tuple[set[str], set[str]]] = {
    "": ({"vcpus", "memory", "machine", "cpu", "disk", "nics"},
         {"description", "image", "cpu_features", "sockets", "hugepages", "smbios", "disks", "day0", "console",
          "ready"}),
    "smbios": (set(), {"bios", "system", "baseBoard", "chassis"}),
    "disk": ({"bus"}, {"format"}),
    "disks[]": ({"name", "image", "bus"}, {"format"}),
    "nics": ({"management", "data", "first", "model"}, {"models", "maximum", "hotplug"}),
    "day0": ({"bus"}, {"kind", "label"}),
    "console": ({"port"}, set()),
    "ready": ({"console", "timeout"}, set()),
}
VALUES: dict[str, tuple[str | bool, ...]] = {
    "disk.bus": ("virtio", "ide", "sata", "scsi"),
    "disks[].bus": ("virtio", "ide", "sata", "scsi", "usb"),
    "disk.format": ("qcow2", "raw"),
    "disks[].format": ("qcow2", "raw"),
    "nics.hotplug": (True, False),
    "day0.bus": ("ide", "sata", "scsi", "usb", "virtio"),
    "day0.kind": ("iso", "vmm"),
}


def checked(given: Dict) -> Dict:
    """The profile without what is null, which is as good as left out.

    :raises AnsibleFilterError: a key is missing or unknown, or has a value that it cannot have
    """
    profile = without_nulls(given)
    if isinstance(profile.get("smbios"), dict):
        profile["smbios"] = without_nulls(profile["smbios"])
    for place, (needed, more) in KEYS.items():
        for subject, found in parts(profile, place):
            if not isinstance(found, dict):
                raise wrong(subject, found, "it has to have keys and values", "Write it as the role's profiles do")
            check_keys(subject, found, needed, more)
            for key, value in found.items():
                known = VALUES.get(f"{place}.{key}")
                if known and value not in known:
                    raise wrong(f"{subject}.{key}", value, "there is no such choice",
                                f"Give one of {', '.join(map(str, known))}")
    numbers = {key: profile.get(key, 1) for key in ("vcpus", "memory", "sockets")}
    for key, value in {**numbers, "nics.maximum": profile["nics"].get("maximum", 1)}.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise wrong(key, value, "it has to be a whole number from 1 on", "Write it without quotes or unit")
    if profile["vcpus"] % profile.get("sockets", 1):
        raise wrong("sockets", profile["sockets"], f"{profile['vcpus']} vCPUs cannot be shared out among so many",
                    "Change vcpus, or leave sockets out")
    return profile


def without_nulls(given: Dict) -> Dict:
    """A dictionary without the keys that have no value."""
    return {key: value for key, value in given.items() if value is not None}


def parts(profile: Dict, place: str) -> t.Iterator[tuple[str, t.Any]]:
    """What the profile has at a place, with its name for the user."""
    if not place:
        yield "profile", profile
    elif place in profile:
        yield place, profile[place]
    elif place == "disks[]":
        yield from ((f"disks[{number}]", disk) for number, disk in enumerate(profile.get("disks", [])))


def check_keys(subject: str, found: Dict, needed: set[str], more: set[str]) -> None:
    """:raises AnsibleFilterError: a key is missing, or is none of the profile's."""
    missing = sorted(needed - set(found))
    if missing:
        raise wrong(subject, sorted(found), f"it lacks {', '.join(missing)}", "Add what is missing to the profile")
    unknown = sorted(set(found) - needed - more)
    if unknown:
        raise wrong(subject, unknown[0], "there is no such key", f"There are {', '.join(sorted(needed | more))}")


def wrong(subject: str, value: object, cause: str, remedy: str) -> AnsibleFilterError:
    """An error about one thing in a profile."""
    return AnsibleFilterError(f"appliance profile, {subject} = {value!r}: {cause}. {remedy}.")
