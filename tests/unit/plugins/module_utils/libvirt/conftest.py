# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab host in a folder, and a libvirt in memory that the modules connect to."""

from __future__ import annotations

import os
import typing as t
import uuid
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import plan as domain_plan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import plan as interface_plan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network import plan as network_plan
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile import plan as profile_plan
from ansible_collections.nfv.kvm.plugins.modules import port_profile, vm_network
from ansible_collections.nfv.kvm.plugins.modules.vm_interface import INTERFACE
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    FakeLibrary,
    FakeLibvirt,
    TickingHost,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakenetwork import FakeNetwork
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

PF = "0000:02:00.0"

# The VFs of enp3s0
VFS = "<forward mode='hostdev'>" + "".join(
    f"<address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='{number}'/>" for number in (0, 2, 4)
) + "</forward>"

# Virtualports, the first two as the guides of vendors have them.
QBG = {"type": "802.1Qbg", "managerid": 11, "typeid": 1193047, "typeidversion": 2}
QBH = {"type": "802.1Qbh", "profileid": "finance"}
OVS = {"type": "openvswitch"}

# What the API has to change something; an undisturbed look at the host calls none of them.
CHANGES = ("defineXML", "attachDeviceFlags", "detachDeviceFlags", "updateDeviceFlags", "create", "shutdown", "resume",
           "setAutostart", "undefineFlags", "networkDefineXML", "network.create", "network.destroy", "network.undefine",
           "network.setAutostart", "network.update")


