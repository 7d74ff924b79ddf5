# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kernel with one PF."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel

# Modules run in the process of the tests, where the controller's part of Ansible would refuse texts without a UTF-8.
os.environ["ANSIBLE_MODULE_STRICT_UTF8_RESPONSE"] = "false"
# A machine that has other things to do as well is no defect.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("patient"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    return FakeKernel(tmp_path)
