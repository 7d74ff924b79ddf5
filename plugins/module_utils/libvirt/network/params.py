# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of vm_network, checked as far as no host is needed for it."""

from __future__ import annotations

import functools
import ipaddress
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import ROWS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import options
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Check, asked
from ansible_collections.nfv.kvm.plugins.module_utils.pci import PCI_ADDRESS
from ansible_collections.nfv.kvm.plugins.module_utils.values import MTU, matching, within

_netdev = matching(options.NETDEV, "this is not the name of a network interface",
                   "Use 1 to 15 letters, digits and . _ -")
SETTINGS = ("forward", "virtualport", "vlan", "mtu", "addresses", "autostart")


def network_name(name: str) -> str:
    """The name of a network.

    :raises ValidationError: libvirt would not take it
    """
    if not name or "/" in name or "\n" in name:
        raise ValidationError("name", "libvirt allows no empty name, slash or newline in a network's name", name,
                              "Use another name, such as wan")
    return name


def wanted_network(params: dict[str, t.Any]) -> Network:
    """What is to be managed of the network.

    :raises ValidationError: a parameter is not valid
    """
    options.refuse_absent(params, SETTINGS, "network")
    return Network(**asked(ROWS, params, CHECKS))


def _netdev_or_pci(subject: str, name: str) -> str:
    return name.lower() if PCI_ADDRESS.fullmatch(name) else _netdev(subject, name)


def _devices(subject: str, names: list[str]) -> tuple[str, ...]:
    found = tuple(_netdev_or_pci(f"{subject}[{place}]", name) for place, name in enumerate(names))
    for place, name in enumerate(found):
        if name in found[:place]:
            raise ValidationError(f"{subject}[{place}]", "it is there twice", name, "List each device once")
    if not found:
        raise ValidationError(subject, "an empty list does not connect the network", remedy="Add a device, or remove "
                              "devices")
    return found


def _addresses(option: str, given: list[str]) -> tuple[str, ...]:
    """In one order, as libvirt may have them in any."""
    found: list[str] = []
    for place, text in enumerate(given):
        subject = f"{option}[{place}]"
        try:
            address = ipaddress.ip_interface(text)
        except ValueError as error:
            raise ValidationError(subject, "this is not an IP address with its prefix length", text,
                                  "Write an address such as 192.0.2.1/24 or 2001:db8::1/64") from error
        if "%" in text:
            raise ValidationError(subject, "an address of a network cannot have a scope",
                                  text, "Remove % and everything after it")
        if "/" not in text:
            raise ValidationError(subject, "its prefix length is missing", text, f"Write {text}/24, or the prefix "
                                  "length of your network")
        mask = text.partition("/")[2]
        if "." in mask and mask != str(address.netmask):  # Python also takes its inverse, as in access lists
            raise ValidationError(subject, "this is not an IP address with its prefix length", text,
                                  f"Write {address.ip}/{address.network.prefixlen} if this is the prefix length")
        if str(address) in found:
            raise ValidationError(subject, "it is there twice", text, "List each address once")
        found.append(str(address))
    return tuple(sorted(found))


# By option, what gives the value of the field
CHECKS: dict[str, Check] = {
    "forward.pf": _netdev_or_pci, "forward.devices": _devices, "forward.bridge": _netdev, "addresses": _addresses,
    "virtualport": functools.partial(options.virtualport_of, shared=True), "vlan": options.vlan_of,
    "mtu": within(*MTU),
}
