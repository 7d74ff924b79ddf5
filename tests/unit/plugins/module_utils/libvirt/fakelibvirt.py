# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A libvirt that keeps its domains in memory, and fills in what the planners depend on: UUIDs and PCI addresses."""

from __future__ import annotations

import copy
import typing as t
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import SLOTS, topology, with_controllers
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_seats import Seat, appended
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import parse, pci_address, set_pci_address
from ansible_collections.nfv.kvm.tests.unit.faketraffic import FakeTraffic
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakeapi import FakeLibvirtError, api
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakemigration import FakeMigration, FakeStorage
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakenetwork import FakeNetwork, FakeNetworks

# What tests take from here
__all__ = ["TPM_STATES", "FakeDomain", "FakeLibrary", "FakeLibvirt", "FakeLibvirtError", "FakeNetwork", "TickingHost",
           "recorded"]

RECORDED = Path(__file__).parent / "recorded"
TPM_STATES = "/var/lib/libvirt/swtpm"


def recorded(name: str) -> str:
    """XML that libvirt 11.3 wrote on a lab host, or the user's XML that it was made of."""
    return (RECORDED / f"{name}.xml").read_text(encoding="utf-8")


class TickingHost(FakeTraffic):
    """A host whose clock only moves when somebody sleeps, and whose udev has always settled."""

    clock = 0.0

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        return self.answer(argv) or (Completed(0) if argv[0] == "udevadm" else super().run(argv, stdin, timeout))

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.clock += seconds


