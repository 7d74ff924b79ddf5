# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role kvm_host about a host's BIOS settings in its BMC."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.redfish.faults import fault
from ansible_collections.nfv.kvm.plugins.module_utils.redfish.plan import plan
from ansible_collections.nfv.kvm.plugins.module_utils.redfish.way import follow, start
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "firmware_start": start,
            "firmware_follow": follow,
            "firmware_fault": fault,
            "firmware_plan": plan,
        }, bmc="kvm_host_bmc", wanted="kvm_host_firmware_attributes", vendors="kvm_host_firmware_vendors",
            checks="kvm_host_firmware_checks", change="kvm_host_firmware_change")
