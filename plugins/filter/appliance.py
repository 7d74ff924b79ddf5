# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role virtual_appliance, and one of all roles with appliances."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.domain import console_log, domain_xml
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import REMEDY, SUBJECT, copies, nics_of
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.readiness import checks
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {**doors({
            "appliance_nics": nics_of,
            "appliance_disks": copies,
            "appliance_domain": domain_xml,
        }, REMEDY, profile=SUBJECT), **doors({
            "appliance_console_log": console_log,
            "appliance_checks": checks,
        })}
