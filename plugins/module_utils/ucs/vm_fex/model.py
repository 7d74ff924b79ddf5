# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Port profiles and networks as users of the role vm_fex list them."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.given import State
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import Client


@dataclass(frozen=True)
class PortProfile:
    """A port profile.

    :param options: all that is given of it, as ucs_port_profile takes it
    """

    name: str
    state: State = "present"
    clients: tuple[Client, ...] | None = None
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A libvirt network.

    :param profiles: None for all that are listed
    """

    name: str
    state: State = "present"
    mode: str | None = None
    pf: str | None = None
    devices: tuple[str, ...] = ()
    profiles: tuple[str, ...] | None = None
    default_profile: str | None = None
    autostart: bool = True


def with_options(given: object) -> object:
    """A port profile as it is given, with all of that in one place. Null is as good as left out."""
    if not isinstance(given, Mapping):
        return given
    return {**given, "options": {key: value for key, value in given.items() if value is not None}}


@dataclass(frozen=True)
class Settings:
    """The role's variables, without their prefix."""

    uri: str
    profiles: tuple[t.Annotated[PortProfile, with_options], ...] = ()
    networks: tuple[Network, ...] = ()

    @property
    def present(self) -> list[Network]:
        """The networks that are to be there."""
        return [network for network in self.networks if network.state == "present"]

    def profiles_of(self, network: Network) -> tuple[str, ...]:
        """The names of the profiles that a network has."""
        return tuple(profile.name for profile in self.profiles) if network.profiles is None else network.profiles

    def state_of(self, profile: str) -> State | None:
        """The state of a profile by its name, None for one that is not listed."""
        return {each.name: each.state for each in self.profiles}.get(profile)
