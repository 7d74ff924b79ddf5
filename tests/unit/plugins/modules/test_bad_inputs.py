# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated bad input to every module, through its own main(): it ends with a result, and a refusal changes nothing.

HYPOTHESIS_PROFILE=thorough gives each module 2,000 examples.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pkgutil
import tempfile
import typing as t
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

import ansible_collections.nfv.kvm.plugins.modules as all_modules
from ansible_collections.nfv.kvm.plugins.module_utils import engine, lock
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection, xml
from ansible_collections.nfv.kvm.plugins.module_utils.ucs import driver
from ansible_collections.nfv.kvm.plugins.modules import (
    bios_check,
    ovs_flow_export,
    port_profile,
    sriov_vf,
    sriov_vf_info,
    ucs_dynamic_vnic_policy,
    ucs_port_profile,
    ucs_port_profile_info,
    vm_appliance,
    vm_domain,
    vm_interface,
    vm_migration,
    vm_migration_info,
    vm_network,
    vm_placement_info,
)
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.badinput import in_time, parameters
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel
from ansible_collections.nfv.kvm.tests.unit.moduleargs import patch_module_args
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import WholeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibrary, FakeLibvirt
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.openvswitch.fakevsctl import FakeVsctl
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.placement.hosts import SMALL, build
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

EXAMPLES = 2000 if settings.get_current_profile_name() == "thorough" else 50

MAC = "52:54:00:00:00:01"
ADDRESSES = ("0000:02:00.0", "0000:02:10.0", "0000:02:10.2", "0000:00:05.0", "0000:09:00.0")
NETDEVS = ("enp1s0", "enp2s0", "enp3s0", "eth7", "br0", "ovs0", "enp2s0v0")
NIC = f"<interface type='{{}}'><mac address='{MAC}'/>{{}}</interface>"
DOMAIN = "<domain type='kvm'><name>a</name><memory>{}</memory><os><type machine='pc'>hvm</type></os>{}</domain>"
DISK = "<devices><disk><target dev='vda'/><address type='pci' slot='{}'/></disk></devices>"
# What the hosts below have, and near misses, by the names of options
WORDS: dict[str, tuple[t.Any, ...]] = {
    "": ("a", "lan", "pool", *NETDEVS, *ADDRESSES, MAC, "flow0", "/var/lib/a"),
    "index": (0, 1, "0-1", [0, "1-2"], True, "x", -1, 7), "mac": (MAC, "52:54:00:00:00:02", MAC.upper()),
    "domain": ("a", "b"), "name": ("a", "b", "n", "lan", "red"), "network": ("lan", "pool"), "bridge": ("br0", "flow0"),
    "pf": NETDEVS, "pci_address": ADDRESSES, "devices": NETDEVS + ADDRESSES, "driver": ("vfio-pci", "default", "none"),
    "uri": ("qemu:///system",), "target": ("qemu+ssh://root@kvm2/system", "qemu+ssh://kvm1/system"),
    "targets": ("192.0.2.9:6343", "[2001:db8::9]:6343"), "addresses": ("192.0.2.1/24", "192.0.2.0/24"),
    "release": ("18.1R1", "15.1X49-D90"), "appliance": ("vsrx", "vmx"), "ids": ("8086:10fb",),
    "xml": (DOMAIN.format(512000, ""), DOMAIN.format("²", ""), DOMAIN.format(1, DISK.format(5)),
            DOMAIN.format(1, DISK.format("zz")), DOMAIN.format(1, "<devices/><metadata/><uuid>1</uuid>"), "<domain"),
    "cpu": ("<cpu/>", "<cpu>"), "machine": ("pc", "q35"), "path": ("/var/lib/a", "a", "/"), "type": ("kvm",),
    "interfaces": (NIC.format("bridge", "<source bridge='br0'/>"), NIC.format("hostdev", ""), NIC.format("user", ""),
                   NIC.format("bridge", "<mtu size='x'/>"), NIC.format("network", "<source network='pool'/>")),
    "hostname": ("127.0.0.1",), "password": ("secret",), "username": ("admin",),
    "org": ("org-root", "org-root/org-lab"), "adapter_policy": ("Linux",),
    "vlans": ({"name": "web"}, {"name": "db", "native": True}), "clients": ({"name": "default"}, {"name": "c"}),
    "qos_policy": ("gold", ""), "network_control_policy": ("cdp-on",), "pin_group": ("uplink-a",), "vnics": (16, 117),
    "parameters": ("IP", "MAC"), "other_config": ("enable-input-sampling", "virtual_obs_id"),
}


def lab_of(root: Path) -> tuple[Host, FakeLibvirt]:
    """A host with a domain that is off, one that runs, networks, and another host."""
    lab = Lab(root)
    for name in ("a", "b"):
        lab.domain(name)
    lab.libvirt.found["b"].xml.find("devices").append(xml.parse(NIC.format("bridge", "<source bridge='br0'/>")))
    lab.libvirt.found["b"].create()
    other = FakeLibvirt()
    other.hostname, other.files = "kvm2", lab.files
    lab.libvirt.peers = {"kvm2": other, "kvm1": lab.libvirt}
    mock.patch.object(lab.host, "run", lambda argv, **_more: Completed(0, "[]" if argv[0] == "ip" else "")).start()
    return lab.host, lab.libvirt


