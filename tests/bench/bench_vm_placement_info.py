# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_placement_info against ansible.builtin.ping."""

from __future__ import annotations

import sys

from ratios import Limit, Measured, run

PING, ALL = "ansible.builtin.ping", "vm_placement_info"
MEASURED = [
    Measured(PING, [{"ansible.builtin.ping": None}]),
    Measured(ALL, [{"nfv.kvm.vm_placement_info": {}}]),
]
LIMITS = [Limit(ALL, PING, most=1.3)]

if __name__ == "__main__":
    sys.exit(not run("vm_placement_info", MEASURED, LIMITS, rounds=9))
