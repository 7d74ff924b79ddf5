# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Says exactly what would change, and changes nothing.
  diff_mode:
    support: full
    description: Shows what is managed before and after.
  idempotent:
    support: full
    description: A second run changes nothing.
"""
    # Of modules that only read: ``nfv.kvm.attributes.reading``
    READING = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and return the same as without it.
    support: full
  diff_mode:
    description: Shows what has changed in diff mode.
    support: none
    details: The module changes nothing.
  idempotent:
    description: A second run returns the same as long as nobody changes the host.
    support: full
"""
