# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole host on which nothing was made yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import WHOLE, WholeHost


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WholeHost:
    made = WholeHost(tmp_path)
    made.serve(monkeypatch)
    return made


@pytest.fixture
def deployed(site: WholeHost) -> WholeHost:
    site.applied(**WHOLE)
    return site
