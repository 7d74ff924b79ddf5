# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An appliance profile: what the role virtual_appliance has to know of a kind of appliance."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import NicRules, ordered
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import (
    Given,
    Options,
    Variables,
    Wrong,
    number,
    read,
    shown,
)
from ansible_collections.nfv.kvm.plugins.module_utils.placement.want import Keys as Placement

SUBJECT = "appliance profile, "
REMEDY = "Run ansible-doc nfv.kvm.vm_appliance to see the keys of a profile and their values"
FirstBus = t.Literal["virtio", "ide", "sata", "scsi"]
Bus = t.Literal["virtio", "ide", "sata", "scsi", "usb"]
Format = t.Literal["qcow2", "raw"]
Block = t.Literal["bios", "system", "baseBoard", "chassis"]
SMBIOS: tuple[Block, ...] = t.get_args(Block)
Count = t.Annotated[int, number(1)]
Port = t.Annotated[int, number(1, 65535)]
# The key of a CPU that does not depend on the host's
EVERY = "every vendor"


def for_every_vendor(cpu: object) -> object:
    """A CPU, which may depend on the vendor of the host's, as one that does."""
    return {EVERY: cpu} if isinstance(cpu, str) else cpu


def machine_types(given: object) -> object:
    """One machine type or several as several.

    :raises Wrong: there is none
    """
    if not given or (isinstance(given, (list, tuple)) and "" in given):
        raise Wrong("it must be a machine type, or a list of machine types", "Write one such as q35")
    return [given] if isinstance(given, str) else given


@dataclass(frozen=True)
class FirstDisk(Given):
    """The disk that boots; its image is the profile's."""

    bus: FirstBus
    format: Format = "qcow2"


@dataclass(frozen=True)
class Disk(Given):
    """A disk, with the path on the host of what it is copied from."""

    name: str
    image: str
    bus: Bus
    format: Format = "qcow2"

    def path(self, folder: str) -> str:
        """Where it is in a folder of the host."""
        return f"{folder}/{self.name}.{self.format}"


@dataclass(frozen=True)
class Day0(Given):
    """The medium with the day-0 configuration: ``iso``, a CD-ROM, or ``vmm``, a disk with a FAT file system."""

    bus: Bus
    kind: t.Literal["iso", "vmm"] = "iso"
    label: str = "day0"


@dataclass(frozen=True)
class Ready(Given):
    """What it says on its console when it is up, and the seconds that this may take."""

    console: str
    timeout: Count


@dataclass(frozen=True)
class Profile(Given, Variables):
    """What a kind of appliance needs.

    :param memory: MiB
    :param machine: the first one that QEMU has, unless the domain is defined with another one of them
    :param cpu: a mode or a model of libvirt by the vendor of the host's CPU
    :param sockets: None: each vCPU is one
    :param smbios: libvirt's blocks of SMBIOS entries
    :param disks: those behind the first
    :param placement: defaults of the module's option
    :param console: the ``port`` of a telnet console on 127.0.0.1 of the host, none for a pty
    """

    vcpus: Count
    memory: Count
    machine: t.Annotated[tuple[str, ...], machine_types]
    cpu: t.Annotated[t.Mapping[str, str], for_every_vendor]
    disk: FirstDisk
    nics: NicRules
    disks: tuple[Disk, ...] = ()
    cpu_features: tuple[str, ...] = ()
    smbios: t.Mapping[Block, t.Mapping[str, str]] = field(default_factory=dict)
    sockets: Count | None = None
    hugepages: bool = False
    day0: Day0 | None = None
    console: t.Mapping[t.Literal["port"], Port] = field(default_factory=dict)
    ready: Ready | None = None
    placement: Placement | None = None
    image: str | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        """:raises ValidationError: its vCPUs cannot be divided among its sockets."""
        if self.vcpus % (self.sockets or 1):
            raise ValidationError(f"{SUBJECT}sockets", f"{self.vcpus} vCPUs cannot be divided among so many",
                                  self.sockets, REMEDY)


def profile_of(values: object) -> Profile:
    """The profile.

    :raises ValidationError: a key is missing or unknown, or has a value that it cannot have
    """
    return read(Profile, values, SUBJECT, REMEDY)


def nics_of(interfaces: tuple[object, ...], profile: Profile) -> list[Options]:
    """NICs with their names and models, as vm_interface takes them."""
    return [nic.options for nic in ordered(interfaces, profile.nics)]


def copies(profile: Profile, folder: str) -> list[Options]:
    """The disks for a role, each with its path in a folder of the host."""
    return [{**shown(disk), "path": disk.path(folder)} for disk in disks_of(profile)]


def disks_of(profile: Profile) -> list[Disk]:
    """The disks in order.

    :raises ValidationError: nobody has said where the image is
    """
    if not profile.image:
        raise ValidationError("appliance profile, image", "it is missing, because only the vendor provides it", None,
                              "Set it to the path of the image on the KVM host")
    return [Disk("disk", profile.image, profile.disk.bus, profile.disk.format), *profile.disks]
