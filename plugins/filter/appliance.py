# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role virtual_appliance: from an appliance profile to its NICs and its domain."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree  # builds only; the controller is not asked to have lxml

from ansible.errors import AnsibleFilterError


def appliance_nics(interfaces: list[dict[str, t.Any]], profile: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """The NICs of an appliance in order, each with the name that its place gives it inside.

    :param interfaces: as vm_interface takes them; ``name`` may be left out, and ``model`` where the profile has one
    :param profile: its ``nics`` has ``management`` (the names of the first NICs), ``data`` (the pattern of all
        others, with ``{n}``), ``first`` (the first ``n``) and ``model``
    :raises AnsibleFilterError: a name that belongs to another place
    """
    nics = profile["nics"]
    management = nics.get("management", [])
    ordered = []
    for position, interface in enumerate(interfaces):
        data = position - len(management)
        name = management[position] if data < 0 else nics["data"].format(n=data + nics["first"])
        if interface.get("name", name) != name:
            raise AnsibleFilterError(
                f"interfaces[{position}].name = {interface['name']!r}: the appliance's NIC at this place is {name}. "
                "Order the list as the appliance counts its interfaces, or leave the names out."
            )
        model = {} if interface["type"] == "hostdev" else {"model": nics["model"]}
        ordered.append({**model, **interface, "name": name})
    return ordered


def appliance_domain(profile: dict[str, t.Any], name: str, folder: str, day0: str | None = None) -> str:
    """The XML of an appliance's domain, without its NICs.

    :param profile: ``vcpus``, ``memory`` (MiB), ``machine``, ``cpu`` (a mode of libvirt), ``disk.bus``, ``day0.bus``
    :param folder: where the appliance's ``disk.qcow2`` is on the host
    :param day0: the path of the CD-ROM image with the day-0 configuration
    """
    domain = element(None, "domain", type="kvm")
    element(domain, "name", text=name)
    element(domain, "memory", text=profile["memory"], unit="MiB")
    element(domain, "vcpu", text=profile["vcpus"])
    element(element(domain, "os"), "type", text="hvm", arch="x86_64", machine=profile["machine"])
    features = element(domain, "features")
    element(features, "acpi")
    element(features, "apic")
    element(domain, "cpu", mode=profile["cpu"])
    devices = element(domain, "devices")
    disk = element(devices, "disk", type="file", device="disk")
    element(disk, "driver", name="qemu", type="qcow2")
    element(disk, "source", file=f"{folder}/disk.qcow2")
    element(disk, "target", **disk_target(profile["disk"]["bus"], 0))
    element(disk, "boot", order=1)
    if day0:
        cdrom = element(devices, "disk", type="file", device="cdrom")
        element(cdrom, "driver", name="qemu", type="raw")
        element(cdrom, "source", file=day0)
        element(cdrom, "target", **disk_target(profile["day0"]["bus"], 1))
        element(cdrom, "readonly")
    serial = element(devices, "serial", type="pty")
    element(serial, "log", file=console_log(name), append="off")
    element(serial, "target", port=0)
    return ElementTree.tostring(domain, encoding="unicode")


def disk_target(bus: str, number: int) -> dict[str, str]:
    """The target of a disk: its bus and the name that tells libvirt its place on it."""
    prefix = {"virtio": "vd", "ide": "hd"}.get(bus, "sd")
    return {"dev": prefix + "abcd"[number], "bus": bus}


def console_log(name: str) -> str:
    """Where virtlogd writes what an appliance says on its serial console, from its last start on."""
    return f"/var/log/libvirt/qemu/{name}-console.log"


def element(parent: ElementTree.Element | None, tag: str, text: object = None, **attributes: object) -> t.Any:
    """A new element, at the end of its parent."""
    strings = {name: str(value) for name, value in attributes.items()}
    made = ElementTree.Element(tag, strings) if parent is None else ElementTree.SubElement(parent, tag, strings)
    if text is not None:
        made.text = str(text)
    return made


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "appliance_nics": appliance_nics,
            "appliance_domain": appliance_domain,
            "appliance_console_log": console_log,
        }
