# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one reader of what users give without types: from values of YAML to the types that rules take, and back.

Types are str, int, bool, object (any value), tuples, mappings, Literal, unions with None or of single values, frozen
dataclasses, and what is defined here. ``Annotated[TYPE, function]`` is a type whose values are first put through the
function. It returns what TYPE is made of, or raises :class:`Wrong`. In a dictionary, null is as good as left out. The
key of a dataclass's field is its name, or ``key`` of its metadata. One with ``repr=False`` is a secret.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
import types
import typing as t
from collections.abc import Mapping

from ansible.module_utils.parsing.convert_bool import BOOLEANS, boolean

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError

K = t.TypeVar("K")
Options = Mapping[str, object]
"""Parameters of a module or a role as their user gives them, passed on untouched."""
Whole = t.Annotated[Options, "whole"]
"""Of a dataclass's field: the dictionary that the dataclass is made of."""
Path = t.Annotated[str, "path"]
"""Likewise: what errors call it."""
Refused = t.Iterator[KvmError]
"""What a rule that only judges returns."""
Scalar = t.Union[str, int, float, bool, None]
"""A single value of YAML."""
State = t.Literal["present", "absent"]

NULL = type(None)
# On Python 3.9, ``X | None`` is not yet a type.
UNIONS = (t.Union, getattr(types, "UnionType", t.Union))
OPTIONAL = re.compile(r"(.+) \| None$")
WORDS: dict[t.Any, str] = {str: "a text", int: "a whole number", bool: "true or false", float: "a number"}


class Given:
    """Base of dataclasses for what users give: they cannot have other keys than its fields."""


class Variables:
    """Base of dataclasses for variables of a role, with all that is in them.

    An empty text and an empty dictionary are as good as left out, and a number is a text as well. What is None is left
    out when they are shown.
    """


class Arguments:
    """Base of dataclasses that are the arguments of a module: None is not managed, and left out."""


class Wrong(ValueError):
    """A value is not valid.

    :param cause: the end of the sentence that the name and the value begin
    """

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


def number(least: int, most: int | None = None, remark: str = "") -> t.Callable[[object], int]:
    """The function that reads a number within bounds, of at most nine digits. As an extra variable, it is a text."""
    def read_number(value: object) -> int:
        found = int(str(value)) if re.fullmatch("[0-9]{1,9}", str(value)) else -1
        if least <= found <= (found if most is None else most):
            return found
        raise Wrong(f"it must be a number, {least} or more" if most is None else
                    f"it must be a number from {least} to {most}", remark)

    return read_number


@functools.cache
def types_of(of: t.Any) -> dict[str, t.Any]:
    """The types of a function's parameters and of what it returns, or of a dataclass's fields, by their names."""
    if not dataclasses.is_dataclass(of):
        return t.get_type_hints(of, include_extras=True)
    known: dict[str, t.Any] = {}
    for base in reversed(t.cast(type, of).__mro__):
        known.update(vars(sys.modules[base.__module__]))
    texts = {field.name: OPTIONAL.sub(r"t.Optional[\1]", str(field.type)) for field in dataclasses.fields(of)}
    return t.get_type_hints(type("Fields", (), {"__annotations__": texts}), known, include_extras=True)


