# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of the libvirt in memory, which fills in, refuses and gives to NICs what libvirt 11.3 was seen to."""

from __future__ import annotations

import copy
import typing as t
import uuid

from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse, pci_address, set_pci_address
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakeapi import (
    VIR_ERR_OPERATION_INVALID,
    FakeLibvirtError,
    api,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakenetworkxml import (
    OWN_BRIDGE,
    bridge_of,
    check,
    complete,
    merged,
    mode_of,
    text_of,
    updated,
)

MACVTAP = ("private", "vepa", "passthrough", "bridge")
LIVE, CONFIG = 1, 2
SECTION_PORTGROUP = 9
# What a NIC, a port group and a network can each say of a port
SETTINGS = ("vlan", "bandwidth", "port")


class FakePort:
    """A virNetworkPort: what a NIC got when it was plugged in.

    :param owner: UUID and name of the domain
    :param nic: its ``<interface>``
    :param network: what the network runs with
    """

    def __init__(self, owner: tuple[str, str], nic: t.Any, network: t.Any) -> None:
        self.nic, self.mac = nic, nic.find("mac").get("address").lower()
        name = nic.find("source").get("portgroup")
        groups = [group for group in network.findall("portgroup")
                  if (group.get("name") == name if name else group.get("default") == "yes")]
        self.root = etree.Element("networkport")
        etree.SubElement(self.root, "uuid").text = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{owner} {self.mac}"))
        told = etree.SubElement(self.root, "owner")
        etree.SubElement(told, "name").text = owner[1]
        etree.SubElement(told, "uuid").text = owner[0]
        if name:
            etree.SubElement(self.root, "group").text = name
        etree.SubElement(self.root, "mac", address=self.mac)
        self._give([nic, *groups[:1], network])

    def XMLDesc(self) -> str:  # noqa: N802 (libvirt's name)
        return text_of(self.root)

    def _give(self, levels: list[t.Any]) -> None:
        """What the first says that says it; the bandwidth of a network is that of its bridge."""
        port = merged([level.find("virtualport") for level in levels if level.find("virtualport") is not None])
        if port is not None:
            self.root.append(port)
        for tag in SETTINGS:
            told = [level.find(tag) for level in levels
                    if level.find(tag) is not None and (tag, level.tag) != ("bandwidth", "network")]
            self.root.extend(copy.deepcopy(told[:1]))
        trusts = [level.get("trustGuestRxFilters") for level in levels if level.get("trustGuestRxFilters")]
        if trusts:
            etree.SubElement(self.root, "rxfilters", trustGuest=trusts[0])


class FakeNetwork:
    """A virNetwork: ``xml`` is its definition, ``live`` what it runs with, ``ports`` the NICs on it.

    One that gives VFs takes them from ``vfs``.
    """

    def __init__(self, xml: str, active: bool = True) -> None:
        self.xml = self.live = xml
        self.active = active
        self.vfs = [f"0000:03:10.{function}" for function in (4, 2, 0)]
        self.ports: list[FakePort] = []
        self.persistent = 1
        self.starts_with_host = 0
        self.connection: t.Any = None

    def happen(self, name: str) -> None:
        self.connection.happen(f"network.{name}")

    def name(self) -> str:
        return str(parse(self.xml).findtext("name"))

    def UUIDString(self) -> str:  # noqa: N802
        return str(parse(self.xml).findtext("uuid"))

    @api
    def XMLDesc(self, flags: int) -> str:  # noqa: N802
        return self.shown(bool(flags))

    def shown(self, inactive: bool) -> str:
        """Its XML, be it as it runs or as it is defined."""
        if not self.active or (inactive and self.persistent):
            return self.xml
        if inactive or not self.ports:
            return self.live
        root = parse(self.live)
        root.set("connections", str(len(self.ports)))
        return text_of(root)

    @api
    def isActive(self) -> int:  # noqa: N802
        return int(self.active)

    @api
    def isPersistent(self) -> int:  # noqa: N802
        return self.persistent

    @api
    def autostart(self) -> int:
        return self.starts_with_host

    @api
    def setAutostart(self, wanted: int) -> None:  # noqa: N802
        if not self.persistent:
            raise FakeLibvirtError("cannot set autostart for transient network", VIR_ERR_OPERATION_INVALID)
        self.starts_with_host = wanted

    @api
    def listAllPorts(self) -> list[FakePort]:  # noqa: N802
        return list(self.ports)

    @api
    def create(self) -> None:
        if self.active:
            raise FakeLibvirtError("network is already active", VIR_ERR_OPERATION_INVALID)
        self.start()

    @api
    def destroy(self) -> None:
        if not self.active:
            raise FakeLibvirtError(f"network '{self.name()}' is not active", VIR_ERR_OPERATION_INVALID)
        self.stop()

    @api
    def undefine(self) -> None:
        self.persistent = self.starts_with_host = 0
        if not self.active:
            del self.connection.networks[self.name()]

    @api
    def update(self, command: int, section: int, place: int, xml: str, flags: int) -> None:
        assert (section, place) == (SECTION_PORTGROUP, -1)
        assert flags in (LIVE, CONFIG, LIVE | CONFIG)
        if flags & LIVE and not self.active:
            raise FakeLibvirtError(f"network '{self.name()}' is not active", VIR_ERR_OPERATION_INVALID)
        live = updated(self.live, command, xml) if flags & LIVE else self.live
        self.xml = updated(self.xml, command, xml) if flags & CONFIG else self.xml
        self.live = live

    def start(self) -> None:
        """Without anybody's call, as when the host starts."""
        root = parse(self.xml)
        if mode_of(root) in OWN_BRIDGE:
            bridge = f"/sys/class/net/{bridge_of(root)}"
            if self.connection.files.host.exists(bridge):
                raise FakeLibvirtError(f"error creating bridge interface {bridge_of(root)}: File exists", 38)
            self.connection.files.folder(f"{bridge}/bridge")
        if root.find("forward/pf") is not None:
            self._list_vfs(root.find("forward"), root.find("forward/pf").get("dev"))
        if mode_of(root) == "hostdev":
            self.vfs = [str(pci_address(found)) for found in reversed(root.findall("forward/address"))]
        if mode_of(root) == "nat" and root.find("forward/nat") is None:
            etree.SubElement(etree.SubElement(root.find("forward"), "nat"), "port", start="1024", end="65535")
        self.live, self.active = text_of(root), True

    def stop(self) -> None:
        """Without anybody's call, as for a power cut; NICs that are on it lose their link."""
        root = parse(self.live)
        bridge = f"/sys/class/net/{bridge_of(root)}"
        if mode_of(root) in OWN_BRIDGE and self.connection.files.host.exists(bridge):
            self.connection.files.remove(bridge)
        self.active, self.ports = False, []
        if not self.persistent:
            del self.connection.networks[self.name()]

    def _list_vfs(self, forward: t.Any, pf: str) -> None:
        """Those that the PF has now."""
        host = self.connection.files.host
        device = f"{PCI_DEVICES}/{host.link_name(f'/sys/class/net/{pf}/device')}"
        vfs = [host.link_name(f"{device}/{name}") for name in sorted(host.names(device)) if name.startswith("virtfn")]
        if not vfs:
            raise FakeLibvirtError(f"internal error: No usable Vf's present on SRIOV PF {pf}")
        for vf in vfs:
            if forward.get("mode") == "hostdev":
                set_pci_address(etree.SubElement(forward, "address"), vf)
            else:
                forward.extend(etree.Element("interface", dev=name) for name in host.names(f"{PCI_DEVICES}/{vf}/net"))

    def plug(self, owner: tuple[str, str], nic: t.Any) -> None:
        """Turn the ``<interface>`` into what a running domain shows of it.

        :param owner: UUID and name of the domain
        """
        if not self.active:
            raise FakeLibvirtError("network is not active")
        root = parse(self.live)
        port = FakePort(owner, nic, root)
        self._connect(root, nic)
        self.ports.append(port)
        for tag in ("virtualport", "vlan", "bandwidth"):
            if nic.find(tag) is not None:
                nic.remove(nic.find(tag))
            nic.extend(copy.deepcopy(port.root.findall(tag)))

    def _connect(self, root: t.Any, nic: t.Any) -> None:
        forward, source = root.find("forward"), nic.find("source")
        if mode_of(root) in MACVTAP and forward.find("interface") is not None:
            nic.set("type", "direct")
            source.attrib.update({"dev": forward.find("interface").get("dev"), "mode": forward.get("mode")})
        elif mode_of(root) != "hostdev":
            nic.set("type", "bridge")
            source.set("bridge", bridge_of(root) or "virbr0")
        elif not self.vfs:
            raise FakeLibvirtError(f"internal error: network '{self.name()}' requires exclusive access to interfaces, "
                                   "but none are available")
        else:
            for found in [found for found in nic if found.tag in ("source", "model", "link", "mtu")]:
                nic.remove(found)
            nic.attrib.update({"type": "hostdev", "managed": "yes"})
            set_pci_address(etree.SubElement(etree.SubElement(nic, "source"), "address"), self.vfs.pop())

    def unplug(self, nic: t.Any) -> None:
        """Take back what ``plug`` gave to a running NIC."""
        port = next((port for port in self.ports if port.nic is nic), None)
        if port is not None:
            self.ports.remove(port)
            if nic.get("type") == "hostdev":
                self.vfs.append(str(pci_address(nic.find("source/address"))))


class FakeNetworks:
    """The networks' part of a virConnect. ``files`` is the host on which networks are started."""

    def __init__(self) -> None:
        self.networks: dict[str, FakeNetwork] = {}
        self.files: FakeHost | None = None
        self._uuids = 0

    def happen(self, name: str) -> None:
        raise NotImplementedError

    @api
    def listAllNetworks(self) -> list[FakeNetwork]:  # noqa: N802
        return [self._found(name) for name in self.networks]

    @api
    def networkLookupByName(self, name: str) -> FakeNetwork:  # noqa: N802
        if name not in self.networks:
            raise FakeLibvirtError(f"Network not found: no network with matching name '{name}'", 43)
        return self._found(name)

    def _found(self, name: str) -> FakeNetwork:
        self.networks[name].connection = self
        return self.networks[name]

    @api
    def networkDefineXML(self, text: str) -> FakeNetwork:  # noqa: N802
        root = parse(text)
        name = root.findtext("name")
        others = [parse(network.xml) for other, network in self.networks.items() if other != name]
        if root.find("uuid") is None:
            self._uuids += 1
            etree.SubElement(root, "uuid").text = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"network {self._uuids}"))
        known = self.networks.get(name)
        if known is not None and known.UUIDString() != root.findtext("uuid"):
            raise FakeLibvirtError(f"operation failed: network '{name}' already exists with uuid {known.UUIDString()}")
        check(root, others)
        complete(root, [bridge_of(other) for other in others])
        if known is None:
            self.networks[name] = FakeNetwork(text_of(root), active=False)
        else:
            known.xml, known.persistent = text_of(root), 1
        return self._found(name)
