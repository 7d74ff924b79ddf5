# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that only a NIC has, as far as they have options of their own, each checked by itself."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Filterref, Teaming, alias_of
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.options import NETDEV
from ansible_collections.nfv.kvm.plugins.module_utils.pci import PCI_ADDRESS
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range, matching

LABEL = re.compile(r"[A-Za-z0-9/._-]{1,64}")
# libvirt's schema: filter-param in nwfilter_params.rng
FILTER_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
# Without an error libvirt drops a parameter that has anything else (isValidVarName and isValidVarValue in its
# src/conf/nwfilter_params.c); its schema would also take a "-" in a value.
FILTER_VARIABLE = re.compile(r"[A-Za-z0-9_]+")
FILTER_VALUE = re.compile(r"[A-Za-z0-9_.:]+")
# hw/net/virtio-net.c
QUEUE_SIZE = (256, 1024)
QUEUES = (1, 256)

check_name = matching(LABEL, "a name has 1 to 64 letters, digits and / . _ -", "Use a name such as ge-0/0/0", alias_of)
check_pci_address = matching(PCI_ADDRESS, "this is not a PCI address", "Write one such as 0000:00:05.0", str.lower)
# Empty: libvirt makes one up.
check_target_dev = matching(re.compile(f"|{NETDEV.pattern}"), "this is not the name of a network interface",
                            "Use 1 to 15 letters, digits and . _ -")
check_model = matching(re.compile(r"[A-Za-z0-9_-]+"), "this is not a NIC model", "Use a model such as virtio or e1000e")


def queue_size(subject: str, size: int) -> int:
    """The number of descriptors in a queue.

    :raises ValidationError: virtio takes no such number
    """
    in_range(subject, size, *QUEUE_SIZE)
    if size & (size - 1):
        raise ValidationError(subject, "it must be a power of two", size, "Set 256, 512 or 1024")
    return size


def filterref_of(subject: str, given: dict[str, t.Any]) -> Filterref:
    """The filter with its variables, in libvirt's order.

    :raises ValidationError: it is not valid
    """
    name, found = given["filter"], []
    if name and not FILTER_NAME.fullmatch(name):
        raise ValidationError(f"{subject}.filter", "this is not the name of a filter", name, "Run virsh nwfilter-list "
                              "to list the filters")
    if given["parameters"] and not name:
        raise ValidationError(f"{subject}.parameters", "they have no effect without a filter", given["parameters"],
                              "Set filter")
    for variable, value in sorted((given["parameters"] or {}).items()):
        if not FILTER_VARIABLE.fullmatch(variable):
            raise ValidationError(f"{subject}.parameters", "a variable consists of letters, digits and _, and libvirt "
                                  "ignores any other name without an error", variable, "Use a name such as IP")
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool) or not FILTER_VALUE.fullmatch(str(one)):
                raise ValidationError(f"{subject}.parameters.{variable}", "a value consists of letters, digits and . : "
                                      "_, and libvirt ignores any other value without an error", one,
                                      "Write a value such as 192.0.2.1, or a list of such values")
            found.append((variable, str(one)))
    return Filterref(name, tuple(found))


def teaming_of(subject: str, given: dict[str, t.Any]) -> Teaming:
    """The part in a team.

    :raises ValidationError: it is not valid
    """
    kind, partner = given["type"], given["persistent"]
    if (partner is not None) != (kind == "transient"):
        raise ValidationError(f"{subject}.persistent", "only the transient NIC of a team names its partner",
                              partner, "Remove persistent, or set type: transient")
    if partner is not None and not LABEL.fullmatch(partner):
        raise ValidationError(f"{subject}.persistent", "this is not the name of a NIC", partner,
                              "Set it to the name of the persistent NIC, such as ge-0/0/0")
    return Teaming(None if kind == "none" else kind, None if partner is None else alias_of(partner))
