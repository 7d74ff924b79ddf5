# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A libvirt that keeps its domains in memory, and fills in what the planners depend on: UUIDs and PCI addresses."""

from __future__ import annotations

import copy
import typing as t
import uuid
from pathlib import Path

from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse, set_pci_address

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> str:
    """XML that libvirt 11.3 wrote on a lab host, or the user's XML that it was made of."""
    return (RECORDED / f"{name}.xml").read_text(encoding="utf-8")


class TickingHost(Host):
    """A host whose clock only moves when somebody sleeps."""

    clock = 0.0

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds


class FakeLibvirtError(Exception):
    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code

    def get_error_message(self) -> str:
        return str(self)

    def get_error_code(self) -> int:
        return self.code


class FakeDomain:
    """A virDomain. ``obeys``: whether its guest shuts down and releases devices when it is asked to."""

    def __init__(self, xml: t.Any) -> None:
        self.xml = xml
        self.live: t.Any = None
        self.obeys = True
        self.starts_with_host = 0

    def name(self) -> str:
        return str(self.xml.findtext("name"))

    def UUIDString(self) -> str:  # noqa: N802 (libvirt's name)
        return str(self.xml.findtext("uuid"))

    def XMLDesc(self, flags: int) -> str:  # noqa: N802
        shown = self.xml if flags & FakeLibrary.VIR_DOMAIN_XML_INACTIVE or self.live is None else self.live
        return etree.tostring(shown, encoding="unicode")

    def isActive(self) -> int:  # noqa: N802
        return int(self.live is not None)

    def isPersistent(self) -> int:  # noqa: N802
        return 1

    def autostart(self) -> int:
        return self.starts_with_host

    def setAutostart(self, wanted: int) -> None:  # noqa: N802
        self.starts_with_host = wanted

    def state(self) -> tuple[int, int]:
        return (1 if self.live is not None else 5, 0)

    def create(self) -> None:
        self.live = copy.deepcopy(self.xml)
        for number, device in enumerate(self.live.findall("devices/*")):
            if device.find("alias") is None:
                etree.SubElement(device, "alias", name=f"{device.tag}{number}")

    def shutdown(self) -> None:
        if self.obeys:
            self.live = None

    def attachDeviceFlags(self, xml: str, flags: int) -> None:  # noqa: N802
        assert flags == FakeLibrary.VIR_DOMAIN_AFFECT_LIVE
        self.live.find("devices").append(etree.fromstring(xml))

    def detachDeviceFlags(self, xml: str, flags: int) -> None:  # noqa: N802
        assert flags == FakeLibrary.VIR_DOMAIN_AFFECT_LIVE
        if self.obeys:
            self.live.find("devices").remove(self._live_nic(xml))

    def updateDeviceFlags(self, xml: str, flags: int) -> None:  # noqa: N802
        assert flags == FakeLibrary.VIR_DOMAIN_AFFECT_LIVE
        nic = self._live_nic(xml)
        nic.getparent().replace(nic, etree.fromstring(xml))

    def _live_nic(self, xml: str) -> t.Any:
        mac = parse(xml).find("mac").get("address")
        return next(nic for nic in self.live.findall("devices/interface") if nic.find("mac").get("address") == mac)


class FakeLibvirt:
    """A virConnect. ``defined`` counts the definitions."""

    def __init__(self) -> None:
        self.found: dict[str, FakeDomain] = {}
        self.networks: dict[str, str] = {}
        self.version = 11_003_000
        self.defined = 0

    def connection(self) -> Connection:
        return Connection(self, FakeLibrary(self))

    def getLibVersion(self) -> int:  # noqa: N802
        return self.version

    def lookupByName(self, name: str) -> FakeDomain:  # noqa: N802
        if name not in self.found:
            raise FakeLibvirtError("Domain not found", FakeLibrary.VIR_ERR_NO_DOMAIN)
        return self.found[name]

    def listAllDomains(self) -> list[FakeDomain]:  # noqa: N802
        return list(self.found.values())

    def networkLookupByName(self, name: str) -> t.Any:  # noqa: N802
        if name not in self.networks:
            raise FakeLibvirtError("Network not found", FakeLibrary.VIR_ERR_NO_NETWORK)
        text = self.networks[name]

        class Network:
            def XMLDesc(self, flags: int) -> str:  # noqa: N802
                return text

        return Network()

    def defineXML(self, text: str) -> None:  # noqa: N802
        self.defined += 1
        root = parse(text)
        name = root.findtext("name")
        if root.find("uuid") is None:
            etree.SubElement(root, "uuid").text = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        _root_ports(root)
        _addresses(root)
        if name in self.found:
            self.found[name].xml = root
        else:
            self.found[name] = FakeDomain(root)
            undefine = self.found.pop
            self.found[name].undefineFlags = lambda flags: undefine(name)  # type: ignore[attr-defined]


class FakeLibrary:
    """The libvirt module."""

    libvirtError = FakeLibvirtError  # noqa: N815
    VIR_DOMAIN_XML_SECURE = 1
    VIR_DOMAIN_XML_INACTIVE = 2
    VIR_DOMAIN_AFFECT_LIVE = 1
    VIR_DOMAIN_UNDEFINE_MANAGED_SAVE = 1
    VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA = 2
    VIR_DOMAIN_UNDEFINE_NVRAM = 4
    VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA = 16
    VIR_NETWORK_XML_INACTIVE = 1
    VIR_ERR_NO_DOMAIN = 42
    VIR_ERR_NO_NETWORK = 43
    VIR_ERR_OPERATION_INVALID = 55

    def __init__(self, connection: FakeLibvirt) -> None:
        self._connection = connection

    def registerErrorHandler(self, handler: t.Any, context: t.Any) -> None:  # noqa: N802
        """Nothing is written anyway."""

    def open(self, uri: str) -> FakeLibvirt:
        if uri != "qemu:///system":
            raise FakeLibvirtError("no connection driver available.")
        return self._connection


def _root_ports(root: t.Any) -> None:
    place = topology(root)
    if place.root != "pcie-root":
        return
    buses = [int(address.get("bus"), 16) for address in root.iterfind("devices/interface/address")]
    for bus in range(1, max(buses, default=0) + 1):
        if bus not in place.bridges:
            port = etree.SubElement(root.find("devices"), "controller", type="pci", index=str(bus),
                                    model="pcie-root-port")
            set_pci_address(etree.SubElement(port, "address"), f"0000:00:{0x10 + bus // 8:02x}.{bus % 8}")


def _addresses(root: t.Any) -> None:
    place = topology(root)
    used = {f"0000:{int(a.get('bus'), 16):02x}:{int(a.get('slot'), 16):02x}"
            for a in root.iterfind("devices/interface/address")}
    free = iter([one for one in place.candidates() if place.holder(one) is None and one[:-2] not in used])
    for device in root.findall("devices/*"):
        if device.tag in ("interface", "disk") and device.find("address") is None and place.root:
            set_pci_address(etree.SubElement(device, "address"), next(free))
