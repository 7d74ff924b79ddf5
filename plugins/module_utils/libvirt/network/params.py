# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parameters of vm_network, checked as far as no host is needed for it."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.options import shared_virtualport_of, vlan_of
from ansible_collections.nfv.kvm.plugins.module_utils.pci import PCI_ADDRESS
from ansible_collections.nfv.kvm.plugins.module_utils.values import MTU, in_range

# What the kernel takes as the name of a netdev (dev_valid_name in net/core/dev.c), as far as libvirt's schema has it
NETDEV = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,15}")
# What only one who has to be told can mean
CONNECTS = ("forward", "virtualport", "vlan", "mtu", "addresses")


def network_name(name: str) -> str:
    """The name of a network.

    :raises ValidationError: libvirt would not take it
    """
    if not name or "/" in name or "\n" in name:
        raise ValidationError("name", "libvirt allows no empty name, slash or newline in a network's name", name,
                              "Take another name, such as wan")
    return name


def wanted_network(params: dict[str, t.Any]) -> Network:
    """What is to be managed of the network.

    :raises ValidationError: a parameter cannot be meant as it was given
    """
    state = params["state"]
    for key in (*CONNECTS, "autostart") if state == "absent" else ():
        if params[key] not in (None, False):
            raise ValidationError(key, "a network that is absent has none", _shown(params[key]),
                                  f"Remove {key}, or take another state")
    forward = params["forward"] or {}
    in_range("mtu", params["mtu"], *MTU)
    return Network(
        mode=forward.get("mode"), pf=_netdev_or_pci("forward.pf", forward.get("pf")),
        devices=_devices(forward.get("devices")), bridge=_netdev("forward.bridge", forward.get("bridge")),
        managed=forward.get("managed"), addresses=_addresses(params["addresses"]),
        virtualport=shared_virtualport_of("virtualport", params["virtualport"]), vlan=vlan_of("vlan", params["vlan"]),
        mtu=params["mtu"],
    )


def _shown(value: t.Any) -> t.Any:
    return value if isinstance(value, (str, int)) else None


def _netdev(subject: str, name: str | None) -> str | None:
    if name is not None and not NETDEV.fullmatch(name):
        raise ValidationError(subject, "this is no name of a network interface", name,
                              "The kernel and libvirt allow 1 to 15 letters, digits and . _ -")
    return name


def _netdev_or_pci(subject: str, name: str | None) -> str | None:
    if name is not None and PCI_ADDRESS.fullmatch(name):
        return name.lower()
    return _netdev(subject, name)


def _devices(names: list[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = tuple(str(_netdev_or_pci(f"forward.devices[{place}]", name)) for place, name in enumerate(names))
    for place, name in enumerate(found):
        if name in found[:place]:
            raise ValidationError(f"forward.devices[{place}]", "it is there twice", name, "Give each device once")
    if not found:
        raise ValidationError("forward.devices", "an empty list connects nothing", remedy="Give one, or no devices")
    return found


def _addresses(given: list[str] | None) -> tuple[str, ...] | None:
    """In one order, as libvirt may have them in any."""
    if given is None:
        return None
    found = []
    for place, text in enumerate(given):
        subject = f"addresses[{place}]"
        try:
            address = ipaddress.ip_interface(text)
        except ValueError as error:
            raise ValidationError(subject, "this is no IP address with its prefix", text,
                                  "Write it such as 192.0.2.1/24 or 2001:db8::1/64") from error
        if "%" in text:
            raise ValidationError(subject, "an address of a network has no scope", text, "Remove % and what follows it")
        if "/" not in text:
            raise ValidationError(subject, "its prefix is missing", text, f"Write {text}/24 or whatever it is")
        mask = text.partition("/")[2]
        if "." in mask and mask != str(address.netmask):  # Python also takes its inverse, as in access lists
            raise ValidationError(subject, "this is no IP address with its prefix", text,
                                  f"Write {address.ip}/{address.network.prefixlen} if this is the prefix")
        if str(address) in found:
            raise ValidationError(subject, "it is there twice", text, "Give each address once")
        found.append(str(address))
    return tuple(sorted(found))
