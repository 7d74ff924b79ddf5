# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ucsmsdk knows of UCS Manager's classes and methods: containment, names, properties and their values.

ucsmsdk itself checks little of it: it takes the word ``abc`` for a number with a range, for example.
"""

from __future__ import annotations

import functools
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ucsmsdk import ucscoreutils
from ucsmsdk.ucscoremeta import MoPropertyMeta
from ucsmsdk.ucsmeta import METHOD_CLASS_ID, MO_CLASS_ID

from .errors import NAMING, PARSE, UcsmError

NUMBERS = {"byte", "ushort", "uint", "ulong"}
ROOT = "topRoot"


@dataclass(frozen=True)
class Property:
    """One property of a class."""

    name: str
    meta: t.Any

    @property
    def naming(self) -> bool:
        return bool(self.meta.access == MoPropertyMeta.NAMING)

    @property
    def writable(self) -> bool:
        return bool(self.meta.access == MoPropertyMeta.READ_WRITE)

    @property
    def create_only(self) -> bool:
        return bool(self.meta.access == MoPropertyMeta.CREATE_ONLY)

    def allows(self, value: str) -> bool:
        limits = self.meta.restriction
        if limits.max_length is not None and not (limits.min_length or 0) <= len(value) <= limits.max_length:
            return False
        if limits.pattern or limits.value_set or limits.range_val:
            return bool(limits.pattern and re.fullmatch(limits.pattern, value)) or value in limits.value_set or \
                (value.isdecimal() and any(_within(int(value), span) for span in limits.range_val))
        return value.isdecimal() if self.meta.field_type in NUMBERS else len(value) <= 510


@dataclass(frozen=True)
class Kind:
    """A class of managed objects."""

    name: str
    form: tuple[str, ...]
    """Its relative name: fixed texts, and at odd places the names of properties."""
    rn: re.Pattern[str]
    parents: frozenset[str]
    verbs: frozenset[str]
    privileges: frozenset[str]
    properties: Mapping[str, Property]

    def names(self, rn: str) -> dict[str, str] | None:
        """The naming properties in a relative name; none if it is not one of this class."""
        match = self.rn.fullmatch(rn)
        return match.groupdict() if match else None

    def rn_of(self, values: Mapping[str, str]) -> str:
        """The relative name of an object with these values."""
        missing = [name for name in self.form[1::2] if not values.get(name)]
        if missing:
            raise UcsmError(NAMING, detail=f"class:{self.name} needs {missing[0]} or a dn")
        return "".join(values[text] if index % 2 else text for index, text in enumerate(self.form))


@functools.cache
def kind_of(name: str) -> Kind:
    """A class by the name of its elements, such as vnicProfile."""
    if not name[:1].islower() or _class_id(name) not in MO_CLASS_ID:
        raise UcsmError(PARSE, detail=f"no class named {name}")
    mo = ucscoreutils.load_class(name)
    attributes = {key: meta.xml_attribute for key, meta in mo.prop_meta.items()}
    parts = re.split(r"\[(\w+)\]", mo.mo_meta.rn)
    form = tuple(attributes[text] if index % 2 else text for index, text in enumerate(parts))
    rn = "".join(f"(?P<{text}>.+)" if index % 2 else re.escape(text) for index, text in enumerate(form))
    return Kind(
        name, form, re.compile(rn), frozenset(mo.mo_meta.parents), frozenset(filter(None, mo.mo_meta.verbs)),
        frozenset(mo.mo_meta.access),
        {meta.xml_attribute: Property(meta.xml_attribute, meta) for meta in mo.prop_meta.values()})


@functools.cache
def inputs_of(method: str) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes and the elements that a method takes."""
    if not method[:1].islower() or _class_id(method) not in METHOD_CLASS_ID:
        raise UcsmError(PARSE, detail=f"no class named {method}")
    metas = [meta for meta in ucscoreutils.load_module(method).prop_meta.values() if meta.inp_out != "Output"]
    return (frozenset(meta.xml_attribute for meta in metas if not meta.is_complex_type),
            frozenset(meta.xml_attribute for meta in metas if meta.is_complex_type))


def _class_id(name: str) -> str:
    return name[:1].upper() + name[1:]


def _within(number: int, span: str) -> bool:
    low, high = span.split("-")
    return int(low) <= number <= int(high)
