# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole host for an appliance: a kernel with a PF, a libvirt, the tools that make media, and vm_appliance on it."""

from __future__ import annotations

import functools
import os
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.params import appliance_resource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection
from ansible_collections.nfv.kvm.plugins.modules.vm_appliance import SPEC
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholekernel import WholeKernel, WholeLibvirt
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    FakeDomain,
    FakeLibrary,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakemigration import qcow2
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakenetwork import FakeNetwork
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

PROFILES = Path(__file__).parents[5] / "roles/virtual_appliance/profiles"
IMAGES = "/var/lib/libvirt/images"
FOLDER = f"{IMAGES}/edge1"
RECORD, READY = f"{FOLDER}/appliance.json", f"{FOLDER}/ready"
PASSWORD = "correct-horse-battery"
DAY0 = {"frr.conf": f"enable password {PASSWORD}\n", "sub/nftables.conf": "flush ruleset\n"}
# Folders that a run may leave empty, and what libvirt writes by itself
ASIDE = ("/run/nfv-kvm", "/run/libvirt/qemu", "/var/log/libvirt")


# What is not known of a VF that is still to be made, and what becomes of it when a domain starts with it
OPEN = ("mac", "spoofchk", "driver", "netdev", "used_by")


def settled(value: t.Any) -> t.Any:
    """A part of a result, without what only the real run can know of VFs."""
    if isinstance(value, list) and value and "pf" in value[0]:
        return [{name: one[name] for name in one if name not in OPEN} for one in value]
    return value


def lasting(result: Result) -> Result:
    """What a run returns of the state, without what it has done."""
    interfaces = [{**nic, "changes": {}} for nic in result["interfaces"]]
    return {**result, "interfaces": interfaces, "changed": False, "actions": [], "diff": {}}


def complete(given: t.Any, spec: Result) -> Result:
    """Options as an argument spec hands them over, defaults included."""
    found = {name: given.get(name, option.get("default")) for name, option in spec.items()}
    for name, option in spec.items():
        if "options" in option and found[name] is not None:
            found[name] = ([complete(one, option["options"]) for one in found[name]] if option["type"] == "list"
                           else complete(found[name], option["options"]))
    return found


@functools.cache
def loaded(name: str) -> t.Any:
    """A profile of the role virtual_appliance."""
    return yaml.safe_load((PROFILES / f"{name}.yml").read_text(encoding="utf-8"))


def profile(name: str = "open_appliance", **more: t.Any) -> Result:
    """A profile with its image."""
    return {**loaded(name), "image": f"{IMAGES}/image.qcow2", **more}


