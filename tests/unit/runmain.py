# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's own main(), as Ansible does, with parameters that it must refuse."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from ansible_collections.nfv.kvm.tests.unit.moduleargs import patch_module_args
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

# How ansible-core before 2.19 writes the type of a value
CLASS = re.compile("<class '([a-z]+)'>")


def refused(main: t.Callable[[], None], params: Result, capsys: pytest.CaptureFixture[str]) -> Result:
    """What the module says: it has failed with one message and no traceback, and says that nothing was changed.

    :param params: those that are None are not given
    """
    given = {name: value for name, value in params.items() if value is not None}
    with patch_module_args(given), pytest.raises(SystemExit) as ended:
        main()
    result: Result = json.loads(capsys.readouterr().out)
    json.dumps(result, ensure_ascii=False).encode()  # or the controller would refuse the result
    result["msg"] = CLASS.sub(r"\1", result["msg"])
    assert ended.value.code == 1
    assert result["failed"]
    assert "\n" not in result["msg"].replace(", ", "")
    assert "defect in nfv.kvm" not in result["msg"]
    assert "Traceback" not in result["msg"]
    assert "exception" not in result
    assert not result.get("changed", False)
    assert not result.get("actions")
    return result
