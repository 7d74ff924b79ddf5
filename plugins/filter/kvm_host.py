# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role kvm_host about a host and its kernel arguments."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import arguments
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.boot import boot
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.plan import plan
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.refused import refused
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "kvm_host_arguments": arguments,
            "kvm_host_boot": boot,
            "kvm_host_plan": plan,
            "kvm_host_refused": refused,
        }, settings="kvm_host_")
