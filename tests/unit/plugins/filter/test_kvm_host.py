# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role kvm_host take its variables, and give what its tasks use."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.kvm_host import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import SETTINGS, host

FILTERS = FilterModule().filters()
# Variables, and what is said of them
WRONG: list[tuple[dict[str, t.Any], str]] = [
    ({"hugepages": [{"size": "1G", "count": "many"}]}, "kvm_host_hugepages[0].count = 'many': it must be a number"),
    ({"hugepages": [{"size": "1G", "number": 1, "count": 1}]}, "kvm_host_hugepages[0].number = 1: there is no such"),
    ({"hugepages": [{"count": 1}]}, "kvm_host_hugepages[0].size: it is missing."),
    ({"iommu": "maybe"}, "kvm_host_iommu = 'maybe': it must be true or false."),
    ({"boot_loader": "lilo"}, "kvm_host_boot_loader = 'lilo': it must be one of auto, grub, grubby, systemd-boot."),
]


@pytest.mark.parametrize(("settings", "told"), WRONG)
def test_variables_are_named(settings: dict[str, t.Any], told: str) -> None:
    (refused,) = FILTERS["kvm_host_refused"](host(), {**SETTINGS, **settings})
    assert refused.startswith(told)
    for name in ("kvm_host_boot", "kvm_host_plan"):
        with pytest.raises(AnsibleFilterError) as raised:
            FILTERS[name](host(), {**SETTINGS, **settings})
        assert str(raised.value).startswith(told)


def test_what_is_wanted_of_a_command_line() -> None:
    wanted = {"iommu": "amd", "arguments": ["nosmt"], "nested": None, "modules": None,
              "hugepages": [{"size": "1G", "count": "8"}]}
    assert FILTERS["kvm_host_arguments"]("quiet iommu=off", wanted) == "quiet nosmt iommu=pt hugepagesz=1G hugepages=8"


@pytest.mark.parametrize("said", ["x", "640 x /proc/cmdline", 5])
def test_what_the_script_does_not_print(said: object) -> None:
    with pytest.raises(AnsibleFilterError, match="its input is not valid"):
        FILTERS["kvm_host_boot"](said, SETTINGS)
