# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values for hypothesis that no user should give, and parameters of modules made of them from an argument spec."""

from __future__ import annotations

import contextlib
import copy
import functools
import signal
import typing as t

from hypothesis import strategies as st

from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

SECONDS = 5


class Hang(BaseException):
    """It took too long: nothing catches this."""


@contextlib.contextmanager
def in_time() -> t.Iterator[None]:
    """End what takes more than ``SECONDS`` of CPU time.

    :raises Hang: it did
    """
    def hang(_signal: int, _frame: object) -> None:
        raise Hang

    usual = signal.signal(signal.SIGPROF, hang)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, usual)


Strategy = st.SearchStrategy[t.Any]

# Texts that break what does not expect them: encodings, XML, paths, shells, numbers, names of another kind
ODD_TEXTS = (
    "", " ", "\0", "a\0b", "\ud800", "a\udfffb", "\x1b[2J", "\uffff", "\n", "a\nb", "\t", "é", "²", "٣", "\U0001f600",
    "<", "&", "'", '"', "]]>", "<a/>", "<!DOCTYPE a>", "../../etc/passwd", "/", "//", ".", "..", "~", "$HOME",
    "$(reboot)", "`reboot`", "; reboot", "| reboot", "-", "--", "-1", "*", "%s", "{}", "{{ a }}", "a=b", "a=b,c", "{",
    '{"a": 1}', "0", "00", "0x", "0x10", "1e3", "1e999999999", "inf", "nan", "1.5", "null", "true", "no", "a,b", ",",
    "0-3,6", "3-1", "20-10", "x" * 300, "9" * 5000, "::", "[::1]:1", "192.0.2.1/0.0.0.255", "fe80::1%eth0",
    "ff:ff:ff:ff:ff:ff", "qemu://",
)
ODD_NUMBERS = (
    0, -1, 1, 4095, 65536, 2**31, 2**32, 2**63, 2**64, -(2**63), 10**400, 1.5, -0.0, 1e308, float("inf"), float("nan"))
odd_texts: Strategy = st.sampled_from(ODD_TEXTS) | st.text(max_size=20)
odd_numbers: Strategy = st.sampled_from(ODD_NUMBERS) | st.integers()
scalars: Strategy = st.none() | st.booleans() | odd_numbers | odd_texts
anything: Strategy = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_texts, inner, max_size=3), max_leaves=6)


def mostly(usual: Strategy, unusual: Strategy) -> Strategy:
    """The usual one six times out of seven, or what is further in would hardly be reached."""
    return st.integers(0, 6).flatmap(lambda number: usual if number else unusual)


def parameters(spec: Result, words: dict[str, tuple[t.Any, ...]]) -> Strategy:
    """Options of a spec, each of them left out or given, required ones mostly; seldom one that is not there.

    :param words: values that mean something on the host under test, by option; ``""`` has those for all texts
    """
    required = {name: option_value(name, option, words) for name, option in spec.items() if option.get("required")}
    optional = {name: option_value(name, option, words) for name, option in spec.items() if name not in required}
    right = st.fixed_dictionaries(required, optional=optional)
    wrong = st.fixed_dictionaries({}, optional={**required, **optional, "nonesuch": anything, "a\0": anything})
    return mostly(right, wrong)


def option_value(name: str, option: Result, words: dict[str, tuple[t.Any, ...]]) -> Strategy:
    """A value of one option: of its type, or of any other."""
    kind = option.get("type", "str")
    if kind == "list":
        element = {**option, "type": option.get("elements", "str")}
        right: Strategy = st.lists(option_value(name, element, words), max_size=3)
    elif "options" in option:
        right = parameters(option["options"], words)
    elif kind == "dict":
        right = st.dictionaries(st.sampled_from(words.get(name, ("IP", ""))) | odd_texts, scalars, max_size=3)
    elif "choices" in option:
        right = st.sampled_from(option["choices"])
    elif kind == "bool":
        right = st.booleans()
    elif kind == "int":
        right = st.integers(0, 10) | odd_numbers
    else:
        right = mostly(st.sampled_from(words.get(name, words[""])), odd_texts)
    return mostly(right, anything)


def spoiled(right: t.Any) -> Strategy:
    """A value of YAML of which one or two parts are replaced, taken away or added."""
    return st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(("replace", "remove", "add")), anything),
                    min_size=1, max_size=2).map(lambda changes: functools.reduce(spoil, changes, right))


def spoil(value: t.Any, change: tuple[int, str, t.Any]) -> t.Any:
    """The value with one part changed; ``number`` says which part."""
    number, what, other = change
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not keys or (number % 7 == 0 and what == "replace"):
        return other
    key = keys[number % len(keys)]
    made = copy.copy(value)
    if number // 7 % 3:
        made[key] = spoil(value[key], (number // 11, what, other))
    elif what == "remove":
        del made[key]
    elif what == "add" and isinstance(made, list):
        made.append(other)
    else:
        made["more" if what == "add" else key] = other
    return made