class FakeDomain(FakeMigration):
    """A virDomain. ``obeys``: whether its guest shuts down and releases devices when it is asked to."""

    def __init__(self, connection: FakeLibvirt, xml: t.Any) -> None:
        self.connection = connection
        self.xml = xml
        self.live: t.Any = None
        self.image: t.Any = None
        self.obeys = True
        self.starts_with_host = 0
        self.running_state = 1
        self.persistent = 1

    def happen(self, name: str) -> None:
        self.connection.happen(name)

    def name(self) -> str:
        return str(self.xml.findtext("name"))

    def UUIDString(self) -> str:  # noqa: N802
        return str(self.xml.findtext("uuid"))

    @api
    def XMLDesc(self, flags: int) -> str:  # noqa: N802
        return self.shown(bool(flags & FakeLibrary.VIR_DOMAIN_XML_INACTIVE))

    def shown(self, inactive: bool) -> str:
        """Its XML, be it as it runs or as it is defined."""
        return str(etree.tostring(self.xml if inactive or self.live is None else self.live, encoding="unicode"))

    @api
    def isActive(self) -> int:  # noqa: N802
        return int(self.live is not None)

    @api
    def isPersistent(self) -> int:  # noqa: N802
        return self.persistent

    @api
    def autostart(self) -> int:
        return self.starts_with_host

    @api
    def setAutostart(self, wanted: int) -> None:  # noqa: N802
        self.starts_with_host = wanted

    @api
    def state(self) -> tuple[int, int]:
        return (5 if self.live is None else self.running_state, self.reason)

    @api
    def create(self) -> None:
        if self.live is not None:
            raise FakeLibvirtError("domain is already running", FakeLibrary.VIR_ERR_OPERATION_INVALID)
        live = copy.deepcopy(self.xml if self.image is None or not self.managed_save else self.image)
        for nic in live.findall("devices/interface"):
            self._plug(live, nic)
        self.connection.started += 1
        live.set("id", str(self.connection.started))
        self.live, self.running_state, self.reason, self.managed_save = live, 1, 3 if self.managed_save else 1, False
        for device in self.live.findall("devices/*"):
            self._name(device)
        self.connection.boots(self)

    @api
    def suspend(self) -> None:
        self.running_state = 3

    @api
    def resume(self) -> None:
        if self.running_state not in (3, 6):  # of a guest that has panicked only the CPUs go on
            raise FakeLibvirtError("domain is not paused", FakeLibrary.VIR_ERR_OPERATION_INVALID)
        self.running_state, self.reason = 1, 5

    @api
    def pMWakeup(self) -> None:  # noqa: N802
        if self.running_state != 7:
            raise FakeLibvirtError("domain is not suspended", FakeLibrary.VIR_ERR_OPERATION_INVALID)
        self.running_state = 1

    def save(self) -> None:
        """Without anybody's call, as by virsh managedsave."""
        self.image = copy.deepcopy(self.live)
        del self.image.attrib["id"]
        self.end()
        self.managed_save = True

    @api
    def managedSaveGetXMLDesc(self, flags: int) -> str:  # noqa: N802
        if self.image is None:
            raise FakeLibvirtError("save image is incomplete", FakeLibrary.VIR_ERR_OPERATION_FAILED)
        return str(etree.tostring(self.image, encoding="unicode"))

    @api
    def managedSaveRemove(self) -> None:  # noqa: N802
        self.managed_save = False

    @api
    def shutdown(self) -> None:
        if self.live is None:
            raise FakeLibvirtError("domain is not running", FakeLibrary.VIR_ERR_OPERATION_INVALID)
        if self.obeys and self.running_state == 1:
            self.end()

    @api
    def destroy(self) -> None:
        self.end()

    def end(self) -> None:
        """Without the guest, as for a power cut."""
        for nic in () if self.live is None else self.live.findall("devices/interface"):
            self._unplug(nic)
        if self.live is not None:
            self.connection.ends(self)
        self.live = None
        if not self.persistent:
            del self.connection.found[self.name()]

    @api
    def undefineFlags(self, flags: int) -> None:  # noqa: N802
        variables = self.xml.xpath("string(os/nvram/source/@file | os/nvram/text())")
        go = bool(flags & FakeLibrary.VIR_DOMAIN_UNDEFINE_NVRAM)
        if variables and go == bool(flags & FakeLibrary.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM):
            raise FakeLibvirtError("cannot undefine domain with nvram")
        if variables and go:
            Path(self.connection.files.host.path(variables)).unlink(missing_ok=True)
        if self.managed_save and not flags & FakeLibrary.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE:
            raise FakeLibvirtError("Refusing to undefine while domain managed save image exists")
        if self.xml.find("devices/tpm/backend[@type='emulator']") is not None \
                and not flags & FakeLibrary.VIR_DOMAIN_UNDEFINE_KEEP_TPM:
            Path(self.connection.files.host.path(f"{TPM_STATES}/{self.UUIDString()}")).unlink(missing_ok=True)
        self.persistent = 0
        if self.live is None:
            del self.connection.found[self.name()]

    @api
    def attachDeviceFlags(self, xml: str, flags: int) -> None:  # noqa: N802
        assert flags == FakeLibrary.VIR_DOMAIN_AFFECT_LIVE
        live, nic = self._running(), parse(xml)
        _virtualport(nic)
        for field, find in (("address", _guest_address), ("alias", _alias)):
            if find(nic) is not None and find(nic) in [find(device) for device in live.findall("devices/*")]:
                raise FakeLibvirtError(f"non unique {field}: {find(nic)}")
        self._plug(live, nic)
        self._name(nic)
        live.find("devices").append(nic)

    @api
    def detachDeviceFlags(self, xml: str, flags: int) -> None:  # noqa: N802
        assert flags == FakeLibrary.VIR_DOMAIN_AFFECT_LIVE
        nic = self._live_nic(xml)
        if self.obeys:
            self._unplug(nic)
            self._running().find("devices").remove(nic)

    @api
    def updateDeviceFlags(self, xml: str, flags: int) -> None:  # noqa: N802
        assert flags == FakeLibrary.VIR_DOMAIN_AFFECT_LIVE
        nic, new = self._live_nic(xml), parse(xml)
        links = {link.get("state") for link in new.findall("link")}
        if "hostdev" in (nic.get("type"), new.get("type")) or not links <= {"up", "down"}:
            raise FakeLibvirtError("Operation not supported: cannot modify this network device")
        if new.get("type") == "network":
            self._unplug(nic)
            self._plug(self._running(), new)
        nic.getparent().replace(nic, new)

    def _running(self) -> t.Any:
        if self.live is None:
            raise FakeLibvirtError("domain is not running", FakeLibrary.VIR_ERR_OPERATION_INVALID)
        return self.live

    def _plug(self, live: t.Any, nic: t.Any) -> None:
        """What the host gives to a NIC when it comes to life; a VF that has a guest already is refused."""
        if nic.get("type") == "network":
            name = nic.find("source").get("network")
            if name not in self.connection.networks:
                raise FakeLibvirtError(f"Network not found: no network with matching name '{name}'", 43)
            self.connection.networks[name].plug((self.UUIDString(), self.name()), nic)
        for domain in self.connection.found.values():
            for other in () if domain.live is None else domain.live.findall("devices/interface[@type='hostdev']"):
                if nic.get("type") == "hostdev" and _host_address(other) == _host_address(nic):
                    raise FakeLibvirtError(f"PCI device {_host_address(nic)} is in use by domain {domain.name()}")

    def _unplug(self, nic: t.Any) -> None:
        for network in self.connection.networks.values():
            network.unplug(nic)

    def _name(self, device: t.Any) -> None:
        if device.find("alias") is None:
            self.connection.named += 1
            etree.SubElement(device, "alias", name=f"{device.tag}{self.connection.named}")

    def _live_nic(self, xml: str) -> t.Any:
        """The NIC that is meant, as libvirt finds it: by its MAC, and by its guest address where that is given."""
        wanted = parse(xml)
        for nic in self._running().findall("devices/interface"):
            if nic.find("mac").get("address") == wanted.find("mac").get("address") \
                    and _guest_address(wanted) in (None, _guest_address(nic)):
                return nic
        raise FakeLibvirtError("device not found: no device matching MAC address found", 99)


