# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a NIC's VF has through its PF: set at once, first, and refused where there is no such VF."""

from __future__ import annotations

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

HOSTDEV: Result = {"name": "ge-0/0/0", "type": "hostdev", "source": {"pf": "enp1s0", "vf": 1}}


@pytest.fixture
def igb(lab: Lab, kernel: FakeKernel) -> FakeKernel:
    """The lab's host with an igb PF of three VFs more, which is up."""
    assert not sriov_vf(kernel, numvfs=3, up=True)["failed"]
    kernel.folder.write("/sys/class/net/enp1s0/flags", "0x1003")
    lab.host = kernel  # type: ignore[assignment]
    return kernel


def vf(kernel: FakeKernel, index: int) -> tuple[object, ...]:
    """Trust, spoof check and rates of a VF, as ip tells."""
    told = kernel.vfs[index]
    return told["trust"], told["spoofchk"], told["rate"]["min_tx"], told["rate"]["max_tx"]


@pytest.mark.parametrize("nic", [
    HOSTDEV,
    {"name": "g", "type": "hostdev", "source": {"pci_address": "0000:01:10.2"}},
    {"name": "g", "type": "direct", "source": {"pf": "enp1s0", "vf": 1, "mode": "passthrough"}},
    {"name": "g", "type": "direct", "source": {"dev": "enp1s0v1", "mode": "bridge"}},
])
def test_new_nic(lab: Lab, igb: FakeKernel, nic: Result) -> None:
    lab.domain()
    before = vf(igb, 0), vf(igb, 2)
    done = lab.four_runs({**nic, "vf": {"trust": True, "spoofchk": False, "max_tx_rate": 100}})
    assert vf(igb, 1) == (True, False, 0, 100)
    assert (vf(igb, 0), vf(igb, 2)) == before
    assert done["interfaces"][0]["changes"]["vf"] == "live"
    assert done["actions"][0] == "VF 1 of enp1s0: spoofchk True → False"
    assert done["diff"]["after"]["vfs"] == {"VF 1 of enp1s0": {"trust": True, "spoofchk": False, "max_tx_rate": 100}}


def test_known_nic_without_source(lab: Lab, igb: FakeKernel) -> None:
    """The domain runs, and nothing of it has to change."""
    lab.domain(state="running")
    lab.vm_interface(HOSTDEV)
    done = lab.four_runs({"name": "ge-0/0/0", "vf": {"trust": True}})
    assert vf(igb, 1)[0] is True
    assert done["interfaces"][0]["changes"] == {"vf": "live"}
    assert not done["needs_restart"]
    assert done["actions"] == ["VF 1 of enp1s0: trust False → True"]


