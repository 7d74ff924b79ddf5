# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt adds to a definition by itself, and to a running domain, by the paths of flat.py.

It decides where no record says what libvirt made of the user's XML (record.py), so it need not be complete: what it
lacks is one change more, which is recorded. Sources: libvirt 11.3, ``*PostParse*`` and ``*AddImplicit*`` in
src/conf/domain_postparse.c and src/qemu/qemu_postparse.c.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import Said


@dataclass(frozen=True)
class Filled:
    """Something that libvirt adds.

    :param path: as in flat; ``*`` stands for one part of it or a piece of one, ``**`` for any number of parts
    :param values: what it adds, empty for anything
    :param given: a path that must be in the user's XML for libvirt to add it, and ``=`` its value; with ``!`` in front,
        one that must not be; ``.`` is the element of an attribute
    :param default: whether who writes such a value says nothing with it
    """

    path: str
    values: tuple[str, ...] = ()
    given: str = ""
    default: bool = False

    def adds(self, path: str, value: str, wanted: Said) -> bool:
        """Whether libvirt adds this, at a path of which the row is, to what is wanted."""
        if self.values and value not in self.values:
            return False
        if self.given == ".":
            return wanted.has(path.rpartition("/")[0])
        given, _separator, needed = self.given.lstrip("!").partition("=")
        met = not given or (given in wanted and needed in ("", wanted[given]))
        return met is not self.given.startswith("!")


def _default(path: str, *values: str, given: str = "") -> Filled:
    return Filled(path, values, given, default=True)


# What a new definition keeps of the old one (definition.py), and what other modules manage
KEPT = (
    Filled("uuid"), Filled("metadata/**"), Filled("os/type/@arch"), Filled("os/type/@machine"),
    Filled("devices/emulator"), Filled("devices/*/address/**"), Filled("devices/controller:pci,*/**"),
    Filled("os/firmware/**", given="os/@firmware"), Filled("os/loader/**", given="os/@firmware"),
    Filled("os/nvram/**", given="os/@firmware"), Filled("os/nvram/**", given="os/loader"),
    Filled("features/smm/@state", given="os/@firmware"),
)

USB = ("piix3-uhci", "qemu-xhci", "nec-xhci", "ich9-ehci1", "pci-ohci")
SERIALS = ("isa-serial", "system-serial", "spapr-vio-serial", "sclp-serial")
VIDEO = ("cirrus", "vga", "virtio")
# The models of CPUs that QEMU's machines have by default
CPUS = ("qemu64", "arm926", "cortex-a9", "cortex-a15", "la464", "POWER7", "POWER8", "POWER9", "POWER10", "g3", "ppc64",
        "rv64", "qemu")

# Devices that the user did not write
DEVICES = (
    *(_default(f"devices/controller:{key}/{name}") for name in ("@type", "@index")
      for key in ("usb,0", "ccid,0", "sata,*", "ide,*", "fdc,*", "virtio-serial,*", "scsi,*")),
    Filled("devices/controller:usb,0/@model", USB), Filled("devices/controller:virtio-serial,*/@*"),
    Filled("devices/controller:scsi,*/@model", ("lsilogic",)),
    Filled("devices/controller:scsi,*/@model", ("virtio-scsi",), "devices/hostdev/@type=scsi"),
    _default("devices/input:mouse,ps2*/@*", "mouse", "ps2"),
    _default("devices/input:keyboard,ps2*/@*", "keyboard", "ps2"),
    Filled("devices/input:mouse,usb/@*", ("mouse", "usb"), "os/type/@arch=ppc64"),
    Filled("devices/input:keyboard,usb/@*", ("keyboard", "usb"), "os/type/@arch=ppc64"),
    _default("devices/audio/@id", "1"), Filled("devices/audio/@type", ("none", "spice", "sdl", "dbus")),
    Filled("devices/hub*/@type", ("usb",)), _default("devices/memballoon/@model", "virtio"),
    _default("devices/watchdog*/@model", "itco"), Filled("devices/watchdog*/@action"),
    _default("devices/panic/@model", "pseries", "s390"),
    Filled("devices/video/model/@type", VIDEO, "devices/graphics/@type"),
    *(Filled(f"devices/video/model/@{name}", given="devices/graphics/@type") for name in ("vram", "heads", "primary")),
)

