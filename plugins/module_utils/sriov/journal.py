# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the VFs had before a resize, kept while it runs: a run that was killed in it loses nothing.

Until the next run, others may have taken or changed a VF. What it was made with is kept as well, and tells that.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, replace

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.mac import ZERO
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_met
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import FRESH, Pf, Vf, VfSettings


@dataclass(frozen=True)
class Entry:
    """One VF: as it was, and as it was last known to be, None if the kernel was just making it."""

    before: Vf
    made: Vf | None

    def holds(self, found: Vf) -> bool:
        """Whether all that a VF has is what it was made with, or was given back already: nobody else has changed it.

        Drivers choose the MAC of a VF that was given none, some of them only when the VF is used.
        """
        made = self.made or Vf(found.index, FRESH, "default")
        before, fresh = asdict(self.before.settings), asdict(made.settings)
        return all(
            value in (before[name], fresh[name], ZERO) or fresh[name] in (None, ZERO)
            for name, value in asdict(found.settings).items()
        ) and (found.driver in (None, self.before.driver) or is_met(made.driver or "none", found.driver))


def path(pci_address: str) -> str:
    """Where it is kept: gone after a reboot, as the VFs are."""
    return f"/run/nfv-kvm/sriov-{pci_address}.json"


def write(host: Host, pci_address: str, before: dict[int, Vf], made: dict[int, Vf]) -> None:
    """Keep the settings and drivers of VFs, by index.

    :param made: what those have that there are
    """
    entries = {index: {**to_json(vf), "made": to_json(made[index]) if index in made else None}
               for index, vf in before.items()}
    host.replace(path(pci_address), json.dumps(entries), 0o600)


def read(host: Host, pf: Pf) -> Pf:
    """The PF with what a resize that was killed has left to do; nothing where the file is none of ours."""
    try:
        kept = json.loads(host.read(path(pf.pci_address)) or "{}")
        entries = {int(index): Entry(from_json(index, vf), from_json(index, vf["made"]) if vf.get("made") else None)
                   for index, vf in kept.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return pf
    overtaken = [index for index, vf in pf.vfs.items() if index in entries and not entries[index].holds(vf)]
    interrupted = {index: entry.before for index, entry in entries.items() if index not in overtaken}
    return replace(pf, interrupted=interrupted, overtaken=tuple(overtaken))


def remove(host: Host, pci_address: str) -> None:
    """The resize is done."""
    if host.exists(path(pci_address)):
        host.remove(path(pci_address))


def to_json(vf: Vf) -> dict[str, t.Any]:
    """What is kept of a VF."""
    return {"settings": asdict(vf.settings), "driver": vf.driver}


def from_json(index: str, kept: dict[str, t.Any]) -> Vf:
    """The same as a VF. A zero MAC is none at all, and drivers refuse it."""
    settings = VfSettings(**kept["settings"])
    return Vf(int(index), replace(settings, mac=None if settings.mac == ZERO else settings.mac), kept["driver"])


@dataclass(frozen=True)
class ForgetResize:
    """What an interrupted resize left behind is put back: nothing more to remember.

    ``overtaken``: the VFs that somebody has changed since, which keep what they have
    """

    netdev: str
    pci_address: str
    overtaken: tuple[int, ...] = ()

    def describe(self) -> list[str]:
        return [f"{self.netdev}: complete the interrupted change of numvfs",
                *(f"VF {index} of {self.netdev}: not restored, because it was changed in the meantime"
                  for index in self.overtaken)]

    def apply(self, host: Host) -> None:
        remove(host, self.pci_address)

    def undo(self, host: Host) -> None:
        """It is the last step that touches VFs: what is undone before it is still to be remembered."""