def test_several_of_one_pf_are_one_process(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    igb.processes.clear()
    lab.vm_interface(*({"type": "hostdev", "source": {"pf": "enp1s0", "vf": index}, "vf": {"trust": True}}
                       for index in range(3)))
    assert [vf(igb, index)[0] for index in range(3)] == [True, True, True]
    assert [argv[1] for argv in igb.processes].count("-batch") == 1
    igb.processes.clear()
    nics = [{"name": f"g{index}", "type": "hostdev", "source": {"pf": "enp1s0", "vf": index}, "vf": {"trust": True}}
            for index in range(3)]
    lab.vm_interface(*nics, check_mode=True)
    assert len([argv for argv in igb.processes if "link" in argv]) == 1


def test_what_the_driver_refuses_leaves_all_as_it_was(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    igb.answers = ["Operation not supported"]
    before = lab.texts(), vf(igb, 1)
    refused = lab.vm_interface({**HOSTDEV, "vf": {"trust": True}})
    assert refused["failed"]
    assert "trust is not supported by igb" in refused["msg"]
    assert not refused["changed"]
    assert (lab.texts(), vf(igb, 1)) == before


@pytest.mark.parametrize(("nic", "told"), [
    ({"type": "bridge", "source": {"bridge": "br0"}}, "interfaces[0].vf = 'br0': this NIC of type bridge has no VF"),
    ({"type": "direct", "source": {"dev": "eth7"}}, "interfaces[0].vf = 'eth7': this NIC of type direct has no VF"),
    ({"type": "user"}, "interfaces[0].vf: this NIC of type user has no VF"),
    ({"type": "network", "source": {"network": "pool"}}, "interfaces[0].vf = 'pool': a network can give any"),
    ({**HOSTDEV, "vf": {"max_tx_rate": -1}}, "interfaces[0].vf.max_tx_rate"),
    ({**HOSTDEV, "vf": {"min_tx_rate": 5, "max_tx_rate": 4}}, "it is above max_tx_rate 4"),
])
def test_refused(lab: Lab, igb: FakeKernel, nic: Result, told: str) -> None:
    lab.domain()
    refused = lab.vm_interface({"vf": {"trust": True}, **nic})
    assert refused["failed"]
    assert told in refused["msg"]
    assert not refused["changed"]


def test_rates_need_a_link(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    lab.vm_interface(HOSTDEV)
    igb.link_state["flags"] = []
    refused = lab.vm_interface({"name": "ge-0/0/0", "vf": {"max_tx_rate": 100}})
    assert "PF enp1s0 is down" in refused["msg"]
    assert not lab.vm_interface({"name": "ge-0/0/0", "vf": {"max_tx_rate": 0}})["failed"]


def test_a_vf_that_another_nic_runs_with_is_not_set(lab: Lab, igb: FakeKernel) -> None:
    """Two running NICs swap their VFs, which waits for a restart."""
    lab.domain(state="running")
    nics = [{"name": f"g{index}", "type": "hostdev", "source": {"pf": "enp1s0", "vf": index}} for index in range(2)]
    lab.vm_interface(*nics)
    swapped = [{**nic, "source": {"pf": "enp1s0", "vf": 1 - index}} for index, nic in enumerate(nics)]
    before = lab.texts(), vf(igb, 0), vf(igb, 1)
    refused = lab.vm_interface({**swapped[0], "vf": {"trust": True}}, swapped[1])
    assert "interfaces[0].vf = '0000:01:10.2': NIC g1 of a runs with this VF until the domain" in refused["msg"]
    assert (lab.texts(), vf(igb, 0), vf(igb, 1)) == before


def test_what_libvirt_refuses_leaves_the_vf_as_it_was(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    before = lab.texts(), vf(igb, 1)
    lab.libvirt.at("defineXML", 1, lab.libvirt.fail)
    refused = lab.vm_interface({**HOSTDEV, "vf": {"trust": True}})
    assert "The previous state was restored" in refused["msg"]
    assert (lab.texts(), vf(igb, 1)) == before


def test_rates_that_contradict_what_the_vf_has(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    lab.vm_interface({**HOSTDEV, "vf": {"max_tx_rate": 100}})
    refused = lab.vm_interface({**HOSTDEV, "vf": {"min_tx_rate": 200}}, check_mode=True)
    assert "interfaces[0].vf.min_tx_rate = 200: it would be above max_tx_rate 100" in refused["msg"]


def test_a_vf_that_went_with_a_reboot(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    lab.vm_interface(HOSTDEV)
    assert not sriov_vf(igb, numvfs=0)["failed"]
    refused = lab.vm_interface({"name": "ge-0/0/0", "vf": {"trust": True}})
    assert "interfaces[0].vf = '0000:01:10.2': this host does not have this VF" in refused["msg"]


def test_a_macvtap_may_become_the_vf_below_it(lab: Lab, igb: FakeKernel) -> None:
    lab.domain()
    lab.vm_interface({**HOSTDEV, "type": "direct", "source": {"pf": "enp1s0", "vf": 1, "mode": "passthrough"}})
    igb.folder.folder("/sys/class/net/enp1s0v1/upper_macvtap0")
    assert "VF 1 of enp1s0 is in use by macvtap0" in lab.vm_interface(HOSTDEV)["msg"], "it is somebody's"
    domain = lab.libvirt.found["a"]
    domain.create()
    etree.SubElement(domain.live.find("devices/interface"), "target", dev="macvtap0")
    assert lab.four_runs(HOSTDEV)["needs_restart"]


@pytest.mark.parametrize("more", [{}, {"vf": {"trust": True}}])
def test_a_vf_that_is_removed_meanwhile(lab: Lab, igb: FakeKernel, more: Result) -> None:
    """Its own folder is still there when its PF has no link to it any more."""
    lab.domain()
    before = lab.texts()
    igb.folder.remove("/sys/bus/pci/devices/0000:01:00.0/virtfn1")
    for check_mode in (True, False):
        refused = lab.vm_interface({"name": "g", "type": "hostdev", "source": {"pci_address": "0000:01:10.2"}, **more},
                                   check_mode=check_mode)
        assert refused["error"]["type"] == "ValidationError"
        assert refused["msg"] == ("VF = '0000:01:10.2': this host does not have this VF. "
                                  "Create the VFs of its PF with nfv.kvm.sriov_vf.")
    assert lab.texts() == before
