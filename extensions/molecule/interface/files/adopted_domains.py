"""Domains with NICs as people, virt-manager and other programs write them, each of a seed."""

from __future__ import annotations

import random
import typing as t
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

MODES = ("vepa", "bridge", "private", "passthrough")
UUID = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
TAP = ("bridge", "openvswitch", "network", "ethernet")
EMULATED = (*TAP, "direct", "user", "vdpa", "vhostuser")
VIRTIO_ONLY = ("vdpa", "vhostuser")
# Models that libvirt puts behind a root port of Q35; that of no name is none of them
PCIE = ("virtio", "virtio-non-transitional", "e1000e", "igb", "vmxnet3")
# Those that vm_interface makes, one of them in two ways; others it leaves alone.
KINDS = ("hostdev", "direct", "bridge", "openvswitch", "network", "ethernet", "user", "vdpa", "vhostuser")
OTHERS = ("<interface type='mcast'><source address='230.0.0.1' port='5558'/></interface>",
          "<interface type='server'><source address='127.0.0.1' port='5558'/></interface>",
          "<interface type='client'><source address='127.0.0.1' port='5558'/></interface>",
          "<interface type='udp'><source address='127.0.0.1' port='5558'><local address='127.0.0.1' port='5559'/>"
          "</source></interface>",
          "<interface type='bridge'><source bridge='br-mgmt'/><model type='usb-net'/></interface>")


@dataclass(frozen=True)
class Sources:
    """What of the host the NICs are connected to: PCI addresses of VFs, and names."""

    vfs: tuple[str, ...]
    netdevs: tuple[str, ...]
    networks: tuple[str, ...]


def element(tag: str, *inner: str, **attributes: object) -> str:
    """An element; an attribute that is None is left out, and ``_`` ends a name that Python has for itself."""
    told = "".join(f" {name.rstrip('_')}={quoteattr(str(value))}"
                   for name, value in attributes.items() if value is not None)
    return f"<{tag}{told}>{''.join(inner)}</{tag}>" if inner else f"<{tag}{told}/>"


