# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor's vmx.conf and vmx-junosdev.conf, read as they are.

Both are YAML. vmx.conf has a document for each of its sections (Juniper, vMX Getting Started Guide for KVM).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.model import (
    Conf,
    Images,
    Interface,
    Join,
    Plane,
)
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Path, Reader, Variables, read

CONF, JUNOSDEV = "vmx.conf", "vmx-junosdev.conf"
SAMPLE = "Write it as in Juniper's sample, with a blank behind each colon"
# Juniper names the image of the control plane after the release: junos-vmx-x86-64-17.2R1.13.qcow2.
RELEASE = re.compile(r"-(\d+\.\d+[A-Z]\d[\w.]*?)(?:-[a-z]+)?\.(?:qcow2|img)$")
BRIDGE, NIC, JUNOS = "bridge_dev", "host_dev", "junos_dev"
SECTIONS = ("HOST", "CONTROL_PLANE", "FORWARDING_PLANE", "JUNOS_DEVICES")


@dataclass(frozen=True)
class HostSection:
    """The host, and the images."""

    identifier: str | None = None
    management: str | None = field(default=None, metadata={"key": "host-management-interface"})
    vcp: str | None = field(default=None, metadata={"key": "routing-engine-image"})
    hdd: str | None = field(default=None, metadata={"key": "routing-engine-hdd"})
    vfp: str | None = field(default=None, metadata={"key": "forwarding-engine-image"})


@dataclass(frozen=True)
class BridgeSection:
    """A bridge of the host."""

    type: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class NicSection:
    """A NIC of a domain."""

    type: str | None = None
    mac: str | None = field(default=None, metadata={"key": "macaddr"})
    address: str | None = field(default=None, metadata={"key": "ipaddr"})


@dataclass(frozen=True)
class PlaneSection:
    """The sizes of a domain; of its NICs the first one counts."""

    vcpus: int | None = None
    memory: int | None = field(default=None, metadata={"key": "memory-mb"})
    console_port: int | None = None
    interfaces: tuple[NicSection, ...] = ()

    @property
    def plane(self) -> Plane:
        """The same with the MAC and the address of the first NIC."""
        first = self.interfaces[0] if self.interfaces else NicSection()
        return Plane(self.vcpus, self.memory, self.console_port, first.mac, first.address)


@dataclass(frozen=True)
class VfpSection(PlaneSection):
    """The forwarding plane."""

    device_type: str = field(default="virtio", metadata={"key": "device-type"})


@dataclass(frozen=True)
class DeviceSection:
    """A Junos device. Of a mixed vMX, those with a NIC or a VF are SR-IOV."""

    interface: str | None = None
    type: str | None = None
    mac: str | None = field(default=None, metadata={"key": "mac-address"})
    nic: str | None = None
    virtual_function: int | None = field(default=None, metadata={"key": "virtual-function"})
    mtu: int | None = None
    port_speed: int | None = field(default=None, metadata={"key": "port-speed-mbps"})
    description: object = None

    def of_kind(self, kind: str) -> Interface:
        """The interface.

        :param kind: of all Junos devices
        """
        if kind == "mixed":
            kind = self.type or ("virtio" if self.nic is None and self.virtual_function is None else "sriov")
        return Interface(name=self.interface, type=kind, mac=self.mac, nic=self.nic, mtu=self.mtu,
                         virtual_function=self.virtual_function, port_speed=self.port_speed)


@dataclass(frozen=True)
class Sections(Variables):
    """A vmx.conf."""

    host: HostSection = field(metadata={"key": "HOST"})
    vcp: PlaneSection = field(metadata={"key": "CONTROL_PLANE"})
    vfp: VfpSection = field(metadata={"key": "FORWARDING_PLANE"})
    devices: tuple[DeviceSection, ...] = field(metadata={"key": "JUNOS_DEVICES"})
    bridges: tuple[BridgeSection, ...] = field(default=(), metadata={"key": "BRIDGES"})


@dataclass(frozen=True)
class End:
    """One end of a link: a bridge or a NIC of the host, or a Junos device of a vMX."""

    subject: Path
    dev_name: str
    type: t.Literal["bridge_dev", "host_dev", "junos_dev"]
    vm_name: str | None = None

    def __post_init__(self) -> None:
        """:raises ValidationError: it is a Junos device of no vMX."""
        if self.is_junos and not self.vm_name:
            raise ValidationError(f"{self.subject}.vm_name", "a junos_dev must have that of its vMX", None, SAMPLE)

    @property
    def is_junos(self) -> bool:
        """Whether it is a Junos device."""
        return self.type == JUNOS


