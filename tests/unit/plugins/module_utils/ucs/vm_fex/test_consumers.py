# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs have the port profiles."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.filter.vm_fex import FilterModule

vm_fex_consumers = FilterModule().filters()["vm_fex_consumers"]


def test_who_has_the_profiles() -> None:
    nic = {"domain": "edge1", "name": "ge0", "mac": "52:54:00:00:00:01", "running": True, "current": True}
    profiles = [{"item": {"name": "finance"}, "consumers": [
        {"nic": "1", "vm": "vm1", "mac": "52:54:00:00:00:02", "status": "online"}]}, {"item": {"name": "web"}}]
    groups = [{"item": {"name": "finance", "network": "fex"}, "consumers": [
        nic, {**nic, "name": None, "current": False}, {**nic, "running": False}]},
        {"item": {"name": "web", "network": "fex"}, "consumers": None}]
    of = "of domain edge1 (network fex,"
    assert vm_fex_consumers(profiles, groups) == [
        "port profile finance: NIC 1 of VM vm1 (52:54:00:00:00:02, online in UCS Manager)",
        f"port profile finance: NIC ge0 {of} running)",
        f"port profile finance: NIC 52:54:00:00:00:01 {of} running with the settings that it had when it was plugged "
        "in)",
        f"port profile finance: NIC ge0 {of} not running)"]
