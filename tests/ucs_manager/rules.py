# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies requests for changes to a tree, as the metadata of the classes allows.

Assumptions: a list of changes is applied in its order, so that what is deleted with its parent cannot be deleted again;
a read-only property may be sent with the value that it has; an element without status creates its object or changes it.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection

from .defaults import DEFAULTS
from .derived import derive, user_of
from .errors import (
    ACCESS,
    CONTAINMENT,
    DUPLICATE,
    IN_USE,
    NAMING,
    NOT_CHANGEABLE,
    NOT_CREATABLE,
    NOT_FOUND,
    PARSE,
    READ_ONLY,
    UcsmError,
)
from .metadata import ROOT, Kind, kind_of
from .tree import Mo, Tree, split

STATUS = {"created", "modified", "deleted", "removed"}
IDENTITY = {"dn", "rn", "status", "childAction"}


class Change:
    """One commit: changes to a copy of the tree, which takes the tree's place if all of them succeed."""

    def __init__(self, tree: Tree, privileges: Collection[str]):
        self.tree = tree
        self.copy = tree.copy()
        self.privileges = frozenset(privileges)

    def finish(self) -> None:
        derive(self.copy)
        self.tree.objects = self.copy.objects

    def apply(self, element: t.Any, parent: str = "") -> tuple[Mo, str]:
        """Apply an element with those in it. The object, and what was done to it."""
        kind = kind_of(element.tag)
        if not self.privileges & kind.privileges - {"read-only"}:
            raise UcsmError(ACCESS, kind=kind.name, privileges=", ".join(sorted(self.privileges)))
        dn, given = _name(kind, element, parent), {key: value for key, value in element.items() if key not in IDENTITY}
        words = set(filter(None, element.get("status", "").split(","))) or {"created", "modified"}
        if words - STATUS:
            raise UcsmError(PARSE, detail=f"invalid value '{element.get('status')}' of attribute 'status'")
        if element.get("childAction", "ignore") != "ignore":
            raise UcsmError(PARSE, detail="this server of tests does not implement childAction")
        present = self.copy.get(dn)
        if words & {"deleted", "removed"}:
            return self._delete(kind, dn), "deleted"
        if present and "modified" in words:
            done = self._modify(kind, present, given), "modified"
        elif "created" in words:
            done = self._create(kind, dn, given), "created"
        else:
            raise UcsmError(NOT_FOUND, action="modify", dn=dn)
        for child in element:
            self.apply(child, dn)
        return done

    def _create(self, kind: Kind, dn: str, given: dict[str, str]) -> Mo:
        if self.copy.get(dn):
            raise UcsmError(DUPLICATE)
        folder, rn = split(dn)
        above = self.copy.get(folder)
        if folder and not above:
            raise UcsmError(NOT_FOUND, action="create", dn=folder)
        parent = above.kind if above else ROOT
        if parent not in kind.parents:
            raise UcsmError(CONTAINMENT, kind=kind.name, parent=parent)
        if "Add" not in kind.verbs:
            raise UcsmError(NOT_CREATABLE, kind=kind.name, parent=parent)
        names = kind.names(rn) or {}
        _check(kind, {**given, **names})
        return self.copy.add(kind.name, dn, **{**DEFAULTS.get(kind.name, {}), **given, **names})

    def _modify(self, kind: Kind, mo: Mo, given: dict[str, str]) -> Mo:
        if mo.kind != kind.name:
            raise UcsmError(NAMING, detail=f"{mo.dn} is of class:{mo.kind}")
        changed = {key: value for key, value in given.items() if mo.values.get(key) != value}
        _check(kind, changed, present=True)
        if changed and "Set" not in kind.verbs:
            raise UcsmError(NOT_CHANGEABLE, action="modify", dn=mo.dn, kind=kind.name)
        self.copy.set(mo.dn, **changed)
        return self.copy.objects[mo.dn]

    def _delete(self, kind: Kind, dn: str) -> Mo:
        mo = self.copy.get(dn)
        if not mo or mo.kind != kind.name:
            raise UcsmError(NOT_FOUND, action="delete", dn=dn)
        if "Remove" not in kind.verbs:
            raise UcsmError(NOT_CHANGEABLE, action="delete", dn=dn, kind=kind.name)
        if user := user_of(self.copy, mo):
            raise UcsmError(IN_USE, dn=dn, user=user)
        self.copy.remove(dn)
        return Mo(kind.name, dn)


def _name(kind: Kind, element: t.Any, parent: str) -> str:
    """The DN of an element, from its own DN, its relative name, or its naming properties."""
    dn, rn = element.get("dn"), element.get("rn")
    if not dn:
        dn = "/".join(filter(None, (parent, rn or kind.rn_of(dict(element.items())))))
    folder, last = split(dn)
    names = kind.names(last)
    if parent and folder != parent:
        raise UcsmError(NAMING, detail=f"{dn} is not below {parent}")
    if names is None or (rn and rn != last):
        raise UcsmError(NAMING, detail=f"{last} is not a name of class:{kind.name}")
    for key, value in names.items():
        if element.get(key, value) != value:
            raise UcsmError(NAMING, detail=f"property {key} = {element.get(key)} differs from {dn}")
    return str(dn)


def _check(kind: Kind, given: dict[str, str], present: bool = False) -> None:
    """Refuse what the class does not have, or not with this value, or what may not be written now."""
    for key, value in given.items():
        if key not in kind.properties:
            raise UcsmError(PARSE, detail=f"unknown attribute '{key}' in element '{kind.name}'")
        known = kind.properties[key]
        if not (known.writable or (not present and (known.naming or known.create_only))):
            raise UcsmError(READ_ONLY, property=key, kind=kind.name)
        if not known.allows(value):
            raise UcsmError(PARSE, detail=f"invalid value '{value}' of attribute '{key}' in element '{kind.name}'")
