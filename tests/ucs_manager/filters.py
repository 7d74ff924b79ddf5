# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of queries: properties compared with values, and, or, not.

Assumptions: a wildcard is a regular expression that may match anywhere in the value; two numbers are compared as
numbers; a property that an object does not have is empty.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Iterable

from .errors import FILTER, UcsmError
from .metadata import kind_of
from .tree import Mo

ORDER: dict[str, Callable[[t.Any, t.Any], bool]] = {
    "eq": lambda one, two: bool(one == two), "ne": lambda one, two: bool(one != two),
    "gt": lambda one, two: bool(one > two), "ge": lambda one, two: bool(one >= two),
    "lt": lambda one, two: bool(one < two), "le": lambda one, two: bool(one <= two),
}


def select(objects: Iterable[Mo], given: t.Any) -> list[Mo]:
    """The objects that an element inFilter lets through; all if there is none or it is empty."""
    terms = list(given) if given is not None else []
    if len(terms) > 1:
        raise UcsmError(FILTER, detail="more than one filter without and, or")
    return [mo for mo in objects if all(_matches(mo, term) for term in terms)]


def _matches(mo: Mo, term: t.Any) -> bool:
    if term.tag in ("and", "or"):
        results = [_matches(mo, part) for part in term]
        return all(results) if term.tag == "and" else any(results)
    if term.tag == "not":
        return not all(_matches(mo, part) for part in term)
    kind, name = kind_of(term.get("class", "")), term.get("property", "")
    if name not in kind.properties:
        raise UcsmError(FILTER, detail=f"class:{kind.name} has no property {name}")
    has = mo.dn if name == "dn" else mo.rn if name == "rn" else mo.values.get(name, "")
    return mo.kind == kind.name and _compare(term, has)


def _compare(term: t.Any, has: str) -> bool:
    value = term.get("value", "")
    if term.tag in ORDER:
        return ORDER[term.tag](*_comparable(has, value))
    if term.tag == "bw":
        low, has_low = _comparable(term.get("firstValue", ""), has)
        has_high, high = _comparable(has, term.get("secondValue", ""))
        return bool(low <= has_low and has_high <= high)
    if term.tag in ("anybit", "allbits"):
        wanted, bits = set(value.split(",")), set(has.split(","))
        return bool(wanted & bits) if term.tag == "anybit" else wanted <= bits
    if term.tag == "wcard":
        try:
            return bool(re.search(value, has))
        except re.error as problem:
            raise UcsmError(FILTER, detail=f"wildcard {value}: {problem}") from problem
    raise UcsmError(FILTER, detail=f"unknown filter {term.tag}")


def _comparable(one: str, two: str) -> tuple[t.Any, t.Any]:
    return (int(one), int(two)) if one.isdecimal() and two.isdecimal() else (one, two)
