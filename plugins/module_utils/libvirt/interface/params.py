# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameter ``interfaces`` of vm_interface, checked as far as no host is needed for it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import options
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import ROWS, SOURCES
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.rules import check
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import options as port
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Check, asked
from ansible_collections.nfv.kvm.plugins.module_utils.mac import unicast_mac
from ansible_collections.nfv.kvm.plugins.module_utils.values import MTU, within

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import VfSettings

# As NETDEV, an alternative name, which ip link property adds (ALTIFNAMSIZ in include/uapi/linux/if.h)
ANY_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,127}")
# What each type is connected to: the keys of source that it needs, in their alternatives, and those that it may have.
NEEDED_SOURCE: dict[str, tuple[frozenset[str], ...]] = {
    "hostdev": (frozenset({"pf", "vf"}), frozenset({"pci_address"})),
    "direct": (frozenset({"dev"}), frozenset({"pf", "vf"})),
    "bridge": (frozenset({"bridge"}),),
    "network": (frozenset({"network"}),),
    "ethernet": (frozenset(),),
    "user": (frozenset(),),
    "vdpa": (frozenset({"dev"}),),
    "vhostuser": (frozenset({"path", "mode"}),),
}
OPTIONAL_SOURCE = {"network": frozenset({"portgroup"}), "direct": frozenset({"mode"})}
MODES = {"direct": ("vepa", "bridge", "private", "passthrough"), "vhostuser": ("client", "server")}
# By option, what gives the value of the field
CHECKS: dict[str, Check] = {
    "name": options.check_name, "mac": unicast_mac, "source.pci_address": options.check_pci_address,
    "target_dev": options.check_target_dev, "virtualport": port.virtualport_of, "vlan": port.vlan_of,
    "model": options.check_model, "driver.queues": within(*options.QUEUES), "driver.rx_queue_size": options.queue_size,
    "driver.tx_queue_size": options.queue_size, "bandwidth.inbound": port.rate_of, "bandwidth.outbound": port.rate_of,
    "filterref": options.filterref_of, "mtu": within(*MTU), "boot_order": within(1, 65535),
    "teaming": options.teaming_of, "address": options.check_pci_address,
}


@dataclass(frozen=True)
class Wanted:
    """One item of the list.

    :param subject: what messages call it, such as interfaces[0]
    :param name: the label as it was given
    :param pf: netdev or PCI address of the PF, with the number ``vf``, when the VF is named so
    :param settings: of the VF, what libvirt leaves alone
    :param generated: whether the MAC was made up
    """

    subject: str
    interface: Interface
    name: str | None = None
    pf: str | None = None
    vf: int | None = None
    settings: VfSettings | None = None
    generated: bool = False


def wanted_interfaces(items: list[dict[str, t.Any]], identify_only: bool) -> tuple[Wanted, ...]:
    """The list.

    :param identify_only: only ``name`` and ``mac`` are meant (state absent), and one of them must be there
    :raises ValidationError: an item is not valid, or two do not fit together
    """
    found = []
    for number, item in enumerate(items):
        subject = f"interfaces[{number}]"
        if identify_only and not (item["name"] or item["mac"]):
            raise ValidationError(subject, "it has neither name nor mac, so the NIC cannot be identified",
                                  remedy="Set name or mac")
        found.append(_wanted(subject, item))
    _unique(found, "name", lambda wanted: wanted.interface.alias, "/, . and _ are the same in libvirt's alias")
    _unique(found, "mac", _own_mac, "each NIC needs its own, unless they are a team")
    _unique(found, "boot_order", lambda wanted: wanted.interface.boot_order, "each NIC needs its own")
    _unique(found, "address", lambda wanted: wanted.interface.address, "each NIC needs its own")
    return tuple(found)


def _own_mac(wanted: Wanted) -> str | None:
    """The MAC, but not of the transient NIC of a team, which has that of the other one.

    Nor of one whose address tells it from another of its MAC; two new ones are refused with the domain.
    """
    team = wanted.interface.teaming
    shared = wanted.interface.address is not None or (team is not None and team.type == "transient")
    return None if shared else wanted.interface.mac


