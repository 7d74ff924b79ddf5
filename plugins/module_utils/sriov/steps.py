# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes that can be made to a PF and its VFs, each as data that can say what it is and do it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.mac import ZERO
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import read_settings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.udev import settle

RESET_SECONDS = 10.0
RATES_REMEDY = "Make sure that the PF is up and has a link, and that the rates do not exceed its speed"


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
        self.set(host, self.new_mtu, self.new_up)

    def undo(self, host: Host) -> None:
        self.set(host, self.mtu, self.up)

    def set(self, host: Host, mtu: int | None, up: bool | None) -> None:
        """:raises CommandFailed: the PF's driver refuses."""
        words = [f"mtu {mtu}"] if self.new_mtu != self.mtu else []
        words += [state(up)] if self.new_up != self.up else []
        try:
            iproute.batch(host, [f"link set dev {self.netdev} {' '.join(words)}"])
        except iproute.BatchFailed as error:
            raise CommandFailed(self.netdev, f"{' '.join(words)}: {error.cause}") from error


@dataclass(frozen=True)
class SetAutoprobe:
    """Whether drivers are bound to VFs when they are made."""

    netdev: str
    pci_address: str
    drivers_autoprobe: bool

    def describe(self) -> list[str]:
        return [f"{self.netdev}: drivers_autoprobe {not self.drivers_autoprobe} → {self.drivers_autoprobe}"]

    def apply(self, host: Host) -> None:
        self.set(host, self.drivers_autoprobe)

    def undo(self, host: Host) -> None:
        self.set(host, not self.drivers_autoprobe)

    def set(self, host: Host, drivers_autoprobe: bool) -> None:
        """OSError carries the kernel's answer."""
        host.write(f"{pci.DEVICES}/{self.pci_address}/sriov_drivers_autoprobe", str(int(drivers_autoprobe)))


# Which arguments of ``ip link set … vf N`` carry which settings: those that share a line are set as one. What drivers
# most often lack comes first, so that it is refused before anything is changed.
IP_ARGUMENTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("state", "link_state"),),
    (("query_rss", "query_rss"),),
    (("min_tx_rate", "min_tx_rate"), ("max_tx_rate", "max_tx_rate")),
    (("vlan", "vlan"), ("qos", "qos"), ("proto", "vlan_protocol")),
    (("trust", "trust"),),
    (("spoofchk", "spoofchk"),),
    (("mac", "mac"),),
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
            for name, value in after.given().items() if getattr(before, name) != value
        ]

    def apply(self, host: Host) -> None:
        lines = list(self.lines())
        try:
            self.carry_out(host, [line for _index, _names, line in lines])
        except iproute.BatchFailed as error:
            index, names, _line = lines[error.line]
            if error.cause in ("Operation not supported", "Protocol not supported"):
                raise NotSupported(
                    f"VF {index} of {self.netdev}",
                    f"{'/'.join(names)} is not supported by {self.driver} ({self.pci_address})",
                ) from error
            raise CommandFailed(
                f"VF {index} of {self.netdev}", f"{'/'.join(names)}: {error.cause}", remedy=RATES_REMEDY
                if "max_tx_rate" in names or "min_tx_rate" in names else "") from error

    def undo(self, host: Host) -> None:
        restore(host, self.netdev, self.pci_address, self.driver,
                {index: before for index, before, _after in self.changes})

    def carry_out(self, host: Host, lines: list[str]) -> None:
        """All lines; one that may pass in a moment is tried again for a while.

        :raises BatchFailed: a line was refused
        """
        if any(" mac " in line for line in lines):
            # udev gives the netdevs of new VFs MACs of its own making, which the driver of a trusted VF tells the PF.
            settle(host)
        deadline = host.now() + RESET_SECONDS
        first = 0
        refused_with_link = set()
        while first < len(lines):
            try:
                iproute.batch(host, lines[first:])
                return
            except iproute.BatchFailed as error:
                first += error.line
                line, answer = refused = (lines[first], error.cause)
                if host.now() > deadline or refused in refused_with_link or not may_pass(line, answer):
                    raise iproute.BatchFailed(first, line, answer) from error
                # A link that has come up since the line was refused shows only the next time.
                if answer == "Invalid argument" and host.read(f"{pci.NETDEVS}/{self.netdev}/carrier") != "0":
                    refused_with_link.add(refused)
                host.sleep(0.5)

    def lines(self) -> t.Iterator[tuple[int, list[str], str]]:
        """Each ip command: the VF, the settings that change by it, and its text."""
        for group in IP_ARGUMENTS:
            for index, before, after in self.changes:
                changed = [name for _word, name in group if getattr(after, name) not in (None, getattr(before, name))]
                if changed:
                    arguments = " ".join(f"{word} {ip_value(getattr(after, name))}" for word, name in group)
                    yield index, changed, f"link set dev {self.netdev} vf {index} {arguments}"


def may_pass(line: str, answer: str) -> bool:
    """Whether a line may be taken later: the VF is in reset (i40e answers EAGAIN), or the PF, which resets when VFs are
    made, has no link yet, which rates are measured by (igb, ixgbe and i40e answer EINVAL)."""
    return answer == "Resource temporarily unavailable" or (answer == "Invalid argument" and "tx_rate" in line)


def restore(host: Host, netdev: str, pci_address: str, driver: str, wanted: dict[int, VfSettings]) -> None:
    """Give VFs back what they had, by index; those that are gone are left out. What is refused keeps nothing else back.

    A zero MAC is none at all, and drivers refuse it.

    :raises CommandFailed: something was refused
    """
    found = read_settings(host, netdev, pci_address)
    before = {index: replace(settings, mac=None if settings.mac == ZERO else settings.mac)
              for index, settings in wanted.items() if index in found}
    changes = tuple((index, found[index], found[index].overlaid(settings)) for index, settings in before.items())
    step = SetVfs(netdev, pci_address, driver, changes)
    lines = [line for _index, _names, line in step.lines()]
    refused = []
    while lines:
        try:
            step.carry_out(host, lines)
            lines = []
        except iproute.BatchFailed as error:
            refused.append(f"{lines[error.line]}: {error.cause}")
            lines = lines[error.line + 1:]
    if refused:
        raise CommandFailed(f"VFs of {netdev}", f"some settings could not be restored: ip {'; ip '.join(refused)}")


def ip_value(value: object) -> str:
    """A setting as ip wants it."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def state(up: bool | None) -> str:
    """The administrative state in ip's words."""
    return "up" if up else "down"