def _guest_address(device: t.Any) -> str | None:
    return pci_address(device.find("address"))


def _host_address(nic: t.Any) -> str | None:
    return pci_address(nic.find("source/address"))


def _metadata(root: t.Any) -> None:
    """One element of each namespace (virXMLNodeSanitizeNamespaces)."""
    seen: set[str | None] = {None}
    for element in root.findall("metadata/*"):
        namespace = etree.QName(element).namespace
        if namespace in seen:
            element.getparent().remove(element)
        seen.add(namespace)


def _virtualport(nic: t.Any) -> None:
    """The UUID that a virtualport needs and lacks; each time another."""
    for kind, name in (("802.1Qbg", "instanceid"), ("openvswitch", "interfaceid")):
        for port in nic.findall(f"virtualport[@type='{kind}']"):
            parameters = port.find("parameters")
            parameters = etree.SubElement(port, "parameters") if parameters is None else parameters
            parameters.set(name, parameters.get(name) or str(uuid.uuid4()))


def _alias(device: t.Any) -> str | None:
    return None if device.find("alias") is None else str(device.find("alias").get("name"))


class FakeLibvirt(FakeStorage, FakeNetworks):
    """A virConnect.

    ``defined`` counts the definitions; ``adds``: XML that it adds, by its parent's path; ``rewrites``: what else it
    does to a definition; ``calls`` counts the calls of the API by name; ``planned``: what happens right before a call,
    by its name and number from 1.
    """

    def __init__(self) -> None:
        FakeStorage.__init__(self)
        FakeNetworks.__init__(self)
        self.found: dict[str, FakeDomain] = {}
        self.version = 11_003_000
        self.qemu_version = 10_000_013
        self.defined = 0
        self.adds: dict[str, str] = {}
        self.rewrites: t.Callable[[t.Any], None] = lambda root: None
        self.filters = {"clean-traffic"}  # one of those that libvirt brings along
        self.started = self.named = 0
        self.calls: Counter[str] = Counter()
        self.planned: dict[tuple[str, int], t.Callable[[], None]] = {}
        self.lost = False

    def boots(self, domain: FakeDomain) -> None:
        """What a guest and its host do when it has started."""

    def ends(self, domain: FakeDomain) -> None:
        """What its host does when it ends."""

    def happen(self, name: str) -> None:
        """A call of the API begins."""
        self.calls[name] += 1
        self.planned.pop((name, self.calls[name]), lambda: None)()
        if self.lost:
            raise FakeLibvirtError("End of file while reading data: Input/output error", 38)

    def at(self, name: str, number: int, happens: t.Callable[[], None]) -> None:
        """Plan what happens right before a call, its number counted from now."""
        self.planned[name, self.calls[name] + number] = happens

    def fail(self) -> None:
        """A call that libvirt refuses."""
        raise FakeLibvirtError("internal error: as planned")

    def restart(self) -> None:
        """The daemon restarts: domains go on, connections are lost."""
        self.lost = True

    def isAlive(self) -> int:  # noqa: N802
        return int(not self.lost)

    def connection(self) -> Connection:
        self.lost = False
        return Connection(self, FakeLibrary(self))

    @api
    def getLibVersion(self) -> int:  # noqa: N802
        return self.version

    @api
    def getVersion(self) -> int:  # noqa: N802
        return self.qemu_version

    @api
    def lookupByName(self, name: str) -> FakeDomain:  # noqa: N802
        if name not in self.found:
            raise FakeLibvirtError("Domain not found", FakeLibrary.VIR_ERR_NO_DOMAIN)
        return self.found[name]

    @api
    def lookupByUUIDString(self, uuid: str) -> FakeDomain:  # noqa: N802
        for domain in self.found.values():
            if domain.UUIDString() == uuid:
                return domain
        raise FakeLibvirtError("Domain not found", FakeLibrary.VIR_ERR_NO_DOMAIN)

    @api
    def listAllDomains(self) -> list[FakeDomain]:  # noqa: N802
        return list(self.found.values())

    @api
    def nwfilterLookupByName(self, name: str) -> str:  # noqa: N802
        if name not in self.filters:
            raise FakeLibvirtError("Network filter not found", FakeLibrary.VIR_ERR_NO_NWFILTER)
        return name

    @api
    def defineXML(self, text: str) -> None:  # noqa: N802
        self.defined += 1
        root = parse(text, notes=True)
        name = root.findtext("name")
        if root.find("uuid") is None:
            etree.SubElement(root, "uuid").text = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        for path, added in self.adds.items():
            if root.find(path).find(parse(added).tag) is None:
                root.find(path).append(parse(added))
        self.rewrites(root)
        _metadata(root)
        for driver in root.findall("devices/interface/driver[@queues='1']"):
            del driver.attrib["queues"]  # it is what a NIC has anyway
        for nic in root.findall("devices/interface"):
            _virtualport(nic)
        _buses(root)
        _addresses(root)
        if name in self.found:
            self.found[name].xml, self.found[name].persistent = root, 1
        else:
            self.found[name] = FakeDomain(self, root)


