# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemons of libvirt on hosts of all kinds."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import host, plan, units

MODULAR = [f"virt{name}d" for name in ("qemu", "network", "nodedev", "nwfilter", "storage", "secret", "interface")]


@pytest.mark.parametrize(("told", "daemons", "enable", "start"), [
    (["libvirtd.service active enabled", "libvirtd.socket active enabled"], ["libvirtd"], [], []),
    (["libvirtd.service inactive disabled", "libvirtd.socket inactive disabled"],
     ["libvirtd"], ["libvirtd"], ["libvirtd"]),
    (["libvirtd.service active enabled"], ["libvirtd"], [], []),
    (["libvirtd.service active enabled", "virtqemud.service inactive disabled"], ["libvirtd"], [], []),
    (["libvirtd.service inactive disabled", "virtqemud.service inactive disabled", "virtqemud.socket active enabled"],
     ["virtqemud"], ["virtqemud"], []),
    ([f"{name}.service inactive enabled" for name in MODULAR], MODULAR, [], MODULAR),
    ([], [], [], []),
])
def test_daemons(told: list[str], daemons: list[str], enable: list[str], start: list[str]) -> None:
    found = plan(host(units=units(*told)))["libvirt"]
    assert (found["daemons"], found["enable"], found["start"]) == (daemons, enable, start)


@pytest.mark.parametrize(("more", "needed"), [
    ("LimitMEMLOCK=67108864 CapabilityBoundingSet=cap_chown_cap_sys_resource", False),
    ("LimitMEMLOCK=67108864 CapabilityBoundingSet=cap_chown", True),
    ("LimitMEMLOCK=infinity CapabilityBoundingSet=cap_chown", False),
    ("LimitMEMLOCK=67108864", False),
])
def test_memlock_only_where_libvirt_cannot_raise_it(more: str, needed: bool) -> None:
    found = plan(host(units=units(f"virtqemud.service active enabled {more}")))["libvirt"]
    assert found["files"] == (["/etc/systemd/system/virtqemud.service.d/nfv-kvm.conf"] if needed else [])
    assert found["running"] == ["virtqemud"]
