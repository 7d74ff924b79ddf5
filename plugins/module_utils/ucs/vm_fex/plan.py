# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role vm_fex has modules do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.given import Arguments, State
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vm_fex.model import Network, PortProfile, Settings

# What a profile that is to be absent still says to ucs_port_profile
OF_ABSENT = ("name", "state", "in_use")


@dataclass(frozen=True)
class Forward(Arguments):
    """Where the VFs of a network come from."""

    mode: str | None
    pf: str | None
    devices: tuple[str, ...] | None


@dataclass(frozen=True)
class VmNetwork(Arguments):
    """The arguments of vm_network."""

    uri: str
    name: str
    state: str
    forward: Forward | None = None
    autostart: bool | None = None


@dataclass(frozen=True)
class Virtualport(Arguments):
    """How a NIC associates itself with a port profile."""

    profileid: str
    type: str = "802.1Qbh"


@dataclass(frozen=True)
class PortGroup(Arguments):
    """The arguments of port_profile."""

    uri: str
    name: str
    network: str
    state: State
    virtualport: Virtualport | None = None
    default: bool | None = None


@dataclass(frozen=True)
class Plan:
    """The arguments of each module, in their order.

    :param profiles: those of ucs_port_profile
    :param removed: those of vm_network for networks that are to go
    :param pfs: the PFs that networks have
    """

    profiles: list[Mapping[str, object]]
    networks: list[VmNetwork]
    groups: list[PortGroup]
    removed: list[VmNetwork]
    pfs: list[str]


def plan(settings: Settings) -> Plan:
    """The arguments of each module."""
    return Plan(
        list(map(profile_arguments, settings.profiles)),
        [VmNetwork(settings.uri, network.name, "active", Forward(network.mode, network.pf, network.devices or None),
                   network.autostart) for network in settings.present],
        [group for network in settings.present for group in groups_of(network, settings)],
        [VmNetwork(settings.uri, network.name, "absent") for network in settings.networks
         if network.state == "absent"],
        sorted({network.pf for network in settings.present if network.pf is not None}),
    )


def profile_arguments(profile: PortProfile) -> Mapping[str, object]:
    """The arguments of ucs_port_profile."""
    kept = profile.options if profile.state == "present" else OF_ABSENT
    return {"state": profile.state, **{key: value for key, value in profile.options.items() if key in kept}}


def groups_of(network: Network, settings: Settings) -> list[PortGroup]:
    """The port groups of a network; the default comes last, since a network has one at a time."""
    default = network.default_profile
    groups = []
    for name in sorted(settings.profiles_of(network), key=lambda name: (name == default, name)):
        if settings.state_of(name) == "absent":
            groups.append(PortGroup(settings.uri, name, network.name, "absent"))
        else:
            groups.append(PortGroup(settings.uri, name, network.name, "present", Virtualport(name),
                                    None if default is None else name == default))
    return groups
