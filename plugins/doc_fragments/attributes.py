# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Reports exactly what would change, and changes nothing.
  diff_mode:
    support: full
    description: Shows the managed state before and after the run.
  idempotent:
    support: full
    description: A second run with the same options changes nothing.
"""
    # Of modules that only read: ``nfv.kvm.attributes.reading``
    READING = r"""
options: {}
attributes:
  check_mode:
    description: Runs in check mode, and returns the same as without it.
    support: full
  diff_mode:
    description: Shows the changes in diff mode.
    support: none
    details: The module changes nothing.
  idempotent:
    description: A second run returns the same if the host does not change.
    support: full
"""
