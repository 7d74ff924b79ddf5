# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role vm_fex."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vm_fex.consumers import consumers
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vm_fex.judged import judged
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vm_fex.plan import plan
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "vm_fex_plan": plan,
            "vm_fex_consumers": consumers,
            "vm_fex_judged": judged,
        }, settings="vm_fex_")
