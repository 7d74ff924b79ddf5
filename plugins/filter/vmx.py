# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role vmx."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.conf import conf_of, joins_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.host import refused_host
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.model import wanted
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.plan import leaving, plan_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.refused import refused
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "vmx_conf": conf_of,
            "vmx_junosdev": joins_of,
            "vmx_wanted": wanted,
            "vmx_plan": plan_of,
            "vmx_leaving": leaving,
            "vmx_refused": refused,
            "vmx_refused_host": refused_host,
        }, "Run ansible-doc -t role nfv.kvm.vmx to see its variables", vmx="vmx_", given="vmx_", conf="vmx.conf: ",
            joins="vmx-junosdev.conf: interfaces")
