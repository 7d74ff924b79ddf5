# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sriov_vf on a kernel that keeps state: end states, refusals, and what check mode predicts."""

from __future__ import annotations

import contextlib
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.engine import Plan
from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed
from ansible_collections.nfv.kvm.plugins.module_utils.sriov import release, users
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Use
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.params import vf_indexes
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import PfResource
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF, FakeKernel, sriov_vf
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

WANTED: list[Result] = [
    {"numvfs": 4},
    {"numvfs": 7, "up": True, "mtu": 9000, "drivers_autoprobe": False},
    {"numvfs": 2, "vfs": [{"index": 1, "mac": "52:54:00:AA:00:01", "vlan": 100, "qos": 3, "trust": True}]},
    {"pf": PF, "numvfs": 4, "vfs": [{"index": "0-1,3", "spoofchk": False}, {"index": 2, "vlan": 5, "max_tx_rate": 9}]},
]


@pytest.mark.parametrize("wanted", WANTED)
def test_check_apply_check_apply(kernel: FakeKernel, wanted: Result) -> None:
    predicted = sriov_vf(kernel, check_mode=True, **wanted)
    assert (kernel.vfs, kernel.batches) == ([], []), "check mode changed the host"
    applied = sriov_vf(kernel, **wanted)
    assert not applied["failed"], applied
    assert applied["changed"]
    for told in ("changed", "actions", "diff"):
        assert predicted[told] == applied[told]
    assert [vf["pci_address"] for vf in predicted["vfs"]] == [vf["pci_address"] for vf in applied["vfs"]]
    state = list(kernel.vfs)
    for check_mode in (True, False):
        again = sriov_vf(kernel, check_mode=check_mode, **wanted)
        assert not again["changed"], again["actions"]
    assert kernel.vfs == state


def test_settings_reach_the_driver(kernel: FakeKernel) -> None:
    result = sriov_vf(
        kernel, numvfs=3, up=True,
        vfs=[{"index": 1, "mac": "52:54:00:aa:00:01", "vlan": 100, "qos": 3, "spoofchk": False, "trust": True,
              "max_tx_rate": 50}],
    )
    assert kernel.vfs[1]["address"] == "52:54:00:aa:00:01"
    assert kernel.vfs[1]["vlan_list"] == [{"vlan": 100, "qos": 3}]
    assert kernel.vfs[1]["rate"] == {"max_tx": 50, "min_tx": 0}
    assert (kernel.vfs[1]["spoofchk"], kernel.vfs[1]["trust"]) == (False, True)
    assert kernel.vfs[0]["vlan_list"] == [{}]
    assert "UP" in kernel.link_state["flags"]
    assert result["vfs"][1]["netdev"] == "enp1s0v1"
    assert result["pf"]["numvfs"] == 3


def test_resize_keeps_the_settings_of_those_that_stay(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=7, vfs=[{"index": "0-6", "vlan": 100, "trust": True}, ])
    before = [dict(vf) for vf in kernel.vfs]
    for numvfs in (3, 5):
        assert not sriov_vf(kernel, numvfs=numvfs)["failed"]
        assert kernel.vfs[:3] == before[:3]
    assert kernel.vfs[4]["vlan_list"] == [{}], "a new VF begins without settings"


def test_a_resize_that_fails_puts_everything_back(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=3, vfs=[{"index": "0-2", "vlan": 100, "trust": True}])
    before = [dict(vf) for vf in kernel.vfs]
    kernel.no_space = (5,)
    result = sriov_vf(kernel, numvfs=5)
    assert "no memory space" in result["msg"]
    assert "The previous state was restored." in result["msg"]
    assert (result["changed"], result["actions"]) == (False, [])
    assert kernel.vfs == before
    kernel.no_space = (5, 3)
    assert "Restoring the previous state also failed" in sriov_vf(kernel, numvfs=5)["msg"]


def test_a_resize_that_cannot_begin_says_so_and_no_more(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=3, vfs=[{"index": "0-2", "vlan": 100}])
    before = [dict(vf) for vf in kernel.vfs]
    kernel.held = True
    result = sriov_vf(kernel, numvfs=5)
    assert "a running guest uses a VF" in result["msg"]
    assert kernel.vfs == before


