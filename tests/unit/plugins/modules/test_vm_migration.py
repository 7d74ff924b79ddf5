# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to vm_migration and vm_migration_info, through the modules themselves: one error, nothing changed."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.modules import vm_migration, vm_migration_info
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibvirt
from ansible_collections.nfv.kvm.tests.unit.plugins.modules.wronginput import one_host, tells
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:00:01"
TARGET = "qemu+ssh://root@kvm2/system"
VF: Result = {"mac": MAC, "pci_address": "0000:02:10.0"}
MACHINE = {"type": "kvm", "arch": "x86_64", "machine": "pc", "emulator": "/usr/bin/qemu"}
NEEDS: Result = {"interfaces": [], "machine": MACHINE, "files": [], "vfs": []}


def vfs(**more: t.Any) -> Result:
    """One VF."""
    return {"vfs": [{**VF, **more}]}


def nic(content: str, kind: str = "bridge") -> Result:
    """Needs with one NIC; it has a MAC if its content has none."""
    mac = "" if "<mac" in content else f"<mac address='{MAC}'/>"
    return {"needs": {**NEEDS, "interfaces": [f"<interface type='{kind}'>{mac}{content}</interface>"]}}


# The host has the domains a (off) and paused; kvm2 has nothing.
MOVES: list[tuple[Result, str]] = [
    ({"name": None}, "missing required arguments: name"),
    ({"target": None}, "missing required arguments: target"),
    ({"name": ""}, "name = '': neither kvm1 nor kvm2 has this domain"),
    ({"name": "nonesuch"}, "name = 'nonesuch': neither kvm1 nor kvm2 has this domain"),
    ({"name": "a; reboot"}, "name = 'a; reboot': neither kvm1"),
    ({"name": "paused"}, "domain paused: it is paused, so its guest cannot be moved. Resume it first"),
    ({"target": ""}, "target = '': this URI does not contain a host. Write a URI such as qemu+ssh://root@kvm2/system"),
    ({"target": "kvm2"}, "target = 'kvm2': this URI does not contain a host"),
    ({"target": "qemu+ssh://root@[fd00::1/system"}, "this URI does not contain a host"),
    ({"target": "qemu+ssh://root@fd00::1/system"}, "this URI does not contain a host"),
    ({"target": "qemu:///system"}, "target = 'qemu:///system': this URI does not contain a host"),
    ({"target": "qemu+ssh://root@kvm9/system"}, "libvirt at qemu+ssh://root@kvm9/system?no_tty=1: cannot be reached"),
    ({"target": "qemu+tls://kvm9/system"}, "libvirt at qemu+tls://kvm9/system: cannot be reached"),
    ({"target": "qemu+ssh://root@kvm1/system"}, "target = 'kvm1': this is the host on which the task runs"),
    ({"uri": "xen:///"}, "libvirt at xen:///: cannot be reached"),
    ({"timeout": 0}, "timeout = 0: it must be at least 1"),
    ({"live_timeout": -1}, "live_timeout = -1: it must be at least 1"),
    ({"timeout": "long"}, "'timeout' is of type str"),
    ({"shared_storage": "perhaps"}, "unable to convert to "),
    ({"vfs": [{"mac": MAC}]}, "missing required arguments: pci_address"),
    (vfs(mac="random"), "vfs[0].mac = 'random': this is not a MAC address"),
    (vfs(pci_address="3"), "vfs[0].pci_address = '3': this is not a PCI address. Write an address such as"),
    (vfs(pf="enp2s0"), "vfs.pf"),
    ({"lost_host": "kvm9", "name": "new"}, "name = 'new': this host has no such domain"),
    ({"live": True}, "Unsupported parameters for"),
]

INFOS: list[tuple[Result, str]] = [
    ({"name": None}, "missing required arguments: name"),
    ({"uri": "xen:///"}, "libvirt at xen:///: cannot be reached"),
    ({"needs": {}}, "missing required arguments: "),
    ({"needs": {**NEEDS, "interfaces": ["<interface"]}}, "needs.interfaces[0]: this is not valid XML"),
    ({"needs": {**NEEDS, "interfaces": ["<interface type='bridge'/>"]}}, "needs.interfaces[0]: this is not an"),
    (nic("<mac/>"), "needs.interfaces[0]: this is not an <interface> with a MAC"),
    (nic("<mtu size='²'/>"), "needs.interfaces[0]: this is not an <interface> as libvirt writes it: invalid literal"),
    (nic("<vlan><tag/></vlan>"), "needs.interfaces[0]: this is not an <interface> as libvirt writes it"),
    (nic("", "hostdev"), "needs.interfaces[0]: this <interface> does not refer to a VF"),
    (nic("<address type='pci' slot='zz'/>"), "<address slot> = 'zz': it must be a number from 0 to 0x1f"),
    ({"needs": {**NEEDS, "machine": {**MACHINE, "machine": "pc-99"}}}, "machine = 'pc-99': libvirt cannot have it"),
    ({"needs": {**NEEDS, "vfs": [{"mac": MAC, "pf": "enp9s0", "index": 0}]}}, "pf = 'enp9s0': this host has no such"),
    ({"needs": {**NEEDS, "vfs": [{"mac": MAC, "pf": "enp9s0"}]}}, "missing required arguments: index"),
    ({"needs": {**NEEDS, "more": 1}}, "needs.more"),
    ({"force": True}, "Unsupported parameters for"),
]


def furnish(lab: Lab, patch: pytest.MonkeyPatch) -> None:
    """The domains, and the other host."""
    lab.domain()
    lab.domain("paused", state="running")
    lab.libvirt.found["paused"].running_state = 3
    other = FakeLibvirt()
    other.hostname, other.files = "kvm2", lab.files
    lab.libvirt.peers = {"kvm2": other, "kvm1": lab.libvirt}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    with one_host(tmp_path_factory, furnish) as made:
        yield made


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("wrong", "told"), MOVES)
def test_move(host: Lab, wrong: Result, told: str, check_mode: bool, capsys: pytest.CaptureFixture[str]) -> None:
    tells(host, vm_migration.main, {"name": "a", "target": TARGET, **wrong}, capsys, told, check_mode)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("wrong", "told"), INFOS)
def test_info(host: Lab, wrong: Result, told: str, check_mode: bool, capsys: pytest.CaptureFixture[str]) -> None:
    tells(host, vm_migration_info.main, {"name": "new", **wrong}, capsys, told, check_mode)


def test_each_option_is_documented() -> None:
    for module in (vm_migration, vm_migration_info):
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert all(f"\n  {option}:" in text for option in module.SPEC if option != "uri")
