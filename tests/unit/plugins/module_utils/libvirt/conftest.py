# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lab host in a folder, and a libvirt in memory that the modules connect to."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import plan as domain_plan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import plan as interface_plan
from ansible_collections.nfv.kvm.plugins.modules.vm_interface import INTERFACE
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    FakeLibvirt,
    FakeNetwork,
    TickingHost,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

PF = "0000:02:00.0"


class Lab:
    """A host with a PF of three VFs, a PF that is down, a bridge and a network, and its two modules."""

    def __init__(self, root: Path) -> None:
        self.libvirt = FakeLibvirt()
        self.files = FakeHost(root)
        self.host = TickingHost(str(root))
        for pf, netdev, flags in ((PF, "enp2s0", "0x1003"), ("0000:03:00.0", "enp3s0", "0x1002")):
            self.files.nic(pf, netdev, totalvfs=7)
            self.files.write(f"/sys/bus/pci/devices/{pf}/net/{netdev}/flags", flags)
            for index in range(3):
                self.files.vf(pf, index, f"{pf[:8]}10.{2 * index}")
        self.files.write("/sys/class/net/br0/bridge/vlan_filtering", "1")
        self.files.folder("/sys/class/net/eth7")
        self.network("lan", "<portgroup name='red'/>")
        self.network("pool", "<forward mode='hostdev'/>")

    def network(self, name: str, content: str, active: bool = True) -> None:
        """A libvirt network."""
        self.libvirt.networks[name] = FakeNetwork(f"<network><name>{name}</name>{content}</network>", active)

    def domain(self, name: str = "a", machine: str = "pc", state: str = "defined") -> None:
        """A domain, made without the modules."""
        root = "pci-root" if machine == "pc" else "pcie-root"
        disk = "bus='0x00' slot='0x03'" if machine == "pc" else "bus='0x01' slot='0x00'"
        ports = "".join(f"<controller type='pci' index='{bus}' model='pcie-root-port'><address type='pci' bus='0x00' "
                        f"slot='0x01' function='0x{bus - 1}'/></controller>" for bus in (1, 2, 3))
        self.libvirt.defineXML(
            f"<domain type='kvm'><name>{name}</name><os><type machine='{machine}'>hvm</type></os><devices>"
            f"<controller type='pci' index='0' model='{root}'/>{ports if machine == 'q35' else ''}"
            f"<disk type='file'><target dev='vda'/><address type='pci' {disk}/></disk></devices></domain>")
        if state == "running":
            self.libvirt.found[name].create()
        self.libvirt.defined = 0

    def vm_interface(self, *interfaces: Result, check_mode: bool = False, **params: t.Any) -> Result:
        """One run of the module."""
        given = self.interface_params(*interfaces, **params)
        return run(interface_plan.interface_resource, given, self.host, check_mode)

    def interface_params(self, *interfaces: Result, **params: t.Any) -> Result:
        """What the argument spec hands over."""
        return {"domain": "a", "state": "present", "restart": "never", "timeout": 120, "uri": "qemu:///system",
                **params, "interfaces": [_interface(one) for one in interfaces]}

    def four_runs(self, *interfaces: Result, **params: t.Any) -> Result:
        """Check, apply, check, apply: the first two agree, the last two change nothing. What the second returned."""
        before = self.texts()
        predicted = self.vm_interface(*interfaces, check_mode=True, **params)
        assert self.texts() == before, "check mode changed the host"
        applied = self.vm_interface(*interfaces, **params)
        assert not applied["failed"], applied
        assert predicted == applied
        after = self.texts()
        for check_mode in (True, False):
            again = self.vm_interface(*interfaces, check_mode=check_mode, **params)
            assert not again["changed"], again
        assert self.texts() == after
        return applied

    def vm_domain(self, check_mode: bool = False, **params: t.Any) -> Result:
        """One run of the module."""
        given = {"name": "a", "xml": None, "state": "defined", "autostart": None, "restart": "never", "timeout": 120,
                 "uri": "qemu:///system", **params}
        return run(domain_plan.domain_resource, given, self.host, check_mode)

    def texts(self) -> tuple[t.Any, ...]:
        """All that libvirt has, to compare before and after."""
        return tuple((domain.XMLDesc(2), domain.XMLDesc(0), domain.starts_with_host)
                     for _name, domain in sorted(self.libvirt.found.items()))


def _interface(given: Result) -> Result:
    """An item as the argument spec hands it over: every key is there."""
    return filled(given, INTERFACE)


def filled(given: Result, spec: Result) -> Result:
    """Options as an argument spec hands them over."""
    found = {**dict.fromkeys(spec), **given}
    return {key: filled(value, spec[key]["options"]) if isinstance(value, dict) and "options" in spec[key] else value
            for key, value in found.items()}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = Lab(tmp_path)
    for plan in (domain_plan, interface_plan):
        monkeypatch.setattr(plan, "connect", lambda uri: made.libvirt.connection())
    return made
