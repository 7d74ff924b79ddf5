# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VLANs as users list them: 10, 20-29."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.given import Wrong, number
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import numbers_of
from ansible_collections.nfv.kvm.plugins.module_utils.values import VLAN_IDS


def vlan_ids(given: object) -> list[int]:
    """VLANs in order, each once, of a number, a range such as ``20-29``, or a list of both.

    :raises Wrong: something else is given, or a range that runs backwards
    """
    least, most = VLAN_IDS
    found = numbers_of(given, least, most)
    if found is None:
        raise Wrong(f"VLANs are numbers from {least} to {most}, ranges of them run upwards",
                    "List them as in [10, 20-29]")
    return found


VlanId = t.Annotated[int, number(*VLAN_IDS)]
VlanIds = t.Annotated[tuple[int, ...], vlan_ids]