class Lab:
    """A host with a PF of three VFs, a PF that is down, a bridge and two networks, and the modules."""

    def __init__(self, root: Path) -> None:
        self.libvirt = FakeLibvirt()
        self.files = FakeHost(root)
        self.host = TickingHost(str(root))
        self.libvirt.files = self.files
        for pf, netdev, flags in ((PF, "enp2s0", "0x1003"), ("0000:03:00.0", "enp3s0", "0x1002")):
            self.files.nic(pf, netdev, totalvfs=7)
            self.files.write(f"/sys/bus/pci/devices/{pf}/net/{netdev}/flags", flags)
            self.files.write(f"/sys/bus/pci/devices/{pf}/sriov_numvfs", "3")
            for index in range(3):
                self.files.vf(pf, index, f"{pf[:8]}10.{2 * index}")
        self.files.write("/sys/class/net/br0/bridge/vlan_filtering", "1")
        self.files.folder("/sys/class/net/eth7")
        self.network("lan", "<portgroup name='red'/>")
        self.network("pool", VFS)

    def network(self, name: str, content: str, active: bool = True) -> None:
        """A libvirt network, whatever libvirt would say to it."""
        number = uuid.uuid5(uuid.NAMESPACE_DNS, name)
        self.libvirt.networks[name] = FakeNetwork(
            f"<network><name>{name}</name><uuid>{number}</uuid>{content}</network>", active)

    def domain(self, name: str = "a", machine: str = "pc", state: str = "defined") -> None:
        """A domain, made without the modules."""
        root = "pci-root" if machine == "pc" else "pcie-root"
        disk = "bus='0x00' slot='0x03'" if machine == "pc" else "bus='0x01' slot='0x00'"
        ports = "".join(f"<controller type='pci' index='{bus}' model='pcie-root-port'><address type='pci' bus='0x00' "
                        f"slot='0x01' function='0x{bus - 1}'/></controller>" for bus in (1, 2, 3))
        self.libvirt.defineXML(
            f"<domain type='kvm'><name>{name}</name><memoryBacking><access mode='shared'/></memoryBacking>"
            f"<os><type machine='{machine}'>hvm</type></os><devices>"
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
        """Four runs of vm_interface."""
        return self.runs(self.vm_interface, *interfaces, **params)

    def runs(self, module: t.Callable[..., Result], *given: t.Any, **params: t.Any) -> Result:
        """Check, apply, check, apply: the first two agree, the last two change nothing. What the second returned.

        :param module: one run of a module, such as vm_network
        """
        before, networks = self.texts(), len(self.libvirt.networks)
        predicted = module(*given, check_mode=True, **params)
        assert self.texts() == before, "check mode changed the host"
        applied = module(*given, **params)
        assert not applied["failed"], applied
        # What libvirt makes up
        foreseen = {**predicted, "uuid": applied["uuid"]} if len(self.libvirt.networks) > networks else predicted
        assert foreseen in (applied, {**applied, "bridge": None})
        after = self.texts()
        for check_mode in (True, False):
            again = module(*given, check_mode=check_mode, **params)
            assert not again["changed"], again
        assert self.texts() == after
        return applied

    def vm_domain(self, check_mode: bool = False, **params: t.Any) -> Result:
        """One run of the module."""
        given = {"name": "a", "xml": None, "state": "defined", "autostart": None, "restart": "never", "timeout": 120,
                 "uri": "qemu:///system", **params}
        return run(domain_plan.domain_resource, given, self.host, check_mode)

    def vm_network(self, check_mode: bool = False, **params: t.Any) -> Result:
        """One run of the module."""
        given = filled({"name": "n", "state": "present", "uri": "qemu:///system", **params}, vm_network.SPEC)
        return run(network_plan.network_resource, given, self.host, check_mode)

    def port_profile(self, check_mode: bool = False, **params: t.Any) -> Result:
        """One run of the module."""
        given = filled({"name": "red", "network": "n", "state": "present", "replug": "never", "uri": "qemu:///system",
                        **params}, port_profile.SPEC)
        return run(profile_plan.profile_resource, given, self.host, check_mode)

    def serve(self, patch: pytest.MonkeyPatch) -> None:
        """Let the modules' own main() find this host."""
        patch.setattr(connection, "load", lambda library, package: FakeLibrary(self.libvirt))
        patch.setattr(engine, "Host", lambda: self.host)

    def furnish(self, patch: pytest.MonkeyPatch) -> None:
        """More to connect to: eth5, the Open vSwitch ovs0, br1 without a filter for VLANs, and netdevs of VFs."""
        for name in ("eth5", "ovs0"):
            self.files.folder(f"/sys/class/net/{name}")
        self.files.write("/sys/class/net/br1/bridge/vlan_filtering", "0")
        for index in range(3):
            self.files.netdev(f"0000:02:10.{2 * index}", f"enp2s0v{index}")
        patch.setattr(self.host, "run", lambda argv, **_more: (
            self.host.answer(argv) or Completed(0 if argv[-1] == "ovs0" else 2)))

    def reboot(self) -> None:
        """The host starts anew: what starts with it is started."""
        for domain in list(self.libvirt.found.values()):
            domain.destroy()
        for network in list(self.libvirt.networks.values()):
            network.connection = self.libvirt
            if network.active:
                network.stop()
            if network.starts_with_host:
                network.start()

    def traces(self) -> tuple[t.Any, ...]:
        """All that the modules could change: what libvirt has, the calls that change it, and the files of the host but
        for locks."""
        files = sorted(os.path.join(folder, name) for folder, _folders, found in os.walk(self.host.root)
                       for name in found if not name.endswith(".lock"))
        return (self.texts(), [self.libvirt.calls[name] for name in CHANGES], files)

    def texts(self) -> tuple[t.Any, ...]:
        """All that libvirt has, to compare before and after."""
        domains = tuple((domain.shown(True), domain.shown(False), domain.starts_with_host)
                        for _name, domain in sorted(self.libvirt.found.items()))
        networks = tuple((network.shown(True), network.shown(False), network.active, network.starts_with_host)
                         for _name, network in sorted(self.libvirt.networks.items()))
        return domains + networks


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
    for plan in (domain_plan, interface_plan, network_plan, profile_plan):
        monkeypatch.setattr(plan, "connect", lambda uri: made.libvirt.connection())
    return made


@pytest.fixture
def rich(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab with a domain and more to connect to."""
    lab.domain()
    lab.furnish(monkeypatch)
    return lab
