# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of queries: properties compared with values, and, or, not.

Assumptions: a wildcard is a regular expression that may match anywhere in the value; two numbers are compared as
numbers; a property that an object does not have is empty.
"""

from __future__ import annotations

import operator
import re
import typing as t
from collections.abc import Callable, Iterable

from .errors import FILTER, UcsmError
from .metadata import kind_of
from .tree import Mo


def select(objects: Iterable[Mo], given: t.Any) -> list[Mo]:
    """The objects that an element inFilter lets through; all if there is none or it is empty."""
    terms = list(given) if given is not None else []
    if len(terms) > 1:
        raise UcsmError(FILTER, detail="more than one filter without and, or")
    for term in terms:
        _check(term)
    return [mo for mo in objects if all(_matches(mo, term) for term in terms)]


def _check(term: t.Any) -> None:
    if term.tag in JOINED:
        for part in term:
            _check(part)
        return
    if term.tag not in COMPARISONS:
        raise UcsmError(FILTER, detail=f"unknown filter {term.tag}")
    kind, name = kind_of(term.get("class", "")), term.get("property", "")
    if name not in kind.properties:
        raise UcsmError(FILTER, detail=f"class:{kind.name} has no property {name}")
    if term.tag == "wcard":
        try:
            re.compile(term.get("value", ""))
        except re.error as problem:
            raise UcsmError(FILTER, detail=f"wildcard {term.get('value')}: {problem}") from problem


def _matches(mo: Mo, term: t.Any) -> bool:
    if term.tag in JOINED:
        return JOINED[term.tag](_matches(mo, part) for part in term)
    name = term.get("property")
    has = mo.dn if name == "dn" else mo.rn if name == "rn" else mo.values.get(name, "")
    return mo.kind == term.get("class") and COMPARISONS[term.tag](has, term)


def _between(has: str, term: t.Any) -> bool:
    return _in_order("ge")(has, term, "firstValue") and _in_order("le")(has, term, "secondValue")


def _in_order(name: str) -> Callable[..., bool]:
    def compare(has: str, term: t.Any, attribute: str = "value") -> bool:
        return bool(getattr(operator, name)(*_comparable(has, term.get(attribute, ""))))
    return compare


def _bits(text: str) -> set[str]:
    return set(text.split(","))


def _comparable(one: str, two: str) -> tuple[t.Any, t.Any]:
    return (int(one), int(two)) if one.isdecimal() and two.isdecimal() else (one, two)


JOINED: dict[str, Callable[[Iterable[bool]], bool]] = {
    "and": all, "or": any, "not": lambda parts: not all(parts)}
COMPARISONS: dict[str, Callable[[str, t.Any], bool]] = {
    **{name: _in_order(name) for name in ("eq", "ne", "gt", "ge", "lt", "le")},
    "bw": _between,
    "anybit": lambda has, term: bool(_bits(has) & _bits(term.get("value", ""))),
    "allbits": lambda has, term: _bits(term.get("value", "")) <= _bits(has),
    "wcard": lambda has, term: bool(re.search(term.get("value", ""), has)),
}