class Reader:
    """Reads values into types.

    ``errors``: what is wrong with them. A value that is wrong becomes None. ``unknown``: the paths of keys that no
    dataclass has.

    :param remedy: what to do about a value of another type
    """

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy
        self.errors: list[ValidationError] = []
        self.unknown: list[str] = []
        self._variables = False

    def read(self, kind: t.Any, value: t.Any, subject: str) -> t.Any:
        """A value as one of a type.

        :param subject: what errors call it. The names of its keys follow one that ends in ``_`` or a blank directly
        """
        origin, arguments = t.get_origin(kind), t.get_args(kind)
        if origin is t.Annotated:
            try:
                return self.read(arguments[0], arguments[1](value), subject)
            except Wrong as error:
                return self._wrong(subject, error.cause, value, error.remedy or self.remedy)
        if origin in UNIONS:
            return self._one_of(arguments, value, subject)
        if origin is t.Literal:
            return value if value in arguments else self._wrong(subject, f"it must be {choice(arguments)}", value,
                                                                "Choose one of them")
        if origin is tuple and isinstance(value, (list, tuple)):
            return tuple(self.read(arguments[0], each, f"{subject}[{place}]") for place, each in enumerate(value))
        if origin is Mapping and isinstance(value, Mapping):
            return self._mapping(arguments, value, subject)
        if dataclasses.is_dataclass(kind) and isinstance(value, (Mapping, t.cast(type, kind))):
            return self._dataclass(kind, value, subject) if isinstance(value, Mapping) else value
        return self._single(kind, value, subject)

    def _one_of(self, kinds: tuple[t.Any, ...], value: t.Any, subject: str) -> t.Any:
        """A value of a type or None, or of one of several types of single values."""
        if NULL in kinds and value is None:
            return None
        others = [kind for kind in kinds if kind is not NULL]
        if len(others) == 1:
            return self.read(others[0], value, subject)
        return value if isinstance(value, tuple(others)) else self._wrong(
            subject, "it must be a single value", value, self.remedy)

    def _single(self, kind: t.Any, value: t.Any, subject: str) -> t.Any:
        """A single value, of which extra variables make texts."""
        if kind is object or (isinstance(value, kind if isinstance(kind, type) else ()) and kind is not int):
            return value
        if kind is str and self._variables and type(value) in (int, float):
            return str(value)
        if kind is int and not isinstance(value, bool) and re.fullmatch("-?[0-9]{1,18}", str(value)):
            return int(value)
        if kind is bool and isinstance(value, (str, int)) and str(value).lower() in map(str, BOOLEANS):
            return boolean(value)
        words = WORDS.get(kind) or ("a list" if t.get_origin(kind) is tuple else "a dictionary")
        return self._wrong(subject, f"it must be {words}", "null" if value is None else value, self.remedy)

    def _mapping(self, kinds: tuple[t.Any, ...], values: Mapping[object, t.Any], subject: str) -> t.Any:
        """A dictionary with keys of any names, or of some."""
        of_keys, of_values = kinds
        takes_null = of_values is object or NULL in t.get_args(of_values)
        named = t.get_origin(of_keys) is t.Literal
        return {self.read(of_keys, key, subject) if named else str(key):
                self.read(of_values, value, self._name(subject, str(key)))
                for key, value in values.items() if takes_null or not self._is_left_out(value)}

    def _dataclass(self, kind: t.Any, values: Mapping[str, t.Any], subject: str) -> t.Any:
        """A dataclass of a dictionary."""
        before, self._variables = self._variables, self._variables or issubclass(kind, Variables)
        found = dict(self._fields(kind, values, subject))
        self._variables = before
        try:
            return None if self.errors else kind(**found)
        except ValidationError as error:
            self.errors.append(error)

    def _fields(self, kind: t.Any, values: Mapping[str, t.Any], subject: str) -> t.Iterator[tuple[str, t.Any]]:
        """The fields that are given, by their names."""
        own: dict[t.Any, t.Any] = {Whole: {str(key): value for key, value in values.items()}, Path: subject}
        fields = {field.metadata.get("key", field.name): field for field in dataclasses.fields(kind) if field.init}
        for key in sorted(set(map(str, values)) - set(fields)):
            if issubclass(kind, Given):
                self._wrong(self._name(subject, key), "there is no such key", values.get(key),
                            f"Its keys are {', '.join(fields)}")
            elif values.get(key) is not None:
                self.unknown.append(self._name(subject, key))
        for key, field in fields.items():
            of, value, known = types_of(kind)[field.name], values.get(key), len(self.errors)
            if of in own:
                yield field.name, own[of]
            elif not self._is_left_out(value):
                yield field.name, self.read(of, value, self._name(subject, key))
            elif field.default is field.default_factory is dataclasses.MISSING and NULL in t.get_args(of):
                yield field.name, None
            elif field.default is field.default_factory is dataclasses.MISSING:
                self._wrong(self._name(subject, key), "it is missing", None, self.remedy)
            if not field.repr:
                self.errors[known:] = [ValidationError(error.subject, error.cause, None, error.remedy)
                                       for error in self.errors[known:]]

    def _is_left_out(self, value: object) -> bool:
        return value is None or (self._variables and value in ("", {}))

    @staticmethod
    def _name(subject: str, key: str) -> str:
        """What errors call a part of a dictionary."""
        return f"{subject}{key}" if subject.endswith(("_", " ")) else f"{subject}.{key}"

    def _wrong(self, subject: str, cause: str, value: object, remedy: str) -> None:
        """Note what is wrong."""
        self.errors.append(ValidationError(subject.rstrip("_ ,:"), cause, value, remedy))


def choice(words: tuple[str, ...]) -> str:
    """What can be chosen, for people."""
    return " or ".join(words) if len(words) < 3 else f"one of {', '.join(words)}"


def read(kind: type[K], value: object, subject: str, remedy: str) -> K:
    """One value, as Reader.read.

    :raises ValidationError: the first thing that is wrong with it
    """
    reader = Reader(remedy)
    found = reader.read(kind, value, subject)
    for error in reader.errors:
        raise error
    return t.cast(K, found)


def shown(value: t.Any) -> t.Any:
    """A value of a rule as one of YAML."""
    if isinstance(value, KvmError):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {field.metadata.get("key", field.name): getattr(value, field.name)
                 for field in dataclasses.fields(value)}
        return {key: shown(each) for key, each in found.items()
                if each is not None or not isinstance(value, (Arguments, Variables))}
    if isinstance(value, Mapping):
        return {key: shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, (list, tuple, t.Iterator)) else value