# What is added to what the user wrote
PARTS = (
    _default("vcpu", "1"), _default("vcpu/@placement", "static"),
    _default("numatune/memory/@mode", "strict"), _default("numatune/memory/@placement", "static"),
    _default("numatune/memnode*/@mode", "strict"),
    Filled("numatune/memory/@placement", ("auto",), "vcpu/@placement=auto"),
    _default("os/boot/@dev", "hd"), Filled("os/@firmware", ("efi",), "os/loader"),
    Filled("os/firmware/**", given="os/loader"), _default("os/loader/@type", "rom"),
    Filled("os/loader/@readonly", ("yes",), "os/loader"),
    _default("os/loader/@secure", "no"), Filled("os/loader/@format"),
    Filled("os/nvram/@*"), _default("os/smbios/@mode", "none"),
    Filled("features/smm/@state", ("on",), "os/loader/@secure=yes"),
    _default("features/*/@state", "on", given="."), _default("features/*/@enabled", "yes", given="."),
    _default("features/hyperv/@mode", "custom", given="."), Filled("features/gic/@version"),
    Filled("seclabel/@type", ("none",)), Filled("seclabel/@model", ("none",)),
    _default("cpu/@mode", "custom"), _default("cpu/@match", "exact"), Filled("cpu/@check"),
    _default("cpu/@migratable", "on"), _default("cpu/model/@fallback", "allow"),
    Filled("cpu/model/@fallback", ("forbid",), "!cpu/model"),
    Filled("cpu/model", CPUS), Filled("cpu/model", ("qemu32",), "os/type/@arch=i686"),
    Filled("cpu/model", ("486",), "os/type/@machine=isapc"),
    Filled("cpu/@mode", ("host-model", "host-passthrough"), "os/type/@arch=s390x"),
    _default("cpu/feature:*/@policy", "require"),
    _default("cpu/topology/@dies", "1"), _default("cpu/topology/@clusters", "1"),
    Filled("cpu/numa/cell*/@id"), Filled("cpu/numa/cell:0/@cpus"), Filled("cpu/numa/cell:0/**", given="maxMemory"),
    _default("clock/@offset", "utc"), _default("clock/@basis", "utc"), _default("clock/@adjustment", "0"),
    _default("on_poweroff", "destroy"), _default("on_reboot", "restart"), _default("on_crash", "destroy"),
    _default("resource/partition", "/machine"), _default("devices/**/source/@tls", "no"),
    _default("devices/**/source/@mode", "connect"), _default("devices/**/protocol/@type", "raw"),
    *(_default(f"devices/{kind}*/@type", "pty") for kind in ("serial", "parallel", "console", "channel")),
    *(Filled(f"devices/{kind}*/target/@port") for kind in ("serial", "parallel")),
    Filled("devices/serial*/target/@type", SERIALS), Filled("devices/serial*/target/model/@name"),
    Filled("devices/console*/target/@type", ("serial", "virtio")),
    _default("devices/channel*/target/@name", "com.redhat.spice.0"),
    _default("devices/redirdev*/source/@channel", "org.qemu.usbredir"), _default("devices/redirdev*/@bus", "usb"),
    _default("devices/disk:*/@type", "file"), _default("devices/disk:*/@device", "disk"),
    _default("devices/disk:*/driver/@name", "qemu"), _default("devices/disk:*/driver/@type", "raw"),
    *(_default(f"devices/disk:*/driver/@{name}", "default") for name in ("cache", "io")),
    *(_default(f"devices/disk:{name}*/target/@bus", bus)
      for name, bus in (("hd", "ide"), ("sd", "scsi"), ("vd", "virtio"), ("fd", "fdc"), ("xvd", "xen"))),
    _default("devices/disk:*/target/@tray", "closed"), _default("devices/disk:*/backingStore", ""),
    _default("devices/disk:*/**/encryption/@engine", "qemu"),
    _default("devices/disk:*/**/host*/@port", "80", "443", "21", "69", "22", "2049", "3260", "10809", "24007", "7000"),
    Filled("devices/controller:*/@index"), Filled("devices/controller:usb,*/@model", USB),
    Filled("devices/controller:usb,*/master/@startport"), Filled("devices/controller:scsi,*/@model", ("lsilogic",)),
    *(Filled("devices/controller:scsi,*/@model", ("virtio-scsi",), f"os/type/@arch={arch}")
      for arch in ("aarch64", "riscv64", "loongarch64", "s390x")),
    Filled("devices/controller:scsi,*/@model", ("ibmvscsi",), "os/type/@arch=ppc64"),
    _default("devices/input:*/@bus", "ps2", "usb"), _default("devices/memballoon/@model", "virtio"),
    _default("devices/graphics*/@autoport", "no"), Filled("devices/graphics*/audio/**"),
    _default("devices/video*/model/@primary", "no"), Filled("devices/video*/model/@type", VIDEO),
    *(Filled(f"devices/video*/model/@{name}") for name in ("ram", "vram", "vgamem")),
    Filled("devices/video*/model/@heads", ("1",)), Filled("devices/video*/model/@primary", ("yes",)),
    Filled("devices/sound*/audio/**"), _default("devices/sound*/@streams", "2"),
    Filled("devices/tpm*/@model", ("tpm-tis", "tpm-spapr")), Filled("devices/tpm*/backend/@version"),
    _default("devices/hostdev*/source/address/@*", "0x0"), _default("devices/hostdev*/source/address/@type", "pci"),
    _default("devices/hostdev*/@mode", "subsystem"), _default("devices/hostdev*/@managed", "no"),
    _default("devices/hostdev*/driver/@name", "vfio"), _default("devices/hostdev*/@display", "off"),
    _default("devices/filesystem*/@type", "mount"), _default("devices/filesystem*/@accessmode", "passthrough"),
    _default("devices/rng*/backend", "/dev/random"),
    Filled("devices/panic*/@model", ("isa", "pvpanic", "pseries", "s390")),
    _default("devices/watchdog*/@action", "reset"), _default("devices/vsock/@model", "virtio"),
    Filled("devices/vsock/cid/@auto"), _default("devices/shmem*/size", "4"),
    _default("devices/shmem*/msi/@ioeventfd", "on"), Filled("devices/memory*/@access", ("shared",)),
    _default("devices/memory*/target/requested", "0"),
    *(_default(f"devices/redirfilter/usbdev*/@{name}", "-1") for name in ("class", "vendor", "product", "version")),
)

