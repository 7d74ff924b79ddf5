# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kernel with one PF."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    return FakeKernel(tmp_path)
