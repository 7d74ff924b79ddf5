# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where 802.1Qbh (Cisco VM-FEX) is known not to work: one table that a file of the host overrides, and who is warned.

It costs time, so only runs that meet a virtualport of type 802.1Qbh import it.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.models import lacks_vm_fex

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network

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


@dataclass(frozen=True)
class Adapter:
    """What a PF is.

    :param driver: its driver if that is of Linux itself, None for one that was built apart
    :param subsystem: its PCI subsystem ID, vendor:device
    :param vendor: its PCI vendor ID, empty if the host does not show it
    """

    name: str
    driver: str | None
    subsystem: str
    numvfs: int
    vendor: str = ""


@dataclass(frozen=True)
class Use:
    """What 802.1Qbh is asked of.

    :param subject: what messages call who asks, such as interfaces[0]
    :param topology: hostdev, or the mode of the macvtap
    :param pf: None for a device that is not a VF
    """

    subject: str
    topology: str
    pf: Adapter | None


def warnings_of(host: Host, uses: t.Sequence[Use]) -> tuple[str, ...]:
    """What users of 802.1Qbh are to be warned of on this host.

    :raises ValidationError: OVERRIDES is broken
    """
    return judge(read_table(host), uses)


def uses_of(
    host: Host, subject: str, topology: str, pfs: t.Iterable[str] = (), devices: t.Iterable[str] = ()
) -> list[Use]:
    """What is asked of devices of the host; those that it does not have now are left out.

    :param topology: hostdev, or the mode of the macvtap
    :param pfs: PFs whose VFs are taken, by netdev or PCI address
    :param devices: what is taken itself, by netdev or PCI address
    """
    found = []
    for pf in pfs:
        address = pci.bus_address(host, pf)
        if address is not None and host.exists(f"{pci.DEVICES}/{address}"):
            found.append(Use(subject, topology, adapter_of(host, address)))
    for device in devices:
        address = pci.bus_address(host, device)
        owner = None if address is None else pci.pf_of(host, address)
        if owner is not None:
            found.append(Use(subject, topology, adapter_of(host, owner)))
        elif host.exists(f"{pci.NETDEVS}/{device}") or host.exists(f"{pci.DEVICES}/{device}"):
            found.append(Use(subject, topology, None))
    return found


def uses_of_network(host: Host, subject: str, network: Network) -> list[Use]:
    """What is asked of the devices of a libvirt network; its forward mode is the topology."""
    return uses_of(host, subject, str(network.mode), [network.pf] if network.pf else [], network.devices or ())


def judge(table: Table, uses: t.Iterable[Use]) -> tuple[str, ...]:
    """A warning for each thing that is known not to work, once for all who use it."""
    return tuple(dict.fromkeys(
        f"802.1Qbh may not work here: {reason}. If it does, change {key} in {OVERRIDES}."
        for use in uses for key, reason in reasons_of(table, use)))


def reasons_of(table: Table, use: Use) -> tuple[tuple[str, str], ...]:
    """Keys of the table, and what is known not to work by them."""
    return (*_of_topology(table, use), *_of_pf(table, use.pf))


def _of_topology(table: Table, use: Use) -> t.Iterator[tuple[str, str]]:
    """Keys of the table, and what they say of the way from the guest to the switch."""
    interconnect, listed = table.fabric_interconnect, table.unsupported_fabric_interconnects
    if lacks_vm_fex(interconnect) if listed is None else interconnect in listed:
        yield "fabric_interconnect", f"fabric interconnect {interconnect} supports neither VM-FEX nor port profiles"
    met = [use.topology] if use.pf is not None else [use.topology, NO_VF]
    reasons = [table.unsupported_topologies[name] for name in met if name in table.unsupported_topologies]
    if reasons:
        yield "unsupported_topologies", f"{use.subject} (mode {use.topology}): {'; '.join(reasons)}"


def _of_pf(table: Table, pf: Adapter | None) -> t.Iterator[tuple[str, str]]:
    """Keys of the table, and what they say of a PF."""
    if pf is None:
        return
    drivers, adapters, limits = table.unsupported_drivers, table.unsupported_adapters, table.vf_limits
    vendors = table.adapter_vendors
    if pf.vendor and vendors and pf.vendor not in vendors:
        yield "adapter_vendors", f"PF {pf.name} has PCI vendor {pf.vendor}, and only NICs of {' or '.join(vendors)} " \
            "(Cisco VIC is 1137) support VM-FEX"
    if pf.driver and pf.driver in drivers:
        yield "unsupported_drivers", f"driver {pf.driver} of PF {pf.name}: {drivers[pf.driver]}"
    if pf.subsystem in adapters:
        yield "unsupported_adapters", f"PF {pf.name} belongs to a {adapters[pf.subsystem]}, for which Cisco does not " \
            "support VM-FEX on VFs"
    if limits and pf.numvfs > limits[0]:
        usable = f"at most {limits[1]}" if pf.numvfs > limits[1] else \
            f"{limits[0]} to {limits[1]}, depending on their kernel"
        yield "vf_limits", f"PF {pf.name} has {pf.numvfs} VFs, of which hosts can use {usable}"


def read_table(host: Host) -> Table:
    """TABLE, with what the host has in its place.

    :raises ValidationError: OVERRIDES cannot be read, is not a JSON object, or has an unknown key or a wrong value
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


def adapter_of(host: Host, address: str) -> Adapter:
    """What the PF at a PCI address is."""
    driver = pci.driver(host, address)
    if "O" in (host.read(f"/sys/module/{driver}/taint") or ""):  # Documentation/ABI/testing/sysfs-module
        driver = None
    vendor, by, device = (_id(host, address, name) for name in ("vendor", "subsystem_vendor", "subsystem_device"))
    return Adapter((pci.netdevs(host, address) or [address])[0], driver, f"{by}:{device}",
                   pci.number(host, address, "sriov_numvfs") or 0, vendor)


def _id(host: Host, address: str, name: str) -> str:
    return (pci.attribute(host, address, name) or "").replace("0x", "", 1)
