# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A UCS Manager, and Cisco's client that is logged in to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.ucs_manager.sdk import client


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cisco's client would ask the environment's proxy, even for the loopback."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def ucsm() -> Iterator[UcsManager]:
    with UcsManager(secure=False) as manager:
        yield manager


@pytest.fixture
def handle(ucsm: UcsManager) -> UcsHandle:
    made = client(ucsm)
    assert made.login()
    return made