def numa_of(root: Path) -> tuple[Host, FakeLibvirt]:
    """The same with CPUs and memory."""
    build(FakeHost(root), SMALL)
    return lab_of(root)


def whole_of(root: Path) -> tuple[Host, FakeLibvirt]:
    """A host with all that an appliance needs."""
    whole = WholeHost(root)
    whole.make_vfs()
    return whole.kernel, whole.libvirt


def kernel_of(root: Path) -> tuple[Host, FakeLibvirt]:
    """A host with a PF of two VFs."""
    kernel = FakeKernel(root)
    kernel.make_vfs(2)
    return kernel, FakeLibvirt()


def switch_of(root: Path) -> tuple[Host, FakeLibvirt]:
    """A host with Open vSwitch."""
    return FakeVsctl(root), FakeLibvirt()


class Controller(Host):
    """A host without anything, on which modules reach a UCS Manager without a network."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.ucs = UcsManager()

    @property
    def tables(self) -> t.Any:
        return self.ucs.tree.objects


def controller_of(root: Path) -> tuple[Host, FakeLibvirt]:
    """A controller."""
    return Controller(root), FakeLibvirt()


def post(host: Host) -> t.Callable[..., str]:
    """What takes the place of a request over the network."""
    def posted(_driver: driver.Driver, _uri: str, data: bytes, **_options: t.Any) -> str:
        assert isinstance(host, Controller)
        return (host.ucs.answer(data) or b"").decode()

    return posted


MODULES: list[tuple[t.Any, Result, t.Callable[[Path], tuple[Host, FakeLibvirt]]]] = [
    (bios_check, bios_check.ARGUMENTS, kernel_of), (ovs_flow_export, ovs_flow_export.SPEC, switch_of),
    (sriov_vf, sriov_vf.SPEC, kernel_of), (sriov_vf_info, sriov_vf_info.ARGUMENTS, kernel_of),
    *((module, module.SPEC, controller_of)
      for module in (ucs_dynamic_vnic_policy, ucs_port_profile, ucs_port_profile_info)),
    (port_profile, port_profile.SPEC, lab_of), (vm_appliance, vm_appliance.SPEC, whole_of),
    *((module, module.SPEC, lab_of)
      for module in (vm_domain, vm_interface, vm_migration, vm_migration_info, vm_network)),
    (vm_placement_info, vm_placement_info.SPEC, numa_of),
]
NAMES = [module.__name__.rpartition(".")[2] for module, _spec, _host in MODULES]


def contents(host: Host, libvirt: FakeLibvirt) -> list[t.Any]:
    """All that a host has but locks: files, links, what libvirt and Open vSwitch know, and what the kernel keeps."""
    files = [(str(path), path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None)
             for path in sorted(Path(host.root).rglob("*")) if path.suffix != ".lock"]
    domains = [(domain.shown(True), domain.shown(False)) for _name, domain in sorted(libvirt.found.items())]
    networks = [(network.shown(True), network.active) for _name, network in sorted(libvirt.networks.items())]
    return [files, domains, networks, repr(getattr(host, "tables", None)), repr(getattr(host, "link_state", None))]


def result_of(module: t.Any, params: Result) -> Result:
    """What a module returns."""
    out = io.StringIO()
    with patch_module_args(params), contextlib.redirect_stdout(out), pytest.raises(SystemExit):
        module.main()
    result: Result = json.loads(out.getvalue())
    json.dumps(result, ensure_ascii=False).encode()  # or the controller would refuse the result
    return result


@pytest.mark.parametrize(("module", "spec", "make"), MODULES, ids=NAMES)
def test_bad_input(module: t.Any, spec: Result, make: t.Callable[[Path], tuple[Host, FakeLibvirt]]) -> None:
    @settings(max_examples=EXAMPLES)
    @given(parameters(spec, WORDS), st.booleans())
    def ends(params: Result, check_mode: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            host, libvirt = make(Path(folder))
            os.makedirs(host.path(lock.folder(host)))
            before = contents(host, libvirt)
            with mock.patch.object(engine, "Host", return_value=host), \
                    mock.patch.object(connection, "load", return_value=FakeLibrary(libvirt)), \
                    mock.patch.object(driver.Driver, "post", post(host)), in_time():
                result = result_of(module, {**params, "_ansible_check_mode": check_mode})
            note(str(result))
            event(result.get("error", {}).get("type", "refused by Ansible") if result.get("failed") else "accepted")
            assert "defect in nfv.kvm" not in result.get("msg", "")
            assert "Traceback" not in str(result)
            assert "exception" not in result
            if check_mode or not result.get("changed"):
                assert contents(host, libvirt) == before

    ends()


def test_all_modules_are_here() -> None:
    assert sorted(NAMES[:4]) + sorted(NAMES[4:7]) + sorted(NAMES[7:]) == NAMES
    assert {found.name for found in pkgutil.iter_modules(all_modules.__path__)} == {*NAMES}
