# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with two bridges."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.openvswitch.fakevsctl import FakeVsctl


@pytest.fixture
def host(tmp_path: Path) -> FakeVsctl:
    return FakeVsctl(tmp_path)
