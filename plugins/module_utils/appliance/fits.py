# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host can run a domain: what QEMU would only say when it starts."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import ARCHITECTURE, KIND
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.machine import chosen
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import Profile
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.memory import meminfo

# The TCP sockets of the host, with addresses and ports in hexadecimal and the state as in include/net/tcp_states.h
# (Documentation/networking/proc_net_tcp.rst)
TCP, LISTEN, ADDRESSES = "/proc/net/tcp", "0A", ("00000000", "0100007F")
LIST_THEM = "Run virsh capabilities to list the machine types, and check that KVM is usable"


def with_machine(connection: Connection, profile: Profile, handle: Domain | None) -> Profile:
    """The profile with the one of its machine types that the domain is to have.

    :param handle: the domain, None if it is not defined yet
    :raises ValidationError: the QEMU of this host has none of them
    """
    if len(profile.machine) == 1:
        return profile
    text = None if handle is None else handle.definition()
    defined = None if text is None else xml.parse(text, "the domain").find("os/type").get("machine")
    machine = chosen(profile.machine, lambda one: connection.domain_capabilities(ARCHITECTURE, one, KIND) is not None,
                     defined)
    if machine is None:
        raise ValidationError(
            "profile.machine", f"the QEMU of this host supports none of these machine types for {KIND}",
            list(profile.machine), LIST_THEM)
    return replace(profile, machine=(machine,))


def check_fits(host: Host, connection: Connection, profile: Profile, domain: Element, starts: bool, placed: bool,
               ) -> None:
    """Refuse what the host cannot run.

    :param domain: its XML
    :param starts: whether it is to start now, for which huge pages must be free
    :param placed: whether its memory was looked for when it was placed on a NUMA node
    :raises ValidationError: the profile asks for more than there is, or for what this QEMU does not have
    :raises NotSupported: this host's CPU is not like the one that the profile asks for
    """
    if not placed:
        _check_memory(host, profile, starts)
    if starts and profile.console:
        _check_port(host, profile.console["port"])
    _check_machine(connection, profile, domain)
    try:
        connection.check_domain("profile", xml.serialise(domain))
    except CommandFailed as error:
        remedy = error.remedy or "Change the key of the profile that this is about, or choose another machine"
        raise ValidationError(error.subject, error.cause, None, remedy) from error


def _check_memory(host: Host, profile: Profile, starts: bool) -> None:
    found = meminfo(host)
    size, needed = found.get("Hugepagesize", 0), profile.memory * 1024
    reserved = found.get("HugePages_Total", 0) * size
    if not profile.hugepages:
        total = found.get("MemTotal", needed) - reserved
        if needed > total:
            raise ValidationError("profile.memory", f"this host has {total // 1024} MiB" + (
                " beside its huge pages" if reserved else ""), profile.memory, "Lower it")
        return
    pages = -(-needed // size) if size else 1
    there = found.get("HugePages_Free" if starts else "HugePages_Total", 0)
    if pages > there:
        word = "free " if starts else ""
        raise ValidationError(
            "profile.hugepages", f"{profile.memory} MiB need {pages} huge pages of {size} KiB, and this host has "
            f"{there} {word}ones", True, "Reserve them with the role kvm_host, or by vm.nr_hugepages in /etc/sysctl.d")


def _check_port(host: Host, port: int) -> None:
    for line in (host.read(TCP) or "").splitlines()[1:]:
        _slot, local, _remote, state = line.split()[:4]
        if state == LISTEN and local in [f"{address}:{port:04X}" for address in ADDRESSES]:
            raise ValidationError("profile.console.port", "another process of this host listens there", port,
                                  "Give each appliance a port of its own; see ss -ltnp")


def _check_machine(connection: Connection, profile: Profile, domain: Element) -> None:
    kind = domain.find("os/type")
    machine = kind.get("machine")
    known = connection.domain_capabilities(kind.get("arch"), machine, domain.get("type"))
    if known is None:
        kept = len(profile.machine) > 1
        raise ValidationError(
            "profile.machine", f"the QEMU of this host does not support this machine type for {domain.get('type')}" + (
                ", and the domain is defined with it" if kept else ""), machine,
            "Remove it from the list, and the domain gets one that QEMU supports" if kept else LIST_THEM)
    capabilities = xml.parse(known, "libvirt's capabilities")
    most = capabilities.find("vcpu[@max]")
    if most is not None and profile.vcpus > int(most.get("max")):
        raise ValidationError("profile.vcpus", f"a machine {machine} supports at most {most.get('max')}",
                              profile.vcpus, "Lower it, or choose another machine")
    cpu = domain.find("cpu")
    if cpu.get("mode") != "custom":
        return
    name = cpu.findtext("model")
    models = {model.text: model.get("usable") for model in capabilities.findall("cpu/mode[@name='custom']/model")}
    if models and name not in models:
        raise ValidationError("profile.cpu", "libvirt does not know this CPU model", name,
                              "Run virsh cpu-models x86_64 to list the models, or set host-passthrough")
    if models.get(name) == "no":
        raise NotSupported("profile.cpu", "the CPU of this host lacks features of this model", name,
                           "Run virsh domcapabilities to list the usable models, or set host-passthrough")
