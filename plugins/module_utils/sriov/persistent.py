# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a PF and its VFs comes back after a reboot: only what tasks asked for, never what merely is there now.

A record in the PF's .link file says what earlier tasks asked for, and all files are made from it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import typing as t
from dataclasses import dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov import rendering
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.linkfiles import refuse_rivals, rivals
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf, VfSettings

PATHS = (
    rendering.link_path, rendering.rules_path, rendering.ready_path, rendering.rates_path, rendering.wants_path
)
# What keeps a setting, if not the .link file.
PLACES = {
    "drivers_autoprobe": rendering.rules_path, "driver": rendering.rules_path, "up": rendering.ready_path,
    **dict.fromkeys(rendering.RATES, rendering.rates_path),
}
OF_PF = ("numvfs", "mtu", "up", "drivers_autoprobe")
# The type of each value in a record, as the classes declare it.
TYPES = {
    field.name: str(field.type).split(" ", maxsplit=1)[0]
    for kind in (Pf, Vf, VfSettings) for field in dataclasses.fields(kind)
}
SAFE = re.compile(r"[A-Za-z0-9_.:-]+")
VERSION = 251  # the first whose .link files know SR-IOV
DISTRIBUTION = ("/usr/lib/systemd/", "/lib/systemd/")


def read(host: Host, pf: Pf, persistent: bool) -> Pf:
    """The PF with its files.

    :param persistent: whether they are to be written
    :raises NotSupported: this host cannot keep what they say, or somebody else's file stands in the way
    """
    pf = replace(pf, files=read_files(host, pf))
    for path, text in pf.files.items():
        if not text.startswith(rendering.WRITTEN_BY):
            raise NotSupported(path, "nfv.kvm.sriov_vf needs this path, but did not write the file",
                               remedy="Rename the file, or omit persistent")
    if persistent and not pf.files:
        check_host(host, pf)
    return replace(pf, rivals=rivals(host, pf)) if persistent else pf


def read_files(host: Host, pf: Pf) -> dict[str, str]:
    """Those of the PF's files that there are, text by path."""
    found = {path: read_file(host, path) for path in (path_of(pf.pci_address) for path_of in PATHS)}
    return {path: text for path, text in found.items() if text is not None}


def read_file(host: Host, path: str) -> str | None:
    """The text of a file as it was written, None if it does not exist."""
    text = host.read(path)
    return None if text is None else f"{text}\n"


def check_host(host: Host, pf: Pf) -> None:
    """Before the first files are written.

    :raises NotSupported: systemd is missing or too old, or would not apply our .link file to this PF alone
    """
    runs = host.exists("/run/systemd/system")
    version = re.match(r"\d+", host.run(["udevadm", "--version"]).stdout) if runs else None
    if version is None or int(version[0]) < VERSION:
        found = "does not run systemd" if version is None else f"has systemd {version[0]}"
        raise NotSupported(
            "persistent", f"it requires systemd {VERSION} or later, and this host {found}", True,
            "Omit persistent, and create the VFs at boot with a service of your own",
        )
    netdevs = pci.netdevs(host, pf.pci_address)
    if len(netdevs) > 1:
        raise NotSupported(
            "persistent", f"{pf.pci_address} has several network interfaces ({', '.join(netdevs)}), which a .link file "
            "cannot reliably distinguish", True, "Omit persistent for this PF",
        )
    done = host.run(["udevadm", "info", "--query=property", f"--path={pci.NETDEVS}/{pf.name}"])
    properties = dict(line.split("=", maxsplit=1) for line in done.stdout.splitlines() if "=" in line)
    applied = [properties.get("ID_NET_LINK_FILE", ""), *properties.get("ID_NET_LINK_FILE_DROPINS", "").split(":")]
    for path in applied:
        if path and not path.startswith(DISTRIBUTION) and path != rendering.link_path(pf.pci_address):
            raise NotSupported(
                "persistent", f"{path} applies to {pf.name}, and systemd applies only one .link file to a netdev",
                True, "Remove that file, or omit persistent",
            )


def wanted_files(desired: Pf, after: Pf) -> dict[str, str]:
    """The files as they are to be, text by path; none if nothing is to be kept.

    :param after: the state that the plan leads to, with the files that there are now
    :raises NotSupported: a VF whose driver is to be kept has no PCI address that is known, or the files change and one
        of the host's user stands in the way
    """
    if not desired.persistent:
        return {}
    kept = to_keep(desired, after)
    files = rendering.files(kept, written(kept))
    if files != after.files:
        refuse_rivals(after)
    return files


def to_keep(desired: Pf, after: Pf) -> Pf:
    """What this task manages, over what earlier tasks did. All VFs that there will be are in it."""
    earlier = earlier_tasks(after)
    vfs = {}
    for index in range(after.numvfs or 0):
        before, wanted = (pf.vfs.get(index, Vf(index)) for pf in (earlier, desired))
        vf = Vf(
            index, before.settings.overlaid(wanted.settings.whole_tag()), driver=wanted.driver or before.driver,
            pci_address=address(after, index),
        )
        if vf.driver and not vf.pci_address:
            raise NotSupported(
                f"VF {index} of {after.name}", "its driver cannot be persisted, because its PCI address is not known "
                "before it exists", vf.driver, "Create the VFs first, in a task without persistent",
            )
        vfs[index] = vf
    managed = {name: getattr(desired, name) for name in OF_PF if getattr(desired, name) is not None}
    return replace(
        earlier, **{**managed, "numvfs": after.numvfs}, name=after.name, pci_address=after.pci_address, vfs=vfs
    )


