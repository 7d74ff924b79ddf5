# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which domain has which VF, and who would lose one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Use, Vf
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.users import domain_holders, read_uses, used_by
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    FakeLibrary,
    FakeLibvirt,
    FakeNetwork,
)

MAC = "52:54:00:aa:00:01"
PF = Pf("enp1s0", vfs={
    index: Vf(index, pci_address=f"0000:01:10.{2 * index}", netdev=f"enp1s0v{index}") for index in range(3)
})
VF = PF.vfs[1]
ADDRESS = "0000:01:10.2"
NIC = {"mac": MAC, "pci_address": ADDRESS}
POOL = "<forward mode='hostdev' managed='yes'><pf dev='enp1s0'/></forward>"
VF_ADDRESS = "<address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x{}'/>"


def network(content: str) -> str:
    return f"<network><name>pool1</name>{content}</network>"


@pytest.mark.parametrize(("uses", "expected"), [
    ([], None),
    ([Entry("a", False, MAC), Entry("b", True, pci_address="0000:01:10.0"), Entry("c", True, netdev="enp1s0")], None),
    ([Entry("a", False, **NIC)], Use("a", MAC, live=False, persistent=True)),
    ([Entry("a", True, **NIC)], Use("a", MAC, live=True, persistent=False)),
    ([Entry("a", True, **NIC), Entry("a", False, **NIC)], Use("a", MAC, live=True, persistent=True)),
    ([Entry("a", True, pci_address=ADDRESS)], Use("a", None, live=True, persistent=False)),
    # a macvtap
    ([Entry("a", True, MAC, netdev="enp1s0v1")], Use("a", MAC, live=True, persistent=False)),
    # from a network: only the definition names it; not that of another domain, nor a NIC that is elsewhere now
    ([Entry("a", True, **NIC), Entry("a", False, MAC, network="pool1")], Use("a", MAC, live=True, persistent=True)),
    ([Entry("a", True, **NIC), Entry("b", False, MAC, network="pool1")], Use("a", MAC, live=True, persistent=False)),
    ([Entry("a", True, **NIC), Entry("a", False, MAC)], Use("a", MAC, live=True, persistent=False)),
    # running first, then by name
    ([Entry("b", False, **NIC), Entry("a", False, **NIC)], Use("a", MAC, live=False, persistent=True)),
    ([Entry("a", False, **NIC), Entry("b", True, **NIC)], Use("b", MAC, live=True, persistent=False)),
])
def test_used_by(uses: list[Entry], expected: Use | None) -> None:
    assert used_by(tuple(uses), VF) == expected


def test_a_vf_without_address_and_netdev_is_nobodys() -> None:
    assert used_by((Entry("a", True, MAC),), Vf(0)) is None


def test_running_and_defined_domains_hold_a_vf() -> None:
    uses = (Entry("b", False, MAC, netdev="enp1s0v0"), Entry("a", True, **NIC), Entry("a", False, **NIC),
            Entry("c", False, pci_address=ADDRESS), Entry("d", True, pci_address="0000:02:10.2"))
    assert domain_holders(uses, {}, PF) == (
        Holder(0, "domain b (defined)"), Holder(1, "domain a (running)"), Holder(1, "domain c (defined)"),
    )


@pytest.mark.parametrize(("content", "vf"), [
    (POOL, None),
    (f"<forward mode='hostdev'>{VF_ADDRESS.format(2)}</forward>", 1),
    (f"<forward mode='hostdev'>{VF_ADDRESS.format(2)}{VF_ADDRESS.format(4)}</forward>", None),
    ("<forward mode='passthrough'><interface dev='enp1s0v2'/></forward>", 2),
    ("<forward mode='bridge'><interface dev='enp1s0v2'/><interface dev='eth9'/></forward>", None),
    ("<forward mode='private'><pf dev='enp1s0'/></forward>", None),
])
def test_a_definition_holds_what_a_network_would_give_it(content: str, vf: int | None) -> None:
    uses = (Entry("edge", False, MAC, network="pool1"), Entry("other", False, MAC, network="default"))
    networks = {"pool1": network(content), "default": network("<forward mode='nat'/>")}
    assert domain_holders(uses, networks, PF) == (Holder(vf, "domain edge (defined, through network pool1)"),)


@pytest.mark.parametrize("content", [
    "", "<forward mode='hostdev'><pf dev='enp2s0'/></forward>", "<forward mode='bridge'/><bridge name='br0'/>",
    "<forward mode='nat' dev='enp1s0v1'><interface dev='enp1s0v1'/></forward>",
    "<forward mode='bridge'><interface dev='enp1s0'/></forward>",
])
def test_other_networks_hold_nothing(content: str) -> None:
    assert domain_holders((Entry("edge", False, MAC, network="pool1"),), {"pool1": network(content)}, PF) == ()


def test_a_nic_that_has_its_vf_from_a_network_is_told_once() -> None:
    uses = (Entry("a", True, **NIC), Entry("a", False, MAC, network="pool1"),
            Entry("a", False, "52:54:00:aa:00:02", network="pool1"))
    assert domain_holders(uses[:2], {"pool1": network(POOL)}, PF) == (Holder(1, "domain a (running)"),)
    assert domain_holders(uses, {"pool1": network(POOL)}, PF) == (
        Holder(1, "domain a (running)"), Holder(None, "domain a (defined, through network pool1)"),
    )


def test_a_host_without_libvirt_has_no_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("libvirt", "lxml.etree"):
        monkeypatch.setitem(sys.modules, library, None)
    host = FakeHost(tmp_path)
    assert read_uses(host.host, "qemu:///system") == ((), {})
    host.folder("/etc/libvirt")
    with pytest.raises(DependencyMissing, match="Install python3-libvirt"):
        read_uses(host.host, "qemu:///system")


def test_networks_are_read_where_a_nic_is_on_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    libvirt = FakeLibvirt()
    monkeypatch.setitem(sys.modules, "libvirt", FakeLibrary(libvirt))
    host = FakeHost(tmp_path)
    host.folder("/run/libvirt")
    libvirt.networks["pool1"] = FakeNetwork(network(POOL))
    assert read_uses(host.host, "qemu:///system") == ((), {})
    libvirt.defineXML("<domain><name>a</name><devices><interface type='network'><mac address='52:54:00:aa:00:01'/>"
                      "<source network='pool1'/></interface></devices></domain>")
    assert read_uses(host.host, "qemu:///system") == (
        (Entry("a", False, MAC, network="pool1"),), {"pool1": network(POOL)},
    )
    with pytest.raises(CommandFailed, match="cannot be reached"):
        read_uses(host.host, "nowhere:///")


def test_libvirt_is_not_asked_where_there_is_no_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    libvirt = FakeLibvirt()
    monkeypatch.setitem(sys.modules, "libvirt", FakeLibrary(libvirt))
    host = FakeHost(tmp_path)
    libvirt.defineXML(f"<domain><name>a</name><devices><interface type='bridge'><mac address='{MAC}'/></interface>"
                      "</devices></domain>")
    host.folder("/etc/libvirt/qemu/networks")
    assert read_uses(host.host, "qemu:///system") == ((), {})
    host.write("/run/libvirt/qemu/a.xml")
    assert read_uses(host.host, "qemu:///system")[0] == (Entry("a", False, MAC),)
