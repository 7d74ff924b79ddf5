# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The changes that can be made to a PF and its VFs, each as data that can say what it is and do it."""

from __future__ import annotations

import contextlib
import errno
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, KvmError, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import FRESH, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_settings

RESET_SECONDS = 10.0

# The kernel's answers to a write to sriov_numvfs (linux drivers/pci/iov.c, sriov_numvfs_store and sriov_enable).
NUMVFS_ANSWERS = {
    errno.EBUSY: ("a VF is held by a running guest", "Stop the guest that holds it; the kernel's log names the VF"),
    errno.ENOENT: ("the PF's driver cannot make VFs", "Load a driver with SR-IOV support"),
    errno.ERANGE: ("the PF cannot have as many", "Lower numvfs"),
    errno.ENOMEM: ("the firmware left no memory space for the VFs' registers",
                   "Enable Above 4G decoding in the firmware, or boot with pci=realloc"),
}


@dataclass(frozen=True)
class SetLink:
    """The PF's own MTU and administrative state."""

    netdev: str
    mtu: int | None
    new_mtu: int | None
    up: bool | None
    new_up: bool | None

    def describe(self) -> list[str]:
        lines = []
        if self.new_mtu != self.mtu:
            lines.append(f"{self.netdev}: mtu {self.mtu} → {self.new_mtu}")
        if self.new_up != self.up:
            lines.append(f"{self.netdev}: {state(self.up)} → {state(self.new_up)}")
        return lines

    def apply(self, host: Host) -> None:
        words = [f"mtu {self.new_mtu}"] if self.new_mtu != self.mtu else []
        words += [state(self.new_up)] if self.new_up != self.up else []
        iproute.batch(host, [f"link set dev {self.netdev} {' '.join(words)}"])


@dataclass(frozen=True)
class SetAutoprobe:
    """Whether drivers are bound to VFs when they are made."""

    netdev: str
    pci_address: str
    drivers_autoprobe: bool

    def describe(self) -> list[str]:
        return [f"{self.netdev}: drivers_autoprobe {not self.drivers_autoprobe} → {self.drivers_autoprobe}"]

    def apply(self, host: Host) -> None:
        host.write(f"{pci.DEVICES}/{self.pci_address}/sriov_drivers_autoprobe", str(int(self.drivers_autoprobe)))


@dataclass(frozen=True)
class Resize:
    """The number of VFs, and the settings of those that stay: the kernel makes all of them anew, through 0.

    A failure half-way puts the old number and all old settings back.

    :param before: the settings of all VFs now, by index
    :param timeout: seconds until the VFs must be there
    """

    netdev: str
    pci_address: str
    driver: str
    numvfs: int
    new_numvfs: int
    before: dict[int, VfSettings]
    timeout: int

    def describe(self) -> list[str]:
        lines = [f"{self.netdev}: numvfs {self.numvfs} → {self.new_numvfs}"]
        for index, settings in self.kept(self.new_numvfs).items():
            found = [f"{name} {value}" for name, value in settings.managed().items() if value != getattr(FRESH, name)]
            if found:
                lines.append(f"VF {index} of {self.netdev}: keeps {', '.join(found)}")
        return lines

    def kept(self, numvfs: int) -> dict[int, VfSettings]:
        """The settings of the VFs that there are before and after."""
        return {index: settings for index, settings in self.before.items() if index < numvfs}

    def apply(self, host: Host) -> None:
        if self.numvfs:
            self.write(host, 0)  # where this is refused, nothing is lost yet
        try:
            self.make(host, self.new_numvfs)
        except KvmError as error:
            try:
                self.make(host, self.numvfs)
            except KvmError as second:
                raise CommandFailed(
                    f"numvfs of {self.netdev}", f"{error} The {self.numvfs} VFs of before could not be made again: "
                    f"{second}", self.new_numvfs
                ) from second
            raise CommandFailed(
                f"numvfs of {self.netdev}", f"{error} The {self.numvfs} VFs of before are back with their settings",
                self.new_numvfs,
            ) from error

    def make(self, host: Host, numvfs: int) -> None:
        """That many VFs, and on those of before their settings."""
        if pci.number(host, self.pci_address, "sriov_numvfs"):
            self.write(host, 0)
        if numvfs:
            self.write(host, numvfs)
            self.wait(host, numvfs)
        found = read_settings(host, self.netdev)
        changes = tuple(
            (index, found[index], found[index].overlaid(settings)) for index, settings in self.kept(numvfs).items()
        )
        SetVfs(self.netdev, self.pci_address, self.driver, changes).apply(host)

    def write(self, host: Host, numvfs: int) -> None:
        """:raises CommandFailed: the kernel refuses the number."""
        try:
            host.write(f"{pci.DEVICES}/{self.pci_address}/sriov_numvfs", str(numvfs))
        except OSError as error:
            cause, remedy = NUMVFS_ANSWERS.get(error.errno or 0, (error.strerror or str(error), "See the kernel's log"))
            raise CommandFailed("sriov_numvfs", cause, numvfs, remedy) from error

    def wait(self, host: Host, numvfs: int) -> None:
        """Until all VFs are there and udev has named their netdevs.

        :raises CommandFailed: they are not there in time
        """
        deadline = host.now() + self.timeout
        while pci.vf_address(host, self.pci_address, numvfs - 1) is None:
            if host.now() > deadline:
                raise CommandFailed(
                    "sriov_numvfs", f"the VFs did not appear within {self.timeout} seconds", numvfs,
                    "See the kernel's log, or raise timeout",
                )
            host.sleep(0.1)
        host.run(["udevadm", "settle", f"--timeout={self.timeout}"], timeout=self.timeout + 5)


