# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hosts, each with a libvirt in memory that reaches that of the other one."""

from __future__ import annotations

import json
import typing as t
from functools import partial
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration import live
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.needs import examine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.note import TAG
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.plan import migration_resource
from ansible_collections.nfv.kvm.plugins.modules import vm_migration
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeDomain, FakeLibrary
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakemigration import qcow2
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

FOLDER = "/var/lib/libvirt/images/a"
DISK, MEDIUM, KERNEL, READY = f"{FOLDER}/disk.qcow2", f"{FOLDER}/day0.iso", "/boot/vmlinuz", f"{FOLDER}/ready"
MAC, VF_MAC = "52:54:00:00:00:01", "52:54:00:00:00:02"
BRIDGE = f"<interface type='bridge'><mac address='{MAC}'/><source bridge='br0'/><model type='virtio'/></interface>"
VF = (f"<interface type='hostdev' managed='yes'><mac address='{VF_MAC}'/><source><address type='pci' domain='0x0000' "
      "bus='0x02' slot='0x10' function='0x2'/></source><vlan><tag id='100'/></vlan></interface>")

POOL = ("<interface type='network'><mac address='52:54:00:00:00:02'/><source network='pool'/>"
        "<teaming type='transient' persistent='ua-backup'/></interface>")
TEAM = BRIDGE.replace("</interface>", "<teaming type='persistent'/><alias name='ua-backup'/></interface>") + POOL


class Pair:
    """The hosts kvm1, which has a domain, and kvm2.

    ``most``: how many of its copies ran at once, at the most.
    """

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.hosts = {name: Lab(root / name) for name in ("kvm1", "kvm2")}
        self.at = "kvm1"
        self.most = 0
        (root / "share").mkdir(parents=True)
        for name, lab in self.hosts.items():
            lab.libvirt.hostname = name
            patch.setattr(lab.host, "run", partial(self.ip, lab))
            lab.libvirt.peers = {other: found.libvirt for other, found in self.hosts.items() if other != name}
        patch.setattr(connection, "load", lambda library, package: FakeLibrary(self.hosts[self.at].libvirt))
        patch.setattr(live, "END_SECONDS", 5.0)

    def ip(self, lab: Lab, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        """What ip tells of enp2s0 on both hosts: one VF differs from what it has when it is made."""
        answer = Completed(0) if argv[0] == "udevadm" else lab.host.answer(argv)
        if answer is not None:
            return answer
        assert argv == ["ip", "-json", "-details", "link", "show", "dev", "enp2s0"]
        made = {"spoofchk": True, "trust": False, "rate": {"min_tx": 0, "max_tx": 0}}
        vfs = [{"vf": index, **made} for index in range(3)]
        vfs[1].update(trust=True, rate={"min_tx": 0, "max_tx": 100})
        return Completed(0, json.dumps([{"mtu": 1500, "flags": ["UP"], "vfinfo_list": vfs}]))

    def domain(self, nics: str = BRIDGE, state: str = "running", more: str = "", devices: str = "") -> FakeDomain:
        """A domain on kvm1 that starts with it."""
        lab = self.hosts["kvm1"]
        for path, data in ((DISK, qcow2(1 << 20) + b"data"), (MEDIUM, b"day0"), (KERNEL, b"kernel"), (READY, b"")):
            lab.files.write(path)
            Path(lab.files.host.path(path)).write_bytes(data)
        lab.libvirt.defineXML(
            f"<domain type='kvm'><name>a</name><os><type arch='x86_64' machine='pc'>hvm</type><kernel>{KERNEL}</kernel>"
            f"{more}</os><devices><emulator>/usr/bin/qemu</emulator><controller type='pci' index='0' model='pci-root'/>"
            f"<disk type='file' device='disk'><driver type='qcow2'/><source file='{DISK}'/><target dev='vda'/></disk>"
            f"<disk type='file' device='cdrom'><source file='{MEDIUM}'/><target dev='hda'/></disk>"
            f"<disk type='file' device='cdrom'><target dev='hdb'/></disk>{nics}{devices}</devices></domain>")
        found = lab.libvirt.found["a"]
        found.starts_with_host = 1
        if state == "running":
            found.create()
        return found

    def share(self, path: str) -> None:
        """Let both hosts reach a folder of kvm1 by its path."""
        common = Path(self.hosts["kvm1"].host.root).with_name("share") / path.replace("/", "-")
        Path(self.hosts["kvm1"].host.path(path)).rename(common)
        for lab in self.hosts.values():
            place = Path(lab.host.path(path))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(common)

    def write(self, path: str, data: bytes, at: str = "kvm1") -> None:
        """A file on a host."""
        place = Path(self.hosts[at].host.path(path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def move(self, source: str = "kvm1", target: str = "kvm2", check_mode: bool = False, **given: t.Any) -> Result:
        """One run of vm_migration on the source."""
        self.at = source
        params = {name: option.get("default") for name, option in vm_migration.SPEC.items()}
        params |= {"name": "a", "target": f"qemu+ssh://root@{target}/system", "files": [READY], **given}
        return run(migration_resource, params, self.hosts[source].host, check_mode)

    def info(self, at: str, needs: Result | None = None, **given: t.Any) -> Result:
        """One run of vm_migration_info."""
        self.at = at
        params = {"name": "a", "needs": needs, "files": [READY], "shared_storage": False, "uri": "qemu:///system"}
        return examine({**params, **given}, self.hosts[at].host)

    def copy(self, at: str) -> tuple[t.Any, ...] | None:
        """What a host has of the domain: whether it runs, whether it starts with the host, and how far it has come."""
        found = self.hosts[at].libvirt.found.get("a")
        if found is None:
            return None
        notes = [root.find(f"metadata/{TAG}") for root in (found.xml, found.live) if root is not None]
        stages = {None if note is None else note.get("stage") for note in notes}
        assert len(stages) == 1, "live and persistent tell the same"
        return bool(found.isActive()), bool(found.starts_with_host), stages.pop()

    def files(self, at: str) -> list[str]:
        """The domain's files on a host."""
        return [path for path in (DISK, MEDIUM, READY) if self.hosts[at].host.exists(path)]

    def count(self) -> None:
        """See how many run now."""
        found = [lab.libvirt.found.get("a") for lab in self.hosts.values()]
        running = [one for one in found if one is not None and one.live is not None and one.running_state == 1]
        self.most = max(self.most, len(running))

    def all(self) -> tuple[t.Any, ...]:
        """All that both hosts have."""
        return tuple((self.hosts[at].texts(), self.files(at)) for at in self.hosts)


class Killed(BaseException):
    """The run ended without a word."""


def killed(pair: Pair, number: int, patch: pytest.MonkeyPatch, **given: t.Any) -> bool:
    """Run the module until right before its step of this number; whether there was one."""
    def apply(steps: t.Any, host: t.Any, actions: list[str]) -> None:
        for count, step in enumerate(steps):
            if count == number:
                raise Killed
            step.apply(host)
            pair.count()
            actions.extend(step.describe())

    with patch.context() as inner:
        inner.setattr(engine, "apply", apply)
        try:
            assert not pair.move(**given)["failed"]
        except Killed:
            return True
    return False


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    return Pair(tmp_path, monkeypatch)
