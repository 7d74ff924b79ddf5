# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemctl shows."""

from __future__ import annotations

Properties = dict[str, str]


def units_of(shown: str) -> dict[str, Properties]:
    """The properties of units, by the property Id.

    :param shown: what ``systemctl show`` prints: lines NAME=VALUE, with an empty line between two units
    """
    blocks = [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in shown.split("\n\n")]
    return {block.get("Id", ""): block for block in blocks}
