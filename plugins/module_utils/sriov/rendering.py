# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that bring a PF and its VFs back after a reboot: what they are called, and what stands in them."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import DRIVERS, USER_SPACE
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, VfSettings

WRITTEN_BY = "# Written by nfv.kvm.sriov_vf "
HEADER = WRITTEN_BY + "for {}; persistent: false takes it away."
RECORD = "# kept: "
PROPERTY = "NFV_KVM_PF"
UNITS = "/etc/systemd/system/"

# systemd.link(5), [SR-IOV]. It takes neither VLANId=0 nor rates; a VF that is new has no VLAN.
KEYS = {
    "mac": "MACAddress", "vlan": "VLANId", "qos": "QualityOfService", "vlan_protocol": "VLANProtocol",
    "spoofchk": "MACSpoofCheck", "trust": "Trust", "link_state": "LinkState", "query_rss": "QueryReceiveSideScaling",
}
LINK_STATES = {"auto": "auto", "enable": "yes", "disable": "no"}
RATES = ("min_tx_rate", "max_tx_rate")


def link_path(address: str) -> str:
    """The .link file: the number of VFs, MTU, and what systemd knows of VFs."""
    return f"/etc/systemd/network/10-nfv-kvm-{address}.link"


def rules_path(address: str) -> str:
    """The udev rules: where the .link file holds, and which drivers the VFs get."""
    return f"/etc/udev/rules.d/70-nfv-kvm-{address}.rules"


def ready_path(address: str) -> str:
    """The service that makes libvirt wait for the VFs, and brings the PF up."""
    return f"{UNITS}nfv-kvm-{dashed(address)}.service"


def rates_path(address: str) -> str:
    """The service for the VFs' rates."""
    return f"{UNITS}nfv-kvm-{dashed(address)}-rates.service"


def wants_path(address: str) -> str:
    """The drop-in by which both are started."""
    return f"{UNITS}multi-user.target.d/nfv-kvm-{dashed(address)}.conf"


def dashed(address: str) -> str:
    """A PCI address without colons, at which systemd-analyze verify would cut the name of a unit."""
    return address.replace(":", "-")


def files(kept: Pf, record: str) -> dict[str, str]:
    """The texts by path; no file that would have nothing to say.

    :param kept: what is to come back, with the PCI addresses of all VFs that are known
    :param record: one line that says the same, for :mod:`persistent`
    """
    address = kept.pci_address
    texts = {
        link_path(address): [RECORD + record, *link_lines(kept)],
        rules_path(address): rules_lines(kept),
        ready_path(address): ready_lines(kept),
        rates_path(address): rates_lines(kept),
    }
    services = [path[len(UNITS):] for path, lines in texts.items() if path.startswith(UNITS) and lines]
    texts[wants_path(address)] = ["[Unit]", f"Wants={' '.join(services)}"]
    header = HEADER.format(f"{kept.name} ({address})")
    return {path: "".join(f"{line}\n" for line in (header, *lines)) for path, lines in texts.items() if lines}


def link_lines(kept: Pf) -> list[str]:
    """The .link file. It takes the place of systemd's 99-default.link for the PF, whose policies it repeats."""
    lines = [
        "[Match]",
        f"Property={PROPERTY}={kept.pci_address}",
        "",
        "[Link]",
        "NamePolicy=keep kernel database onboard slot path",
        "AlternativeNamesPolicy=database onboard slot path mac",
        "MACAddressPolicy=persistent",
        *([] if kept.mtu is None else [f"MTUBytes={kept.mtu}"]),
        f"SR-IOVVirtualFunctions={kept.numvfs}",
    ]
    for vf in kept.vfs.values():
        settings = list(section_lines(vf.settings))
        if settings:
            lines += ["", "[SR-IOV]", f"VirtualFunction={vf.index}", *settings]
    return lines


def section_lines(settings: VfSettings) -> t.Iterator[str]:
    """The settings of one VF that systemd brings back."""
    for name, key in KEYS.items():
        value = getattr(settings, name)
        if value is None or (name in ("vlan", "qos", "vlan_protocol") and not settings.vlan):
            continue
        if isinstance(value, bool):
            value = "yes" if value else "no"
        yield f"{key}={LINK_STATES[value] if name == 'link_state' else value}"


