# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input to vm_appliance that is almost right, through its own main(): one error, nothing changed, no secret told.

HYPOTHESIS_PROFILE=thorough gives it 2,000 examples.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t
from pathlib import Path

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.modules import vm_appliance
from ansible_collections.nfv.kvm.tests.unit.badinput import in_time, spoiled
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import (
    NICS,
    PASSWORD,
    WHOLE,
    WholeHost,
    profile,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.modules.test_bad_inputs import contents, result_of
from ansible_collections.nfv.kvm.tests.unit.runmain import refused
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

EXAMPLES = 2000 if settings.get_current_profile_name() == "thorough" else 100
RIGHT: Result = {
    "name": "edge1", **WHOLE, "profile": profile(cpu_features=["vmx"], smbios={"system": {"family": "lab"}})}


@contextlib.contextmanager
def one_host() -> t.Iterator[WholeHost]:
    """A host that the module's main() finds."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        made = WholeHost(Path(folder))
        made.serve(patch)
        os.makedirs(made.kernel.path(lock.folder(made.kernel)))
        yield made


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([RIGHT, {**RIGHT, "state": "absent", "remove_disks": True}]).flatmap(spoiled), st.booleans(),
       st.booleans())
def test_almost_right(params: t.Any, deployed: bool, check_mode: bool) -> None:
    if not isinstance(params, dict):
        return
    given_params = {str(name).replace("_ansible", "x"): value for name, value in params.items()}
    with one_host() as site:
        if deployed:
            site.applied(**WHOLE)
        before = contents(site.kernel, site.libvirt)
        with in_time():
            result = result_of(vm_appliance, {**given_params, "_ansible_check_mode": check_mode})
        note(str(result))
        event(result.get("error", {}).get("type", "refused by Ansible") if result.get("failed") else "accepted")
        assert "defect in nfv.kvm" not in result.get("msg", ""), result["msg"]
        assert "Traceback" not in str(result)
        assert "exception" not in result
        assert PASSWORD not in str({**result, "invocation": None})
        if check_mode or not result.get("changed"):
            assert contents(site.kernel, site.libvirt) == before


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("day0", [
    PASSWORD, [PASSWORD], {"../a": PASSWORD}, {"a": [PASSWORD]}, {"a": f"{PASSWORD}\ud800"},
    {"a": PASSWORD, "a/b": "x"}, {"\ud800": PASSWORD}, {"a\0": PASSWORD}, {"a": {"\ud800": PASSWORD}},
    '{"\\ud800": "' + PASSWORD + '"}'])
def test_a_wrong_day0_is_not_told(day0: t.Any, check_mode: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with one_host() as site:
        before = site.snapshot()
        result = refused(vm_appliance.main, {**RIGHT, "day0": day0, "_ansible_check_mode": check_mode}, capsys)
        assert "day0" in result["msg"]
        assert PASSWORD not in str(result)
        assert site.snapshot() == before


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The module itself makes the appliance, and tells no secret."""
    with one_host() as site:
        result = result_of(vm_appliance, RIGHT)
        assert result["changed"], result
        assert PASSWORD not in str(result)
        assert len(site.domain.live.findall("devices/interface")) == len(NICS)
        assert not result_of(vm_appliance, RIGHT)["changed"]