class Domain:
    """A domain of a seed: its XML, made with the seed's own randomness."""

    def __init__(self, seed: int, sources: Sources) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.sources = sources
        self.q35 = seed % 2 == 1
        self.boots_by_device = self.chance.random() < 0.5
        # Slots of bus 0, or buses behind root ports; libvirt makes all ports up to the last one that is named.
        self.free = [f"{number:#04x}" for number in self.chance.sample(range(2, 14) if self.q35 else range(8, 28), 10)]

    def some(self, share: float, *pieces: str) -> list[str]:
        """All pieces or none."""
        return list(pieces) if self.chance.random() < share else []

    def pick(self, *values: t.Any) -> t.Any:
        return self.chance.choice(values)

    def text(self) -> str:
        """The domain; the first NIC's kind goes round, so that each comes often."""
        kinds = [KINDS[self.seed // 2 % len(KINDS)], *self.chance.choices(KINDS, k=self.chance.randrange(3))]
        nics = [self.nic(kind, number) for number, kind in enumerate(kinds)]
        nics += self.some(0.15, self.pick(*OTHERS))
        devices = [*nics, *self.other_devices()]
        self.chance.shuffle(devices)
        machine = self.pick("q35", "pc-q35-7.2") if self.q35 else self.pick("pc", "pc-i440fx-7.2")
        boot = [] if self.boots_by_device else ["<boot dev='hd'/>"]
        shared = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>"
        name, own = f"adopted-{self.seed}", str(uuid.uuid5(uuid.NAMESPACE_DNS, f"adopted-{self.seed}"))
        parts = [element("name", name), element("uuid", own), element("memory", "65536"),
                 element("os", element("type", "hvm", arch="x86_64", machine=machine), *boot),
                 *self.some(1 if "vhostuser" in kinds else 0.2, shared), *self.some(0.3, self.metadata()),
                 *self.some(0.3, "<vcpu>4</vcpu>"),
                 *self.some(0.2, "<title>Web &amp; mail</title><description>  Größe: 2 &lt; 3\n </description>"),
                 *self.some(0.3, "<features><acpi/><apic/></features>"),
                 *self.some(0.2, "<cputune><shares>512</shares></cputune>"),
                 element("devices", *(self.space() + device for device in devices), self.space()),
                 *self.some(0.1, "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>"
                                 "<q:arg value='-no-user-config'/></q:commandline>")]
        return element("domain", *(self.space() + part for part in parts), type="kvm")

    def space(self) -> str:
        return str(self.pick("", " ", "\n  ", "\n\t\t", "\r\n", "<!-- eth0 -->", "\n    "))

    def metadata(self) -> str:
        return ("<metadata><libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
                "<libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo><own:note xmlns:own='urn:own'> "
                "<own:by>  </own:by> and <own:by>ops</own:by>\n</own:note></metadata>")

    def other_devices(self) -> list[str]:
        """What domains have beside NICs."""
        order = element("boot", order=1) if self.boots_by_device else ""
        disk = element("disk", "<source file='/var/lib/libvirt/images/none.img'/><target dev='vda' bus='virtio'/>",
                       order, type="file", device="disk")
        ports = ["<controller type='pci' model='pcie-root'/>"] if self.q35 else []
        return [disk, *ports, *self.some(0.4, "<serial type='pty'/>"),
                *self.some(0.4, "<graphics type='vnc' port='-1' passwd='secret'/><video><model type='vga'/></video>"),
                *self.some(0.3, "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"),
                *self.some(0.2, "<controller type='scsi' model='virtio-scsi'/>"),
                *self.some(0.2, "<memballoon model='none'/>"), *self.some(0.2, "<watchdog model='i6300esb'/>")]

    def nic(self, kind: str, number: int) -> str:
        """One NIC with some of what its kind can have."""
        pieces = self.source(kind) + self.of_all(number)
        model = None
        if kind in EMULATED:
            model = "virtio" if kind in VIRTIO_ONLY else self.pick(
                None, "virtio", "virtio", "virtio", "virtio-non-transitional", "e1000e", "e1000", "rtl8139", "igb",
                "vmxnet3", "virtio-transitional")
            pieces += [] if model is None else [element("model", type=model)]
            pieces += self.some(0.3, element("link", state=self.pick("up", "down")))
            pieces += self.driver(kind) if str(model).startswith("virtio") else []
        if not self.q35 or model in PCIE or kind == "hostdev":
            pieces += self.some(0.4, self.address())
        if kind in (*TAP, "direct"):  # libvirt starts no VF of a network with a bandwidth
            pieces += self.of_taps(kind, element("source", network="pool") not in pieces)
        self.chance.shuffle(pieces)
        attributes: dict[str, object] = {"managed": self.pick("yes", "no", None) if kind == "hostdev" else None}
        if kind in (*TAP, "direct") and str(model).startswith("virtio"):
            attributes["trustGuestRxFilters"] = self.pick("yes", "no", None, None)
        told = "bridge" if kind == "openvswitch" else kind
        return element("interface", *(self.space() + piece for piece in pieces), self.space(), type=told, **attributes)

    def of_all(self, number: int) -> list[str]:
        mac = f"52:54:00:{self.seed // 256 % 256:02x}:{self.seed % 256:02x}:{number:02x}"
        pieces = self.some(0.7, element("mac", address=self.pick(mac, mac.upper())))
        alias = f"ua-ge-0_0_{number}"
        pieces += self.some(0.6, element("alias", name=self.pick(alias, alias, alias, f"net{number}")))
        pieces += self.some(0.2, self.pick("<rom bar='off'/>", "<rom bar='on' file='/usr/share/none.rom'/>",
                                           "<rom enabled='no'/>"))
        pieces += self.some(0.1, element("acpi", index=number + 1))
        if self.boots_by_device:
            pieces += self.some(0.3, element("boot", order=number + 2))
        return pieces

    def address(self) -> str:
        slot, zero = self.free.pop(), self.pick("0", "0x00")
        bus, slot = (slot, zero) if self.q35 else (zero, slot)
        return element("address", type="pci", bus=bus, slot=slot)

    def source(self, kind: str) -> list[str]:
        """``<source>`` with what belongs to the connection."""
        sources = self.sources
        if kind == "hostdev":
            bus, slot, function = self.pick(*sources.vfs)[5:].replace(".", ":").split(":")
            address = element("address", type="pci", domain="0x0000", bus=f"0x{bus}", slot=f"0x{slot}",
                              function=self.pick(function, f"0x{function}"))
            return [element("source", address), *self.some(0.3, "<driver name='vfio'/>"),
                    *(self.some(0.4, "<vlan><tag id='7'/></vlan>") or self.some(
                        0.2, "<virtualport type='802.1Qbh'><parameters profileid='finance'/></virtualport>"))]
        if kind == "direct":
            return self.direct()
        if kind == "network":
            name = self.pick(*sources.networks)
            return [element("source", network=name, portgroup=self.pick("red", None, None) if name == "lan" else None)]
        if kind == "openvswitch":
            inner = self.some(0.6, element("parameters", interfaceid=UUID, profileid=self.pick("gold", None)))
            return ["<source bridge='ovsbr0'/>", element("virtualport", *inner, type="openvswitch"),
                    *self.some(0.5, self.pick("<vlan><tag id='7'/></vlan>", "<vlan trunk='yes'><tag id='7'/></vlan>",
                                              "<vlan><tag id='7'/><tag id='9' nativeMode='untagged'/></vlan>"))]
        return list({
            "bridge": ("<source bridge='br-mgmt'/>",), "vdpa": ("<source dev='/dev/vhost-vdpa-0'/>",),
            "ethernet": tuple(self.some(0.5, "<target dev='tap7' managed='no'/>") or self.some(
                0.3, "<target dev='tap8'/>", "<script path='/etc/qemu-ifup'/>", "<downscript path='/etc/down'/>")),
            "user": tuple(self.some(0.3, "<backend type='passt' logFile='/run/passt.log'/>", "<portForward proto='tcp'>"
                                         "<range start='2222' to='22'/></portForward>") or self.some(
                0.3, "<ip family='ipv4' address='172.17.2.0' prefix='24'/>")),
            "vhostuser": (element("source", *self.some(0.3, "<reconnect enabled='yes' timeout='10'/>"), type="unix",
                                  path=f"/run/{self.seed}.sock", mode="client"),)}[kind])

    def direct(self) -> list[str]:
        mode = MODES[self.seed // 18 % len(MODES)] if self.chance.random() < 0.5 else self.pick(*MODES, None)
        source = [element("source", dev=self.pick(*self.sources.netdevs), mode=mode)]
        qbg = element("parameters", managerid=self.pick("11", "0x0b"), typeid=1193047, typeidversion=2,
                      instanceid=self.pick(UUID, None))
        if self.chance.random() < 0.2:
            return ["<source dev='enp1s0.100' mode='vepa'/>", element("virtualport", qbg, type="802.1Qbg")]
        return source + self.some(
            0.2, "<virtualport type='802.1Qbh'><parameters profileid='finance'/></virtualport>")

    def of_taps(self, kind: str, limited: bool) -> list[str]:
        """Elements of NICs that are a TAP or a macvtap on the host, of which vm_interface manages the first four."""
        limits = (self.some(0.7, element("inbound", average=1000, peak=self.pick(5000, None),
                                         burst=self.pick(1024, None)))
                  + self.some(0.5, element("outbound", average=128)))
        pieces = self.some(0.3, element("bandwidth", *limits)) if limits and limited else []
        pieces += self.some(0.3, element("target", dev=self.pick("web0", "vnet7", "tap-a"))) \
            if kind != "ethernet" else []
        pieces += self.some(0.3, element("mtu", size=self.pick(1400, 9000))) if kind != "direct" else []
        if kind == "bridge":
            parameters = "<parameter name='IP' value='192.0.2.2'/><parameter name='IP' value='192.0.2.1'/>"
            pieces += self.some(0.3, element("filterref", *self.some(0.5, parameters), filter="clean-traffic"))
            pieces += self.some(0.2, "<port isolated='yes'/>")
        pieces += self.some(0.2, "<tune><sndbuf>1600</sndbuf></tune>")
        if kind in ("bridge", "network"):
            pieces += self.some(0.15, "<coalesce><rx><frames max='7'/></rx></coalesce>")
        pieces += self.some(0.15, "<backend tap='/dev/net/tun' vhost='/dev/vhost-net'/>")
        return pieces + self.some(0.1, "<guest dev='eth0'/>")

    def driver(self, kind: str) -> list[str]:
        inner = self.some(0.3, "<host csum='off' gso='off' mrg_rxbuf='off'/>") + self.some(0.3, "<guest tso4='off'/>")
        on = ("on", "off", None, None)
        return self.some(0.5, element(
            "driver", *inner, name=self.pick("vhost", "qemu", None) if kind in TAP else None,
            queues=self.pick(2, 4, None) if kind != "user" else None, txmode=self.pick("iothread", None, None),
            rx_queue_size=self.pick(512, None), ioeventfd=self.pick(*on), event_idx=self.pick(*on),
            iommu=self.pick(*on), ats=self.pick(*on), packed=self.pick(*on), page_per_vq=self.pick(*on)))
