# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs the releases of an appliance know."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.appliance import PCI_ID, RELEASE, TABLE, knows
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import examine

X710 = ["15.1X49-D90", "17.3R1"]
PF = f"{PCI_DEVICES}/0000:01:00.0"


@pytest.mark.parametrize(
    ("first", "release", "known"),
    [
        (X710, "15.1X49-D90", True), (X710, "15.1X49-D90.7", True), (X710, "15.1X49-D100", True),
        (X710, "15.1X49-D80", False), (X710, "15.1X49-D9", False), (X710, "15.1x49-d100", True),
        (X710, "15.1X53-D100", False), (X710, "15.1R1", False), (X710, "12.3X48-D100", False),
        (X710, "17.2R3", False), (X710, "17.3R1", True), (X710, "17.3R1-S2", True), (X710, "17.3R3.10", True),
        (X710, "17.3X50-D1", None), (X710, "17.3F1", None), (X710, "17.3", None), (X710, "17.4X48-D1", True),
        (X710, "18.1R1", True), (X710, "21.2R3-S1.7", True), (X710, "100.1R1", True),
        (X710, "latest", None), (X710, "", None), (X710, "Junos 18.1R1", None), (X710, "18", None),
        (["18.1R1"], "18.1R1", True), (["18.1R1"], "17.4R3", False), (["18.1R1"], "15.1X49-D200", False),
        (["18.1R2"], "18.1R1-S9", False), (["18.1R10"], "18.1R9", False),
        (["7.2.5", "7.4.0"], "7.2.4", False), (["7.2.5", "7.4.0"], "7.2.12", True),
        (["7.2.5", "7.4.0"], "7.3.9", False), (["7.2.5", "7.4.0"], "7.6.0", True),
        (["17.9.1"], "17.9.1a", True), (["4.30.0F"], "4.30.1M", True), (["soon"], "18.1R1", None),
        ([], "15.1X49-D10", True), ([], "latest", True), (None, "18.1R1", True),
    ],
)
def test_releases(first: list[str], release: str, known: bool | None) -> None:
    assert knows(first, release) is known


def test_the_table_is_right_itself() -> None:
    for families in TABLE.values():
        ids = [pci_id for family in families for pci_id in family["ids"]]
        assert all(PCI_ID.fullmatch(pci_id) for pci_id in ids)
        assert len(ids) == len(set(ids))
        assert all(RELEASE.fullmatch(release) for family in families for release in family["releases"])


def ask(fake: FakeHost, **params: t.Any) -> t.Any:
    """What nic_model says of a PF that is an X710."""
    fake.write(f"{PF}/vendor", "0x8086")
    fake.write(f"{PF}/device", "0x1572")
    given = {"appliance": "vsrx", "release": "18.1R1", "pfs": ["enp1s0"], "require": ["nic_model"], **params}
    return examine(fake, **given)["checks"][0]


def entry(name: str, **nic: t.Any) -> dict[str, t.Any]:
    return {"name": name, "nics": [{"model": "mine", "ids": ["8086:1572"], "releases": [], **nic}]}


def test_the_user_has_the_last_word(ready: FakeHost) -> None:
    assert ask(ready)["status"] == "ok"
    assert ask(ready, appliances=[entry("vsrx", releases=["19.1R1"])])["status"] == "fail"
    assert ask(ready, appliances=[entry("vsrx", ids=["8086:1521"])])["status"] == "warn"
    assert ask(ready, appliances=[entry("other", releases=["19.1R1"])])["status"] == "ok"
    found = ask(ready, appliance="other", appliances=[entry("other")])["found"]
    assert found == "0000:01:00.0 (enp1s0): other knows mine in all releases"


def test_an_id_that_cannot_be_read(ready: FakeHost) -> None:
    assert examine(ready, appliance="vsrx", release="18.1R1", require=["nic_model"])["checks"][0]["status"] == "unknown"


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"appliance": "vqfx"}, "appliance = 'vqfx': its NICs are not known. Give one of vsrx, vmx, or add it"),
        ({"appliance": "vqfx", "appliances": [entry("other")]}, "Give one of vsrx, vmx, other, or add it"),
        ({"appliances": [entry("a"), entry("b", ids=["8086:1572", "8086:ZZZZ"])]},
         "appliances[1].nics[0].ids = '8086:ZZZZ': this is not a PCI ID. Give vendor:device"),
        ({"appliances": [entry("a", ids=["8086:10FB"])]}, "appliances[0].nics[0].ids = '8086:10FB'"),
    ],
)
def test_what_cannot_be_meant(ready: FakeHost, params: dict[str, t.Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ask(ready, **params)
    assert told in str(raised.value)
