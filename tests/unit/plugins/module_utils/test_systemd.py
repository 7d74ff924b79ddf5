# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemctl shows of units."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.systemd import units_of


def test_units_and_what_is_before_them() -> None:
    shown = "Version=257\nnot a property\n\nId=a.service\nActiveState=active\nEnvironment=A=1 B=2\n\nId=a.socket\n"
    assert units_of(shown) == {
        "": {"Version": "257"},
        "a.service": {"Id": "a.service", "ActiveState": "active", "Environment": "A=1 B=2"},
        "a.socket": {"Id": "a.socket"}}