class WholeHost:
    """A host with the PF enp1s0, the bridge br0, the network lan, images and all tools; nothing was made on it yet."""

    def __init__(self, root: Path) -> None:
        self.kernel = WholeKernel(root)
        self.files = self.kernel.folder
        self.libvirt = WholeLibvirt(self.kernel)
        for folder in ("/run/libvirt", "/run/systemd/system", "/sys/class/net/eth7", "/etc/systemd/network",
                       "/etc/systemd/system", "/etc/udev/rules.d", "/srv", "/var/log"):
            self.files.folder(folder)
        self.files.write("/sys/class/net/br0/bridge/vlan_filtering", "1")
        self.files.write("/sys/class/net/enp1s0/flags", "0x1002")
        self.files.write("/sys/class/net/enp1s0/carrier", "1")
        for tool in ("xorriso", "mkfs.vfat", "mcopy"):
            self.files.write(f"/usr/bin/{tool}")
        self.files.write("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD")
        self.files.write("/proc/meminfo", "MemTotal: 33554432 kB\nHugePages_Total: 4096\nHugePages_Free: 4096\n"
                                          "Hugepagesize: 2048 kB")
        self.files.write("/etc/machine-id", "0123456789abcdef0123456789abcdef")
        self.files.write("/proc/sys/kernel/hostname", "kvm1")
        self.files.write("/proc/sys/kernel/random/boot_id", "d3b0")
        self.image(f"{IMAGES}/image.qcow2")
        self.image(f"{IMAGES}/data.qcow2")
        self.binary(f"{IMAGES}/image.raw", b"boot" * 50000)
        lan = "<network><name>lan</name><uuid>6a1b9e3c-0f5c-4bb8-9f1e-4b3c0e6a7d10</uuid></network>"
        self.libvirt.networks["lan"] = FakeNetwork(lan)

    def binary(self, path: str, content: bytes) -> None:
        """A file with these bytes."""
        self.files.folder(os.path.dirname(path))
        Path(self.kernel.path(path)).write_bytes(content)

    def image(self, path: str, backing: str = "", content: bytes = b"first") -> None:
        """An image of several pieces."""
        self.binary(path, qcow2(1 << 20, backing) + content * 30000)

    def bytes_of(self, path: str) -> bytes:
        """What is in a file."""
        return Path(self.kernel.path(path)).read_bytes()

    def run(self, check_mode: bool = False, **params: t.Any) -> Result:
        """One run of vm_appliance; the open appliance unless something else is given."""
        given = {"name": "edge1", "profile": profile(), **params}
        result = run(appliance_resource, complete(given, SPEC), self.kernel, check_mode)
        assert "defect in nfv.kvm" not in result.get("msg", ""), result["msg"]
        assert PASSWORD not in str(result)
        return result

    def applied(self, **params: t.Any) -> Result:
        """A run that must not fail."""
        result = self.run(**params)
        assert not result["failed"], result["msg"]
        return result

    def four_runs(self, **params: t.Any) -> Result:
        """Check, apply, check, apply: the first two agree, the last two change nothing. What the second returned."""
        before = self.snapshot()
        predicted = self.run(check_mode=True, **params)
        assert self.snapshot() == before, "check mode changed the host"
        applied = self.applied(**params)
        assert not predicted["failed"], predicted["msg"]
        for key in predicted:
            assert settled(predicted[key]) == settled(applied[key]), key
        after = self.snapshot()
        for check_mode in (True, False):
            again = self.run(check_mode=check_mode, **params)
            assert not again["failed"], again["msg"]
            assert not again["changed"], again["actions"]
            assert lasting(again) == lasting(applied)
        assert self.snapshot() == after
        assert not self.unfinished()
        return applied

    def refused(self, **params: t.Any) -> str:
        """What is told in check mode and by the real run, which leave all as it was."""
        before, told = self.snapshot(), []
        for check_mode in (True, False):
            result = self.run(check_mode=check_mode, **params)
            assert result["failed"], result
            error = result["error"]
            assert error["object"]
            assert error["cause"]
            assert error["remedy"] or error["cause"].startswith("it must be "), error
            assert not result.get("changed")
            assert self.snapshot() == before, result["msg"]
            told.append(result["msg"])
        assert told[0] == told[1]
        return told[0]

    def unfinished(self) -> list[str]:
        """What interrupted runs have left."""
        found = [str(path) for path in Path(self.kernel.root).rglob("*")]
        return [path for path in found if path.endswith(".unfinished") or "/.nfv-kvm-" in path or "/day0-edge1" in path]

    def snapshot(self) -> list[t.Any]:
        """All that a host has but locks and logs."""
        root = Path(self.kernel.root)
        aside = tuple(str(root) + path for path in ASIDE)
        files = [(str(path), path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None)
                 for path in sorted(root.rglob("*")) if not str(path).startswith(aside)]
        found = [domain for _name, domain in sorted(self.libvirt.found.items())]
        domains = [(domain.shown(True), domain.shown(False) if domain.live is not None else None,
                    domain.starts_with_host, domain.managed_save) for domain in found]
        return [files, domains, repr(self.kernel.link_state), self.kernel.overrides]

    @property
    def domain(self) -> FakeDomain:
        """The appliance's."""
        return self.libvirt.found["edge1"]

    def make_vfs(self) -> None:
        """Three VFs on a PF that is up, without the module."""
        self.kernel.write(f"{PCI_DEVICES}/{PF}/sriov_numvfs", "3")
        self.kernel.set_pf(["up"])

    def other(self, name: str, devices: str = "", runs: bool = False) -> FakeDomain:
        """A domain of somebody else."""
        self.libvirt.defineXML(f"<domain type='kvm'><name>{name}</name><os><type machine='pc'>hvm</type></os>"
                               f"<devices>{devices}</devices></domain>")
        if runs:
            self.libvirt.found[name].create()
        return self.libvirt.found[name]

    def serve(self, patch: pytest.MonkeyPatch) -> None:
        """Let the modules find this host."""
        patch.setattr(connection, "load", lambda library, package: FakeLibrary(self.libvirt))
        patch.setattr(engine, "Host", lambda: self.kernel)


# NICs of each kind, and the PF that two of them are on
PFS = [{"pf": "enp1s0", "numvfs": 3, "up": True, "vfs": [{"index": 0, "trust": True}]}]
BRIDGE: Result = {"type": "bridge", "source": {"bridge": "br0"}}
HOSTDEV: Result = {"type": "hostdev", "source": {"pf": "enp1s0", "vf": 0}, "vf": {"spoofchk": False}}
DIRECT: Result = {"type": "direct", "source": {"pf": "enp1s0", "vf": 1, "mode": "passthrough"}}
NICS = [BRIDGE, HOSTDEV, DIRECT]
WHOLE: Result = {"pfs": PFS, "interfaces": NICS, "day0": DAY0}
