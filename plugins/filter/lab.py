# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role lab."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.lab.qemu import qemu_arguments
from ansible_collections.nfv.kvm.plugins.module_utils.lab.topology import topology
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({
            "lab_topology": topology,
            "lab_qemu_arguments": qemu_arguments,
        }, hosts="lab_hosts", count="lab_host_count", cables="lab_cables", folder="lab_dir",
            port_base="lab_ssh_port_base", suite="lab_suite")
