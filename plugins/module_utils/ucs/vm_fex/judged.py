# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does not fit between port profiles, UCS Manager and a host.

What a module refuses itself is left to it: the role runs each in check mode before anything is changed.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.options import UCS_NAME, UCS_NAME_WORDS
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.consumers import DEFAULT_CLUSTER
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import Client
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import check_exists
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vm_fex.model import PortProfile, Settings

MODES = ("hostdev", "passthrough")


@dataclass(frozen=True)
class UcsProfile:
    """A port profile that UCS Manager has."""

    name: str
    clients: tuple[Client, ...] = ()


@dataclass(frozen=True)
class ServiceProfile:
    """A service profile of UCS Manager, by which it knows a server."""

    dn: str
    uuid: str
    associated: bool = False
    dynamic_vnic_policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ucs:
    """What ucs_port_profile_info returned."""

    profiles: tuple[UcsProfile, ...]
    service_profiles: tuple[ServiceProfile, ...]


@dataclass(frozen=True)
class Judged:
    """What is refused, and what the user is to be warned of."""

    refused: list[KvmError]
    warnings: list[str]


def judged(settings: Settings, ucs: Ucs | None = None, uuid: str = "") -> Judged:
    """What does not fit.

    :param ucs: None if UCS Manager has not been read
    :param uuid: that of the host's firmware, empty if it is not known
    """
    refused = [*refused_profiles(settings.profiles), *refused_networks(settings)]
    warnings = list(warned_clients(settings.profiles))
    if not refused and ucs is not None:
        refused += refused_by_ucs(settings, ucs)
        if settings.present:
            warnings += warned_host(ucs.service_profiles, uuid.strip())
    return Judged(refused, warnings)


def refused_profiles(profiles: tuple[PortProfile, ...]) -> Refused:
    """Names that UCS Manager cannot have, and profiles that no VM on a KVM host could use."""
    yield from refused_twice("vm_fex_profiles", [profile.name for profile in profiles])
    for place, profile in enumerate(profiles):
        subject = f"vm_fex_profiles[{place}]"
        yield from refused_name(f"{subject}.name", profile.name)
        if profile.state == "present" and profile.clients is not None and not admitting(profile.clients):
            names = ", ".join(client.name for client in profile.clients) or "none"
            yield ValidationError(f"{subject}.clients", f"VMs on KVM hosts can use the cluster {DEFAULT_CLUSTER} only, "
                                  "and no client matches it", names, "Add {name: default}, or remove clients")


def refused_networks(settings: Settings) -> Refused:
    """Networks that contradict themselves or each other."""
    yield from refused_twice("vm_fex_networks", [network.name for network in settings.networks])
    pfs: dict[str | None, str] = {}
    for place, network in enumerate(settings.networks):
        subject, pf, names = f"vm_fex_networks[{place}]", network.pf, settings.profiles_of(network)
        if network.state != "present":
            continue
        if network.mode not in MODES:
            yield ValidationError(f"{subject}.mode", "VM-FEX supports VFs only",
                                  network.mode, f"Set {' or '.join(MODES)}")
        if bool(pf) == bool(network.devices):
            yield ValidationError(subject, f"network {network.name} needs either pf or devices", None,
                                  "Set pf to the PF of its VFs, or set devices to these VFs")
        if pf and pf in pfs:
            yield ValidationError(f"{subject}.pf", f"network {pfs[pf]} uses all VFs of this PF", pf,
                                  f"Add the profiles to network {pfs[pf]}, or set devices for both networks")
        pfs.setdefault(pf, network.name)
        for name in sorted(name for name in set(names) if settings.state_of(name) is None):
            yield from refused_name(f"{subject}.profiles", name)
        default = network.default_profile
        if default is not None and (default not in names or settings.state_of(default) == "absent"):
            yield ValidationError(f"{subject}.default_profile", "the network does not have this profile", default,
                                  "Choose one of its profiles")


def refused_by_ucs(settings: Settings, ucs: Ucs) -> Refused:
    """Profiles that the networks name, and that UCS Manager neither has nor gets, or keeps from KVM hosts."""
    there = {profile.name: profile for profile in ucs.profiles}
    for place, network in enumerate(settings.networks):
        subject = f"vm_fex_networks[{place}].profiles"
        names = settings.profiles_of(network) if network.state == "present" else ()
        for name in names:
            if settings.state_of(name) is not None:
                continue
            try:
                check_exists(subject, "port profile", name, tuple(there))
            except ValidationError as error:
                yield error
            else:
                if not admitting(there[name].clients):
                    yield ValidationError(subject, "its clients in UCS Manager do not match the cluster "
                                          f"{DEFAULT_CLUSTER}, the only one that VMs on KVM hosts can use", name,
                                          "Add it to vm_fex_profiles, with clients: [{name: default}]")


def refused_twice(option: str, names: list[str]) -> Refused:
    """Names that are there twice."""
    for place, name in enumerate(names):
        if name in names[:place]:
            yield ValidationError(f"{option}[{place}].name", "this name is listed twice", name, "List it once")


def refused_name(subject: str, name: str) -> Refused:
    """A name that no port profile of UCS Manager can have."""
    if not UCS_NAME.fullmatch(name):
        yield ValidationError(subject, UCS_NAME_WORDS, name, "Choose another name")


def admitting(clients: tuple[Client, ...]) -> list[Client]:
    """The clients that admit the cluster of KVM hosts."""
    return [client for client in clients if client.admits(DEFAULT_CLUSTER)]


def warned_clients(profiles: tuple[PortProfile, ...]) -> t.Iterator[str]:
    """Clients that are of no use to KVM hosts."""
    for place, profile in enumerate(profiles):
        clients = profile.clients or ()
        others = [client.name for client in clients if client not in admitting(clients)]
        if others and profile.state == "present":
            yield (f"vm_fex_profiles[{place}].clients: VMs on KVM hosts can use the cluster {DEFAULT_CLUSTER} only, "
                   f"not {', '.join(others)}.")


def warned_host(service_profiles: tuple[ServiceProfile, ...], uuid: str) -> t.Iterator[str]:
    """What UCS Manager shows of the host."""
    if not uuid:
        yield ("The UUID of this host cannot be read, so its service profile in UCS Manager is unknown. Run this as "
               "root, on a server whose firmware has a UUID.")
        return
    known = {written.lower() for written in (uuid, swapped(uuid))}
    own = next((each for each in service_profiles if each.uuid.lower() in known), None)
    if own is None:
        yield (f"UCS Manager has no service profile with the UUID of this host, {uuid}. Port profiles work only on "
               "servers of its UCS domain. Check vm_fex_ucs.hostname.")
        return
    subject = f"Service profile {own.dn} of this host"
    if not own.associated:
        yield f"{subject} is not associated with a server. See its faults in UCS Manager."
    if not own.dynamic_vnic_policies:
        yield (f"{subject} has no dynamic vNIC policy, which gives its PFs their VFs. Create one with "
               "nfv.kvm.ucs_dynamic_vnic_policy, and assign it to a vNIC of the service profile.")


def swapped(uuid: str) -> str:
    """The UUID with its first three fields in the other order of bytes: firmware and kernels differ in it."""
    fields = uuid.split("-")
    turned = ["".join(reversed([field[at:at + 2] for at in range(0, len(field), 2)])) for field in fields[:3]]
    return "-".join([*turned, *fields[3:]])
