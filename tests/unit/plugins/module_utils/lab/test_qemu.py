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
