# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a lab, and what QEMU is told of them."""

from __future__ import annotations

import base64
import shlex
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.lab import lab_qemu_arguments, lab_topology, smbios


def arguments(**host: t.Any) -> str:
    whole = lab_topology([{"name": "kvm1", **host}], folder="/lab")[0]
    return " ".join(lab_qemu_arguments(whole, "/image", "tcg"))


def test_hosts_differ_in_all_that_must_differ() -> None:
    hosts = lab_topology([], count=3, folder="/lab")
    assert [host["name"] for host in hosts] == ["kvm1", "kvm2", "kvm3"]
    assert [host["port"] for host in hosts] == [2201, 2202, 2203]
    macs = [nic["mac"] for host in hosts for nic in host["nics"]]
    assert len(set(macs)) == 6


def test_hosts_have_the_release_of_the_lab_or_their_own() -> None:
    hosts = lab_topology([{"name": "a"}, {"name": "b", "suite": "trixie"}], folder="/lab", suite="bookworm")
    assert [host["suite"] for host in hosts] == ["bookworm", "trixie"]


def test_two_hosts_have_a_cable_per_pf() -> None:
    first, second = lab_topology([], count=2, folder="/lab")
    for left, right in zip(first["nics"], second["nics"]):
        assert (left["socket"], left["peer"]) == (right["peer"], right["socket"])
        assert left["socket"] != left["peer"]


def test_qemu_takes_commands_in_the_folder_of_the_host() -> None:
    assert " -qmp unix:/lab/kvm1/monitor.sock,server=on,wait=off " in arguments()


def test_a_second_host_does_not_change_the_first() -> None:
    assert lab_topology([], count=1, folder="/lab") == lab_topology([], count=2, folder="/lab")[:1]


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


def test_cables_as_listed() -> None:
    (host,) = lab_topology([{"name": "a", "pfs": 3}], cables=[["a/0", "a/2"]], folder="/lab")
    assert [nic["peer"] for nic in host["nics"]] == ["/lab/a/pf2.sock", None, "/lab/a/pf0.sock"]


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
    ],
)
def test_variants_of_a_host(host: dict[str, t.Any], there: str, absent: str) -> None:
    assert there in arguments(**host)
    assert absent not in arguments(**host)


@pytest.mark.parametrize(
    ("hosts", "cables", "folder", "told"),
    [
        ([{"name": "a", "pf": 2}], None, "/lab", "unknown keys pf"),
        ([{"name": "a", "nic": "e1000"}], None, "/lab", "nic = 'e1000'"),
        ([{"name": "a", "suite": "sid"}], None, "/lab", "suite = 'sid': it must be bookworm or trixie"),
        ([{}], None, "/lab", "lab_hosts[0].name is missing"),
        ([{"name": "a"}], [["a/0", "b/0"]], "/lab", "['a/0', 'b/0']"),
        ([{"name": "a"}], [["a/0", "a/0"]], "/lab", "two free PFs"),
        ([{"name": "a"}], [["a/0", "a/2"]], "/lab", "two free PFs"),
        ([{"name": "a"}], [["a/0", "a"]], "/lab", "two free PFs"),
        ([{"name": "a", "pfs": 3}], [["a/0", "a/1"], ["a/1", "a/2"]], "/lab", "['a/1', 'a/2']"),
        ([{"name": "a"}], [["a/0", "a/1"]], "/" + "x" * 100, "shorter lab_dir"),
    ],
)
def test_what_cannot_be_meant(hosts: t.Any, cables: t.Any, folder: str, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        lab_topology(hosts, cables=cables, folder=folder)
    assert told in str(raised.value)
