# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network cannot be, whatever the host has: which mode is connected to what, and what it carries."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network import modes
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import ROWS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Port
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rules import check_vlan_of_profile
from ansible_collections.nfv.kvm.plugins.module_utils.pci import PCI_ADDRESS

# By mode, the keys of forward of which one must be given
NEEDED = {
    "bridge": ("bridge", "devices"), "private": ("devices",), "vepa": ("devices",), "passthrough": ("pf", "devices"),
    "hostdev": ("pf", "devices"),
}
# By mode, those that may be
OPTIONAL: dict[str, tuple[str, ...]] = {
    "hostdev": ("managed",), "nat": ("bridge", "devices"), "route": ("bridge", "devices"), "open": ("bridge",),
    "isolated": ("bridge",),
}
FORWARD = ("pf", "devices", "bridge", "managed")


def check(network: Network, given: Network) -> None:
    """Refuse what libvirt would refuse, now or when a NIC comes, or would ignore.

    :param network: all that it is to be
    :param given: what of it the user gave
    :raises ValidationError: something is missing, or too much
    :raises NotSupported: a network of this mode has none of that
    """
    for rule in (_connection, _devices, _carried, _port):
        rule(network, given)


def check_new_addresses(given: Network, current: Network | None) -> None:
    """:raises ValidationError: an address that the network does not have yet is one that no host can use."""
    had = () if current is None or current.addresses is None else current.addresses
    for text in given.addresses or ():
        address = ipaddress.ip_interface(text)
        network = address.network
        if text not in had and network.prefixlen < address.max_prefixlen - 1 and address.ip == network.network_address:
            raise ValidationError("addresses", "this is the address of the network, which the host cannot have", text,
                                  f"Use another address of it, such as {address.ip + 1}/{network.prefixlen}")


def _connection(network: Network, given: Network) -> None:
    mode = str(network.mode)
    needed, optional = NEEDED.get(mode, ()), OPTIONAL.get(mode, ())
    for key in FORWARD:
        if getattr(given, key) not in (None, False) and key not in (*needed, *optional):
            allowed = ", ".join((*needed, *optional)) or "nothing else"
            raise ValidationError(f"forward.{key}", f"mode {mode} supports {allowed}", _shown(getattr(given, key)),
                                  f"Remove {key}, or set another mode")
    both = [key for key in needed if getattr(given, key)]
    if len(both) > 1:
        raise ValidationError(f"forward.{both[1]}", f"mode {mode} supports either {' or '.join(needed)}",
                              _shown(getattr(given, both[1])), f"Remove one of {' and '.join(both)}")
    if needed and not any(getattr(network, key) for key in needed):
        raise ValidationError("forward", f"mode {mode} needs {' or '.join(needed)}",
                              remedy=f"Set {' or '.join(needed)}")
    if mode in modes.ROUTED and not network.addresses:
        raise ValidationError("addresses", f"libvirt does not accept a network of mode {mode} without an address of "
                              "the host",
                              remedy="Add an address such as 192.0.2.1/24, or set mode open or isolated")


def _devices(network: Network, given: Network) -> None:
    for place, device in enumerate(given.devices or ()):
        is_pci = bool(PCI_ADDRESS.fullmatch(device))
        if is_pci != (network.mode == "hostdev"):
            kind = "PCI addresses of VFs" if network.mode == "hostdev" else "names of network interfaces"
            raise ValidationError(f"forward.devices[{place}]", f"with mode {network.mode} devices are {kind}", device,
                                  "Write an address such as 0000:02:10.0" if network.mode == "hostdev" else "Run ip "
                                  "link to list the network interfaces of the host")
    if network.mode in modes.ROUTED and len(network.devices or ()) > 1:
        raise ValidationError("forward.devices", f"mode {network.mode} forwards through one network interface or "
                              "through all of them",
                              _shown(network.devices), "List one device, or remove devices")


def _carried(network: Network, given: Network) -> None:
    """What the kind of network has no place for; what it had before goes, for libvirt ignores it."""
    for row in ROWS:
        value = getattr(given, row.field)
        if value in (None, row.default) or row.of(network.kind()) or row.field in ("virtualport", *FORWARD):
            continue
        raise NotSupported(row.option, "only a network that libvirt routes itself supports it "
                           f"({', '.join(modes.OWN_BRIDGE)})", _shown(value),
                           f"Remove {row.option}, or set another mode")


def _port(network: Network, _given: Network) -> None:
    where = f"a network of mode {network.mode}"
    modes.check_switch("virtualport", network, network.kind(), where, "Set another type, or type: none")
    modes.check_vlan("vlan", network.vlan, network.kind(), where, other="mode")
    check_vlan_of_profile("vlan", network.vlan, network.switch)


def _shown(value: t.Any) -> t.Any:
    return ", ".join(value) if isinstance(value, tuple) else value


def warnings_of_ports(host: Host, port: Port, network: Network, subject: str) -> tuple[str, ...]:
    """What is known not to work of ports with 802.1Qbh, as few are.

    :param port: what is said of them, by the network itself or by a port group of it
    :param subject: what messages call the network
    :raises ValidationError: the host's own table of that is broken
    """
    if port.switch != "802.1Qbh":
        return ()
    from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex import uses_of_network, warnings_of

    return warnings_of(host, uses_of_network(host, subject, network))
