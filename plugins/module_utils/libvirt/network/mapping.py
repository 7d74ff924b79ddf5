# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which attribute of a network is where in libvirt's XML: one row of ROWS for each."""

from __future__ import annotations

import copy
import ipaddress
from dataclasses import replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import OWN_BRIDGE, VIRTUALPORTS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rows
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import (
    Place,
    number,
    text,
    virtualport,
    vlan,
    yes_no,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Row
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# What a network keeps when it becomes one of another kind: its port groups may be of use to that, too.
KEPT = ("name", "uuid", "title", "description", "metadata", "portgroup")


def mode() -> Place:
    """The forward mode."""

    def read(root: Element) -> str:
        forward = root.find("forward")
        return "isolated" if forward is None else str(forward.get("mode", "nat"))

    def write(root: Element, value: str) -> None:
        if value == "isolated":
            xml.remove(root, "forward")
        else:
            xml.child(root, "forward").set("mode", value)

    return Place("forward", read, write)


def devices() -> Place:
    """The devices that are listed; those of a PF are libvirt's own list."""

    def read(root: Element) -> tuple[str, ...]:
        if root.find("forward/pf") is not None:
            return ()
        listed = [str(one.get("dev")) for one in root.findall("forward/interface")]
        return (*listed, *filter(None, map(xml.pci_address, root.findall("forward/address"))))

    def write(root: Element, value: tuple[str, ...]) -> None:
        forward = root.find("forward")
        if forward is None:
            return
        # libvirt repeats the first one in this.
        forward.attrib.pop("dev", None)
        for tag in ("interface", "address"):
            xml.remove(forward, tag)
        for device in value:
            if ":" in device:
                xml.set_pci_address(xml.etree().SubElement(forward, "address"), device)
            else:
                xml.etree().SubElement(forward, "interface", dev=device)

    return Place("forward", read, write)


def addresses() -> Place:
    """The host's own addresses; DHCP ranges and the like stay with an address that stays."""

    def read(root: Element) -> tuple[str, ...]:
        return tuple(sorted(map(_address, root.findall("ip"))))

    def write(root: Element, value: tuple[str, ...]) -> None:
        for found in root.findall("ip"):
            if _address(found) not in value:
                root.remove(found)
        for address in sorted(set(value) - set(read(root))):
            one = ipaddress.ip_interface(address)
            family = {"family": "ipv6"} if one.version == 6 else {}
            xml.etree().SubElement(root, "ip", **family, address=str(one.ip), prefix=str(one.network.prefixlen))

    return Place("ip", read, write)


def _address(found: Element) -> str:
    length = found.get("prefix") or found.get("netmask")
    address = str(found.get("address"))
    try:
        return str(ipaddress.ip_interface(f"{address}/{length}" if length else address))
    except ValueError:  # of an older libvirt, which checked less
        return address


ROWS = (
    Row("mode", "forward.mode", mode()),
    Row("pf", "forward.pf", text("forward/pf/@dev"), default=""),
    Row("devices", "forward.devices", devices(), default=()),
    Row("bridge", "forward.bridge", text("bridge/@name"), ("bridge", *OWN_BRIDGE)),
    Row("managed", "forward.managed", yes_no("forward/@managed"), ("hostdev",), default=False),
    Row("addresses", "addresses", addresses(), OWN_BRIDGE, default=()),
    Row("virtualport", "virtualport", virtualport(), [kind for kind, types in VIRTUALPORTS.items() if types],
        default=Virtualport()),
    Row("vlan", "vlan", vlan(), default=Vlan()),
    Row("mtu", "mtu", number("mtu/@size"), OWN_BRIDGE),
)
FRESH = Network(**{row.field: row.default for row in ROWS})


def read_network(root: Element) -> Network:
    """A network from its ``<network>``."""
    return Network(**rows.meanings(ROWS, root))


def overlaid(base: Network | None, wanted: Network) -> Network:
    """A network with all that ``wanted`` manages.

    :param base: it now, None for a new one
    """
    given = wanted.given()
    if given.keys() & {"pf", "devices", "bridge"} and wanted.mode not in OWN_BRIDGE:
        # What NICs are connected to is one of the three.
        given = {"pf": "", "devices": (), "bridge": None, **given}
    first = {"managed": True} if wanted.mode == "hostdev" else {}
    if base is None:
        return replace(FRESH, **{**first, **given})
    after = replace(base, **given)
    if after.kind() == base.kind():
        return after
    known = {row.field: getattr(base, row.field) for row in ROWS if row.of(after.kind()) and row.kinds is not None}
    return replace(FRESH, **{**known, "bridge": None, **first, **given})


def write_network(name: str, wanted: Network, current: Element | None) -> Element:
    """The ``<network>``; what no row knows of a current one stays, unless it becomes one of another kind.

    A current element is not touched: a new one is returned.
    """
    root = xml.etree().Element("network")
    if current is None:
        xml.child(root, "name").text = name
    else:
        same = read_network(current).kind() == wanted.kind()
        root.extend(copy.deepcopy(one) for one in current if same or one.tag in KEPT)
        root.attrib.update(current.attrib if same else {})
    rows.write(ROWS, root, wanted, read_network(root), nothing="")
    return root
