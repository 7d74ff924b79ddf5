# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An appliance profile: what the role virtual_appliance has to know of a kind of appliance."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.given import Given, Options, one_of, rendered, within
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import NicRules
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

REMEDY = "Run ansible-doc nfv.kvm.vm_appliance to see the keys of a profile and their values"
BUSES = ("virtio", "ide", "sata", "scsi")
SMBIOS = ("bios", "system", "baseBoard", "chassis")
# The key of a CPU that does not depend on the host's
EVERY = "every vendor"


@dataclass(frozen=True)
class FirstDisk:
    """The disk that boots; its image is the profile's."""

    bus: str = field(metadata=one_of(*BUSES))
    format: str = field(default="qcow2", metadata=one_of("qcow2", "raw"))


@dataclass(frozen=True)
class Disk:
    """A disk, with the path on the host of what it is copied from."""

    name: str
    image: str
    bus: str = field(metadata=one_of(*BUSES, "usb"))
    format: str = field(default="qcow2", metadata=one_of("qcow2", "raw"))

    def path(self, folder: str) -> str:
        """Where it is in a folder of the host."""
        return f"{folder}/{self.name}.{self.format}"


@dataclass(frozen=True)
class Day0:
    """The medium with the day-0 configuration: ``iso``, a CD-ROM, or ``vmm``, a disk with a FAT file system."""

    bus: str = field(metadata=one_of(*BUSES, "usb"))
    kind: str = field(default="iso", metadata=one_of("iso", "vmm"))
    label: str = "day0"


@dataclass(frozen=True)
class Ready:
    """What it says on its console when it is up, and the seconds that this may take."""

    console: str
    timeout: int = field(metadata=within(1))


@dataclass(frozen=True)
class Profile:
    """What a kind of appliance needs.

    :param memory: MiB
    :param cpu: a mode or a model of libvirt by the vendor of the host's CPU
    :param sockets: None: each vCPU is one
    :param smbios: libvirt's blocks of SMBIOS entries
    :param disks: those behind the first
    :param console: the ``port`` of a telnet console on 127.0.0.1 of the host, none for a pty
    """

    vcpus: int = field(metadata=within(1))
    memory: int = field(metadata=within(1))
    machine: str
    cpu: t.Mapping[str, str]
    disk: FirstDisk
    nics: NicRules
    disks: tuple[Disk, ...] = ()
    cpu_features: tuple[str, ...] = ()
    smbios: t.Mapping[str, t.Mapping[str, str]] = field(default_factory=dict, metadata=one_of(*SMBIOS))
    sockets: int | None = field(default=None, metadata=within(1))
    hugepages: bool = False
    day0: Day0 | None = None
    console: t.Mapping[str, int] = field(default_factory=dict, metadata=one_of("port"))
    ready: Ready | None = None
    image: str | None = None
    description: str | None = None


def profile_of(values: object) -> Profile:
    """The profile.

    :raises ValidationError: a key is missing or unknown, or has a value that it cannot have
    """
    if isinstance(values, t.Mapping) and isinstance(values.get("cpu"), str):
        values = {**values, "cpu": {EVERY: values["cpu"]}}
    given = Given(values, "appliance profile, ", REMEDY, strict=True)
    profile = given.read(Profile)
    for path in given.unknown():
        raise ValidationError(path, "there is no such key", None, REMEDY)
    if profile.vcpus % (profile.sockets or 1):
        raise given.wrong("sockets", f"{profile.vcpus} vCPUs cannot be divided among so many", profile.sockets)
    return profile


def copies(profile: Profile, folder: str) -> list[Options]:
    """The disks for a role, each with its path in a folder of the host."""
    return [{**rendered(disk), "path": disk.path(folder)} for disk in disks_of(profile)]


def disks_of(profile: Profile) -> list[Disk]:
    """The disks in order.

    :raises ValidationError: nobody has said where the image is
    """
    if not profile.image:
        raise ValidationError("appliance profile, image", "it is missing, because only the vendor provides it", None,
                              "Set it to the path of the image on the KVM host")
    return [Disk("disk", profile.image, profile.disk.bus, profile.disk.format), *profile.disks]
