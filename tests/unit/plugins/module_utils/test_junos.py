# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Junos configuration as a tree: both ways to write it lead to the same one, and any text is taken."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils import junos


def leaves(text: str) -> list[str]:
    """What the text says, as set commands without the first word."""
    return [" ".join(path) for path in junos.find(junos.parse(text), "**") if not below(junos.parse(text), path)]


def below(tree: junos.Tree, path: junos.Path) -> junos.Tree:
    for word in path:
        tree = tree[word]
    return tree


@pytest.mark.parametrize(("text", "expected"), [
    ("", [""]),
    ("system { host-name edge; }", ["system host-name edge"]),
    ("system {\n    host-name edge;\n    services {\n        ssh;\n    }\n}",
     ["system host-name edge", "system services ssh"]),
    ("set system host-name edge\nset system services ssh\n", ["system host-name edge", "system services ssh"]),
    ("set system host-name edge;", ["system host-name edge"]),
    ("interfaces { ge-0/0/0 { unit 0 { family inet { address 10.0.0.1/24; } } } }",
     ["interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24"]),
    # a statement that comes twice
    ("a { b; }\na { c; }", ["a b", "a c"]),
    # comments, strings
    ("# system { b; }\n/* c { d; */ a { b; } ## last", ["a b"]),
    ('description "a { b; } # no";', ["description a { b; } # no"]),
    (r'description "a \"b\" c";', ['description a "b" c']),
    ("a ge-0/0/*;", ["a ge-0/0/*"]),
    # lists
    ("fab0 { member-interfaces [ ge-0/0/0 ge-0/0/1 ]; }",
     ["fab0 member-interfaces ge-0/0/0", "fab0 member-interfaces ge-0/0/1"]),
    ("a [b c]; d;", ["a b", "a c", "d"]),
    ("set a [ b c ]\nset d", ["a b", "a c", "d"]),
    ("member ge-0/0/[0-3];", ["member ge-0/0/[0-3]"]),
    # what does not count
    ("a { inactive: b { c; } d; }", ["a d"]),
    ("inactive: a { b [ c d ]; } e;", ["e"]),
    ("a { replace: b { c; } }", ["a b c"]),
    ("a { protect: inactive: b; c; }", ["a c"]),
    ("set a b\nset a c\ndelete a b", ["a c"]),
    ("set a b\nset a c\ndeactivate a b", ["a c"]),
    ("deactivate a b\nset a b\nactivate a b", ["a b"]),
    ("set a\ndelete b c\ndeactivate b c", ["a"]),
    ('set a\nannotate a "b c"\nset d', ["a", "d"]),
    ("set apply-groups ${node}\nset b", ["apply-groups ${node}", "b"]),
    # what is missing is made up
    ("a { b", ["a b"]),
    ("a { b } c", ["a b", "c"]),
    ("} } a;", ["a"]),
    ("a [ b c", ["a b", "a c"]),
    ('a "b', ["a b"]),
    ("/* a", [""]),
    ("a; ] b;", ["a", "b"]),
    ("set a { b\nset c }", ["a b", "c"]),
])
def test_texts(text: str, expected: list[str]) -> None:
    assert leaves(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("set system host-name edge", True),
    ("# a note\n\n  delete system", True),
    ("system { set; }", False),
    ("version 21.4R3;\nset a", False),
    ("", False),
    ("{", False),
])
def test_commands(text: str, expected: bool) -> None:
    assert junos.is_commands(text) is expected


CONFIG = "interfaces { ge-0/0/0 { unit 0 { family inet; } } ge-0/0/1 { mtu 9000; } fxp0 { unit 0 { family inet; } } }"


@pytest.mark.parametrize(("pattern", "expected"), [
    (["interfaces", "ge-0/0/1"], ["interfaces ge-0/0/1"]),
    (["interfaces", "*", "mtu", "*"], ["interfaces ge-0/0/1 mtu 9000"]),
    (["interfaces", "*", "**", "family", "inet"],
     ["interfaces ge-0/0/0 unit 0 family inet", "interfaces fxp0 unit 0 family inet"]),
    (["**", "mtu"], ["interfaces ge-0/0/1 mtu"]),
    (["system"], []),
])
def test_find(pattern: list[str], expected: list[str]) -> None:
    assert [" ".join(path) for path in junos.find(junos.parse(CONFIG), *pattern)] == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("groups { a { b; } c { d; } } apply-groups a; e;", ["apply-groups a", "e", "b"]),
    ("groups { node0 { b; } node1 { c; } } apply-groups \"${node}\";", ["apply-groups ${node}", "b", "c"]),
    ("groups { a { b { c; } } } b { apply-groups [ a ]; d; }", ["b apply-groups a", "b d", "b c"]),
    ("logical-systems { one { b; } } tenants { two { c; } }", ["b", "c"]),
    ("groups;", []),
])
def test_groups(text: str, expected: list[str]) -> None:
    tree = junos.applied(junos.parse(text))
    assert [" ".join(path) for path in junos.find(tree, "**") if path and not below(tree, path)] == expected


WORD = st.text("abcxyz019-/.:*<>$&", min_size=1, max_size=8).filter(
    lambda word: word not in junos.COMMANDS and not word.startswith(("/*", "#")) and not word.endswith(":"))
WORDS = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
STATEMENTS: t.Any = st.recursive(
    st.none(), lambda below: st.dictionaries(WORDS, below, min_size=1, max_size=3), max_leaves=20)


def expected_tree(statements: t.Any) -> junos.Tree:
    tree: junos.Tree = {}

    def fill(place: junos.Tree, found: t.Any) -> None:
        for words, more in (found or {}).items():
            fill(junos.grow(place, words.split()), more)

    fill(tree, statements)
    return tree


@given(statements=STATEMENTS.filter(bool))
def test_what_is_rendered_is_read_again(statements: t.Any) -> None:
    assert junos.parse(junos.render(statements)) == expected_tree(statements)


@given(text=st.text(max_size=200) | st.text("abc set{}[]\"\\;#/*\n$", max_size=200))
def test_any_text_is_taken(text: str) -> None:
    tree = junos.parse(text)
    assert len(list(junos.find(junos.applied(tree), "**"))) >= 1
    assert junos.is_commands(text) in (True, False)


@pytest.mark.parametrize("text", [
    "a { " * 3000, "a " * 3000, "[ a b ] " * 3000, "a [ " * 3000, "set a b\n" * 3000, '"' * 3001, "}" * 3000,
    "/*" * 3000,
])
def test_long_text_is_taken(text: str) -> None:
    assert list(junos.find(junos.applied(junos.parse(text)), "**"))
