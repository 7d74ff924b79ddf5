# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's own check of parameters accepts or breaks on is refused before it, by the option's path."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import check_options, module_with
from ansible_collections.nfv.kvm.plugins.modules import vm_domain
from ansible_collections.nfv.kvm.tests.unit.moduleargs import BEFORE_2_19, patch_module_args
from ansible_collections.nfv.kvm.tests.unit.runmain import refused

INNER = {"count": {"type": "int"}, "text": {"type": "str"}}
SPEC: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True}, "count": {"type": "int"}, "counts": {"type": "list", "elements": "int"},
    "on": {"type": "bool"}, "one": {"type": "dict", "options": INNER}, "free": {"type": "dict"}, "raw": {"type": "raw"},
    "path": {"type": "path"}, "many": {"type": "list", "elements": "dict", "options": INNER},
    "secret": {"type": "str", "no_log": True},
}
WRONG: list[tuple[str, t.Any, str]] = [
    ("count", True, "count = True: it must be an integer. Write a whole number."),
    ("count", float("inf"), "count = inf: it must be an integer"),
    ("count", float("-inf"), "count = -inf: it must be an integer"),
    ("count", 10**400, "count: it must be an integer"),
    ("count", "1e400", "count = '1e400': it must be an integer"),
    ("count", [2**64, None], "count = [18446744073709551616, None]: it must be an integer"),
    ("count", {}, "count = {}: it must be an integer"),
    ("counts", [1, False], "counts[1] = False: it must be an integer"),
    ("counts", float("inf"), "counts[0] = 'inf': it must be an integer"),
    ("counts", "1,1e999", "counts[1] = '1e999': it must be an integer"),
    ("one", 5, "one = 5: it must be a dictionary. Give its options (count, text), each with its value."),
    ("one", True, "one = True: it must be a dictionary"),
    ("one", "text", "one = 'text': it must be a dictionary"),
    ("one", [1], "one = [1]: it must be a dictionary"),
    ("one", {"count": True}, "one.count = True: it must be an integer"),
    ("one", "count=1e999", "one.count = '1e999': it must be an integer"),
    ("one", '{"count": true}', "one.count = True: it must be an integer"),
    ("free", 5, "free = 5: it must be a dictionary. Give its options (any)"),
    ("free", {"a": ["\0"]}, "free.a[0] = '\\x00': it has the character U+0000"),
    ("free", {"a\0": 1}, "free, the name of an option = 'a\\x00': it has the character U+0000"),
    ("many", [{}, 5], "many[1] = 5: it must be a dictionary"),
    ("many", [None], "many[0]: it must be a dictionary"),
    ("many", [{"text": "\ud800"}], "many[0].text = '\\ud800': it has the character U+D800, which is not allowed"),
    ("name", "a\x1bb", "name = 'a\\x1bb': it has the character U+001B"),
    ("path", "/a\0", "path = '/a\\x00': it has the character U+0000"),
    ("raw", [{"a": "\uffff"}], "raw[0].a = '\\uffff': it has the character U+FFFF"),
    ("on", "\0", "on = '\\x00': it has the character U+0000"),
    ("nonesuch", "\0", "nonesuch = '\\x00': it has the character U+0000"),
    ("secret", "a\0", "secret: it has the character U+0000, which is not allowed in XML. Remove the character."),
]
RIGHT: dict[str, list[t.Any]] = {
    "name": ["a", "größe", "a\nb\t\U0001f600", "", None], "count": [1, "1", 1.0, "-5", 2**64, None],
    "counts": [[1, "2"], "1,2", 5, []], "on": [True, "no", 1], "one": [{"count": 1}, "count=1", '{"count": 1}', None],
    "free": [{"a": True, "b": [1]}], "many": [[{"count": 1}], []], "raw": [True, [True], {"a": None}],
}

# By option, what Ansible's own check refuses in older releases
REFUSED_BEFORE_2_19 = {"name": ["None"], "count": ["1.0"]}


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_what_is_refused(name: str, value: t.Any, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValidationError) as raised:
        check_options(SPEC, {name: value})
    assert str(raised.value).startswith(told)
    with patch_module_args({"name": "a", name: value, "_ansible_check_mode": True}), pytest.raises(SystemExit) as ended:
        module_with(SPEC)
    result = json.loads(capsys.readouterr().out)
    json.dumps(result, ensure_ascii=False).encode()  # or the controller would refuse the result
    assert (ended.value.code, result["failed"]) == (1, True)
    assert result["msg"].startswith(told)
    assert result["error"]["type"] == "ValidationError"
    assert "_ansible_check_mode" not in result.get("invocation", {}).get("module_args", {})


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values])
def test_what_is_left_to_ansible(name: str, value: t.Any) -> None:
    check_options(SPEC, {name: value})
    with patch_module_args({"name": "a", name: value, "_ansible_check_mode": True}):
        if BEFORE_2_19 and repr(value) in REFUSED_BEFORE_2_19.get(name, []):
            with pytest.raises(SystemExit):
                module_with(SPEC)
            return
        module = module_with(SPEC)
    assert module.check_mode
    assert module.params["secret"] is None


def test_a_secret_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    result = refused(vm_domain.main, {"name": "a", "xml": "<domain>hidden-word\0</domain>"}, capsys)
    assert "hidden-word" not in json.dumps(result)
    assert "xml" not in result.get("invocation", {}).get("module_args", {})
    assert result["msg"].startswith("xml: it has the character U+0000")
    result = refused(vm_domain.main, {"name": "a\0", "xml": "hidden-word\ud800"}, capsys)
    assert "hidden-word" not in json.dumps(result)
