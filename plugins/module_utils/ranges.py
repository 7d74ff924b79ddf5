# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers as users and the kernel list them: 2, 4-7."""

from __future__ import annotations

import re
import typing as t
from itertools import groupby

RANGE = re.compile(r"\s*([0-9]{1,4})\s*(?:-\s*([0-9]{1,4})\s*)?")


def numbers_of(given: object, least: int, most: int) -> list[int] | None:
    """Numbers in order, each once, of a number, a range such as ``20-29``, or a list of both.

    :returns: None if something else is given, a range that runs backwards, or a number out of bounds
    """
    found: set[int] = set()
    for part in given if isinstance(given, (list, tuple)) else [given]:
        written = RANGE.fullmatch(str(part))
        first, last = (int(written[1]), int(written[2] or written[1])) if written else (0, -1)
        if not least <= first <= last <= most:
            return None
        found.update(range(first, last + 1))
    return sorted(found)


def ranges_of(numbers: t.Iterable[int]) -> tuple[str, ...]:
    """The same the other way round: ``10-19`` for neighbours."""
    runs = [[pair[1] for pair in run]
            for _distance, run in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])]
    return tuple(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
