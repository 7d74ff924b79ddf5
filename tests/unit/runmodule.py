# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a resource through the engine, with a stand-in for AnsibleModule that keeps the result."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

Result = dict[str, t.Any]


class Ended(SystemExit):
    """The module ended, as exit_json and fail_json end a process. ``result`` is what it said."""

    def __init__(self, result: Result) -> None:
        super().__init__(result)
        self.result = result


class FakeModule:
    """What the engine uses of AnsibleModule."""

    _name = "nfv.kvm.module"

    def __init__(self, params: Result, check_mode: bool = False) -> None:
        self.params = params
        self.check_mode = check_mode
        self.warnings: list[str] = []

    def warn(self, warning: str) -> None:
        self.warnings.append(warning)

    def exit_json(self, **result: t.Any) -> None:
        raise Ended({"failed": False, **result, **({"warnings": self.warnings} if self.warnings else {})})

    def fail_json(self, **result: t.Any) -> None:
        raise Ended({"failed": True, **result})


def run(build: t.Callable[[Result], t.Any], params: Result, host: Host, check_mode: bool = False) -> Result:
    """The result of one run of a module."""
    try:
        engine.run(t.cast(t.Any, FakeModule(params, check_mode)), build, host)
    except Ended as ended:
        return ended.result
    raise AssertionError("the engine did not end the module")
