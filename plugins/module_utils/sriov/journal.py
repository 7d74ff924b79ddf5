# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the VFs had before a resize, kept while it runs: a run that was killed in it loses nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Vf, VfSettings


def path(pci_address: str) -> str:
    """Where it is kept: gone after a reboot, as the VFs are."""
    return f"/run/nfv-kvm/sriov-{pci_address}.json"


def write(host: Host, pci_address: str, vfs: dict[int, Vf]) -> None:
    """Keep the settings and drivers of VFs, by index."""
    text = json.dumps({index: {"settings": asdict(vf.settings), "driver": vf.driver} for index, vf in vfs.items()})
    host.replace(path(pci_address), text, 0o600)


def read(host: Host, pci_address: str) -> dict[int, Vf]:
    """The VFs that a resize was killed over; none where none was, or where the file is none of ours."""
    try:
        kept = json.loads(host.read(path(pci_address)) or "{}")
        return {int(index): Vf(int(index), VfSettings(**vf["settings"]), vf["driver"]) for index, vf in kept.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def remove(host: Host, pci_address: str) -> None:
    """The resize is done."""
    if host.exists(path(pci_address)):
        host.remove(path(pci_address))


@dataclass(frozen=True)
class ForgetResize:
    """What an interrupted resize left behind is put back: nothing more to remember."""

    netdev: str
    pci_address: str

    def describe(self) -> list[str]:
        return [f"{self.netdev}: finish the change of numvfs that was interrupted"]

    def apply(self, host: Host) -> None:
        remove(host, self.pci_address)

    def undo(self, host: Host) -> None:
        """It is the last step that touches VFs: what is undone before it is still to be remembered."""
