# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where 802.1Qbh (Cisco VM-FEX) is known not to work: one table, which a file of the host overrides."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

# A JSON object on the host; each of its keys replaces that of TABLE as a whole.
OVERRIDES = "/etc/nfv.kvm/vm_fex.json"
NO_VF = "no VF"
_NO_TOPOLOGY = "VM-FEX supports macvtaps in mode passthrough only"


@dataclass(frozen=True)
class Table:
    """What is known not to work.

    :param adapter_vendors: PCI vendors of NICs with VM-FEX; none allows all
    :param unsupported_drivers: drivers of Linux itself, each with the reason
    :param unsupported_adapters: adapters by PCI subsystem ID
    :param vf_limits: VFs of a PF that netlink can show with their port profiles: on some hosts, and on any
    :param fabric_interconnect: what the host is connected to, which it cannot know itself
    :param unsupported_fabric_interconnects: None for those of ucs/models.py
    :param unsupported_topologies: modes of a macvtap, and NO_VF, each with the reason
    """

    adapter_vendors: t.Sequence[str]
    unsupported_drivers: t.Mapping[str, str]
    unsupported_adapters: t.Mapping[str, str]
    vf_limits: t.Sequence[int]
    unsupported_topologies: t.Mapping[str, str]
    fabric_interconnect: str = ""
    unsupported_fabric_interconnects: t.Sequence[str] | None = None


# Cisco UCS Manager VM-FEX for KVM, chapter "Introduction", has the adapters, the limits of VFs and the topologies.
# Other sources disagree on VIC 1240 and 1340.
TABLE = Table(
    adapter_vendors=["1137"],
    # enic_set_vf_port in drivers/net/ethernet/cisco/enic/enic_main.c compares the length (in Linux 6.12, and in older
    # stable series that got it as a correction); virNetDevVPortProfileOpSetLink in src/util/virnetdevvportprofile.c of
    # libvirt sends it.
    unsupported_drivers={
        "enic": "it requires a profile name of 40 bytes, but libvirt sends only the name and a zero byte",
    },
    # Those of "1137:0043 VIC Ethernet NIC" in pci.ids (https://pci-ids.ucw.cz, 2026.08.22), and 0139, which is not
    # there, in drivers/scsi/fnic/fnic_pci_subsys_devid.h of Linux.
    unsupported_adapters={
        "1137:004f": "VIC 1280", "1137:0084": "VIC 1240", "1137:0085": "VIC 1225", "1137:00ce": "VIC 1225T",
        "1137:012c": "VIC 1340", "1137:012e": "VIC 1227", "1137:0137": "VIC 1380", "1137:0139": "VIC 1227T",
        "1137:014d": "VIC 1385", "1137:015d": "VIC 1387", "1137:0215": "VIC 1440", "1137:0216": "VIC 1480",
        "1137:0217": "VIC 1455", "1137:0218": "VIC 1457",
    },
    vf_limits=[22, 32],
    # NO_VF: libvirt asks for VF -1 of a device that is not a VF (net/core/rtnetlink.c refuses it).
    unsupported_topologies={
        "private": "UCS does not support MacVTap direct (private) since release 2.1",
        "vepa": _NO_TOPOLOGY, "bridge": _NO_TOPOLOGY,
        NO_VF: "Linux 5.4 and later sets port profiles on VFs only, and this is not a VF",
    },
)


def _is_texts(value: t.Any, names: str = ".+") -> bool:
    return isinstance(value, dict) and all(
        re.fullmatch(names, name) and isinstance(text, str) for name, text in value.items())


def _is_limits(value: t.Any) -> bool:
    # True and False are ints, too.
    return isinstance(value, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in value) and (
        not value or (len(value) == 2 and 0 <= value[0] <= value[1]))


def _is_list(value: t.Any, names: str = ".*") -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and re.fullmatch(names, text) for text in value)


# By key, what its value must be.
FORMS: dict[str, tuple[str, t.Callable[[t.Any], bool]]] = {
    "adapter_vendors": (
        'a list of PCI vendor IDs such as ["1137"], or an empty one', lambda value: _is_list(value, "[0-9a-f]{4}")),
    "unsupported_drivers": ('an object such as {"enic": "the reason"}', _is_texts),
    "unsupported_adapters": (
        'an object such as {"1137:012c": "VIC 1340"}, by the PCI subsystem ID that lspci -nnv shows',
        lambda value: _is_texts(value, "[0-9a-f]{4}:[0-9a-f]{4}")),
    "vf_limits": ("a list of two numbers that ascend, such as [22, 32], or an empty one", _is_limits),
    "fabric_interconnect": ('a string such as "6454"', lambda value: isinstance(value, str)),
    "unsupported_fabric_interconnects": ('a list of strings such as ["6454"]', _is_list),
    "unsupported_topologies": (
        f'an object with some of {", ".join(TABLE.unsupported_topologies)}, such as {{"private": "the reason"}}',
        lambda value: _is_texts(value, "|".join(TABLE.unsupported_topologies))),
}


def read_table(host: Host) -> Table:
    """TABLE, with what the host has in its place.

    :raises ValidationError: OVERRIDES cannot be read, is no JSON object, or has an unknown key or a wrong value
    """
    if not host.exists(OVERRIDES):
        return TABLE
    text = host.read(OVERRIDES)
    if text is None:
        raise ValidationError(OVERRIDES, "the file exists but cannot be read",
                              remedy="Make it a file that the user of the task can read, or remove it")
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ValidationError(OVERRIDES, f"it is not valid JSON: {error}", remedy="Correct it, or remove it") from error
    if not isinstance(given, dict):
        raise ValidationError(OVERRIDES, "it must be a JSON object", given, f"Its keys are {', '.join(FORMS)}")
    for key, value in given.items():
        if key not in FORMS:
            raise ValidationError(f"{OVERRIDES}: {key}", "there is no such key", value,
                                  f"Its keys are {', '.join(FORMS)}")
        form, fits = FORMS[key]
        if not fits(value):
            raise ValidationError(f"{OVERRIDES}: {key}", "its format is not valid", value, f"Give {form}")
    return replace(TABLE, **given)
