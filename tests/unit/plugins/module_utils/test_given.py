# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What YAML has becomes typed, or an error names it by its path."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

import pytest
from hypothesis import given as generated

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import (
    Options,
    Path,
    Reader,
    Variables,
    Whole,
    number,
    read,
    shown,
)
from ansible_collections.nfv.kvm.tests.unit.badinput import anything


@dataclass(frozen=True)
class Part:
    whole: Whole
    subject: Path
    name: str
    more: bool | None = None


@dataclass(frozen=True)
class Thing(Variables):
    name: str
    part: Part
    count: t.Annotated[int, number(1, 9)] = 1
    whole: int | None = None
    size: t.Annotated[int, number(1)] | None = None
    kind: t.Literal["a", "b", "c"] = "a"
    on: bool = False
    parts: tuple[Part, ...] = ()
    words: tuple[str, ...] = ()
    sizes: t.Mapping[str, int] = field(default_factory=dict)
    blocks: t.Mapping[t.Literal["one", "two"], t.Mapping[str, str]] = field(default_factory=dict)
    options: Options = field(default_factory=dict)
    raw: object = None
    password: str = field(default="", repr=False)


PART = {"name": "p"}
RIGHT: dict[str, t.Any] = {"name": "n", "part": PART}


def thing(**values: t.Any) -> Thing:
    return read(Thing, {**RIGHT, **values}, "role_", "Read the manual")


@pytest.mark.parametrize(("values", "name", "expected"), [
    ({}, "count", 1),
    ({"count": "7"}, "count", 7),
    ({"count": None}, "count", 1),
    ({"size": ""}, "size", None),
    ({"name": 5}, "name", "5"),
    ({"name": 1.5}, "name", "1.5"),
    ({"on": "yes"}, "on", True),
    ({"on": 0}, "on", False),
    ({"words": ["a", 1]}, "words", ("a", "1")),
    ({"words": []}, "words", ()),
    ({"sizes": {"a": "-1", "b": None}}, "sizes", {"a": -1}),
    ({"blocks": {"one": {"x": 1}, "two": {}}}, "blocks", {"one": {"x": "1"}}),
    ({"options": {"a": [None, ""]}}, "options", {"a": [None, ""]}),
    ({"raw": [1, {}]}, "raw", [1, {}]),
    ({"part": {"name": "p", "else": ""}}, "part", Part({"name": "p", "else": ""}, "role_part", "p")),
    ({"parts": [{**PART, "more": "no"}]}, "parts", (Part({**PART, "more": "no"}, "role_parts[0]", "p", False),)),
])
def test_what_is_read(values: dict[str, t.Any], name: str, expected: object) -> None:
    found = thing(**values)
    assert getattr(found, name) == expected
    assert found.name


@pytest.mark.parametrize(("values", "expected"), [
    ({"name": None}, "role_name: it is missing. Read the manual."),
    ({"name": ["n"]}, "role_name = ['n']: it must be a text. "),
    ({"name": True}, "role_name = True: it must be a text. "),
    ({"part": {}}, "role_part: it is missing. "),
    ({"part": {"name": ""}}, "role_part.name: it is missing. "),
    ({"part": "p"}, "role_part = 'p': it must be a dictionary. "),
    ({"parts": [PART, 5]}, "role_parts[1] = 5: it must be a dictionary. "),
    ({"parts": [PART, {"name": "a", "more": "maybe"}]}, "role_parts[1].more = 'maybe': it must be true or false. "),
    ({"parts": PART}, "role_parts = {'name': 'p'}: it must be a list. "),
    ({"words": ["a", {}]}, "role_words[1] = {}: it must be a text. "),
    ({"count": 0}, "role_count = 0: it must be a number from 1 to 9. "),
    ({"count": 10}, "role_count = 10: it must be a number from 1 to 9. "),
    ({"count": 1.5}, "role_count = 1.5: it must be a number from 1 to 9. "),
    ({"count": True}, "role_count = True: it must be a number from 1 to 9. "),
    ({"count": "²"}, "role_count = '²': it must be a number from 1 to 9. "),
    ({"whole": 1.5}, "role_whole = 1.5: it must be a whole number. "),
    ({"whole": True}, "role_whole = True: it must be a whole number. "),
    ({"whole": "²"}, "role_whole = '²': it must be a whole number. "),
    ({"size": 0}, "role_size = 0: it must be a number, 1 or more. "),
    ({"kind": "d"}, "role_kind = 'd': it must be one of a, b, c. "),
    ({"sizes": {"a": "b"}}, "role_sizes.a = 'b': it must be a whole number. "),
    ({"blocks": {"three": {"x": 1}}}, "role_blocks = 'three': it must be one or two. "),
    ({"blocks": {"one": "x"}}, "role_blocks.one = 'x': it must be a dictionary. "),
    ({"options": []}, "role_options = []: it must be a dictionary. "),
    ({"password": ["hunter2"]}, "role_password: it must be a text. "),
])
def test_what_is_refused(values: dict[str, t.Any], expected: str) -> None:
    with pytest.raises(ValidationError) as raised:
        thing(**values)
    assert str(raised.value).startswith(expected)


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(thing(password="hunter2"))


def test_keys_that_nothing_has() -> None:
    reader = Reader("")
    found = reader.read(Thing, {**RIGHT, "part": {**PART, "a": 1, "b": None}, "c": 1, "d": None}, "x: ")
    assert found.part.name == "p"
    assert reader.unknown == ["x: c", "x: part.a"]


def test_what_a_role_gets() -> None:
    found = shown(thing(parts=[PART], sizes={"a": 1}))
    assert (found["parts"], found["sizes"], found["part"]["name"]) == (
        [{"whole": PART, "subject": "role_parts[0]", "name": "p", "more": None}], {"a": 1}, "p")
    assert "size" not in found


@generated(anything)
def test_anything_is_read_or_refused(value: t.Any) -> None:
    for name in ("name", "part", "count", "kind", "on", "parts", "words", "sizes", "blocks", "options", "raw"):
        with contextlib.suppress(ValidationError):
            shown(thing(**{name: value}))
