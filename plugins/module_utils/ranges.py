# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers as users, libvirt and the kernel list them: 2,4-7."""

from __future__ import annotations

import re
import typing as t
from itertools import groupby

RANGE = re.compile(r"\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?")
MOST_CPUS = 8192
"""How many CPUs a kernel can have (CONFIG_NR_CPUS of x86)."""


def numbers_of(given: object, least: int, most: int) -> list[int] | None:
    """Numbers in order, each once, of a number, a text such as ``2,20-29``, or a list of both.

    :returns: None if something else is given, a range that runs backwards, or a number out of bounds
    """
    found = in_order(given, least, most)
    return None if found is None else sorted(set(found))


def in_order(given: object, least: int, most: int) -> list[int] | None:
    """The same in the order in which they are given, as often as they are."""
    found: list[int] = []
    parts = [part for one in (given if isinstance(given, (list, tuple)) else [given]) for part in str(one).split(",")]
    for part in parts:
        written = RANGE.fullmatch(part)
        first, last = (int(written[1]), int(written[2] or written[1])) if written else (0, -1)
        if not least <= first <= last <= most:
            return None
        found += range(first, last + 1)
    return found


def of_kernel(text: str | None) -> set[int]:
    """The numbers in a list of the kernel's such as ``0-1,3``; none in an empty one, or ``(null)`` for no mask."""
    return set(numbers_of(text, 0, MOST_CPUS - 1) or ())


def ranges_of(numbers: t.Iterable[int]) -> tuple[str, ...]:
    """The same the other way round: ``10-19`` for neighbours."""
    runs = [[pair[1] for pair in run]
            for _distance, run in groupby(enumerate(sorted(set(numbers))), lambda pair: pair[1] - pair[0])]
    return tuple(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def listed(numbers: t.Iterable[int]) -> str:
    """Numbers in one text, such as ``2-5,8``."""
    return ",".join(ranges_of(numbers))
