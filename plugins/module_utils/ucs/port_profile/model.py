# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port profile of UCS Manager: the same classes for what is wanted and what is there. None means not managed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.consumers import DEFAULT_CLUSTER, Consumer
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.settings import Settings
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Interconnect


@dataclass(frozen=True)
class Vlan:
    """A VLAN by its name in UCS Manager.

    :param native: whether the guest sees it without a tag
    """

    name: str
    native: bool = False

    def __str__(self) -> str:
        return f"{self.name} (native)" if self.native else self.name


@dataclass(frozen=True)
class Client:
    """A cluster that may use the profile. All but the name are regular expressions that UCS Manager applies."""

    name: str
    datacenter: str = ".*"
    folder: str = ".*"
    switch: str = "default$"

    def __str__(self) -> str:
        return f"{self.name} ({', '.join((self.datacenter, self.folder, self.switch))})"

    def admits(self, cluster: str) -> bool:
        """Whether a cluster of this name can use the profile by this client."""
        try:
            return re.search(self.switch, cluster) is not None
        except re.error:  # UCS Manager's expressions may be others
            return True


# What UCS Manager needs for the one cluster that KVM hosts can use, as Cisco's own drivers wrote it.
DEFAULT_CLIENT = Client(DEFAULT_CLUSTER)


@dataclass(frozen=True)
class Profile(Settings):
    """The properties of a profile. VLANs and clients are by name."""

    descr: str | None = None
    qos_policy: str | None = None
    network_control_policy: str | None = None
    pin_group: str | None = None
    max_ports: int | None = None
    host_network_io_performance: str | None = None
    vlans: tuple[Vlan, ...] | None = None
    clients: tuple[Client, ...] | None = None

    def admits(self, cluster: str) -> bool:
        """Whether a cluster can use it."""
        return any(client.admits(cluster) for client in self.clients or ())


# A profile as UCS Manager makes it if nothing is said of it.
FRESH = Profile("", "", "", "", 64, "none", (), (DEFAULT_CLIENT,))

# By option, the property in ucsmsdk's words.
PROPERTIES = {
    "descr": "descr", "qos_policy": "qos_policy_name", "network_control_policy": "nw_ctrl_policy_name",
    "pin_group": "pin_to_group_name", "max_ports": "max_ports", "host_network_io_performance": "host_nw_io_perf",
}
# By option of a client, the same.
CLIENT_PROPERTIES = {"datacenter": "dc_name", "folder": "org_path", "switch": "sw_name"}


@dataclass(frozen=True)
class State:
    """What UCS Manager has.

    :param profile: None if there is none
    :param consumers: the VM interfaces that have it
    :param existing: by option, the names that it can refer to, as far as they were read
    """

    profile: Profile | None
    consumers: tuple[Consumer, ...]
    interconnects: tuple[Interconnect, ...]
    release: str
    existing: dict[str, tuple[str, ...]]
