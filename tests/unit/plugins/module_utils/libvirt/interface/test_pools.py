# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs on networks that give VFs or netdevs, and what NICs of one domain leave to each other."""

from __future__ import annotations

import typing as t

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

VFS = "".join(f"<address type='pci' domain='0' bus='2' slot='16' function='{number}'/>" for number in (0, 2))
# (the forward of a network, what messages call the devices that it gives)
POOLS = {
    "PF": ("<forward mode='hostdev'><pf dev='enp2s0'/></forward>", ["VF 0 of enp2s0", "VF 1 of enp2s0"]),
    "VFs": (f"<forward mode='hostdev'>{VFS}</forward>", ["VF 0 of enp2s0", "VF 1 of enp2s0"]),
    "macvtaps of a PF": ("<forward mode='passthrough'><pf dev='enp2s0'/></forward>",
                         ["VF 0 of enp2s0", "VF 1 of enp2s0"]),
    "macvtaps": ("<forward mode='passthrough'><interface dev='enp2s0v0'/><interface dev='eth7'/></forward>",
                 ["VF 0 of enp2s0", "eth7"]),
}
NETDEVS = {"VF 0 of enp2s0": "enp2s0v0", "VF 1 of enp2s0": "enp2s0v1", "eth7": "eth7"}
VF0: Result = {"name": "b", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}}
PASSTHROUGH: Result = {"name": "a", "type": "direct", "source": {"dev": "enp2s0v0", "mode": "passthrough"}}


def on(network: str, name: str = "n") -> Result:
    return {"name": name, "type": "network", "source": {"network": network}}


@pytest.fixture
def two(rich: Lab) -> Lab:
    """PF enp2s0 with two VFs that have netdevs."""
    rich.files.write("/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "2")
    return rich


def use(lab: Lab, *netdevs: str) -> None:
    """Give netdevs to the host."""
    lab.host.addresses = [{"ifname": netdev, "addr_info": [
        {"family": "inet", "local": "192.0.2.1", "prefixlen": 24, "scope": "global"}]} for netdev in netdevs]


@pytest.mark.parametrize("kind", POOLS)
def test_what_the_host_uses_of_a_network(two: Lab, kind: str) -> None:
    """libvirt would give it as well: one is told, and without another one the NIC is refused."""
    forward, devices = POOLS[kind]
    two.network("pool", forward)
    used, free = devices
    use(two, NETDEVS[used])
    done = [two.vm_interface(on("pool"), check_mode=check_mode) for check_mode in (True, False)]
    told = [f"Network pool can give {used} to a NIC although it is in use by address 192.0.2.1/24, because libvirt "
            "does not check that. Remove it from the network (forward.devices of nfv.kvm.vm_network), or release it."]
    assert [(one["changed"], one.get("warnings")) for one in done] == [(True, told), (True, told)]
    assert not two.vm_interface(on("pool"))["changed"]
    before = two.texts()
    for check_mode in (True, False):
        refused = two.vm_interface(on("pool", "m"), check_mode=check_mode)
        assert refused["error"]["type"] == "InUse"
        assert ("interfaces[0].source.network = 'pool': the domain needs 2 of its devices, and 1 of 2 are free "
                f"({used} by address 192.0.2.1/24). ") in refused["msg"]
    use(two, *(NETDEVS[device] for device in devices))
    refused = two.vm_interface(on("pool"), on("pool", "m"), state="exact")
    assert f"0 of 2 are free ({used} by address 192.0.2.1/24, {free} by address 192.0.2.1/24)" in refused["msg"]
    assert two.texts() == before
    use(two)
    assert "warnings" not in two.vm_interface(on("pool", "m"))


def test_what_guests_have_of_a_network(two: Lab) -> None:
    """Another domain's is not free, and the domain's own is; the host has neither."""
    two.network("pool", POOLS["macvtaps of a PF"][0])
    for name, number in (("a", 0), ("c", 1)):
        if name == "c":
            two.domain("c")
        two.vm_interface({**PASSTHROUGH, "source": {**PASSTHROUGH["source"], "dev": f"enp2s0v{number}"}}, domain=name)
        domain = two.libvirt.found[name]
        domain.create()
        etree.SubElement(domain.live.find("devices/interface"), "target", dev=f"macvtap{number}")
        two.files.folder(f"/sys/class/net/enp2s0v{number}/upper_macvtap{number}")
    refused = two.vm_interface(on("pool"), on("pool", "m"), state="exact")
    assert "needs 2 of its devices, and 1 of 2 are free (VF 1 of enp2s0 by macvtap1)" in refused["msg"]
    done = two.vm_interface(on("pool"), state="exact")
    assert (done["failed"], done.get("warnings")) == (False, None)


def test_a_network_without_devices(two: Lab) -> None:
    gone = "<address type='pci' domain='0' bus='9' slot='1' function='0'/>"
    two.network("pool", f"<forward mode='hostdev'>{gone}</forward>")
    assert "the domain needs 1 of its devices, and 0 of 0 are free" in two.vm_interface(on("pool"))["msg"]


def run_macvtap(lab: Lab) -> t.Any:
    """The domain runs with a macvtap on VF 0."""
    lab.four_runs(PASSTHROUGH)
    domain = lab.libvirt.found["a"]
    domain.create()
    etree.SubElement(domain.live.find("devices/interface"), "target", dev="macvtap0")
    lab.files.folder("/sys/class/net/macvtap0/lower_enp2s0v0")
    lab.files.folder("/sys/class/net/enp2s0v0/upper_macvtap0")
    return domain


@pytest.mark.parametrize("nic", [VF0, {**PASSTHROUGH, "name": "b"}])
@pytest.mark.parametrize("restart", ["never", "allowed"])
def test_a_macvtap_of_its_own_is_no_obstacle(two: Lab, nic: Result, restart: str) -> None:
    domain = run_macvtap(two)
    done = two.four_runs(nic, state="exact", restart=restart)
    assert not done["needs_restart"]
    assert [one.find("alias").get("name") for one in domain.live.findall("devices/interface")] == ["ua-b"]


def test_a_macvtap_that_stays_is_one(two: Lab) -> None:
    domain = run_macvtap(two)
    refused = two.vm_interface(VF0)
    assert ("interfaces[0].source = '0000:02:10.0': NIC a uses the same device of the host, and one of the two "
            "NICs needs it exclusively. Use another device, or remove the other NIC.") in refused["msg"]
    assert "uses the same device" in two.vm_interface(PASSTHROUGH, VF0, state="exact")["msg"]
    domain.end()
    two.files.remove("/sys/class/net/enp2s0v0/upper_macvtap0")
    assert "uses the same device" in two.vm_interface(VF0)["msg"], "also while it is off"
    two.four_runs({**PASSTHROUGH, "source": {"dev": "eth7"}}, VF0, state="exact")


def test_a_macvtap_that_goes_with_a_restart_is_one_until_then(two: Lab) -> None:
    domain = run_macvtap(two)
    done = two.four_runs({**PASSTHROUGH, "source": {"dev": "eth7"}}, VF0)
    assert [one["changes"].get("source") for one in done["interfaces"]] == ["needs_restart", "needs_restart"]
    assert len(domain.live.findall("devices/interface")) == 1