@dataclass(frozen=True)
class Link:
    """A link between two devices."""

    subject: Path
    link_name: str
    mtu: int | None = None
    endpoint_1: tuple[End, ...] = ()
    endpoint_2: tuple[End, ...] = ()


@dataclass(frozen=True)
class Links(Variables):
    """A document of a vmx-junosdev.conf."""

    interfaces: tuple[Link, ...] = ()


def conf_of(text: str) -> Conf:
    """What a vmx.conf says; the release is that in the name of the image.

    :raises ValidationError: it is not YAML, or does not have the form of a vmx.conf
    """
    given: dict[str, object] = {}
    for document in documents(text, CONF):
        for name, section in document.items():
            if name in given:
                raise ValidationError(f"{CONF}: {name}", "there are two such sections", None, SAMPLE)
            given[name] = section
    for name in SECTIONS:
        if not given.get(name):
            raise ValidationError(f"{CONF}: {name}", "this section is missing or empty", None, SAMPLE)
    reader = Reader(SAMPLE)
    found: Sections = reader.read(Sections, given, f"{CONF}: ")
    for error in reader.errors:
        raise error
    release = RELEASE.search(found.host.vcp or "")
    planes = {"CONTROL_PLANE": found.vcp, "FORWARDING_PLANE": found.vfp}
    more = [f"{name}.interfaces[{place}]" for name, plane in planes.items()
            for place in range(1, len(plane.interfaces))]
    return Conf(
        found.host.identifier, release[1] if release else None, found.host.management,
        next((bridge.name for bridge in found.bridges if bridge.type == "external"), None),
        Images(found.host.vcp, found.host.hdd, found.host.vfp), found.vcp.plane, found.vfp.plane,
        tuple(device.of_kind(found.vfp.device_type) for device in found.devices),
        tuple(sorted([*more, *(path[len(f"{CONF}: "):] for path in reader.unknown)])))


def joins_of(text: str) -> tuple[Join, ...]:
    """What each Junos device of a vmx-junosdev.conf is joined to.

    :raises ValidationError: it is not YAML, or does not have the form of a vmx-junosdev.conf
    """
    return tuple(join for document in documents(text, JUNOSDEV)
                 for link in read(Links, document, f"{JUNOSDEV}: ", SAMPLE).interfaces for join in joins_at(link))


def joins_at(link: Link) -> t.Iterator[Join]:
    """The Junos devices at the ends of a link, each with what is at the other end."""
    for name, ends in (("endpoint_1", link.endpoint_1), ("endpoint_2", link.endpoint_2)):
        if len(ends) != 1:
            raise ValidationError(f"{link.subject}.{name}", "it must be one device", None, SAMPLE)
    ends = (link.endpoint_1[0], link.endpoint_2[0])
    if not any(end.is_junos for end in ends):
        raise ValidationError(f"{link.subject}.link_name", "neither end of this link is a junos_dev", link.link_name,
                              SAMPLE)
    for mine, other in (ends, ends[::-1]):
        if mine.is_junos:
            yield Join(
                link.link_name, link.mtu,
                bridge=other.dev_name if other.type == BRIDGE else None,
                host_dev=other.dev_name if other.type == NIC else None,
                peer={"vmx": other.vm_name, "interface": other.dev_name} if other.is_junos else None,
                vmx=mine.vm_name or "", interface=mine.dev_name)


def documents(text: str, file: str) -> list[dict[str, object]]:
    """The documents of a file, in which all values are texts: a MAC of digits alone would else become a number.

    :raises ValidationError: it is not YAML
    """
    import yaml  # type: ignore[import-untyped]  # Ansible has it; a host may not

    try:
        found = [*yaml.load_all(text, Loader=yaml.BaseLoader)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        cause = f"this is not YAML ({getattr(error, 'problem', None) or error})"
        raise ValidationError(f"{file}: {place}", cause, None, SAMPLE) from None
    return [read(dict, document or {}, file, SAMPLE) for document in found]
