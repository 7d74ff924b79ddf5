# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel with one PF, and a UCS Manager."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.tests.unit.runucs import Ucs

# Modules run in the process of the tests, where the controller's part of Ansible would refuse texts without a UTF-8.
os.environ["ANSIBLE_MODULE_STRICT_UTF8_RESPONSE"] = "false"
# A machine that has other things to do as well is no defect.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("patient"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


@pytest.fixture
def kernel(tmp_path: Path) -> FakeKernel:
    return FakeKernel(tmp_path)


@pytest.fixture
def ucs(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Ucs]:
    """A UCS Manager whose certificate is trusted."""
    from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
    from ansible_collections.nfv.kvm.tests.unit.runucs import PASSWORD, Ucs

    with UcsManager(password=PASSWORD) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        yield Ucs(server)