class FakeLibrary:
    """The libvirt module."""

    libvirtError = FakeLibvirtError  # noqa: N815
    VIR_DOMAIN_XML_SECURE = 1
    VIR_DOMAIN_XML_INACTIVE = 2
    VIR_DOMAIN_AFFECT_LIVE = 1
    VIR_DOMAIN_UNDEFINE_MANAGED_SAVE = 1
    VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA = 2
    VIR_DOMAIN_UNDEFINE_NVRAM = 4
    VIR_DOMAIN_UNDEFINE_KEEP_NVRAM = 8
    VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA = 16
    VIR_DOMAIN_UNDEFINE_KEEP_TPM = 64
    VIR_NETWORK_XML_INACTIVE = 1
    VIR_NETWORK_UPDATE_AFFECT_LIVE = 1
    VIR_NETWORK_UPDATE_AFFECT_CONFIG = 2
    VIR_NETWORK_UPDATE_COMMAND_MODIFY = 1
    VIR_NETWORK_UPDATE_COMMAND_DELETE = 2
    VIR_NETWORK_UPDATE_COMMAND_ADD_LAST = 3
    VIR_NETWORK_SECTION_PORTGROUP = 9
    VIR_ERR_NO_SUPPORT = 3
    VIR_ERR_INVALID_ARG = 8
    VIR_ERR_CONFIG_UNSUPPORTED = 67
    VIR_ERR_NO_DOMAIN = 42
    VIR_ERR_NO_NETWORK = 43
    VIR_ERR_OPERATION_INVALID = 55
    VIR_ERR_NO_NWFILTER = 62
    VIR_ERR_SYSTEM_ERROR = 38
    VIR_ERR_NO_STORAGE_POOL = 49
    VIR_ERR_NO_STORAGE_VOL = 50
    VIR_ERR_OPERATION_UNSUPPORTED = 84
    VIR_DOMAIN_AFFECT_CONFIG = 2
    VIR_DOMAIN_SAVE_IMAGE_XML_SECURE = 1
    VIR_ERR_OPERATION_FAILED = 9
    VIR_DOMAIN_METADATA_ELEMENT = 2
    VIR_MIGRATE_LIVE = 1
    VIR_MIGRATE_PEER2PEER = 2
    VIR_MIGRATE_PERSIST_DEST = 8
    VIR_MIGRATE_NON_SHARED_DISK = 64
    VIR_MIGRATE_PARAM_URI = "migrate_uri"
    VIR_MIGRATE_PARAM_MIGRATE_DISKS = "migrate_disks"
    VIR_MIGRATE_PARAM_DEST_XML = "destination_xml"
    VIR_MIGRATE_PARAM_PERSIST_XML = "persistent_xml"
    VIR_DOMAIN_XML_MIGRATABLE = 8
    VIR_STORAGE_POOL_CREATE_WITH_BUILD = 1
    VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM = 1
    VIR_STORAGE_VOL_GET_PHYSICAL = 1

    def __init__(self, connection: FakeLibvirt) -> None:
        self._connection = connection

    def registerErrorHandler(self, handler: t.Any, context: t.Any) -> None:  # noqa: N802
        """Nothing is written anyway."""

    def open(self, uri: str) -> FakeLibvirt:
        host = urlsplit(uri).hostname
        if host is not None and host not in self._connection.peers:
            raise FakeLibvirtError(*self._connection.unreachable)
        if uri != "qemu:///system" and host is None:
            raise FakeLibvirtError("no connection driver available.", 5)
        found: FakeLibvirt = self._connection if host is None else self._connection.peers[host]
        return found


