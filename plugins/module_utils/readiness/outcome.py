# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What bios_check found on hosts, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check, as bios_check returns it; verdict.py says what its values are."""

    name: str
    status: str
    found: str
    cause: str | None = None
    remedy: str = ""
