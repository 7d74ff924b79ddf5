# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VLANs as users list them: 10, 20-29."""

from __future__ import annotations

import re
import typing as t
from itertools import groupby

from ansible_collections.nfv.kvm.plugins.module_utils.given import Wrong, number
from ansible_collections.nfv.kvm.plugins.module_utils.values import VLAN_IDS

RANGE = re.compile(r"\s*([0-9]{1,4})\s*(?:-\s*([0-9]{1,4})\s*)?")


def vlan_ids(given: object) -> list[int]:
    """VLANs in order, each once, of a number, a range such as ``20-29``, or a list of both.

    :raises Wrong: something else is given, or a range that runs backwards
    """
    least, most = VLAN_IDS
    found: set[int] = set()
    for part in given if isinstance(given, (list, tuple)) else [given]:
        written = RANGE.fullmatch(str(part))
        first, last = (int(written[1]), int(written[2] or written[1])) if written else (0, 0)
        if not least <= first <= last <= most:
            raise Wrong(f"VLAN IDs are numbers from {least} to {most}, and a range starts with the lower number",
                        "Write a list such as [10, 20-29]")
        found.update(range(first, last + 1))
    return sorted(found)


def vlan_ranges(vlans: t.Iterable[int]) -> tuple[str, ...]:
    """The same the other way round: ``10-19`` for neighbours."""
    runs = [[pair[1] for pair in run]
            for _distance, run in groupby(enumerate(sorted(vlans)), lambda pair: pair[1] - pair[0])]
    return tuple(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


VlanId = t.Annotated[int, number(*VLAN_IDS)]
VlanIds = t.Annotated[tuple[int, ...], vlan_ids]