# The models that libvirt 11.3 takes for PCI Express (qemuDomainDeviceCalculatePCIConnectFlags)
EXPRESS = ("virtio", "virtio-non-transitional", "e1000e", "igb")


def _buses(root: t.Any) -> None:
    """The buses that addresses of NICs name and that are not there; a slot that a bus lacks is refused."""
    place = topology(root)
    if place.root != "pcie-root":
        return
    for nic in root.xpath("devices/interface[address/@type='pci']"):
        address, model = pci_address(nic.find("address")), nic.find("model")
        kind = "pcie-root-port" if model is None or model.get("type") in EXPRESS else "pcie-to-pci-bridge"
        for bus in range(1, int(nic.find("address").get("bus"), 16) + 1):
            if bus not in place.bridges:
                port = etree.SubElement(root.find("devices"), "controller", type="pci", index=str(bus), model=kind)
                set_pci_address(etree.SubElement(port, "address"), f"0000:00:{0x10 + bus // 8:02x}.{bus % 8}")
                place = topology(root)
        slot, slots = int(address[8:10], 16), SLOTS[place.model(address)]
        if slot < slots[0]:
            raise FakeLibvirtError(f"XML error: Invalid PCI address {address}. slot must be >= {slots[0]}")
        if slot > slots[-1]:
            raise FakeLibvirtError(f"XML error: Invalid PCI address {address}. slot must be <= {slots[-1]}")
    _check_controllers(root)


def _check_controllers(root: t.Any) -> None:
    """What libvirt or QEMU refuses: two devices at one address, two root ports of one chassis, an index twice."""
    found = [pci_address(device.find("address")) for device in root.findall("devices/*")]
    places = [address for address in found if address is not None]
    assert len(set(places)) == len(places), "two devices have one address"
    chassis = [target.get("chassis") for target in root.findall("devices/controller/target[@chassis]")]
    assert len(set(chassis)) == len(chassis), "two root ports have one chassis"
    indices = [one.get("index") for one in root.findall("devices/controller[@type='pci']")]
    assert len(set(indices)) == len(indices), "two controllers have one index"


def _addresses(root: t.Any) -> None:
    for nic in root.xpath("devices/interface[model/@type='usb-net'][not(address)]"):
        etree.SubElement(nic, "address", type="usb", bus="0", port="1")
    used = [Seat("NIC", None, pci_address(nic.find("address"))) for nic in root.findall("devices/interface")
            if pci_address(nic.find("address"))]
    lacking = [device for device in root.findall("devices/*")
               if device.tag in ("interface", "disk") and device.find("address") is None]
    place = topology(root)
    addresses, place = appended([*used, *(Seat(device.tag, None, None) for device in lacking)], place)
    for device, address in zip(lacking, addresses[len(used):]):
        if address is not None:
            set_pci_address(etree.SubElement(device, "address"), address)
    root.find("devices")[:] = with_controllers(root, place.added).find("devices")