def _wanted(subject: str, item: dict[str, t.Any]) -> Wanted:
    kind, source = item["type"], _given(item["source"] or {})
    _check_source(subject, kind, source)
    values = asked(ROWS, item, CHECKS, f"{subject}.")
    if kind == "network":
        values["source_portgroup"] = source.get("portgroup", "")
    if kind == "ethernet":
        values.update(managed=None, managed_tap=item["managed"])
    wanted = Interface(**values)
    if kind is not None:
        check(subject, wanted)
    return Wanted(subject, wanted, item["name"], source.get("pf"), source.get("vf"),
                  _settings(f"{subject}.vf", item["vf"]))


def _settings(subject: str, given: dict[str, t.Any] | None) -> VfSettings | None:
    if given is None or all(value is None for value in given.values()):
        return None
    from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import vf_settings

    return vf_settings(subject, given)


def _given(values: dict[str, t.Any]) -> dict[str, t.Any]:
    return {key: value for key, value in values.items() if value is not None}


def _check_source(subject: str, kind: str | None, source: dict[str, t.Any]) -> None:
    if kind is None:
        if source:
            raise ValidationError(f"{subject}.source", "a source has no effect without a type", source,
                                  f"Set type to one of {', '.join(NEEDED_SOURCE)}")
        return
    optional = OPTIONAL_SOURCE.get(kind, frozenset())
    if not any(needed <= source.keys() <= needed | optional for needed in NEEDED_SOURCE[kind]):
        ways = " or ".join(" and ".join(sorted(needed)) for needed in NEEDED_SOURCE[kind])
        needs = f"requires exactly {ways}" if ways else "has no source"
        raise ValidationError(f"{subject}.source", f"a NIC of type {kind} {needs}", source or None,
                              f"Set source with {ways}" if ways else "Remove source")
    for key, value in source.items():
        if value == "":
            raise ValidationError(f"{subject}.source.{key}", "it is empty", value, "Set it to a name that exists on "
                                  "the host")
    if source.get("vf", 0) < 0:
        raise ValidationError(f"{subject}.source.vf", "the first VF is 0", source["vf"], "Set the number of the VF, "
                              "starting at 0")
    _check_names(subject, kind, source)


def _check_names(subject: str, kind: str, source: dict[str, t.Any]) -> None:
    mode, dev, path = source.get("mode"), source.get("dev"), source.get("path")
    if mode is not None and mode not in MODES[kind]:
        raise ValidationError(f"{subject}.source.mode", f"a NIC of type {kind} does not support this mode", mode,
                              f"Set one of {', '.join(MODES[kind])}")
    if kind == "direct" and dev is not None and not ANY_NAME.fullmatch(dev):
        raise ValidationError(f"{subject}.source.dev", "this is not the name of a network interface", dev,
                              "Run ip link to list the network interfaces of the host")
    if kind == "vdpa" and dev is not None and not dev.startswith("/dev/"):
        raise ValidationError(f"{subject}.source.dev", "this is not a device file", dev,
                              "Write a path such as /dev/vhost-vdpa-0")
    if path is not None and not path.startswith("/"):
        raise ValidationError(f"{subject}.source.path", "this is not an absolute path", path,
                              "Write a path such as /run/vhost-user/port0.sock")


def _unique(found: list[Wanted], parameter: str, key: t.Callable[[Wanted], t.Any], why: str) -> None:
    seen: dict[t.Any, Wanted] = {}
    for wanted in found:
        value = key(wanted)
        if value is not None and value in seen:
            shown = wanted.name if parameter == "name" else value
            raise ValidationError(f"{wanted.subject}.{parameter}", f"{seen[value].subject} already has it: {why}",
                                  shown, f"Give each NIC its own {parameter}")
        seen[value] = wanted


def source_of(interface: Interface) -> dict[str, str]:
    """What a NIC is connected to, as the module returns it: the keys of ``source``."""
    return {row.key: value for row in SOURCES if (value := getattr(interface, row.field))}
