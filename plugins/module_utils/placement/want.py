# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``placement`` of vm_appliance and of a profile, which gives its defaults."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, fields

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Given, Variables, read
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import PAGES, PREFER, SHARED, Want
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import MOST_CPUS, in_order

REMEDY = "Run ansible-doc nfv.kvm.vm_appliance to see the keys of placement and their values"
Policy = t.Literal["none", "shared", "dedicated"]
HugePages = t.Literal["2M", "1G", "none"]
Threads = t.Literal["prefer", "isolate", "require"]


@dataclass(frozen=True)
class Keys(Given, Variables):
    """The option as users give it; None is not given."""

    policy: Policy | None = None
    numa_node: str | None = None
    cpus: tuple[str, ...] = ()
    emulator_cpus: tuple[str, ...] = ()
    hugepages: HugePages | None = None
    threads: Threads | None = None
    memory_lock: bool | None = None
    share_pages: bool | None = None


def wanted_placement(given: t.Mapping[str, object], profile: Keys | None, hugepages: bool) -> Want | None:
    """What is wanted, None for no placement.

    :param given: the option of the module, which wins over the profile's key by key
    :param hugepages: whether the profile wants its memory in huge pages, of whatever size
    :raises ValidationError: a value is not valid, alone or beside another one
    """
    own = read(Keys, given, "placement", REMEDY)
    keys = Keys(**{one.name: getattr(own, one.name) if getattr(own, one.name) not in (None, ()) else
                   getattr(profile or Keys(), one.name) for one in fields(Keys)})
    if keys.policy in (None, "none"):
        if keys.policy is None and keys != Keys():
            raise ValidationError("placement.policy", "it is missing, and without a policy nothing is placed", None,
                                  "Set policy: dedicated or policy: shared, or leave placement out")
        return None
    if keys.policy == SHARED and keys.threads not in (None, PREFER):
        raise ValidationError("placement.threads", "vCPUs that share CPUs have no cores of their own", keys.threads,
                              "Set policy: dedicated, or leave threads out")
    page = PAGES.get(keys.hugepages or "", 0 if keys.hugepages is None and hugepages else None)
    return Want(str(keys.policy), _node(keys.numa_node), cpus_of("placement.cpus", keys.cpus),
                cpus_of("placement.emulator_cpus", keys.emulator_cpus), page, keys.threads or PREFER,
                keys.memory_lock, keys.share_pages)


def _node(given: str | None) -> int | None:
    if given in (None, "auto"):
        return None
    if not re.fullmatch(r"[0-9]{1,4}", str(given)):
        raise ValidationError("placement.numa_node", "it must be auto or the number of a NUMA node", given,
                              "See nfv.kvm.vm_placement_info for the nodes of the host")
    return int(str(given))


def cpus_of(subject: str, given: t.Sequence[str]) -> tuple[int, ...]:
    """The CPUs that a list of numbers and ranges means, such as ``[2, "4-5,8"]``, in its order.

    :raises ValidationError: it is another text, a range runs backwards, or a CPU is in it twice
    """
    found = in_order(given, 0, MOST_CPUS - 1)
    if found is None:
        raise ValidationError(subject, f"it must be numbers of CPUs below {MOST_CPUS}, or ranges of them",
                              ",".join(given), 'Write a list such as [2, 3] or ["2-5,8"]')
    for cpu in found:
        if found.count(cpu) > 1:
            raise ValidationError(subject, "this CPU is in it twice", cpu, "Give each CPU once")
    return tuple(found)
