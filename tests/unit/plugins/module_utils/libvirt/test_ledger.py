# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one look at all domains tells of the host's devices."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry, read_ledger
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import all_networks
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibvirt, FakeNetwork

NICS = """
<interface type='hostdev'><mac address='52:54:00:AA:00:01'/>
  <source><address type='pci' domain='0' bus='2' slot='16' function='4'/></source></interface>
<interface type='direct'><mac address='52:54:00:aa:00:02'/><source dev='enp2s0v5' mode='passthrough'/></interface>
<interface type='bridge'><mac address='52:54:00:aa:00:03'/><source bridge='br0'/><target dev='vnet0'/>
</interface>
<interface type='user'/>
<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x02' slot='0x11' function='0x0'/></source>
</hostdev>
<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>
"""
POOLED = """
<interface type='network'><mac address='52:54:00:aa:00:04'/><source network='pool'/></interface>
<interface type='network'><mac address='52:54:00:aa:00:05'/><source network='tap'/></interface>
"""


def libvirt_with(**domains: str) -> FakeLibvirt:
    """A libvirt with domains of these devices, and a network of each kind that gives VFs."""
    libvirt = FakeLibvirt()
    for name, content in {"pool": "<forward mode='hostdev'><pf dev='enp3s0'/></forward>",
                          "tap": "<forward mode='passthrough'><interface dev='enp2s0v6'/></forward>"}.items():
        libvirt.networks[name] = FakeNetwork(f"<network><name>{name}</name>{content}</network>")
    for name, devices in domains.items():
        libvirt.defineXML(f"<domain type='kvm'><name>{name}</name><devices>{devices}</devices></domain>")
    return libvirt


def test_each_nic_and_pci_device_is_an_entry() -> None:
    assert read_ledger(libvirt_with(a=NICS).connection()) == (
        Entry("a", False, "52:54:00:aa:00:01", pci_address="0000:02:10.4"),
        Entry("a", False, "52:54:00:aa:00:02", netdev="enp2s0v5"),
        Entry("a", False, "52:54:00:aa:00:03", bridge="br0", port="vnet0"),
        Entry("a", False),
        Entry("a", False, pci_address="0000:02:11.0"),
    )


def test_a_running_domain_tells_what_its_networks_gave() -> None:
    libvirt = libvirt_with(a=POOLED)
    libvirt.found["a"].create()
    defined = (Entry("a", False, "52:54:00:aa:00:04", network="pool"), Entry("a", False, "52:54:00:aa:00:05",
                                                                             network="tap"))
    running = (Entry("a", True, "52:54:00:aa:00:04", pci_address="0000:03:10.0"),
               Entry("a", True, "52:54:00:aa:00:05", netdev="enp2s0v6", network="tap"))
    assert read_ledger(libvirt.connection()) == running + defined
    libvirt.found["a"].persistent = 0
    assert read_ledger(libvirt.connection()) == running


def test_one_domain_can_be_left_out() -> None:
    libvirt = libvirt_with(a=NICS, b="")
    assert read_ledger(libvirt.connection(), without=libvirt.found["a"].UUIDString()) == ()


def test_all_networks_by_name() -> None:
    assert {network.name for network in all_networks(libvirt_with().connection())} == {"pool", "tap"}
