# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to a module of libvirt, through its own main(): one error with object, value and remedy, nothing changed.

Each test has a list of rows: parameters, and what is told of them.
"""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.runmain import refused
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

# Where ansible itself refuses, it says in these words what there is to take instead.
REMEDIES_OF_ANSIBLE = ("must be one of: ", "unable to convert to ", "missing required arguments: ",
                       "Supported parameters include: ")


@contextlib.contextmanager
def one_host(factory: pytest.TempPathFactory, fill: t.Callable[[Lab, pytest.MonkeyPatch], None]) -> t.Iterator[Lab]:
    """One host for all rows: that each leaves it as it was is what they are about."""
    made = Lab(factory.mktemp("host"))
    with pytest.MonkeyPatch.context() as patch:
        made.serve(patch)
        fill(made, patch)
        yield made


def refused_in(lab: Lab, main: t.Callable[[], None], given: Result, capsys: pytest.CaptureFixture[str],
               check_mode: bool = False) -> Result:
    """What the module says, which must have left all as it was."""
    before = lab.traces()
    result = refused(main, {**given, "_ansible_check_mode": check_mode}, capsys)
    assert lab.traces() == before
    return result


def tells(lab: Lab, main: t.Callable[[], None], given: Result, capsys: pytest.CaptureFixture[str], told: str,
          check_mode: bool) -> None:
    """The module refuses this, says so in these words, and what to do."""
    result = refused_in(lab, main, given, capsys, check_mode)
    assert told in result["msg"]
    assert remedy(result), result


def remedy(result: Result) -> str:
    """What the message tells to do."""
    if "error" not in result:
        return next((words for words in REMEDIES_OF_ANSIBLE if words in result["msg"]), "")
    error = result["error"]
    return str(error["remedy"] or (error["cause"] if error["cause"].startswith("it must be ") else ""))
