# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco's client for a server of the tests."""

from __future__ import annotations

from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager


def client(manager: UcsManager, username: str | None = None, password: str | None = None) -> UcsHandle:
    return UcsHandle(manager.hostname, username or manager.username, password or manager.password, port=manager.port,
                     secure=manager.secure)
