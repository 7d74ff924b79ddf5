# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest PCI addresses over both topologies."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import Topology, topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_seats import Seat, appended, in_order
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import recorded

PC = Topology("pci-root", {0: ("pci-root", None)}, {"0000:00:01.2": "controller", "0000:00:03.0": "disk"})
Q35 = Topology("pcie-root", {
    0: ("pcie-root", None), 1: ("pcie-root-port", "0000:00:01.0"), 2: ("pcie-root-port", "0000:00:01.1"),
    3: ("pcie-to-pci-bridge", "0000:01:00.0"),
}, {"0000:01:00.0": "controller", "0000:00:1f.2": "controller"})


def seats(pairs: t.Sequence[tuple[str | None, str | None]]) -> list[Seat]:
    """Seats from (explicit, current), each the last two parts of an address."""
    return [Seat(f"interfaces[{number}]", *(None if one is None else f"0000:{one}" for one in pair))
            for number, pair in enumerate(pairs)]


ORDERED = [
    ("new ones, from the first free slot", PC, [(None, None)] * 3, ["00:04.0", "00:05.0", "00:06.0"]),
    ("new ones on Q35, one bus each", Q35, [(None, None)] * 3, ["02:00.0", "04:00.0", "05:00.0"]),
    ("in order already: all stay", PC, [(None, "00:05.0"), (None, "00:09.0")], ["00:05.0", "00:09.0"]),
    ("a new one behind", PC, [(None, "00:05.0"), (None, None)], ["00:05.0", "00:06.0"]),
    ("a new one in a gap", PC, [(None, "00:05.0"), (None, None), (None, "00:07.0")],
     ["00:05.0", "00:06.0", "00:07.0"]),
    ("no gap: all anew", PC, [(None, "00:05.0"), (None, None), (None, "00:06.0")], ["00:04.0", "00:05.0", "00:06.0"]),
    ("turned round", PC, [(None, "00:06.0"), (None, "00:05.0")], ["00:04.0", "00:05.0"]),
    ("turned round on Q35", Q35, [(None, "05:00.0"), (None, "02:00.0")], ["02:00.0", "04:00.0"]),
    ("explicit wins", PC, [("00:08.0", "00:05.0"), (None, "00:06.0")], ["00:08.0", "00:09.0"]),
    ("room is left for the explicit one", PC, [(None, None), ("00:05.0", None), (None, None)],
     ["00:04.0", "00:05.0", "00:06.0"]),
    ("explicit on Q35", Q35, [(None, None), ("09:00.0", None), (None, None)], ["02:00.0", "09:00.0", "0a:00.0"]),
]


@pytest.mark.parametrize(("case", "place", "pairs", "wanted"), ORDERED, ids=[row[0] for row in ORDERED])
def test_in_order(case: str, place: Topology, pairs: t.Any, wanted: list[str]) -> None:
    found, _place = in_order(seats(pairs), place)
    assert found == [f"0000:{one}" for one in wanted]
    again = [Seat(seat.subject, seat.explicit, address) for seat, address in zip(seats(pairs), found)]
    assert in_order(again, place)[0] == found, "a second run moves them"


REFUSED = [
    ("taken by a disk", PC, [("00:03.0", None)], "a disk of the domain already has this address"),
    ("explicit ones descend", PC, [("00:09.0", None), ("00:05.0", None)], "do not ascend"),
    ("no room before the explicit one", PC, [(None, None), ("00:04.0", None)], "no free guest PCI address"),
    ("more NICs than slots", PC, [(None, None)] * 30, "no free guest PCI address"),
]


@pytest.mark.parametrize(("case", "place", "pairs", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(case: str, place: Topology, pairs: t.Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        in_order(seats(pairs), place)


@pytest.mark.parametrize(("pairs", "wanted"), [
    ([(None, "00:09.0"), (None, "00:05.0"), (None, None)], ["00:09.0", "00:05.0", "00:0a.0"]),
    ([(None, "00:1f.0"), (None, None)], ["00:1f.0", "00:04.0"]),
])
def test_appended_leaves_the_others(pairs: t.Any, wanted: list[str]) -> None:
    assert appended(seats(pairs), PC)[0] == [f"0000:{one}" for one in wanted]


def test_a_machine_without_pci_is_left_to_libvirt() -> None:
    assert in_order(seats([(None, None)]), Topology(None, {}, {}))[0] == [None]


def test_positions_follow_the_bridges_not_the_bus_numbers() -> None:
    place = Topology("pcie-root", {0: ("pcie-root", None), 1: ("pcie-root-port", "0000:00:05.0"),
                                   2: ("pcie-root-port", "0000:00:02.0")}, {})
    assert in_order(seats([(None, None), (None, None)]), place)[0] == ["0000:02:00.0", "0000:01:00.0"]


def test_topology_of_recorded_domains() -> None:
    assert topology(xml.parse(recorded("pc-small.libvirt"))).root == "pci-root"
    place = topology(xml.parse(recorded("q35-running.inactive")))
    assert place.root == "pcie-root"
    assert place.bridges[4] == ("pcie-root-port", "0000:00:01.3")
    assert place.holder("0000:02:00.0") == "disk"
