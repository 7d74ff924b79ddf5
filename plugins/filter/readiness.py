# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the playbook prepare_host: which hosts are ready, for a terminal, for programs and as a page."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.outcome import fleet
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.page import page
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.table import table
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import doors


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return doors({"readiness_fleet": fleet, "readiness_table": table, "readiness_html": page})
