# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role lab take its variables, and hand a host from one to the other."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.lab import FilterModule

FILTERS = FilterModule().filters()


@pytest.mark.parametrize(("given", "told"), [
    ([[{"name": "a", "cpus": 0}]], "lab_hosts[0].cpus = 0: it must be a number from 1 to 255."),
    ([[{"name": "a", "nested": "maybe"}]], "lab_hosts[0].nested = 'maybe': it must be true or false."),
    ([[{"name": ""}]], "lab_hosts[0].name = '': it is empty. Give the host a name."),
    ([[], 255], "lab_host_count = 255: it must be a number from 0 to 254."),
    ([[], 1, [["a/0", 1]]], "lab_cables[0][1] = 1: it must be a text."),
    ([[], 1, None, None], "lab_dir = 'null': it must be a text."),
    ([[], 1, None, "/lab", 65000], "lab_ssh_port_base = 65000: it must be a number from 0 to 64999."),
    ([[], 1, None, "/lab", 2200, "sid"], "lab_suite = 'sid': it must be bookworm or trixie."),
])
def test_variables_are_named(given: list[object], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        FILTERS["lab_topology"](*given)
    assert str(raised.value).startswith(told)


def test_a_host_on_another_port() -> None:
    (host,) = FILTERS["lab_topology"]([{"name": "a", "memory": "512"}], folder="/lab")
    words = FILTERS["lab_qemu_arguments"]({**host, "port": 0}, "/image", "kvm")
    assert "user,id=mgmt,hostfwd=tcp:127.0.0.1:0-:22" in words
    assert words[words.index("-m") + 1] == "512"