# What libvirt resolves when it starts a domain
AT_START = (
    Filled("currentMemory"), Filled("cpu/@*"), Filled("cpu/model/**"), Filled("cpu/feature:*/**"), Filled("cpu/vendor"),
    Filled("seclabel*/**"), Filled("vcpu/@cpuset"), Filled("numatune/memory/@nodeset"), Filled("clock/@adjustment"),
    Filled("clock/@basis"), Filled("os/nvram/**"), Filled("os/loader/**"), Filled("os/firmware/**"),
    Filled("os/@firmware"), Filled("resource/**"), Filled("devices/disk:*/backingStore/**"),
    Filled("devices/*/source/@path"), Filled("devices/console*/**"),
    Filled("devices/channel*/source/**"), Filled("devices/graphics*/@*ort"), Filled("devices/graphics*/@websocket"),
    Filled("devices/graphics*/listen/**"), Filled("devices/vsock/cid/@address"), Filled("devices/hostdev*/driver/**"),
    Filled("devices/hostdev*/source/address/@device"), Filled("devices/tpm/**"),
    Filled("devices/hostdev*/source/address/@bus", given="devices/hostdev/@type=usb"),
)
# What libvirt resolved in the dump of a running domain
DUMPED = (
    *(Filled(path, given="cpu/@check=full") for path in ("cpu/@*", "cpu/model/**", "cpu/feature:*/**", "cpu/vendor")),
    Filled("devices/disk:*/backingStore/**"), Filled("devices/vsock/cid/@address"), Filled("currentMemory"),
    Filled("devices/graphics*/listen/@*", ("address", "127.0.0.1", "::1")),
)
# What is of no consequence to a running domain
DESCRIPTIVE = (Filled("title"), Filled("description"), Filled("metadata/**"))

TABLES = {"kept": KEPT, "devices": DEVICES, "parts": PARTS, "at start": AT_START, "dumped": DUMPED,
          "descriptive": DESCRIPTIVE}


def kept(path: str, wanted: Said) -> bool:
    """Whether what libvirt's definition says there is no removal by the user, whatever it is."""
    return any(row.adds(path, "", wanted) for row in _rows("kept", path))


def fills_in(path: str, value: str, wanted: Said, whole: bool = True) -> bool:
    """Whether libvirt adds this to what is wanted.

    :param whole: whether it may be of a device of which the user wrote nothing
    """
    part = wanted.has(device_of(path))
    return (part or whole) and any(row.adds(path, value, wanted) for row in _rows("parts" if part else "devices", path))


def is_default(path: str, value: str, wanted: Said) -> bool:
    """Whether this means the same as saying nothing, in what the user wrote."""
    rows = _rows("parts" if wanted.has(device_of(path)) else "devices", path)
    return any(row.default and row.adds(path, value, wanted) for row in rows)


def at_start(path: str, value: str, said: Said) -> bool:
    """Whether a running domain may say this where its definition says otherwise, and do nothing else."""
    return any(row.adds(path, value, said) for row in _rows("at start", path))


def dumped(path: str, value: str, wanted: Said) -> bool:
    """Whether the dump of a running domain says this of the run."""
    return any(row.adds(path, value, wanted) for row in _rows("dumped", path))


def never_waits(path: str) -> bool:
    """Whether a running domain may say what it likes."""
    return bool(_rows("descriptive", path))


def device_of(path: str) -> str:
    """The device that a path is of, the whole domain for other paths."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "devices" and len(parts) > 1 else ""


@functools.cache
def _rows(table: str, path: str) -> tuple[Filled, ...]:
    """The rows of a table that are of a path."""
    return tuple(row for row in TABLES[table] if _pattern(row.path).fullmatch(path))


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    """The regular expression of a path of the tables; ``/**`` at the end also covers the element itself."""
    text = re.escape(path).replace(r"/\*\*/", "/(.*/)?").replace(r"/\*\*", "(/.*)?").replace(r"\*", "[^/]*")
    return re.compile(text)
