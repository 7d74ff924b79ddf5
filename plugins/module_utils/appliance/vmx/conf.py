# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor's vmx.conf and vmx-junosdev.conf, read as they are.

Both are YAML. vmx.conf has a document for each of its sections (Juniper, vMX Getting Started Guide for KVM).
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.given import Given, one_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.model import (
    Conf,
    Images,
    Interface,
    Join,
    Plane,
)
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

CONF, JUNOSDEV = "vmx.conf", "vmx-junosdev.conf"
SAMPLE = "Write it as in Juniper's sample, with a blank behind each colon"
# Juniper names the image of the control plane after the release: junos-vmx-x86-64-17.2R1.13.qcow2.
RELEASE = re.compile(r"-(\d+\.\d+[A-Z]\d[\w.]*?)(?:-[a-z]+)?\.(?:qcow2|img)$")
BRIDGE, NIC, JUNOS = "bridge_dev", "host_dev", "junos_dev"


@dataclass(frozen=True)
class End:
    """One end of a link: a bridge or a NIC of the host, or a Junos device of a vMX."""

    dev_name: str
    type: str = field(metadata=one_of(BRIDGE, NIC, JUNOS))
    vm_name: str | None = None

    @property
    def is_junos(self) -> bool:
        """Whether it is a Junos device."""
        return self.type == JUNOS


def conf_of(text: str) -> Conf:
    """What a vmx.conf says; the release is that in the name of the image.

    :raises ValidationError: it is not YAML, or does not have the form of a vmx.conf
    """
    sections: dict[str, object] = {}
    for document in documents(text, CONF):
        for name, section in document.values.items():
            if name in sections:
                raise document.wrong(name, "there are two such sections")
            sections[name] = section
    given = Given(sections, f"{CONF}: ", SAMPLE)
    for name in ("HOST", "CONTROL_PLANE", "FORWARDING_PLANE", "JUNOS_DEVICES"):
        if not sections.get(name):
            raise given.wrong(name, "this section is missing or empty")
    host, vfp = given.entry("HOST"), given.entry("FORWARDING_PLANE")
    images = Images(*(host.text(key) for key in (
        "routing-engine-image", "routing-engine-hdd", "forwarding-engine-image")))
    release = RELEASE.search(images.vcp or "")
    bridges = [(bridge.text("type"), bridge.text("name")) for bridge in given.entries("BRIDGES")]
    kind = vfp.text("device-type") or "virtio"
    conf = Conf(
        host.text("identifier"), release[1] if release else None, host.text("host-management-interface"),
        next((name for of, name in bridges if of == "external"), None), images,
        plane_of(given.entry("CONTROL_PLANE")), plane_of(vfp),
        tuple(interface_of(device, kind) for device in given.entries("JUNOS_DEVICES")))
    return dataclasses.replace(conf, ignored=tuple(sorted(path[len(given.path):] for path in given.unknown())))


def plane_of(section: Given) -> Plane:
    """The sizes of a domain, and the MAC and address of its first NIC."""
    nics = section.entries("interfaces")
    _type, *first = [nics[0].text(key) for key in ("type", "macaddr", "ipaddr")] if nics else [None]
    return Plane(section.number("vcpus"), section.number("memory-mb"), section.number("console_port"), *first)


def interface_of(device: Given, kind: str) -> Interface:
    """A Junos device. Of a mixed vMX, those with a NIC or a VF are SR-IOV."""
    nic, vf = device.text("nic"), device.number("virtual-function")
    own, _description = device.text("type"), device.text("description")
    if kind == "mixed":
        kind = own or ("virtio" if nic is None and vf is None else "sriov")
    return Interface(
        name=device.text("interface"), type=kind, mac=device.text("mac-address"), nic=nic, virtual_function=vf,
        mtu=device.number("mtu"), port_speed=device.number("port-speed-mbps"))


def joins_of(text: str) -> tuple[Join, ...]:
    """What each Junos device of a vmx-junosdev.conf is joined to.

    :raises ValidationError: it is not YAML, or does not have the form of a vmx-junosdev.conf
    """
    return tuple(join for document in documents(text, JUNOSDEV) for link in document.entries("interfaces")
                 for join in joins_at(link))


def joins_at(link: Given) -> t.Iterator[Join]:
    """The Junos devices at the ends of a link, each with what is at the other end."""
    ends = [end_of(link, name) for name in ("endpoint_1", "endpoint_2")]
    if not any(end.is_junos for end in ends):
        raise link.wrong("link_name", "neither end of this link is a junos_dev", link.text("link_name"))
    for mine, other in (ends, ends[::-1]):
        if mine.is_junos:
            yield Join(
                str(link.get("link_name", "str")), link.number("mtu"),
                bridge=other.dev_name if other.type == BRIDGE else None,
                host_dev=other.dev_name if other.type == NIC else None,
                peer={"vmx": other.vm_name, "interface": other.dev_name} if other.is_junos else None,
                vmx=mine.vm_name or "", interface=mine.dev_name)


def end_of(link: Given, name: str) -> End:
    """One end of a link."""
    ends = link.entries(name)
    if len(ends) != 1:
        raise link.wrong(name, "it must be one device")
    end = ends[0].read(End)
    if end.is_junos and not end.vm_name:
        raise ends[0].wrong("vm_name", "a junos_dev must have that of its vMX")
    return end


def documents(text: str, file: str) -> list[Given]:
    """The documents of a file, in which all values are texts: a MAC of digits alone would else become a number.

    :raises ValidationError: it is not YAML
    """
    import yaml  # type: ignore[import-untyped]  # Ansible has it; a host may not

    try:
        return [Given(document or {}, f"{file}: ", SAMPLE) for document in yaml.load_all(text, Loader=yaml.BaseLoader)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        cause = f"this is not YAML ({getattr(error, 'problem', None) or error})"
        raise ValidationError(f"{file}: {place}", cause, None, SAMPLE) from None
