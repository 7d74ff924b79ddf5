# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bridges as users of the role virtual_switch list them: what is given of one, its ports and their VLANs."""

from __future__ import annotations

import re
import typing as t
from itertools import groupby

Dict = dict[str, t.Any]

VLANS = re.compile(r"\s*([0-9]{1,4})\s*(?:-\s*([0-9]{1,4})\s*)?")


def given(values: Dict) -> Dict:
    """What is given of a bridge or a port: null is as good as left out."""
    return {key: value for key, value in values.items() if value is not None}


def ports_of(bridge: Dict) -> list[Dict]:
    """The ports of a bridge, of which each may be given as a plain name. One that is to go has none."""
    if bridge.get("state") == "absent":
        return []
    return [{"name": port} if isinstance(port, str) else given(port) for port in bridge.get("ports") or []]


def vlan_ids(vlans: t.Any) -> list[int]:
    """VLANs in order; ranges may be given as in ``10-19``.

    :raises ValueError: something else is given, or a range that runs backwards
    """
    found: set[int] = set()
    for part in vlans if isinstance(vlans, list) else [vlans]:
        written = VLANS.fullmatch(str(part))
        first, last = (int(written[1]), int(written[2] or written[1])) if written else (0, 0)
        if not 1 <= first <= last <= 4094:
            raise ValueError(f"{part!r} is neither a VLAN from 1 to 4094 nor a range of them such as 10-19")
        found.update(range(first, last + 1))
    return sorted(found)


def vlan_ranges(vlans: t.Iterable[int]) -> list[str]:
    """The same the other way round: ``10-19`` for neighbours."""
    runs = [[pair[1] for pair in run]
            for _distance, run in groupby(enumerate(sorted(vlans)), lambda pair: pair[1] - pair[0])]
    return [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