def address(after: Pf, index: int) -> str | None:
    """The PCI address of a VF that is there or will be."""
    known = after.vfs[index].pci_address if index in after.vfs else None
    future = after.future_addresses[index] if index < len(after.future_addresses) else None
    return known or future


def kept_by(after: Pf) -> dict[str, str]:
    """The settings that come back after a reboot, each with the path of the file that applies it."""
    link = rendering.link_path(after.pci_address)
    if link not in after.files:
        return {}
    places = {name: path_of(after.pci_address) for name, path_of in PLACES.items()}
    record = json.loads(written(earlier_tasks(after)))
    of_vfs = record.pop("vfs").values()
    names = {name for values in (record, *of_vfs) for name in values}
    if not record.get("up"):
        del places["up"]
    # What a reboot leaves as it is to be, such as a PF that is down, needs nothing but the record.
    return {name: places[name] if places.get(name) in after.files else link for name in sorted(names)}


def written(kept: Pf) -> str:
    """The record: one line of JSON."""
    vfs = {
        index: {**vf.settings.given(), **({"driver": vf.driver} if vf.driver else {})}
        for index, vf in kept.vfs.items()
    }
    of_pf = {name: getattr(kept, name) for name in OF_PF if getattr(kept, name) is not None}
    return json.dumps({**of_pf, "vfs": {index: vf for index, vf in vfs.items() if vf}}, sort_keys=True)


def earlier_tasks(after: Pf) -> Pf:
    """What the record says, with the VFs that it names; nothing where it is missing or broken."""
    lines = after.files.get(rendering.link_path(after.pci_address), "").splitlines()
    text = next((line[len(rendering.RECORD):] for line in lines if line.startswith(rendering.RECORD)), "")
    try:
        record = json.loads(text)
        vfs = {}
        for index, entry in record.pop("vfs").items():
            driver = checked(entry).pop("driver", None)
            vfs[int(index)] = Vf(int(index), VfSettings(**entry), driver=driver)
        return Pf("", vfs=vfs, **checked(record))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Pf("")


def checked(values: dict[str, t.Any]) -> dict[str, t.Any]:
    """The values, if each is of its type and can stand in a file.

    :raises ValueError: one is not
    """
    for name, value in values.items():
        known = name != "link_state" or value in rendering.LINK_STATES
        if not known or type(value).__name__ != TYPES[name] or not SAFE.fullmatch(str(value)):
            raise ValueError(name)
    return values


@dataclass(frozen=True)
class KeepFiles:
    """The files that bring a PF back after a reboot, text by path, now and afterwards."""

    before: dict[str, str]
    after: dict[str, str]

    def describe(self) -> list[str]:
        return [
            f"{path}: {'write' if path not in self.before else 'change' if path in self.after else 'remove'}"
            for path in self.changed()
        ]

    def changed(self) -> list[str]:
        """The paths of what differs."""
        return [path for path in sorted({*self.before, *self.after}) if self.before.get(path) != self.after.get(path)]

    def apply(self, host: Host) -> None:
        self.put(host, self.after)

    def undo(self, host: Host) -> None:
        self.put(host, self.before)

    def put(self, host: Host, files: dict[str, str]) -> None:
        """Write or remove what differs, and tell systemd and udev: VFs may be created again at any time.

        A service that has gone would stay active until the next reboot, which harms nobody. What cannot be written was
        not, so that there is nothing to undo of it.

        :raises CommandFailed: one of them refuses
        """
        changed = [path for path in self.changed() if read_file(host, path) != files.get(path)]
        units = [path for path in changed if path.startswith(rendering.UNITS)]
        gone = [os.path.basename(path) for path in units if path not in files and path.endswith(".service")]
        if gone:
            host.run(["systemctl", "stop", *gone])
        others = [path for path in changed if path not in units]
        # After a kill, the next run finds what is missing of udev's files, and tells systemd again. udev looks itself.
        for paths, reload in ((units, ["systemctl", "daemon-reload"]), (others, ["udevadm", "control", "--reload"])):
            for path in paths:
                if path in files:
                    host.replace(path, files[path], 0o644)
                else:
                    host.remove(path)
            if changed and not any(path.endswith(".conf") for path in files):  # it stays if others have files there
                host.remove_folder(os.path.dirname(rendering.wants_path("")))
            if changed:
                carry_out(host, reload)


def carry_out(host: Host, command: list[str]) -> None:
    """:raises CommandFailed: the program refuses"""
    done = host.run(command)
    if done.returncode != 0:
        raise CommandFailed(" ".join(command), done.stderr.strip() or "it failed")
