# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dynamic vNIC connection policy of UCS Manager: the same classes for what is wanted and what is there."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.settings import Settings
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Interconnect

ROOT = "org-root"
# "VIC adapters support up to 116 vNICs, static and dynamic" (Cisco UCS Manager VM-FEX for KVM, chapter "Introduction");
# UCS Manager itself takes 256.
ADAPTER_VNICS = 116


@dataclass(frozen=True)
class Policy(Settings):
    """The properties of a policy; None is not managed.

    :param vnics: the number of dynamic vNICs
    """

    descr: str | None = None
    vnics: int | None = None
    adapter_policy: str | None = None
    protection: str | None = None


# A policy as UCS Manager makes it if nothing is said of it.
FRESH = Policy("", 54, "", "protected")
# By option, the property in ucsmsdk's words.
PROPERTIES = {
    "descr": "descr", "vnics": "dynamic_eth", "adapter_policy": "adaptor_profile_name", "protection": "protection",
}


@dataclass(frozen=True)
class User:
    """A service profile, or a template of one or of a vNIC, that has the policy.

    :param kind: the class in UCS Manager's words
    :param vnics: those that have it, empty if the service profile has it for all
    """

    dn: str
    kind: str
    vnics: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.dn} ({', '.join(self.vnics)})" if self.vnics else self.dn

    def shown(self) -> dict[str, t.Any]:
        """It as users see it."""
        return {**asdict(self), "vnics": list(self.vnics)}


@dataclass(frozen=True)
class State:
    """What UCS Manager has.

    :param policy: None if there is none
    :param users: who has it
    :param organizations: the DNs of all organizations
    :param adapter_policies: the names that the policy can refer to
    """

    policy: Policy | None
    users: tuple[User, ...]
    organizations: tuple[str, ...]
    adapter_policies: tuple[str, ...]
    interconnects: tuple[Interconnect, ...]
    release: str
