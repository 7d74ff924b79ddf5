# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs the releases of an appliance know: a table that users add to, and how releases compare.

It costs time, so only runs that ask for an appliance import it.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.nic import Nics, each_pf, label
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import Verdict

PCI_ID = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
RELEASE = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})(X[0-9]+)?(.*)", re.DOTALL)
"""Two numbers and, of Junos, the letter X with a third are the train: 17.3 of 17.3R1, 15.1X49 of 15.1X49-D90."""

# PCI IDs of PFs by the families that vendors name (https://pci-ids.ucw.cz, 2026.08.22).
INTEL_82599 = {"model": "Intel 82599, X520 or X540", "ids": [
    "8086:10f8", "8086:10f9", "8086:10fb", "8086:10fc", "8086:1507", "8086:1514", "8086:1517", "8086:151c", "8086:1528",
    "8086:1529", "8086:152a", "8086:154a", "8086:154d", "8086:1557", "8086:1558", "8086:1560"]}
INTEL_X710 = {"model": "Intel X710 or XL710", "ids": [
    "8086:104e", "8086:104f", "8086:1572", "8086:1580", "8086:1581", "8086:1583", "8086:1584", "8086:1585", "8086:1586",
    "8086:1587", "8086:1588", "8086:1589", "8086:15ff"]}
CONNECTX = {"model": "Mellanox ConnectX-3 or ConnectX-4", "ids": [
    "15b3:1003", "15b3:1007", "15b3:1013", "15b3:1015"]}

# Families that came after those of the table. No release notes that were read name the first release for them.
NEWER = [
    {"model": "Intel E810 or E830", "ids": [
        "8086:12d1", "8086:12d2", "8086:12d3", "8086:1591", "8086:1592", "8086:1593", "8086:1599", "8086:159a",
        "8086:159b"]},
    {"model": "NVIDIA ConnectX-5 or later", "ids": [
        "15b3:1017", "15b3:1019", "15b3:101b", "15b3:101d", "15b3:101f", "15b3:1021", "15b3:1023"]},
]

# "releases": the first ones that know the NIC, one per train; the last stands for all later trains as well. Without
# any, all releases do.
TABLE: dict[str, list[dict[str, t.Any]]] = {
    # Juniper, vSRX Virtual Firewall deployment guide for KVM, "SR-IOV and PCI".
    "vsrx": [
        {**INTEL_82599, "releases": []},
        {**INTEL_X710, "releases": ["15.1X49-D90", "17.3R1"]},
        {**CONNECTX, "releases": ["18.1R1"]},
    ],
    # The release is that of SR-IOV as such (Juniper, vMX getting started guide, "Virtual Network Interfaces for vMX"),
    # the NICs are those whose PF drivers, ixgbe and i40e, it comes with; no page names NICs by release.
    "vmx": [{**family, "releases": ["15.1F4"]} for family in (INTEL_82599, INTEL_X710)],
}


def nic_model(host: Host, nics: Nics, params: dict[str, t.Any]) -> Verdict:
    """Whether the release of an appliance knows the models of the PFs.

    :param params: ``appliance``, ``release`` and ``appliances`` of the module
    :raises ValidationError: the appliance is not in the table, or a PCI ID is none
    """
    name, release = params["appliance"], params["release"]
    known = table(params["appliances"] or ())
    if name not in known:
        raise ValidationError("appliance", "its NICs are not known", name,
                              f"Give one of {', '.join(known)}, or add it with the option appliances")
    return each_pf(host, nics, functools.partial(model, families=known[name], appliance=name, release=release))


def table(entries: t.Sequence[dict[str, t.Any]]) -> dict[str, list[dict[str, t.Any]]]:
    """TABLE, with what the user has in its place.

    :raises ValidationError: a PCI ID is none
    """
    for number, entry in enumerate(entries):
        for position, family in enumerate(entry["nics"]):
            for pci_id in family["ids"]:
                if not PCI_ID.fullmatch(pci_id):
                    raise ValidationError(f"appliances[{number}].nics[{position}].ids", "this is not a PCI ID", pci_id,
                                          "Give vendor:device as lspci -nn shows it, such as 8086:10fb")
    return {**TABLE, **{entry["name"]: entry["nics"] for entry in entries}}


def model(host: Host, address: str, families: list[dict[str, t.Any]], appliance: str, release: str) -> Verdict:
    """Whether a release of an appliance knows the model of one PF."""
    name = label(host, address)
    vendor, device = (pci.attribute(host, address, attribute) for attribute in ("vendor", "device"))
    if vendor is None or device is None:
        return Verdict.unknown(f"{name}: its PCI ID cannot be read", "Run the check as root")
    pci_id = f"{vendor[len('0x'):]}:{device[len('0x'):]}"
    family = next((family for family in families if pci_id in family["ids"]), None)
    usable = ", ".join(family["model"] for family in families if knows(family["releases"], release)) or "another kind"
    newer = next((one["model"] for one in NEWER if pci_id in one["ids"]), None)
    if family is None and newer and families is TABLE.get(appliance):
        return Verdict.unknown(
            f"{name}: {pci_id} is {newer}, and which releases of {appliance} have a driver for it is not known",
            "Look for it in the release notes, and add the NIC with the option appliances once it was seen to work")
    if family is None:
        return Verdict.warn(
            f"{name}: {pci_id} is not among the NICs that {appliance} is known to have drivers for", "nic",
            f"Use a NIC of {usable}, or add this one with the option appliances once it was seen to work")
    since = f"from {' or '.join(family['releases'])} on" if family["releases"] else "in all releases"
    known = f"{appliance} knows {family['model']} {since}"
    answer = knows(family["releases"], release)
    if answer is None:
        return Verdict.unknown(
            f"{name}: {known}, and {release!r} is not comparable",
            "Give the release as its vendor writes it, such as 18.1R1 or 15.1X49-D90")
    if not answer:
        return Verdict.fail(
            f"{name}: {known}, and this is {release}", "appliance",
            f"Use such a release of {appliance}, or a NIC of {usable}")
    return Verdict.ok(f"{name}: {known}")


def knows(first: t.Sequence[str] | None, release: str) -> bool | None:
    """Whether a release knows what these releases were the first to know; None where they cannot be compared."""
    answers = [covers(one, release, last=one == (first or ())[-1]) for one in first or ()]
    if not answers or True in answers:
        return True
    return None if None in answers else False


def covers(first: str, release: str, last: bool) -> bool | None:
    """Whether a release is as new as the first of a train, or of a later train if it is the last that is named."""
    old, new = RELEASE.fullmatch(first.upper()), RELEASE.fullmatch(release.upper())
    if old is None or new is None:
        return None
    if (old[1], old[2], old[3]) == (new[1], new[2], new[3]):
        return as_new(old[4], new[4])
    mine, wanted = (int(new[1]), int(new[2])), (int(old[1]), int(old[2]))
    if mine == wanted:
        return None if last else False
    return last and mine > wanted


def as_new(first: str, release: str) -> bool | None:
    """Whether a release is the first or one after it, by what follows the train; None for one of another kind."""
    old, new = (re.findall("[0-9]{1,9}|[A-Z]+", text) for text in (first, release))
    for wanted, mine in zip(old, new):
        if wanted.isdigit() and mine.isdigit():
            if int(wanted) != int(mine):
                return int(mine) > int(wanted)
        elif wanted != mine:
            return None
    return True if len(new) >= len(old) else None
