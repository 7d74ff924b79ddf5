# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module's own main() against a UCS Manager on the loopback, as Ansible does."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import typing as t
from unittest import mock

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.moduleargs import patch_module_args
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

PASSWORD = "s3cret of the tests"


class Ucs:
    """A UCS Manager, and the modules that use it."""

    def __init__(self, server: UcsManager) -> None:
        self.server = server
        self.connection: Result = {"hostname": server.hostname, "port": server.port, "username": server.username,
                                   "password": server.password, "timeout": 10}

    def run(self, module: t.Any, check_mode: bool = False, **params: t.Any) -> Result:
        """What the module returns. It has logged out, and does not show the password.

        :param params: those that are None are not given
        """
        given = {**self.connection, **params, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        out, warned = io.StringIO(), list[str]()
        with patch_module_args({name: value for name, value in given.items() if value is not None}), \
                contextlib.redirect_stdout(out), pytest.raises(SystemExit), \
                mock.patch.object(AnsibleModule, "warn", lambda _module, text: warned.append(text)):
            module.main()
        assert PASSWORD not in out.getvalue() + str(warned)
        result: Result = json.loads(out.getvalue())
        if warned:  # Ansible's own way to the result ends once a test in this process has loaded its controller
            result["warnings"] = warned
        result.pop("invocation", None)
        assert "defect in nfv.kvm" not in result.get("msg", ""), result
        assert "exception" not in result
        assert not result.get("deprecations")
        return result

    def content(self) -> dict[str, dict[str, str]]:
        """All that it has, by DN."""
        return {dn: {"class": mo.kind, **mo.values} for dn, mo in copy.deepcopy(self.server.tree.objects).items()}

    def four_runs(self, module: t.Any, **params: t.Any) -> Result:
        """What the first real run returned; the second run of each kind changes nothing."""
        before = self.content()
        predicted = self.run(module, check_mode=True, **params)
        assert self.content() == before, "check mode changed UCS Manager"
        self.server.requests.clear()
        applied = self.run(module, **params)
        assert not applied.get("failed"), applied
        assert applied["changed"]
        assert predicted == applied
        assert [self.server.requests.count(name) for name in ("aaaLogin", "configConfMos", "aaaLogout")] == [1, 1, 1]
        after = self.content()
        assert after != before
        for check_mode in (True, False):
            again = self.run(module, check_mode=check_mode, **params)
            assert not again["changed"], again
            assert again["actions"] == []
            assert again["diff"]["before"] == again["diff"]["after"] == applied["diff"]["after"]
        assert self.content() == after
        assert not len(self.server.sessions)
        return applied

    def refused(self, module: t.Any, told: str, check_mode: bool = False, **params: t.Any) -> Result:
        """What the module says: it has failed with one message that has these words, and nothing was changed."""
        before = self.content()
        result = self.run(module, check_mode=check_mode, **params)
        assert result["failed"]
        assert told in result["msg"]
        assert "\n" not in result["msg"]
        assert not result.get("changed", False)
        assert not result.get("actions")
        assert self.content() == before
        assert not len(self.server.sessions), "it has not logged out"
        return result
