# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What appliances need is what their profiles say."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.readiness.needs import TABLE
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import loaded


@pytest.mark.parametrize(("profile", "appliance"), [("vsrx", "vsrx"), ("vmx_vcp", "vmx"), ("vmx_vfp", "vmx")])
def test_machine_types_are_those_of_the_profile(profile: str, appliance: str) -> None:
    assert TABLE[appliance].machines == tuple(loaded(profile)["machine"])