# Which arguments of ``ip link set … vf N`` carry which settings: those that share a line are set as one.
IP_ARGUMENTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("mac", "mac"),),
    (("vlan", "vlan"), ("qos", "qos"), ("proto", "vlan_protocol")),
    (("spoofchk", "spoofchk"),),
    (("trust", "trust"),),
    (("state", "link_state"),),
    (("min_tx_rate", "min_tx_rate"), ("max_tx_rate", "max_tx_rate")),
    (("query_rss", "query_rss"),),
)


@dataclass(frozen=True)
class SetVfs:
    """The settings of any number of VFs, in one process.

    ``changes``: (index, settings before, settings after) per VF
    """

    netdev: str
    pci_address: str
    driver: str
    changes: tuple[tuple[int, VfSettings, VfSettings], ...]

    def describe(self) -> list[str]:
        return [
            f"VF {index} of {self.netdev}: {name} {getattr(before, name)} → {value}"
            for index, before, after in self.changes
            for name, value in after.managed().items() if getattr(before, name) != value
        ]

    def apply(self, host: Host) -> None:
        lines = list(self.lines())
        try:
            self.carry_out(host, [line for _index, _names, line in lines])
        except iproute.BatchFailed as error:
            index, names, _line = lines[error.line]
            done = {number for number, _names, _line in lines[:error.line]}
            back = SetVfs(self.netdev, self.pci_address, self.driver, tuple(
                (number, after, before) for number, before, after in self.changes if number in done
            ))
            with contextlib.suppress(iproute.BatchFailed):  # the first error is the one to tell
                back.carry_out(host, [line for _index, _names, line in back.lines()])
            if error.cause in ("Operation not supported", "Protocol not supported"):
                raise NotSupported(
                    f"VF {index} of {self.netdev}",
                    f"{'/'.join(names)} is not supported by {self.driver} ({self.pci_address})",
                ) from error
            raise CommandFailed(f"VF {index} of {self.netdev}", f"{'/'.join(names)}: {error.cause}") from error

    def carry_out(self, host: Host, lines: list[str]) -> None:
        """All lines; a VF that is still in reset (i40e answers EAGAIN) is asked again for a while.

        :raises BatchFailed: a line was refused
        """
        deadline = host.now() + RESET_SECONDS
        first = 0
        while first < len(lines):
            try:
                iproute.batch(host, lines[first:])
                return
            except iproute.BatchFailed as error:
                first += error.line
                if error.cause != "Resource temporarily unavailable" or host.now() > deadline:
                    raise iproute.BatchFailed(first, lines[first], error.cause) from error
                host.sleep(0.5)

    def lines(self) -> t.Iterator[tuple[int, list[str], str]]:
        """Each ip command: the VF, the settings that change by it, and its text."""
        for index, before, after in self.changes:
            for group in IP_ARGUMENTS:
                changed = [name for _word, name in group if getattr(after, name) not in (None, getattr(before, name))]
                if changed:
                    arguments = " ".join(f"{word} {ip_value(getattr(after, name))}" for word, name in group)
                    yield index, changed, f"link set dev {self.netdev} vf {index} {arguments}"


def ip_value(value: object) -> str:
    """A setting as ip wants it."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def state(up: bool | None) -> str:
    """The administrative state in ip's words."""
    return "up" if up else "down"
