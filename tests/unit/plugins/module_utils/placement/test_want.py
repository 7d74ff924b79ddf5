# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option placement, over that of a profile."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Want
from ansible_collections.nfv.kvm.plugins.module_utils.placement.want import Keys, wanted_placement
from ansible_collections.nfv.kvm.tests.unit.readtyped import read
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result


@pytest.mark.parametrize(("given", "profile", "hugepages", "wanted"), [
    ({}, {}, False, None),
    ({}, {}, True, None),
    ({"policy": "none"}, {"policy": "dedicated", "hugepages": "1G"}, True, None),
    ({"policy": "dedicated"}, {}, False, Want("dedicated")),
    ({}, {"policy": "shared"}, False, Want("shared")),
    ({"policy": "dedicated"}, {}, True, Want("dedicated", page=0)),
    ({"policy": "dedicated", "hugepages": "none"}, {}, True, Want("dedicated")),
    ({"policy": "dedicated", "hugepages": "2M"}, {"hugepages": "1G"}, True, Want("dedicated", page=2048)),
    ({"numa_node": "1"}, {"policy": "dedicated", "numa_node": "0", "threads": "isolate", "memory_lock": True}, False,
     Want("dedicated", 1, threads="isolate", memory_lock=True)),
    ({"policy": "dedicated", "numa_node": "auto"}, {"numa_node": "0"}, False, Want("dedicated")),
    ({"policy": "dedicated", "share_pages": False, "cpus": ["8", "2-3, 5"], "emulator_cpus": ["0"]}, {}, False,
     Want("dedicated", None, (8, 2, 3, 5), (0,), share_pages=False)),
    ({"policy": "dedicated", "cpus": [8, 2]}, {"cpus": [1]}, False, Want("dedicated", None, (8, 2))),
])
def test_what_is_wanted(given: Result, profile: Result, hugepages: bool, wanted: Want | None) -> None:
    assert wanted_placement(given, read(Keys, profile) if profile else None, hugepages) == wanted


@pytest.mark.parametrize(("given", "told"), [
    ({"hugepages": "1G"}, r"placement\.policy: it is missing.*policy: dedicated"),
    ({"policy": "own"}, r"placement\.policy = 'own': it must be one of none, shared, dedicated"),
    ({"policy": "shared", "threads": "isolate"}, r"placement\.threads = 'isolate': vCPUs that share"),
    ({"policy": "dedicated", "numa_node": "left"}, r"placement\.numa_node = 'left': it must be auto or the number"),
    ({"policy": "dedicated", "numa_node": "-1"}, r"placement\.numa_node = '-1'"),
    ({"policy": "dedicated", "cpus": ["3-1"]}, r"placement\.cpus = '3-1': it must be numbers of CPUs"),
    ({"policy": "dedicated", "cpus": ["1,,2"]}, r"placement\.cpus = '1,,2'"),
    ({"policy": "dedicated", "cpus": ["0-99999"]}, r"placement\.cpus = '0-99999'"),
    ({"policy": "dedicated", "cpus": ["²"]}, r"placement\.cpus = '²'"),
    ({"policy": "dedicated", "emulator_cpus": ["1", "0-1"]}, r"placement\.emulator_cpus = 1: this CPU is in it twice"),
    ({"policy": "dedicated", "memory_lock": "maybe"}, r"placement\.memory_lock = 'maybe': it must be true or false"),
])
def test_what_is_refused(given: Result, told: str) -> None:
    with pytest.raises(ValidationError, match=told) as error:
        wanted_placement(given, None, False)
    assert error.value.remedy
