# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role virtual_appliance that makes the XML of a domain (https://libvirt.org/formatdomain.html)."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree  # builds only; the controller is not asked to have lxml

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.appliance import appliance_disks, console_log
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes
from ansible_collections.nfv.kvm.plugins.plugin_utils.appliance_profile import Dict, checked

VENDORS = {"GenuineIntel": "intel", "AuthenticAMD": "amd"}
CPU_MODES = ("host-passthrough", "host-model", "maximum")


def appliance_domain(profile: Dict, name: str, folder: str, day0: str = "", cpuinfo: str = "") -> str:
    """The XML of an appliance's domain, without its NICs.

    :param profile: the appliance profile
    :param folder: where the appliance's disks are on the host
    :param day0: the path of the medium with the day-0 configuration
    :param cpuinfo: the line vendor_id of the host's /proc/cpuinfo, where the profile's ``cpu`` depends on it
    :raises AnsibleFilterError: the profile cannot be meant, or knows no CPU of this vendor
    """
    disks = appliance_disks(profile, folder)
    profile = checked(profile)
    domain = element(None, "domain", type="kvm")
    element(domain, "name", text=name)
    element(domain, "memory", text=profile["memory"], unit="MiB")
    if profile.get("hugepages"):
        element(element(domain, "memoryBacking"), "hugepages")
    element(domain, "vcpu", text=profile["vcpus"])
    if profile.get("smbios"):
        add_sysinfo(domain, profile["smbios"])
    system = element(domain, "os")
    element(system, "type", text="hvm", arch="x86_64", machine=profile["machine"])
    if profile.get("smbios"):
        element(system, "smbios", mode="sysinfo")
    features = element(domain, "features")
    element(features, "acpi")
    element(features, "apic")
    add_cpu(domain, profile, VENDORS.get("".join(cpuinfo.split()[-1:]), "unknown"))
    devices = element(domain, "devices")
    for number, disk in enumerate(disks):
        add_disk(devices, disk, number)
    if day0:
        add_day0(devices, profile.get("day0"), day0, len(disks))
    add_console(devices, profile, name)
    return ElementTree.tostring(domain, encoding="unicode")


def add_sysinfo(domain: ElementTree.Element, smbios: Dict) -> None:
    """What the firmware tells the appliance of the machine: libvirt's blocks of SMBIOS entries."""
    sysinfo = element(domain, "sysinfo", type="smbios")
    for block in ("bios", "system", "baseBoard", "chassis"):
        if block in smbios:
            made = element(sysinfo, block)
            for entry, value in smbios[block].items():
                element(made, "entry", text=value, name=entry)


def add_cpu(domain: ElementTree.Element, profile: Dict, vendor: str) -> None:
    """:raises AnsibleFilterError: the profile knows no CPU of this vendor."""
    wanted = profile["cpu"]
    if isinstance(wanted, dict):
        if vendor not in wanted:
            raise AnsibleFilterError(
                f"appliance profile, cpu = {wanted!r}: it has nothing for this host, whose CPU's vendor is {vendor}. "
                "Add it, or give one mode or model for all."
            )
        wanted = wanted[vendor]
    if wanted in CPU_MODES:
        cpu = element(domain, "cpu", mode=wanted)
    else:
        cpu = element(domain, "cpu", mode="custom", match="exact")
        element(cpu, "model", text=wanted, fallback="forbid")
    if profile.get("sockets"):
        cores = profile["vcpus"] // profile["sockets"]
        element(cpu, "topology", sockets=profile["sockets"], cores=cores, threads=1)
    for feature in profile.get("cpu_features", []):
        element(cpu, "feature", policy="require", name=feature)


def add_disk(devices: ElementTree.Element, disk: Dict, number: int) -> None:
    """A disk; the first one boots."""
    made = element(devices, "disk", type="file", device="disk")
    element(made, "driver", name="qemu", type=disk["format"])
    element(made, "source", file=disk["path"])
    element(made, "target", **disk_target(disk["bus"], number))
    if number == 0:
        element(made, "boot", order=1)


def add_day0(devices: ElementTree.Element, day0: Dict | None, path: str, number: int) -> None:
    """The medium with the day-0 configuration: a CD-ROM, or a disk with a FAT file system.

    :raises AnsibleFilterError: the appliance takes none
    """
    if day0 is None:
        raise AnsibleFilterError(
            "appliance profile, day0: it is missing, so the appliance takes no day-0 configuration. "
            "Leave virtual_appliance_day0 out, or say in the profile how it takes one."
        )
    cdrom = day0.get("kind", "iso") == "iso"
    made = element(devices, "disk", type="file", device="cdrom" if cdrom else "disk")
    element(made, "driver", name="qemu", type="raw")
    element(made, "source", file=path)
    element(made, "target", **disk_target(day0["bus"], number))
    if cdrom:
        element(made, "readonly")


def add_console(devices: ElementTree.Element, profile: Dict, name: str) -> None:
    """The serial console, with what it says kept by virtlogd."""
    port = profile.get("console", {}).get("port")
    serial = element(devices, "serial", type="tcp" if port else "pty")
    if port:
        element(serial, "source", mode="bind", host="127.0.0.1", service=port)
        element(serial, "protocol", type="telnet")
    element(serial, "log", file=console_log(name), append="off")
    element(serial, "target", port=0)


def disk_target(bus: str, number: int) -> dict[str, str]:
    """The target of a disk: its bus and the name that tells libvirt its place on it, such as vda, vdz or vdaa."""
    letters, left = "", number + 1
    while left:
        left, letter = divmod(left - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return {"dev": {"virtio": "vd", "ide": "hd"}.get(bus, "sd") + letters, "bus": bus}


def element(parent: ElementTree.Element | None, tag: str, text: object = None, **attributes: object) -> t.Any:
    """A new element, at the end of its parent."""
    strings = {name: str(value) for name, value in attributes.items()}
    made = ElementTree.Element(tag, strings) if parent is None else ElementTree.SubElement(parent, tag, strings)
    if text is not None:
        made.text = str(text)
    return made


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Its name."""
        texts = dict.fromkeys(("name", "folder", "day0", "cpuinfo"), str)
        return {"appliance_domain": door.guarded(appliance_domain, profile=shapes.PROFILE, **texts)}
