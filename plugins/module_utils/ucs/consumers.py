# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VM interfaces that have a port profile, and the clusters, as UCS Manager reports them.

The classes below ``vmm`` hold what UCS Manager has learned from the adapters: VMs (vmInstance), hosts (vmHv and
vmComputeEp), their NICs (vmNic) and the virtual interfaces of these (vmVif).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Mo, text

CLASSES = ("VmNic", "VmVif", "VmInstance", "VmHv", "VmComputeEp")
OWNERS = CLASSES[2:]
DEFAULT_CLUSTER = "default"
# Profiles have names of up to 31 characters, but in ucsmsdk's metadata, vmNic has 16 for them. Whether UCS Manager cuts
# them off is not known.
REPORTED_CHARACTERS = 16
SWITCH = re.compile(r"/switch-([^/]+)$")


@dataclass(frozen=True)
class Consumer:
    """A NIC of a VM that has a port profile.

    :param vm: the VM's name, else its UUID
    :param host: the UUID of the KVM host
    :param cluster: empty if UCS Manager does not report it
    :param status: online, offline or unknown
    :param vifs: its virtual interfaces, such as ``A/1234: up``
    """

    profile: str
    vm: str
    uuid: str
    nic: str
    mac: str
    host: str
    service_profile: str
    server: str
    cluster: str
    status: str
    vifs: tuple[str, ...]

    def __str__(self) -> str:
        return f"NIC {self.nic} of VM {self.vm} ({self.mac or 'no MAC'}, {self.status})"

    def uses(self, profile: str) -> bool:
        """Whether it uses a profile of this name, or one that begins alike if the reported name may be cut off."""
        return profile == self.profile or (
            len(self.profile) == REPORTED_CHARACTERS and profile.startswith(self.profile))

    def shown(self) -> dict[str, t.Any]:
        """It as users see it."""
        return {**{key: value for key, value in asdict(self).items() if key != "profile"}, "vifs": list(self.vifs)}


def consumers_of(found: dict[str, list[Mo]]) -> tuple[Consumer, ...]:
    """All NICs that have a port profile.

    :param found: the objects of CLASSES
    """
    owners = {mo.dn: mo for name in OWNERS for mo in found[name]}
    vifs: dict[str, list[str]] = {}
    for vif in found["VmVif"]:
        fabric = f"{text(vif, 'ph_switch_id')}/{text(vif, 'vif_id')}"
        link = text(vif, "link_state") or text(vif, "oper_state") or "unknown"
        vifs.setdefault(vif.dn.rpartition("/")[0], []).append(f"{fabric}: {link}")
    consumers = (_consumer(nic, owners, vifs) for nic in found["VmNic"] if text(nic, "profile_name"))
    return tuple(sorted(consumers, key=lambda each: (each.vm, each.nic)))


def _consumer(nic: Mo, owners: dict[str, Mo], vifs: dict[str, list[str]]) -> Consumer:
    owner_dn = nic.dn.rpartition("/")[0]
    owner = owners.get(owner_dn)
    host_dn = text(owner, "hv_dn") or owner_dn
    host = owners.get(host_dn, owner)
    uuid = text(owner, "uuid") or owner_dn.rpartition("-")[2]
    switch = SWITCH.search(text(owner, "dvs_dn"))
    return Consumer(
        text(nic, "profile_name"), text(owner, "name") or uuid, uuid, text(nic, "name"), text(nic, "mac_addr").lower(),
        text(owner, "hv_uuid") or text(host, "uuid"), text(owner, "ls_dn") or text(host, "ls_dn"),
        text(owner, "pn_dn") or text(host, "pn_dn"), text(owner, "dvs_name") or (switch[1] if switch else ""),
        text(nic, "v_status") or text(owner, "v_status") or "unknown", tuple(sorted(vifs.get(nic.dn, ()))))


@dataclass(frozen=True)
class Cluster:
    """A cluster of hosts, which is a distributed virtual switch in UCS Manager's words."""

    name: str
    dn: str
    manager: str
    profiles: tuple[str, ...]

    def shown(self) -> dict[str, t.Any]:
        """It as users see it."""
        return {**asdict(self), "profiles": list(self.profiles), "usable": self.name == DEFAULT_CLUSTER}


def clusters_of(switches: t.Iterable[Mo], instances: t.Iterable[Mo]) -> tuple[Cluster, ...]:
    """The clusters, with the port profiles that each has.

    :param switches: objects of the class vmSwitch
    :param instances: objects of the class vmVnicProfInst, which are below them
    """
    held: dict[str, list[str]] = {}
    for instance in instances:
        held.setdefault(instance.dn.rpartition("/")[0], []).append(text(instance, "name"))
    return tuple(sorted(
        (Cluster(text(mo, "name"), mo.dn, text(mo, "manager"), tuple(sorted(held.get(mo.dn, ())))) for mo in switches),
        key=lambda each: (each.name, each.dn)))
