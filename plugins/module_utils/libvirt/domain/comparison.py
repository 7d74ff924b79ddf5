# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two definitions of a domain compared by what they mean.

What the user's XML says must be in libvirt's XML. What libvirt's XML says beyond that is a removal by the user,
unless it is in the table FILLED_IN: what libvirt 11.3 was seen to add by itself (src/conf/domain_conf.c and
src/qemu/qemu_domain.c, ``*PostParse*`` and ``*AddImplicit*``). Who meets an addition that the table does not know
can write it into the XML.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.secrets import is_secret
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class Filled:
    """Something that libvirt adds.

    :param path: as in flat; ``*`` stands for one part of it or a piece of one, ``**`` at the end for all below
    :param value: what it adds, None for anything
    :param given: a path that must be in the user's XML for libvirt to add it; a ``.`` in front is the device
    """

    path: str
    value: str | None = None
    given: str | None = None


@dataclass(frozen=True)
class Difference:
    """One path that means something else: ``before`` or ``after`` is None where it says nothing."""

    path: str
    before: str | None
    after: str | None

    @property
    def libvirts(self) -> bool:
        """Whether only libvirt's XML says it: the user removed it, or libvirt adds it and FILLED_IN does not say so."""
        return self.after is None

    def __str__(self) -> str:
        if is_secret(self.path):
            return f"{self.path}: changes"
        if self.after is None:
            return f"{self.path}: {self.before} → removed" if self.before else f"{self.path}: removed"
        if self.before is None:
            return f"{self.path}: added {self.after}".rstrip()
        return f"{self.path}: {self.before} → {self.after}"


FILLED_IN = (
    Filled("uuid"), Filled("metadata/**"), Filled("seclabel*/**"), Filled("vcpu", "1"),
    Filled("vcpu/@placement", "static"),
    Filled("os/type/@arch"), Filled("os/type/@machine"), Filled("os/boot/@dev", "hd"),
    Filled("os/firmware/**", given="os/@firmware"), Filled("os/loader/**", given="os/@firmware"),
    Filled("os/nvram/**", given="os/@firmware"), Filled("os/nvram/**", given="os/loader"),
    Filled("os/loader/@format"), Filled("os/nvram/@template"), Filled("os/nvram/@templateFormat"),
    Filled("os/nvram/@format"), Filled("features/smm/@state", "on", given="os/@firmware"),
    Filled("features/*/@state", "on"),
    Filled("cpu/@mode", "custom"), Filled("cpu/@match", "exact"), Filled("cpu/@check"), Filled("cpu/@migratable", "on"),
    Filled("cpu/model", "qemu64"), Filled("cpu/model/@fallback"), Filled("cpu/feature:*/@policy", "require"),
    Filled("cpu/topology/@dies", "1"), Filled("cpu/topology/@clusters", "1"), Filled("cpu/numa/cell*/@id"),
    Filled("clock/@offset", "utc"), Filled("on_poweroff", "destroy"), Filled("on_reboot", "restart"),
    Filled("on_crash", "destroy"),
    Filled("devices/emulator"), Filled("devices/*/address/**"), Filled("devices/disk:*/@type", "file"),
    Filled("devices/disk:*/@device", "disk"), Filled("devices/disk:*/driver/@name", "qemu"),
    Filled("devices/disk:*/driver/@type", "raw"), Filled("devices/disk:*/target/@bus"),
    Filled("devices/disk:*/readonly", given="./@device=cdrom"),
    *(Filled(f"devices/controller:{kind},*/**") for kind in ("usb", "pci", "sata", "ide", "fdc", "virtio-serial")),
    Filled("devices/controller:scsi,*/@type"), Filled("devices/controller:scsi,*/@index"),
    Filled("devices/controller:scsi,*/@model", "lsilogic"),
    Filled("devices/controller:*/@index"), Filled("devices/controller:*/@model", given="./@type"),
    *(Filled(f"devices/{kind}/target/{below}")
      for kind in ("serial*", "parallel*", "console*") for below in ("@type", "@port", "model/@name")),
    Filled("devices/channel*/target/@name", "com.redhat.spice.0"),
    Filled("devices/input:mouse,ps2/**"), Filled("devices/input:keyboard,ps2/**"), Filled("devices/input:*/@bus"),
    Filled("devices/audio/**"),
    Filled("devices/watchdog*/@model", "itco"), Filled("devices/watchdog*/@action", "reset"),
    Filled("devices/memballoon/@model", "virtio"),
    Filled("devices/graphics*/@port", "-1"), Filled("devices/graphics*/@autoport", "yes"),
    Filled("devices/graphics*/@listen"), Filled("devices/graphics*/listen/**"), Filled("devices/graphics*/audio/**"),
    Filled("devices/video/**", given="devices/graphics/@type"), Filled("devices/video*/model/**"),
    Filled("devices/sound*/audio/**"), Filled("devices/tpm/**", given="devices/tpm/backend/@type"),
    Filled("devices/hostdev*/source/address/@domain", "0x0"), Filled("devices/hostdev*/@mode", "subsystem"),
    Filled("devices/hostdev*/driver/@name"), Filled("devices/hostdev*/@managed", "no"),
    Filled("devices/filesystem*/@accessmode", "passthrough"), Filled("devices/panic/@model", "isa"),
    Filled("devices/vsock/cid/@auto"), Filled("devices/redirdev*/@bus", "usb"),
)

