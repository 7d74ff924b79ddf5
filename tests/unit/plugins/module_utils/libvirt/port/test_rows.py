# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of NICs, networks and port profiles go with their modules and classes, and are read and written alike."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import mapping as nics
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.params import CHECKS as OF_NICS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network import mapping as networks
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.params import CHECKS as OF_NETWORKS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import places, rows
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Check, Row
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import GROUP_ROWS, PortProfile
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.params import CHECKS as OF_PROFILES
from ansible_collections.nfv.kvm.plugins.module_utils.values import within
from ansible_collections.nfv.kvm.plugins.modules import port_profile, vm_interface, vm_network

TABLES: list[tuple[t.Any, t.Any, t.Sequence[Row], dict[str, Check]]] = [
    (vm_interface.INTERFACE, Interface, nics.ROWS, OF_NICS),
    (vm_network.SPEC, Network, networks.ROWS, OF_NETWORKS),
    (port_profile.SPEC, PortProfile, GROUP_ROWS, OF_PROFILES),
]


@pytest.mark.parametrize(("spec", "kind", "table", "checks"), TABLES)
def test_each_row_has_a_field_and_an_option(spec: t.Any, kind: t.Any, table: t.Sequence[Row],
                                            checks: dict[str, Check]) -> None:
    assert sorted(row.field for row in table) == sorted(field.name for field in fields(kind))
    for row in table:
        options = {"options": spec}
        for key in row.option.split("."):
            assert key in options["options"], row.option
            options = options["options"][key]
    asked = [row.option for row in table if row.asked]
    assert len(set(asked)) == len(asked)
    assert checks.keys() <= set(asked)


@dataclass(frozen=True)
class Disk:
    bus: str | None = None
    size: int | None = None
    cached: bool | None = None


DISK = (
    Row("bus", "target.bus", places.text("target/@bus"), default="virtio"),
    Row("size", "size", places.number("size/@bytes"), ("file",)),
    Row("cached", "cached", places.yes_no("@cached"), default=False),
)


def test_options_ask_for_fields() -> None:
    assert rows.asked(DISK, {"target": {"bus": "sata"}, "size": 5, "cached": False}, {}) == {
        "bus": "sata", "size": 5, "cached": False}
    assert rows.asked(DISK, {"target": None, "size": None, "cached": None}, {"size": within(1, 9)}) == {
        "bus": None, "size": None, "cached": None}
    with pytest.raises(Exception, match=r"disks\[0\].size = 5: it must be from 6 to 9"):
        rows.asked(DISK, {"target": None, "size": 5, "cached": None}, {"size": within(6, 9)}, "disks[0].")


def test_what_differs_is_written_and_told() -> None:
    element = xml.parse("<disk cached='yes'><target bus='ide' dev='sda'/></disk>")
    assert rows.read(DISK, element) == {"bus": "ide", "size": None, "cached": True}
    before, after = Disk(**rows.meanings(DISK, element)), Disk(size=7, cached=True)
    assert list(rows.differences(DISK, before, after)) == ["target.bus ide → virtio", "size none → 7"]
    rows.write(DISK, element, after, before)
    assert xml.serialise(element).split() == [
        "<disk", 'cached="yes">', "<target", 'bus="virtio"', 'dev="sda"/>', "<size", 'bytes="7"/>', "</disk>"]
    assert [(row.field, text) for row, text in rows.shown(DISK, after)] == [("size", "7"), ("cached", "yes")]
    rows.write(DISK, element, Disk(cached=False), after)
    assert element.find("size") is not None, "None leaves what the element says"
    rows.write(DISK, element, Disk(cached=False), after, nothing="")
    assert element.find("size") is None
