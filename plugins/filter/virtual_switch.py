# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role virtual_switch."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.ovs_plan import ovs_plan
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.plan import plan
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.refused import refused
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.unused import unused
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "virtual_switch_plan": plan,
            "virtual_switch_ovs_plan": ovs_plan,
            "virtual_switch_refused": refused,
            "virtual_switch_unused": unused,
        }, bridges="virtual_switch_bridges", made="virtual_switch_made", ovs_bridges="virtual_switch_ovs_bridges")
