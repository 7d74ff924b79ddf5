# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric interconnects with VM-FEX and without, as UCS Manager reports their models and as users write them."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.ucs.models import lacks_vm_fex


@pytest.mark.parametrize("model", ["UCS-FI-6454", "UCS-FI-64108", "UCS-FI-6536", "UCSX-S9108-100G", "6454", "64108"])
def test_without(model: str) -> None:
    assert lacks_vm_fex(model)


@pytest.mark.parametrize("model", [
    "UCS-FI-6332-16UP", "UCS-FI-M-6324", "UCS-FI-6296UP", "N10-S6100", "6332", "6324", "", "645", "6454001", "other"])
def test_with_or_not_known(model: str) -> None:
    assert not lacks_vm_fex(model)
