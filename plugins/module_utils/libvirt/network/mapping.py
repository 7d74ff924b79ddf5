# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which attribute of a network is where in libvirt's XML: one row of ROWS for each."""

from __future__ import annotations

import copy
import ipaddress
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import OWN_BRIDGE, VIRTUALPORTS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.places import (
    Place,
    attribute,
    flag,
    virtualport,
    vlan,
)
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


def pf() -> Place:
    """The PF whose VFs are given."""
    place = attribute("forward/pf", "dev")

    def write(root: Element, value: str) -> None:
        if value or root.find("forward/pf") is not None:
            place.write(root, value)

    return Place(place.path, place.read, write)


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


@dataclass(frozen=True)
class Row:
    """An attribute of a network.

    :param field: of Network
    :param parameter: what vm_network calls it
    :param kinds: the kinds of network that have it, None for all
    :param default: what it means when the XML says nothing
    """

    field: str
    parameter: str
    place: Place
    default: t.Any = None
    kinds: tuple[str, ...] | None = None

    def of(self, kind: str) -> bool:
        """Whether a network of this kind has it."""
        return self.kinds is None or kind in self.kinds


ROWS = (
    Row("mode", "forward.mode", mode()),
    Row("pf", "forward.pf", pf(), ""),
    Row("devices", "forward.devices", devices(), ()),
    Row("bridge", "forward.bridge", attribute("bridge", "name"), kinds=("bridge", *OWN_BRIDGE)),
    Row("managed", "forward.managed", flag("forward", "managed"), False, ("hostdev",)),
    Row("addresses", "addresses", addresses(), (), OWN_BRIDGE),
    Row("virtualport", "virtualport", virtualport(), Virtualport(),
        tuple(kind for kind, types in VIRTUALPORTS.items() if types)),
    Row("vlan", "vlan", vlan(), Vlan()),
    Row("mtu", "mtu", attribute("mtu", "size", int), kinds=OWN_BRIDGE),
)


def read_network(root: Element) -> Network:
    """A network from its ``<network>``."""
    values = {row.field: (row.place.read(root), row.default) for row in ROWS}
    return Network(**{name: default if value is None else value for name, (value, default) in values.items()})


def overlaid(base: Network | None, wanted: Network) -> Network:
    """A network with all that ``wanted`` manages.

    :param base: it now, None for a new one
    """
    given = {row.field: getattr(wanted, row.field) for row in ROWS if getattr(wanted, row.field) is not None}
    if given.keys() & {"pf", "devices", "bridge"} and wanted.mode not in OWN_BRIDGE:
        # What NICs are connected to is one of the three.
        given = {"pf": "", "devices": (), "bridge": None, **given}
    fresh = Network(**{row.field: row.default for row in ROWS})
    if base is None:
        return replace(fresh, **{"managed": wanted.mode == "hostdev", **given})
    after = replace(base, **given)
    if after.mode == base.mode and after.kind() == base.kind():
        return after
    known = {row.field: getattr(base, row.field) for row in ROWS if row.of(after.kind()) and row.kinds is not None}
    first = {"managed": True} if wanted.mode == "hostdev" else {}
    return replace(fresh, **{**known, "bridge": None, **first, **given})


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
    before = read_network(root)
    for row in ROWS:
        value = getattr(wanted, row.field)
        if value != getattr(before, row.field):
            row.place.write(root, "" if value is None else value)
    return root
