# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What QEMU is told of a host of the lab."""

from __future__ import annotations

import base64
import shlex
import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.filter.lab import FilterModule
from ansible_collections.nfv.kvm.plugins.module_utils.lab.qemu import smbios

FILTERS = FilterModule().filters()
lab_topology, lab_qemu_arguments = FILTERS["lab_topology"], FILTERS["lab_qemu_arguments"]


def arguments(**host: t.Any) -> str:
    whole = lab_topology([{"name": "kvm1", **host}], folder="/lab")[0]
    return " ".join(lab_qemu_arguments(whole, "/image", "tcg"))


def test_qemu_takes_commands_in_the_folder_of_the_host() -> None:
    assert " -qmp unix:/lab/kvm1/monitor.sock,server=on,wait=off " in arguments()


def test_a_listed_host_alone_has_no_cable_but_a_link() -> None:
    assert [nic["socket"] for nic in lab_topology([{"name": "a"}], folder="/lab")[0]["nics"]] == [None, None]
    assert "-netdev hubport,id=pf0,hubid=0" in arguments()


def test_a_hub_takes_what_a_nic_that_is_down_does_not() -> None:
    host = lab_topology([], count=2, folder="/lab")[0]
    words = " ".join(lab_qemu_arguments(host, "/image", "tcg"))
    for number in (0, 1):
        assert words.count(f",hubid={number}") == 3
        assert f"-netdev hubport,id=end{number},hubid={number},netdev=cable{number}" in words


def test_a_host_is_told_its_command_line_and_its_grub_configuration() -> None:
    told = smbios("kvm1", "a=1,2 b='c d' e=50%")
    _kind, credential, line = told.split(",value=")
    always = "console=ttyS0 mitigations=off tsc=reliable sysrq_always_enabled systemd.hostname=kvm1"
    assert line == f"root=/dev/vda rw {always} quiet a=1,,2 b='c d' e=50%"
    (file,) = base64.b64decode(credential.partition("=")[2]).decode().splitlines()
    kind, path, _mode, _user, _group, _age, content = file.split(" ", 6)
    assert (kind, path) == ("f", "/etc/default/grub")
    shown = content.replace("%%", "%").replace(r"\n", "\n")
    values = dict(word.split("=", 1) for word in shlex.split(shown))
    assert values["GRUB_CMDLINE_LINUX_DEFAULT"] == "quiet a=1,2 b='c d' e=50%"
    assert values["GRUB_CMDLINE_LINUX"] == always


def test_nodes_share_cpus_and_memory_and_have_a_host_bridge_each() -> None:
    words = arguments(cpus=6, memory=3072, numa_nodes=3, pfs=4, pf_numa_nodes=[2, 0, 2, 1]).split()
    values = [value for option, value in zip(words, words[1:])
              if option in ("-smp", "-m", "-object", "-numa") or value.startswith(("pxb", "pcie"))]
    assert values == [
        "6,sockets=3,cores=2,threads=1", "3072",
        "memory-backend-ram,id=memory0,size=1024M", "node,nodeid=0,cpus=0-1,memdev=memory0",
        "memory-backend-ram,id=memory1,size=1024M", "node,nodeid=1,cpus=2-3,memdev=memory1",
        "memory-backend-ram,id=memory2,size=1024M", "node,nodeid=2,cpus=4-5,memdev=memory2",
        "pxb-pcie,id=node0,bus=pcie.0,bus_nr=64,numa_node=0", "pxb-pcie,id=node1,bus=pcie.0,bus_nr=128,numa_node=1",
        "pxb-pcie,id=node2,bus=pcie.0,bus_nr=192,numa_node=2",
        "pcie-root-port,id=port0,slot=1,bus=node2", "pcie-root-port,id=port1,slot=2,bus=node0",
        "pcie-root-port,id=port2,slot=3,bus=node2", "pcie-root-port,id=port3,slot=4,bus=node1",
    ]


@pytest.mark.parametrize(
    ("host", "there", "absent"),
    [
        ({}, "-device intel-iommu,intremap=on", "-svm"),
        ({"iommu": False}, "-cpu max,-la57 ", "intel-iommu"),
        ({"nested": False}, "-cpu max,-la57,-svm", "-cpu max,-la57 "),
        ({"nic": "e1000e"}, "-device e1000e,bus=port0", "igb"),
        ({"pfs": 8}, "-device igb,bus=port7", "port8"),
        ({"kernel_arguments": ""}, "systemd.hostname=kvm1 quiet -drive", "intel_iommu=on"),
        ({"memory": 1024, "cpus": 2}, "-smp 2 -m 1024", "3072"),
        # Without NUMA nodes, nothing more: the hosts that were saved so far are still restored.
        ({}, "-smp 1 -m 3072 -display none", "-numa"),
        ({"numa_nodes": 1}, "-device pcie-root-port,id=port0,slot=1 -device igb,bus=port0,netdev=pf0,mac=", "pxb-pcie"),
        ({"numa_nodes": 2, "cpus": 2}, "-numa node,nodeid=1,cpus=1-1,memdev=memory1", "nodeid=2"),
        ({"numa_nodes": 2, "cpus": 2, "pfs": 0}, "pxb-pcie,id=node1", "bus=node"),
    ],
)
def test_variants_of_a_host(host: dict[str, t.Any], there: str, absent: str) -> None:
    assert there in arguments(**host)
    assert absent not in arguments(**host)