# What only a running domain's XML has, or says of the run and not of the definition.
LIVE_ONLY = (
    Filled("@id"), Filled("resource/**"), Filled("currentMemory"), Filled("cpu/**"), Filled("os/nvram/**"),
    Filled("os/loader/**"), Filled("devices/*/alias/@name"), Filled("devices/disk:*/backingStore/**"),
    Filled("devices/disk:*/source/@index"), Filled("devices/disk:*/mirror/**"), Filled("devices/*/source/@path"),
    Filled("devices/*/source/@tls", "no"), Filled("devices/console*/**"), Filled("devices/channel*/target/@state"),
    Filled("devices/channel*/source/**"), Filled("devices/graphics*/@port"), Filled("devices/graphics*/@tlsPort"),
    Filled("devices/graphics*/@websocket"), Filled("devices/vsock/cid/@address"), Filled("devices/hostdev*/driver/**"),
    Filled("devices/tpm/**"), Filled("title"), Filled("description"),
)
# Written in the definition, and resolved when the domain starts: no comparison of the two can tell a change.
RESOLVED_AT_START = frozenset({"devices/graphics/@port", "currentMemory"})
# What libvirt writes down more exactly than the user did: the beginning of what it then says.
WRITTEN_ON = {
    ("os/type/@machine", "pc"): "pc-i440fx-", ("os/type/@machine", "q35"): "pc-q35-",
    ("devices/serial/target/@type", "serial"): "isa-serial",
}


def differences(wanted: Element, current: Element) -> list[Difference]:
    """What libvirt's persistent XML says otherwise than the user's, in the order of the paths."""
    return _differences(flatten(wanted), flatten(current), FILLED_IN)


def waiting(reference: Element, live: Element) -> list[Difference]:
    """What the running domain still does otherwise than its definition (the user's XML, or libvirt's inactive)."""
    said = {path: value for path, value in flatten(reference).items()
            if not path.startswith(("cpu/", "metadata", "title", "description")) and path not in RESOLVED_AT_START}
    return _differences(said, flatten(live), FILLED_IN + LIVE_ONLY)


def _differences(wanted: dict[str, str], current: dict[str, str], filled: tuple[Filled, ...]) -> list[Difference]:
    found = [Difference(path, current.get(path), value) for path, value in wanted.items()
             if not _met(path, value, current)]
    found += [Difference(path, value, None) for path, value in current.items()
              if path not in wanted and not any(_adds(row, path, value, wanted) for row in filled)]
    return sorted(found, key=lambda difference: difference.path)


def _met(path: str, value: str, current: dict[str, str]) -> bool:
    if (path, value) in WRITTEN_ON:
        return current.get(path, "").startswith(WRITTEN_ON[path, value]) or current.get(path) == value
    if value == "":  # an element without anything in it, to which libvirt may have added
        return path in current or any(other.startswith(f"{path}/") for other in current)
    return current.get(path) == value


def _adds(row: Filled, path: str, value: str, wanted: dict[str, str]) -> bool:
    if (row.value is not None and row.value != value) or not _pattern(row.path).fullmatch(path):
        return False
    if row.given is None:
        return True
    given, _separator, needed = row.given.partition("=")
    if given.startswith("./"):
        given = "/".join(path.split("/")[:2]) + given[1:]
    return given in wanted and needed in ("", wanted[given])


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    """The regular expression of a path of the table; ``**`` also covers the element itself."""
    whole = path.endswith("/**")
    parts = [re.escape(part) for part in (path[:-3] if whole else path).split("*")]
    return re.compile("[^/]*".join(parts) + ("(/.*)?" if whole else ""))
