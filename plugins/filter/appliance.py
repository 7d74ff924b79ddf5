# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors to the appliance profiles of module_utils/appliance."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance import domain, nics, readiness
from ansible_collections.nfv.kvm.plugins.module_utils.appliance import profile as profiles
from ansible_collections.nfv.kvm.plugins.plugin_utils.door import NULL, guarded


class FilterModule:
    """The filters of the role virtual_appliance, and one of all roles with appliances."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By their names."""
        read = profiles.profile_of
        return {
            "appliance_nics": guarded(lambda interfaces, profile: [nic.options for nic in nics.ordered(
                interfaces, read(profile).nics)], "appliance_nics", interfaces=list),
            "appliance_disks": guarded(
                lambda profile, folder: profiles.copies(read(profile), folder), "appliance_disks", folder=str),
            "appliance_domain": guarded(lambda profile, name, folder, day0="", cpuinfo="": domain.domain_xml(
                read(profile), name, folder, day0, cpuinfo), "appliance_domain", name=str, folder=str, day0=str),
            "appliance_console_log": guarded(domain.console_log, "appliance_console_log", name=str),
            "appliance_checks": guarded(readiness.checks, "appliance_checks", pfs=[str], release=(NULL, str), vfs=bool),
        }
