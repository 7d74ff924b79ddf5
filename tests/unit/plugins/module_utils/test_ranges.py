# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers in texts, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.ranges import in_order, listed, numbers_of, of_kernel, ranges_of


@pytest.mark.parametrize(("value", "ordered"), [
    (9, [9]), ("9", [9]), ("8,2-3, 5", [8, 2, 3, 5]), ([8, "2-3,5", 2], [8, 2, 3, 5, 2]), (("1",), [1]), ([], []),
])
def test_numbers(value: object, ordered: list[int]) -> None:
    assert in_order(value, 0, 9) == ordered
    assert numbers_of(value, 0, 9) == sorted(set(ordered))


@pytest.mark.parametrize("value", ["", "1,,2", "3-1", "10", "-1", "1-", "x", "²", None, True, 1.5, {}, [[1]], [""]])
def test_no_numbers(value: object) -> None:
    assert in_order(value, 0, 9) is None
    assert numbers_of(value, 0, 9) is None


@pytest.mark.parametrize(("text", "numbers"), [
    ("0-1,3\n", {0, 1, 3}), ("", set()), ("(null)", set()), (None, set())])
def test_lists_of_the_kernel(text: str | None, numbers: set[int]) -> None:
    assert of_kernel(text) == numbers


@given(st.sets(st.integers(0, 8191), max_size=40))
def test_there_and_back(numbers: set[int]) -> None:
    assert of_kernel(listed(numbers)) == numbers
    assert numbers_of(list(ranges_of(numbers)), 0, 8191) == sorted(numbers)


def test_neighbours_are_a_range() -> None:
    assert ranges_of([7, 1, 2, 3, 5, 5]) == ("1-3", "5", "7")
    assert listed([8, 2, 3, 4]) == "2-4,8"
    assert listed([]) == ""
