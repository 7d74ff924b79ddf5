# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A UCS Manager, and Cisco's client that is logged in to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager


@pytest.fixture
def ucsm() -> Iterator[UcsManager]:
    with UcsManager(secure=False) as manager:
        yield manager


def client(manager: UcsManager, **given: Any) -> UcsHandle:
    return UcsHandle(manager.hostname, given.pop("username", manager.username), given.pop("password", manager.password),
                     port=manager.port, secure=manager.secure, **given)


@pytest.fixture
def handle(ucsm: UcsManager) -> UcsHandle:
    made = client(ucsm)
    assert made.login()
    return made
