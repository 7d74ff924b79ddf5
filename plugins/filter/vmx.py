# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors to the rules of the role vmx, which are in module_utils/appliance/vmx."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.given import rendered, told
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx import conf as files
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx import host as hosts
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx import model, plan, refused
from ansible_collections.nfv.kvm.plugins.plugin_utils.door import guarded


class FilterModule:
    """The filters of the role vmx."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By their names."""
        read, seen = model.vmx_of, hosts.host_of
        return {
            "vmx_conf": guarded(lambda text: rendered(files.conf_of(text)), "vmx_conf", text=str),
            "vmx_junosdev": guarded(lambda text: rendered(files.joins_of(text)), "vmx_junosdev", text=str),
            "vmx_wanted": guarded(
                lambda given, conf, joins: rendered(model.wanted_of(given, conf, joins)), "vmx_wanted"),
            "vmx_leaving": guarded(lambda wanted: rendered(plan.leaving(read(wanted))), "vmx_leaving"),
            "vmx_plan": guarded(lambda wanted, host: rendered(plan.plan_of(read(wanted), seen(host))), "vmx_plan"),
            "vmx_refused": guarded(lambda wanted: told(lambda: refused.refused(read(wanted))), "vmx_refused"),
            "vmx_refused_host": guarded(
                lambda wanted, host: told(lambda: hosts.refused_host(read(wanted), seen(host))), "vmx_refused_host"),
        }
