# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role vsrx, which take its variables without their prefix."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.configuration import for_cluster
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.model import REMEDY, interfaces, names, pfs
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vsrx.refused import refused, warnings
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "vsrx_nics": names,
            "vsrx_interfaces": interfaces,
            "vsrx_pfs": pfs,
            "vsrx_refused": refused,
            "vsrx_warnings": warnings,
            "vsrx_cluster_config": for_cluster,
        }, REMEDY, vsrx="vsrx_")
