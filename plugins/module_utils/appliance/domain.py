# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML of an appliance's domain (https://libvirt.org/formatdomain.html), without its NICs."""

from __future__ import annotations

import typing as t
from xml.etree.ElementTree import Element, tostring  # builds only; the controller is not asked to have lxml

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import EVERY, SMBIOS, Disk, Profile, disks_of
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

VENDORS = {"GenuineIntel": "intel", "AuthenticAMD": "amd"}
ARCHITECTURE, KIND = "x86_64", "kvm"
CPU_MODES = ("host-passthrough", "host-model", "maximum")


def domain_xml(profile: Profile, name: str, folder: str, day0: str = "", cpuinfo: str = "") -> str:
    """The XML, with the first machine type of the profile.

    :param folder: where the appliance's disks are on the host
    :param day0: the path of the medium with the day-0 configuration
    :param cpuinfo: the line vendor_id of the host's /proc/cpuinfo, if the profile's ``cpu`` depends on it
    :raises ValidationError: the profile has no image, no such medium, or no CPU of this vendor
    """
    disks = [disk_of(disk, disk.path(folder), number) for number, disk in enumerate(disks_of(profile))]
    medium = [medium_of(profile, day0, len(disks))] if day0 else []
    return tostring(made(
        "domain", type=KIND, within=[
            made("name", name),
            made("memory", profile.memory, unit="MiB"),
            *([made("memoryBacking", within=[made("hugepages")])] if profile.hugepages else []),
            made("vcpu", profile.vcpus),
            *([sysinfo(profile)] if profile.smbios else []),
            made("os", within=[
                made("type", "hvm", arch=ARCHITECTURE, machine=profile.machine[0]),
                *([made("smbios", mode="sysinfo")] if profile.smbios else [])]),
            made("features", within=[made("acpi"), made("apic")]),
            cpu(profile, VENDORS.get("".join(cpuinfo.split()[-1:]), "unknown")),
            made("devices", within=[
                *disks, *medium, serial(profile, name)]),
        ]), encoding="unicode")


def sysinfo(profile: Profile) -> Element:
    """What the firmware tells the appliance of the machine."""
    return made("sysinfo", type="smbios", within=[
        made(block, within=[made("entry", value, name=entry) for entry, value in profile.smbios[block].items()])
        for block in SMBIOS if block in profile.smbios])


def cpu(profile: Profile, vendor: str) -> Element:
    """:raises ValidationError: the profile has no CPU of this vendor."""
    wanted = profile.cpu.get(EVERY, profile.cpu.get(vendor))
    if wanted is None:
        raise ValidationError("appliance profile, cpu", f"it has no entry for the CPU vendor of this host, {vendor}",
                              profile.cpu, "Add an entry for this vendor, or set one mode or model for all vendors")
    found = made("cpu", mode=wanted) if wanted in CPU_MODES else made(
        "cpu", mode="custom", match="exact", within=[made("model", wanted, fallback="forbid")])
    if profile.sockets:
        cores = profile.vcpus // profile.sockets
        found.append(made("topology", sockets=profile.sockets, cores=cores, threads=1))
    found.extend(made("feature", policy="require", name=feature) for feature in profile.cpu_features)
    return found


def disk_of(disk: Disk, path: str, number: int) -> Element:
    """A disk; the first one boots."""
    return made("disk", type="file", device="disk", within=[
        made("driver", name="qemu", type=disk.format), made("source", file=path), target(disk.bus, number),
        *([] if number else [made("boot", order=1)])])


def medium_of(profile: Profile, path: str, number: int) -> Element:
    """The medium with the day-0 configuration.

    :raises ValidationError: the appliance takes none
    """
    if profile.day0 is None:
        raise ValidationError("appliance profile, day0", "it is missing, so the appliance does not support a day-0 "
                              "configuration",
                              None, "Remove the files, or add day0 to the profile")
    cdrom = profile.day0.kind == "iso"
    return made("disk", type="file", device="cdrom" if cdrom else "disk", within=[
        made("driver", name="qemu", type="raw"), made("source", file=path), target(profile.day0.bus, number),
        *([made("readonly")] if cdrom else [])])


def serial(profile: Profile, name: str) -> Element:
    """The serial console, with what it says kept by virtlogd."""
    telnet = [] if not profile.console else [
        made("source", mode="bind", host="127.0.0.1", service=profile.console["port"]), made("protocol", type="telnet")]
    return made("serial", type="tcp" if telnet else "pty", within=[
        *telnet, made("log", file=console_log(name), append="off"), made("target", port=0)])


def console_log(name: str) -> str:
    """Where virtlogd writes what an appliance says on its serial console, from its last start on."""
    return f"/var/log/libvirt/qemu/{name}-console.log"


def target(bus: str, number: int) -> Element:
    """The bus of a disk, and the name that tells libvirt its place on it, such as vda, vdz or vdaa."""
    letters, left = "", number + 1
    while left:
        left, letter = divmod(left - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return made("target", dev={"virtio": "vd", "ide": "hd"}.get(bus, "sd") + letters, bus=bus)


def made(tag: str, text: object = None, within: t.Iterable[Element] = (), **attributes: object) -> Element:
    """An element."""
    found = Element(tag, {name: str(value) for name, value in attributes.items()})
    found.text = None if text is None else str(text)
    found.extend(within)
    return found
