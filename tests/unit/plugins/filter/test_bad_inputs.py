# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated bad input to every filter: it works, or ends with one AnsibleFilterError, whatever YAML it is given.

HYPOTHESIS_PROFILE=thorough gives each filter 2,000 examples.
"""

from __future__ import annotations

import importlib
import pkgutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import event, given, settings
from hypothesis import strategies as st

import ansible_collections.nfv.kvm.plugins.filter as all_filters
from ansible_collections.nfv.kvm.tests.unit.badinput import anything, in_time, mostly, spoiled
from ansible_collections.nfv.kvm.tests.unit.plugins.filter import (
    test_appliance,
    test_vmx,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.vmx import test_refused as test_vmx_refused
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.vsrx import test_cluster as test_vsrx_cluster
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.vsrx import test_refused as test_vsrx
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host import said
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.redfish import bmc
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.ucs.vm_fex import site
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.virtual_switch import switch_host

Dict = dict[str, t.Any]

EXAMPLES = 2000 if settings.get_current_profile_name() == "thorough" else 25

FILES = [importlib.import_module(f"{all_filters.__name__}.{found.name}")
         for found in pkgutil.iter_modules(all_filters.__path__)]
FILTERS: dict[str, t.Callable[..., t.Any]] = {
    name: function for file in FILES for name, function in file.FilterModule().filters().items()}

PROFILE = {**test_appliance.profile(), "disks": [{"name": "hdd", "image": "/i", "bus": "ide"}],
           "smbios": {"system": {"product": "a"}}, "console": {"port": 8601}, "sockets": 1, "cpu_features": ["pdpe1gb"]}
LAB = [{"name": "kvm1", "nic": "e1000e", "cpus": 4, "memory": 512, "suite": "bookworm"}, {"name": "kvm2", "pfs": 3}]
BRIDGES = [{"name": "br0", "ports": ["eth1", {"name": "eth2", "vlans": [10, "20-29"], "pvid": 5}],
            "vlan_filtering": True, "default_pvid": 1, "mtu": 1500, "group_fwd_mask": 8},
           {"name": "br1", "state": "absent"}]
OVS_BRIDGES = [{"name": "ovs0", "ports": ["eth1", {"name": "p0", "type": "internal", "tag": 5},
                                          {"name": "p1", "type": "internal", "trunks": [5, "7-9"]}],
                "sflow": {"targets": ["192.0.2.9:6343"]}, "mtu": 1500}]
SWITCH_HOST = switch_host.host()
CHECKS = [{"name": "nic_sriov", "status": "fail", "found": "no SR-IOV", "cause": "firmware", "remedy": "Turn it on"}]
OUTCOME = {"checks": CHECKS, "ready": False, "failed": False, "reboot": ["huge pages"], "error": ""}
KVM_HOST = {**said.SETTINGS, "hugepages": [{"size": "2M", "count": 4}], "kernel_arguments": ["nosmt"]}
VMX_GIVEN = {**test_vmx.DEFAULTS, "id": "vmx1", "release": "18.2R1", "images": {"vcp": "/v", "hdd": "/h", "vfp": "/f"},
             "interfaces": [test_vmx_refused.virtio(0), test_vmx_refused.sriov(1)]}
VMX = test_vmx_refused.wanted(test_vmx_refused.virtio(0), test_vmx_refused.sriov(1, vlan=7))
VMX_HOST = test_vmx_refused.host(test_vmx_refused.IXGBE)
VSRX = test_vsrx_cluster.cluster(interfaces=[test_vsrx.FXP0, test_vsrx.vf(), test_vsrx.vf(number=1)],
                                 pfs=[{"pf": "eno2", "vfs": [{"index": "0-1", "trust": True}]}])

VM_FEX = site.settings(profiles=[{**site.FINANCE, "clients": [site.DEFAULT]}])

# What each is given if all is well
RIGHT: dict[str, list[t.Any]] = {
    "appliance_checks": [["eno1"], "21.4R3", True],
    "appliance_console_log": ["edge"], "appliance_disks": [PROFILE, "/images"],
    "appliance_domain": [PROFILE, "edge", "/images", "/images/day0.iso", test_appliance.INTEL],
    "appliance_nics": [[test_appliance.BRIDGE, test_appliance.VF], PROFILE],
    "firmware_start": [bmc.ADDRESS],
    "firmware_follow": [bmc.firmware_start(bmc.ADDRESS),
                        bmc.answer(bmc.ANSWERS["service"])],
    "firmware_fault": [bmc.answer({"error": {"@Message.ExtendedInfo": [{"Message": "no"}]}}, 400),
                       bmc.way()],
    "firmware_plan": [bmc.way(), {"NumLock": "Off"}, bmc.VENDORS, CHECKS, True],
    "kvm_host_arguments": [
        "quiet ro", {"iommu": "intel", "arguments": ["a=b"], "hugepages": [{"size": "1G", "count": 8}]}],
    **{f"kvm_host_{name}": [said.host(), KVM_HOST] for name in ("boot", "plan", "refused")},
    "lab_topology": [LAB, 2, [["kvm1/0", "kvm2/0"]], "/lab", 2200, "trixie"],
    "lab_qemu_arguments": [FILTERS["lab_topology"](LAB, folder="/lab")[0], "/image", "tcg"],
    "readiness_fleet": [{"kvm1": OUTCOME}], "readiness_table": [OUTCOME, "kvm1", 69],
    "readiness_html": [FILTERS["readiness_fleet"]({"kvm1": OUTCOME})],
    "virtual_switch_plan": [BRIDGES, OVS_BRIDGES, SWITCH_HOST],
    "virtual_switch_refused": [BRIDGES, OVS_BRIDGES, SWITCH_HOST],
    "virtual_switch_unused": [BRIDGES, SWITCH_HOST],
    "virtual_switch_ovs_plan": [OVS_BRIDGES, switch_host.tables([], [switch_host.ovs_port("p0")])],
    "vm_fex_plan": [VM_FEX], "vm_fex_judged": [VM_FEX, site.UCS, site.UUID],
    "vm_fex_consumers": [[{"item": {"name": "a"}, "consumers": [{"nic": "1"}]}],
                         [{"item": {"name": "a", "network": "b"}, "consumers": [{"domain": "c"}]}]],
    "vmx_conf": [(test_vmx.FILES / "vmx-mixed.conf").read_text()],
    "vmx_junosdev": [(test_vmx.FILES / "vmx-junosdev.conf").read_text()],
    "vmx_wanted": [VMX_GIVEN, test_vmx.conf("mixed"), test_vmx.joins()], "vmx_plan": [VMX, VMX_HOST],
    "vmx_leaving": [VMX], "vmx_refused": [VMX], "vmx_refused_host": [VMX, VMX_HOST],
    "vsrx_cluster_config": [test_vsrx_cluster.CLUSTER, "interfaces { ge-0/0/0 { mtu 1500; } }"],
    **{f"vsrx_{name}": [VSRX] for name in ("interfaces", "nics", "pfs", "refused", "warnings")},
}
# What was seen to end otherwise: the filter, the parameters that are wrong by their place, and the words of the error
SEEN: list[tuple[str, dict[int, t.Any], str]] = [
    ("virtual_switch_plan", {0: [{"name": "br0", "ports": [5]}]},
     "virtual_switch_bridges[0].ports[0] = 5: it must be a text or a dictionary. Write the name of a link, or a dict"),
    ("virtual_switch_plan", {0: [{"name": "br0", "ports": [{"name": "eth1", "vlans": "20-10"}]}]},
     "virtual_switch_bridges[0].ports[0].vlans = '20-10': VLAN IDs are numbers from 1 to 4094, and a range"),
    ("virtual_switch_plan", {0: [{"name": "br0", "ports": [{"name": "eth1", "vlans": "1-99999"}]}]}, "Write a list "
     "such as"),
    ("virtual_switch_plan", {0: [{"name": None}]}, "virtual_switch_bridges[0].name: it is missing"),
    ("virtual_switch_plan", {0: "br0"}, "virtual_switch_bridges = 'br0': it must be a list"),
    ("lab_topology", {0: [{"pfs": 2}]}, "lab_hosts[0].name: it is missing."),
    ("lab_topology", {0: [{"name": None}]}, "lab_hosts[0].name: it is missing."),
    ("lab_topology", {0: ["kvm1"]}, "hosts[0] = 'kvm1': it must be a dictionary"),
    ("lab_topology", {0: [{"name": "kvm1", "pfs": 10**9}]}, "hosts[0].pfs = 1000000000: it must be a number from 0 to"),
    ("lab_topology", {0: [], 1: 10**12}, "lab_host_count = 1000000000000: it must be a number from 0 to 254"),
    ("appliance_disks", {0: {**PROFILE, "disks": [5]}}, "profile, disks[0] = 5: it must be a dictionary"),
    ("appliance_disks", {0: {**PROFILE, "vcpus": True}},
     "vcpus = True: it must be a number, 1 or more. Run ansible-doc"),
    ("appliance_domain", {0: {**PROFILE, "cpu": None}}, "appliance profile, cpu: it is missing"),
    ("appliance_domain", {0: {**PROFILE, "smbios": {"system": "a"}}},
     "appliance profile, smbios.system = 'a': it must be a dictionary"),
    ("appliance_nics", {0: ["eno1"]}, "interfaces[0] = 'eno1': it must be a dictionary. Describe the NIC with"),
    ("vsrx_nics", {0: {"cluster": {}}}, "vsrx_interfaces: it is missing"),
    ("vsrx_pfs", {0: {**VSRX, "pfs": [{"pf": "eno2", "vfs": [{"index": "all"}]}]}}, "index = 'all': this is not a VF"),
    ("vm_fex_plan", {0: {**VM_FEX, "profiles": [{"name": 5}]}}, "vm_fex_profiles[0].name = 5: it must be a text"),
    ("vm_fex_judged", {1: {"profiles": []}}, "ucs.service_profiles: it is missing"),
    ("vmx_plan", {0: {**VMX, "reserved_vnics": 10**12}},
     "vmx_reserved_vnics = 1000000000000: it must be a number from 0 to 8. Run ansible-doc"),
]


def test_all_filters_are_here() -> None:
    assert FILTERS.keys() == RIGHT.keys()


@pytest.mark.parametrize("name", RIGHT)
def test_right_input(name: str) -> None:
    FILTERS[name](*RIGHT[name])


@pytest.mark.parametrize("path", sorted(test_appliance.PROFILES.glob("*.yml")), ids=lambda path: path.stem)
def test_profiles_of_the_roles(path: Path) -> None:
    whole = {"image": "/i", **yaml.safe_load(path.read_text(encoding="utf-8"))}
    assert FILTERS["appliance_disks"](whole, "/images")[0]["image"]
    assert FILTERS["appliance_nics"]([test_appliance.BRIDGE], whole)[0]["name"]


@pytest.mark.parametrize("name", RIGHT)
def test_bad_input(name: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(mostly(spoiled(RIGHT[name]), st.lists(anything, max_size=len(RIGHT[name]) + 1)))
    def ends(given_to_it: t.Any) -> None:
        try:
            with in_time():
                FILTERS[name](*(given_to_it if isinstance(given_to_it, list) else [given_to_it]))
        except AnsibleFilterError as error:
            event("not valid" if "its input is not valid" in str(error) else "refused by its path")

    ends()


@pytest.mark.parametrize(("name", "wrong", "told"), SEEN)
def test_bad_input_is_named(name: str, wrong: dict[int, t.Any], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        FILTERS[name](*(wrong.get(place, right) for place, right in enumerate(RIGHT[name])))
    assert told in str(raised.value)


def test_null_is_as_good_as_left_out() -> None:
    for changed in ({"disks": None}, {"smbios": None}, {"smbios": {"system": None}}, {"day0": None}):
        more = [] if changed == {"day0": None} else [RIGHT["appliance_domain"][3]]
        left = {key: value for key, value in PROFILE.items() if key not in changed}
        assert FILTERS["appliance_domain"]({**PROFILE, **changed}, "a", "/i", *more) \
            == FILTERS["appliance_domain"](left, "a", "/i", *more)
    for key in ("default_pvid", "ports", "mtu", "state", "group_fwd_mask"):
        bare = [{"name": "br9"}]
        assert FILTERS["virtual_switch_plan"]([{"name": "br9", key: None}], [], SWITCH_HOST) \
            == FILTERS["virtual_switch_plan"](bare, [], SWITCH_HOST)


def test_a_range_of_vlans_that_runs_backwards_is_refused() -> None:
    backwards = [{"name": "br0", "vlan_filtering": True, "ports": [{"name": "eth1", "vlans": "20-10"}]}]
    refused = FILTERS["virtual_switch_refused"](backwards, [], SWITCH_HOST)
    assert "virtual_switch_bridges[0].ports[0].vlans = '20-10': VLAN IDs are numbers from 1 to 4094" in refused[0]


def test_more_than_eight_disks() -> None:
    disks = [{"name": f"d{number}", "image": "/i", "bus": "virtio"} for number in range(29)]
    domain = FILTERS["appliance_domain"]({**PROFILE, "disks": disks}, "a", "/i")
    assert [f"dev=\"{name}\"" in domain for name in ("vda", "vdb", "vdz", "vdaa", "vdad", "vdae")
            ] == [True] * 5 + [False]