def test_a_setting_that_is_refused_takes_no_other_along(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=3, vfs=[{"index": "0-2", "vlan": 100}])
    before = [dict(vf) for vf in kernel.vfs]
    refused = sriov_vf(kernel, numvfs=5, vfs=[{"index": 0, "vlan": 7}, {"index": 1, "link_state": "enable"}])
    assert "link_state is not supported by igb" in refused["msg"]
    assert kernel.vfs == before


def test_a_vf_in_reset_is_asked_again(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    kernel.answers = ["Resource temporarily unavailable"] * 3
    assert not sriov_vf(kernel, vfs=[{"index": "0-1", "vlan": 100}])["failed"]
    assert [vf["vlan_list"] for vf in kernel.vfs] == [[{"vlan": 100}]] * 2
    kernel.answers = ["Resource temporarily unavailable"] * 100
    assert "Resource temporarily unavailable" in sriov_vf(kernel, vfs=[{"index": 0, "vlan": 5}])["msg"]


def test_rates_wait_for_the_link_that_comes_back_after_a_resize(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sriov_vf(kernel, numvfs=1)
    kernel.folder.write("/sys/class/net/enp1s0/carrier", "0")
    # It comes while ip is refused for the second time.
    monkeypatch.setattr(kernel, "sleep", lambda seconds: kernel.folder.write("/sys/class/net/enp1s0/carrier", "1"))
    kernel.answers = ["Invalid argument"] * 2
    assert not sriov_vf(kernel, vfs=[{"index": 0, "max_tx_rate": 9}])["failed"]
    kernel.answers = ["Resource temporarily unavailable"] * 3 + ["Invalid argument"]
    assert not sriov_vf(kernel, vfs=[{"index": 0, "max_tx_rate": 7}])["failed"]
    kernel.answers = ["Invalid argument"] * 3
    assert "max_tx_rate: Invalid argument" in sriov_vf(kernel, vfs=[{"index": 0, "max_tx_rate": 8}])["msg"]


def test_a_resize_says_what_it_keeps(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2, vfs=[{"index": 0, "mac": "52:54:00:aa:00:01", "vlan": 100, "spoofchk": False}])
    actions = sriov_vf(kernel, check_mode=True, numvfs=1)["actions"]
    assert actions == [
        "enp1s0: numvfs 2 → 1", "VF 0 of enp1s0: keeps mac 52:54:00:aa:00:01, vlan 100, spoofchk False"
    ]


def test_one_process_reads_and_one_writes(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=7)
    kernel.processes.clear()
    sriov_vf(kernel, vfs=[{"index": "0-6", "vlan": 100, "spoofchk": False, "trust": True}])
    assert [argv[1] for argv in kernel.processes] == ["-json", "-batch", "-json"]
    kernel.processes.clear()
    sriov_vf(kernel, vfs=[{"index": "0-6", "vlan": 100, "spoofchk": False, "trust": True}])
    assert len(kernel.processes) == 1


def test_macs_are_given_when_udev_has_given_its_own(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=1)
    kernel.processes.clear()
    sriov_vf(kernel, vfs=[{"index": 0, "mac": "52:54:00:00:00:01", "trust": True}])
    assert [argv[1] for argv in kernel.processes] == ["-json", "settle", "-batch", "-json"]


def test_a_pf_that_goes_down_does_so_last(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2, up=True)
    result = sriov_vf(kernel, numvfs=3, up=False, vfs=[{"index": 0, "max_tx_rate": 9}])
    assert result["actions"][-1] == "enp1s0: up → down"
    refused = sriov_vf(kernel, numvfs=2)
    assert "enp1s0 is down, and without a link its driver cannot restore the rates of VF 0" in refused["msg"]
    assert not sriov_vf(kernel, numvfs=2, up=True)["failed"]


def test_a_new_vlan_brings_its_own_priority(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=1, vfs=[{"index": 0, "vlan": 100, "qos": 3}])
    sriov_vf(kernel, vfs=[{"index": 0, "vlan": 200}])
    assert kernel.vfs[0]["vlan_list"] == [{"vlan": 200}]


def hold_vf(kernel: FakeKernel, index: int, pid: int) -> None:
    """A QEMU that libvirt started has the VF, as /proc shows it."""
    vf = f"/sys/bus/pci/devices/0000:01:10.{index * 2}"
    kernel.unbind(kernel.address(index))
    kernel.folder.link(f"{vf}/driver", "/sys/bus/pci/drivers/vfio-pci")
    kernel.folder.link(f"{vf}/iommu_group", "/sys/kernel/iommu_groups/15")
    kernel.folder.write(f"/proc/{pid}/cmdline", "qemu-system-x86_64\0-name\0guest=edge,debug-threads=on\0")
    fd = Path(kernel.path(f"/proc/{pid}/fd"))
    fd.mkdir()
    (fd / "30").symlink_to("/dev/vfio/15")


def test_a_vf_in_use_is_not_taken_away(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    hold_vf(kernel, index=1, pid=4711)
    before = list(kernel.vfs)
    for check_mode in (True, False):
        refused = sriov_vf(kernel, numvfs=5, check_mode=check_mode)
        assert refused["failed"]
        assert refused["error"]["type"] == "InUse"
        assert "VF 1 by process 4711 (domain edge)" in refused["msg"]
        assert "in_use: allow" in refused["msg"]
    assert kernel.vfs == before


@pytest.mark.parametrize("driver", ["vfio-pci", "mlx5_vfio_pci", "nvgrace-gpu-vfio-pci", "virtio_vfio_pci"])
def test_a_vf_that_a_guest_runs_with_keeps_its_mac(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch, driver: str
) -> None:
    """Whose NIC it is, it is by its MAC; where a macvtap is on top of it, it has one of its own."""
    macs = ["52:54:00:aa:00:01", "52:54:00:aa:00:02"]
    sriov_vf(kernel, numvfs=2, vfs=[{"index": 1, "mac": macs[0]}])
    kernel.unbind(kernel.address(1))
    kernel.folder.link(f"/sys/bus/pci/devices/{kernel.address(1)}/driver", f"/sys/bus/pci/drivers/{driver}")
    monkeypatch.setattr(users, "used_by", lambda uses, vf: Use("edge", macs[0], True, True) if vf.index == 1 else None)
    before = list(kernel.vfs)
    for check_mode in (True, False):
        refused = sriov_vf(kernel, check_mode=check_mode, vfs=[{"index": 1, "mac": macs[1], "vlan": 5}])
        assert f"domain edge runs with it as {macs[0]}, and another MAC would interrupt its traffic" in refused["msg"]
    assert kernel.vfs == before
    for settings in ({"index": 0, "mac": macs[1]}, {"index": 1, "mac": macs[0], "vlan": 5}):
        assert not sriov_vf(kernel, vfs=[settings])["failed"]
    sriov_vf(kernel, vfs=[{"index": 1, "driver": "default"}], in_use="allow")
    assert not sriov_vf(kernel, vfs=[{"index": 1, "mac": macs[1]}])["failed"]


class RunningDomain:
    """A domain whose guest lets its NIC go, or does not."""

    def __init__(self, kernel: FakeKernel, lets_go: bool) -> None:
        self.kernel, self.lets_go, self.name = kernel, lets_go, "edge"
        self.nic = ("<interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' "
                    "function='0x2'/></source></interface>")

    def find(self, name: str) -> RunningDomain:
        assert name == "edge"
        return self

    def live_xml(self) -> str:
        return f"<domain><devices>{self.nic}</devices></domain>"

    def detach_live(self, device: str) -> None:
        if self.lets_go:
            self.nic = ""
            self.kernel.folder.remove("/proc/4711")


@pytest.fixture
def edge(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    """VF 1 of two is in a domain that runs."""
    sriov_vf(kernel, numvfs=2)
    hold_vf(kernel, index=1, pid=4711)
    monkeypatch.setattr(users, "used_by", lambda uses, vf: Use("edge", None, True, True) if vf.index == 1 else None)
    return kernel


def test_if_allowed_a_running_domain_gives_its_vf_up_first(edge: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = edge
    monkeypatch.setattr(release, "connect", lambda uri: RunningDomain(kernel, lets_go=False))
    before = list(kernel.vfs)
    assert "the guest of domain edge did not release it" in sriov_vf(kernel, numvfs=5, in_use="allow")["msg"]
    assert kernel.vfs == before
    monkeypatch.setattr(release, "connect", lambda uri: RunningDomain(kernel, lets_go=True))
    allowed = sriov_vf(kernel, numvfs=5, in_use="allow")
    assert allowed["actions"][0] == "VF 1 of enp1s0: unplug from domain edge"
    assert len(kernel.vfs) == 5


def test_a_nic_that_was_unplugged_stays_in_the_report_of_a_failure(
    edge: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sriov_vf(edge, vfs=[{"index": 0, "vlan": 100}])
    monkeypatch.setattr(release, "connect", lambda uri: RunningDomain(edge, lets_go=True))
    before = [dict(vf) for vf in edge.vfs]
    edge.no_space = (5,)
    failed = sriov_vf(edge, numvfs=5, in_use="allow")
    unplugged = "VF 1 of enp1s0: unplug from domain edge"
    assert (failed["failed"], failed["changed"], failed["actions"]) == (True, True, [unplugged])
    assert failed["msg"].endswith(f"The previous state was restored, except for these changes: {unplugged}.")
    assert edge.vfs == before


def test_of_two_nics_the_one_that_was_unplugged_stays_in_the_report(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.folder.folder("/proc/4711")
    domains = {name: RunningDomain(kernel, lets_go=name == "edge") for name in ("edge", "stubborn")}
    monkeypatch.setattr(release, "connect", lambda uri: types.SimpleNamespace(find=domains.get))
    steps = [release.ReleaseVf("enp1s0", "qemu:///system", name, index, "0000:01:10.2")
             for index, name in enumerate(domains, 1)]
    steps[0].apply(kernel)
    with pytest.raises(InUse, match="the guest of domain stubborn did not release it"):
        steps[1].apply(kernel)
    assert [step.undo(kernel) for step in steps] == [["VF 1 of enp1s0: unplug from domain edge"], []]


def test_a_process_that_still_has_the_vf_after_its_domain_released_it_keeps_it(
    edge: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = RunningDomain(edge, lets_go=True)
    monkeypatch.setattr(release, "connect", lambda uri: domain)
    monkeypatch.setattr(edge.folder, "remove", lambda path: None)
    before = list(edge.vfs)
    for wanted in ({"numvfs": 5}, {"numvfs": 0}, {"vfs": [{"index": 1, "driver": "default"}]}):
        domain.nic = "<interface type='user'/>"
        refused = sriov_vf(edge, in_use="allow", **wanted)
        assert refused["error"]["type"] == "InUse"
        assert "cannot be removed while processes have them open: VF 1 by process 4711 (domain edge)" \
            in refused["msg"]
        assert refused["actions"] == []
        assert edge.vfs == before


def test_a_domain_that_has_lost_the_vf_by_now_is_not_reported(
    edge: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(uri: str) -> RunningDomain:
        """It ended after the state was read."""
        domain = RunningDomain(edge, lets_go=True)
        domain.detach_live("")
        return domain

    monkeypatch.setattr(release, "connect", ended)
    predicted = sriov_vf(edge, numvfs=5, in_use="allow", check_mode=True)
    assert predicted["actions"][0] == "VF 1 of enp1s0: unplug from domain edge"
    applied = sriov_vf(edge, numvfs=5, in_use="allow")
    assert applied["actions"][0] == "enp1s0: numvfs 2 → 5"
    assert "unplug" not in str(applied["actions"])


def test_a_qemu_that_libvirt_does_not_know_is_not_waited_for(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    hold_vf(kernel, index=1, pid=4711)
    for wanted in ({"numvfs": 0}, {"numvfs": 5}, {"vfs": [{"index": 1, "driver": "default"}]}):
        for check_mode in (True, False):
            refused = sriov_vf(kernel, in_use="allow", check_mode=check_mode, **wanted)
            assert "wait indefinitely for the processes that have them open: VF 1 by process 4711 (domain edge)" \
                in refused["msg"]
            assert "qemu:///system runs no domain that could release the VFs" in refused["msg"]
    assert len(kernel.vfs) == 2


def test_a_guest_that_took_the_vf_while_the_plan_was_made_keeps_it(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sriov_vf(kernel, numvfs=2)
    plan = PfResource.plan

    def slow_plan(self: PfResource, current: Pf) -> Plan[Pf]:
        found = plan(self, current)
        hold_vf(kernel, index=1, pid=4711)
        return found

    monkeypatch.setattr(PfResource, "plan", slow_plan)
    refused = sriov_vf(kernel, numvfs=5)
    assert "VF 1 by process 4711 (domain edge)" in refused["msg"]
    assert len(kernel.vfs) == 2


def test_no_leave_takes_a_vf_from_a_process_that_is_no_domain(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    hold_vf(kernel, index=1, pid=4711)
    kernel.folder.write("/proc/4711/cmdline", "dpdk-testpmd\0")
    kernel.folder.write("/proc/4711/comm", "dpdk-testpmd")
    for wanted in ({"numvfs": 5}, {"vfs": [{"index": 1, "driver": "default"}]}):
        refused = sriov_vf(kernel, in_use="allow", **wanted)
        assert "the kernel would wait indefinitely" in refused["msg"]
        assert "VF 1 by process 4711 (dpdk-testpmd)" in refused["msg"]
    assert len(kernel.vfs) == 2


def test_a_vf_that_is_held_by_its_own_file_is_in_use(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    hold_vf(kernel, index=1, pid=4711)
    kernel.folder.folder("/sys/bus/pci/devices/0000:01:10.2/vfio-dev/vfio3")
    descriptor = Path(kernel.path("/proc/4711/fd/30"))
    descriptor.unlink()
    descriptor.symlink_to("/dev/vfio/devices/vfio3")
    assert "VF 1 by process 4711" in sriov_vf(kernel, numvfs=0)["msg"]


def test_a_pf_with_two_netdevs_must_be_named_by_one(kernel: FakeKernel) -> None:
    kernel.folder.folder(f"/sys/bus/pci/devices/{PF}/net/enp1s0d1")
    assert "enp1s0, enp1s0d1" in sriov_vf(kernel, pf=PF, numvfs=1)["msg"]
    assert not sriov_vf(kernel, pf="enp1s0", numvfs=1)["failed"]


def test_a_vf_in_another_namespace_is_in_use(kernel: FakeKernel) -> None:
    sriov_vf(kernel, numvfs=2)
    kernel.folder.remove("/sys/bus/pci/devices/0000:01:10.0/net")
    del kernel.link_state["parentdev"]  # a kernel before 5.14 does not tell in which one
    assert "VF 0 by another network namespace" in sriov_vf(kernel, numvfs=0)["msg"]


def test_a_driver_that_forgets_is_found_out(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    sriov_vf(kernel, numvfs=1)
    monkeypatch.setattr(kernel, "batch", lambda text: Completed(0))
    result = sriov_vf(kernel, vfs=[{"index": 0, "vlan": 7}])
    assert result["error"]["type"] == "VerificationFailed"
    assert "VF 0 of enp1s0: vlan 0 → 7" in result["msg"]


@given(st.sets(st.integers(0, 300), min_size=1))
def test_any_set_of_vfs_can_be_written_as_ranges(wanted: set[int]) -> None:
    ordered = sorted(wanted)
    assert vf_indexes("index", ",".join(f"{index}-{index}" for index in ordered)) == ordered
    assert vf_indexes("index", ordered) == ordered


@given(st.text(max_size=12))
def test_free_text_is_an_index_or_one_clear_error(text: str) -> None:
    told = ""
    with contextlib.suppress(ValidationError):
        told = ",".join(str(index) for index in vf_indexes("vfs[0].index", text))
    assert told == "" or vf_indexes("vfs[0].index", told) == vf_indexes("vfs[0].index", text)