def rules_lines(kept: Pf) -> list[str]:
    """The udev rules. Without drivers_autoprobe a VF of no wanted driver has to stay without one.

    An initrd gets copies of rules and .link files that grow old: they do nothing where the service is missing.
    """
    address = kept.pci_address
    lines = [
        'SUBSYSTEM!="net|pci", GOTO="end"',
        f'TEST!="{ready_path(address)}", GOTO="end"',
        f'ACTION!="remove", SUBSYSTEM=="net", KERNELS=="{address}", ENV{{{PROPERTY}}}="{address}"',
        'ACTION!="add", GOTO="end"',
        'SUBSYSTEM!="pci", GOTO="end"',
    ]
    if kept.drivers_autoprobe is not None:
        lines.append(f'KERNEL=="{address}", ATTR{{sriov_drivers_autoprobe}}="{int(kept.drivers_autoprobe)}"')
    for vf_address, driver in driven(kept):
        lines += driver_rules(vf_address, driver)
    return [*lines, 'LABEL="end"']


def driven(kept: Pf) -> t.Iterator[tuple[str, str]]:
    """The PCI address and driver of each VF that does not get its driver by itself."""
    for vf in kept.vfs.values():
        driver = vf.driver or ("none" if kept.drivers_autoprobe is False else "default")
        if vf.pci_address and (driver != "default" or kept.drivers_autoprobe is False):
            yield vf.pci_address, driver


def driver_rules(address: str, driver: str) -> t.Iterator[str]:
    """The driver of one VF, whichever is bound by the time. No driver is called none.

    A driver whose module is just being loaded may take the VF at that very moment, and has no unbind attribute yet
    (drivers/base/bus.c, bus_add_driver): the service looks again. An event that is not a VF's birth (udevadm trigger)
    leaves alone what a guest or another process may have: ATTR{driver} is the driver's name at this moment, the key
    DRIVER would be that of when the event was made (sd_device_get_sysattr_value in systemd's sd-device.c).
    """
    yield f'KERNEL!="{address}", GOTO="after {address}"'
    yield f'ENV{{SYNTH_UUID}}=="?*", ATTR{{driver}}=="{USER_SPACE}", GOTO="end"'
    if driver == "default":
        yield 'PROGRAM=="/sbin/modprobe --resolve-alias $env{MODALIAS}", ATTR{driver_override}="$result{1}"'
        yield 'IMPORT{builtin}="kmod load $env{MODALIAS}"'
    else:
        yield f'ATTR{{driver_override}}="{driver}"'
        yield f'TEST=="driver", TEST!="{DRIVERS}/{driver}/{address}", ATTR{{driver/unbind}}="{address}"'
    if driver not in ("default", "none"):
        yield f'IMPORT{{builtin}}="kmod load {driver}"'
    if driver != "none":
        yield f'TEST!="driver", ATTR{{subsystem/drivers_probe}}="{address}"'
    yield f'LABEL="after {address}"'


def ready_lines(kept: Pf) -> list[str]:
    """The VFs are there and have their drivers, and the PF is up, before libvirt starts guests."""
    again = [f"{pci.DEVICES}/{address}" for address, _driver in driven(kept)]
    return [
        *unit_lines(kept, "VFs of"),
        "Before=libvirtd.service virtqemud.service",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "ExecStart=-/usr/bin/udevadm settle --timeout=60",
        *([f"ExecStart=-/usr/bin/udevadm trigger --action=add --settle {' '.join(again)}"] if again else []),
        *([f"ExecStart=/sbin/ip link set dev {kept.name} up"] if kept.up else []),
    ]


def rates_lines(kept: Pf) -> list[str]:
    """The rates, which drivers take only once the PF has link. Until then it is tried again, and nobody waits."""
    commands = []
    for vf in kept.vfs.values():
        rates = [f"{name} {getattr(vf.settings, name)}" for name in RATES if getattr(vf.settings, name)]
        if rates:
            commands.append(f"ExecStart=/sbin/ip link set dev {kept.name} vf {vf.index} {' '.join(rates)}")
    if not commands:
        return []
    return [
        *unit_lines(kept, "Rates of the VFs of"),
        f"After={ready_path(kept.pci_address)[len(UNITS):]}",
        "StartLimitIntervalSec=600",
        "StartLimitBurst=24",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "Restart=on-failure",
        "RestartSec=5",
        "ExecStartPre=/bin/sleep 5",
        *commands,
    ]


def unit_lines(kept: Pf, what: str) -> list[str]:
    """The beginning of a service that wants the PF's netdev."""
    device = f"sys-subsystem-net-devices-{systemd_escaped(kept.name)}.device"
    return [
        "[Unit]",
        f"Description={what} {kept.name} ({kept.pci_address})",
        f"Requires={device}",
        f"After={device}",
    ]


def systemd_escaped(name: str) -> str:
    """A part of a path in the name of a unit (systemd-escape(1))."""
    return re.sub(rb"[^A-Za-z0-9:_.]", lambda char: b"\\x%02x" % ord(char[0]), name.encode()).decode()
