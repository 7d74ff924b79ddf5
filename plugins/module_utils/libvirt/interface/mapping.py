# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which attribute of a NIC is where in libvirt's XML: one row of ROWS for each."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import ALIAS_PREFIX, Interface, Vlan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

HOSTDEV = frozenset({"hostdev"})
BRIDGE, NETWORK = frozenset({"bridge"}), frozenset({"network"})
EMULATED = BRIDGE | NETWORK


@dataclass(frozen=True)
class Place:
    """Where a value is below ``<interface>``, and how it is read and written; reading gives None for nothing."""

    path: str
    read: t.Callable[[Element], t.Any]
    write: t.Callable[[Element, t.Any], None]


@dataclass(frozen=True)
class Row:
    """An attribute of a NIC.

    :param field: of Interface
    :param parameter: what vm_interface calls it, for messages and for ``changes``
    :param types: the interface types that have it, None for all
    :param default: what it means when the XML says nothing
    :param initial: what a new NIC gets when it is not given
    :param live: whether libvirt can change it in a running domain (qemuDomainChangeNet in src/qemu/qemu_hotplug.c)
    :param runs: whether a running domain works otherwise with another value
    :param stays: whether a NIC of another type, which is connected otherwise, keeps it
    """

    field: str
    parameter: str
    place: Place
    types: frozenset[str] | None = None
    default: t.Any = None
    initial: t.Any = None
    live: bool = False
    runs: bool = True
    stays: bool = True

    def of(self, kind: str | None) -> bool:
        """Whether a NIC of this type has it."""
        return self.types is None or kind in self.types

    def meant(self, nic: Interface) -> t.Any:
        """What a NIC has of it, be it said or not."""
        value = getattr(nic, self.field)
        return self.default if value is None else value


def attribute(path: str, name: str, convert: t.Callable[[str], t.Any] = str) -> Place:
    """An attribute of an element; ``.`` is ``<interface>`` itself. True and False are yes and no."""

    def read(nic: Element) -> t.Any:
        found = nic.find(path)
        text = None if found is None else found.get(name)
        return None if text is None else convert(text)

    def write(nic: Element, value: t.Any) -> None:
        element = nic if path == "." else xml.child(nic, path)
        if value == "":
            element.attrib.pop(name, None)
        else:
            element.set(name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value))

    return Place(path, read, write)


def pci(path: str) -> Place:
    """A PCI address in an ``<address>`` element."""
    return Place(path, lambda nic: xml.pci_address(nic.find(path)),
                 lambda nic, value: xml.set_pci_address(xml.child(nic, path), value))


def _is_yes(text: str) -> bool:
    return text == "yes"


def _user_alias(text: str) -> str | None:
    return text if text.startswith(ALIAS_PREFIX) else None


def _read_type(nic: Element) -> str:
    # A running NIC of a network shows the type that it became, but still names the network.
    source = nic.find("source")
    return "network" if source is not None and source.get("network") else str(nic.get("type"))


def _read_vlan(nic: Element) -> Vlan | None:
    vlan = nic.find("vlan")
    if vlan is None:
        return None
    tags = vlan.findall("tag")
    native = [int(tag.get("id")) for tag in tags if tag.get("nativeMode") == "untagged"]
    # libvirt reads several tags as a trunk, whether it is written or not.
    return Vlan(tuple(int(tag.get("id")) for tag in tags), vlan.get("trunk") == "yes" or len(tags) > 1,
                native[0] if native else None)


def _write_vlan(nic: Element, value: Vlan) -> None:
    xml.remove(nic, "vlan")
    if not value.tags:
        return
    vlan = xml.child(nic, "vlan")
    if value.trunk:
        vlan.set("trunk", "yes")
    for number in value.tags:
        tag = xml.etree().SubElement(vlan, "tag", id=str(number))
        if number == value.native:
            tag.set("nativeMode", "untagged")


ROWS = (
    Row("type", "type", Place(".", _read_type, attribute(".", "type").write)),
    Row("managed", "managed", attribute(".", "managed", _is_yes), HOSTDEV, default=False, initial=True, stays=False),
    Row("alias", "name", attribute("alias", "name", _user_alias), runs=False),
    Row("mac", "mac", attribute("mac", "address", str.lower)),
    Row("source_vf", "source", pci("source/address"), HOSTDEV, stays=False),
    Row("source_bridge", "source", attribute("source", "bridge"), BRIDGE, stays=False),
    Row("source_network", "source", attribute("source", "network"), NETWORK, stays=False),
    Row("source_portgroup", "source", attribute("source", "portgroup"), NETWORK, default="", stays=False),
    Row("vlan", "vlan", Place("vlan", _read_vlan, _write_vlan), default=Vlan(), stays=False),
    Row("model", "model", attribute("model", "type"), EMULATED, initial="virtio"),
    Row("mtu", "mtu", attribute("mtu", "size", int), EMULATED),
    Row("link_state", "link_state", attribute("link", "state"), EMULATED, default="up", live=True),
    Row("boot_order", "boot_order", attribute("boot", "order", int)),
    Row("address", "address", pci("address")),
)
SOURCES = tuple(row for row in ROWS if row.parameter == "source")


def read_interface(nic: Element) -> Interface:
    """A NIC from its ``<interface>``; a type that the module does not make is read as far as it is like the others."""
    values = {row.field: (row.place.read(nic), row.default) for row in ROWS if row.of(_read_type(nic))}
    return Interface(**{name: default if value is None else value for name, (value, default) in values.items()})


def overlaid(base: Interface, wanted: Interface) -> Interface:
    """A NIC with all that ``wanted`` manages; one that is new or of another type gets what its type has at first."""
    kind = wanted.type or base.type
    values = {}
    for row in ROWS:
        value = getattr(wanted, row.field)
        if value is None and row.of(kind):
            if kind == base.type or row.stays:
                value = getattr(base, row.field)
            if value is None and kind != base.type:
                value = row.default if row.initial is None else row.initial
        values[row.field] = value
    return Interface(**values)


def write_interface(wanted: Interface, current: Element | None) -> Element:
    """The ``<interface>`` of a NIC; what no row knows of a current one stays, unless it changes its type.

    A current element is not touched: a new one is returned.
    """
    nic = xml.etree().Element("interface", type=wanted.type)
    if current is not None and read_interface(current).type == wanted.type:
        nic = xml.parse(xml.serialise(current), "interface")
    before = read_interface(nic)
    for row in ROWS:
        value = getattr(wanted, row.field)
        if value is not None and value != getattr(before, row.field) and row.of(wanted.type):
            row.place.write(nic, value)
    return nic
