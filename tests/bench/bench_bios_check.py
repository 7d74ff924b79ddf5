# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""bios_check against ansible.builtin.ping."""

from __future__ import annotations

import sys

from ratios import Limit, Measured, run

PING, ALL = "ansible.builtin.ping", "bios_check, all checks"
MEASURED = [
    Measured(PING, [{"ansible.builtin.ping": None}]),
    Measured(ALL, [{"nfv.kvm.bios_check": {"fail_on": "never"}}]),
]
LIMITS = [Limit(ALL, PING, most=1.5)]

if __name__ == "__main__":
    sys.exit(not run("bios_check", MEASURED, LIMITS, rounds=9))
