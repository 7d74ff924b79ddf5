# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doors to the rules of the role vsrx, which are in module_utils/appliance/vsrx."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.given import rendered, told
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx import configuration, model, refused
from ansible_collections.nfv.kvm.plugins.plugin_utils.door import guarded


class FilterModule:
    """The filters of the role vsrx, which take its variables without their prefix."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By their names."""
        read = model.vsrx_of
        return {
            "vsrx_nics": guarded(lambda settings: rendered(model.names(read(settings))), "vsrx_nics"),
            "vsrx_interfaces": guarded(
                lambda settings: [nic.options for nic in model.nics(read(settings))], "vsrx_interfaces"),
            "vsrx_pfs": guarded(lambda settings: model.pfs(read(settings)), "vsrx_pfs"),
            "vsrx_refused": guarded(lambda settings: told(lambda: refused.refused(read(settings))), "vsrx_refused"),
            "vsrx_warnings": guarded(lambda settings: [*refused.warnings(read(settings))], "vsrx_warnings"),
            "vsrx_cluster_config": guarded(lambda cluster, config="": configuration.cluster_config(
                read({"interfaces": [], "cluster": cluster, "config": config})), "vsrx_cluster_config"),
        }
