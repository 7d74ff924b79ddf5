# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of filters whose rules are typed: it reads values of YAML into the types that a rule takes, and shows what
the rule returns as values of YAML.

Types are str, int, bool, object (any value), tuples, mappings, Literal, unions with None or of single values, frozen
dataclasses, and what module_utils/given.py adds. In a dictionary, null is as good as left out.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import types
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import BOOLEANS, boolean

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Arguments, Given, Refused, Wrong
from ansible_collections.nfv.kvm.plugins.plugin_utils.door import NULL, UNEXPECTED

Filter = t.Callable[..., t.Any]

WORDS: dict[t.Any, str] = {str: "a text", int: "a whole number", bool: "true or false", float: "a number"}


def doors(rules: dict[str, Filter], **variables: str) -> dict[str, Filter]:
    """The filters of some rules, by their names.

    :param variables: by parameter of the rules, the user's variable that it comes from. A name that ends in ``_`` is
        what the keys of a dictionary begin with as variables
    """
    return {name: door(name, rule, variables) for name, rule in rules.items()}


def door(name: str, rule: Filter, variables: dict[str, str]) -> Filter:
    """One filter. Of a rule that only judges, what is not valid is in the list that it returns."""
    signature = inspect.signature(rule)
    remedy = f"Run ansible-doc -t filter nfv.kvm.{name} to see its input"

    @functools.wraps(rule)
    def guarded(*values: t.Any, **named: t.Any) -> t.Any:
        try:
            kinds = types_of(rule)
            given = signature.bind(*values, **named)
            reader = Reader(remedy)
            for parameter, value in given.arguments.items():
                given.arguments[parameter] = reader.read(kinds[parameter], value, variables.get(parameter, parameter))
            if not reader.errors:
                return shown(rule(*given.args, **given.kwargs))
            if kinds["return"] == Refused:
                return shown(reader.errors)
            raise AnsibleFilterError(" ".join(map(str, reader.errors)))
        except KvmError as error:
            raise AnsibleFilterError(str(error)) from error
        except UNEXPECTED as error:
            cause = f"its input is not valid: {error}"
            raise AnsibleFilterError(str(ValidationError(f"nfv.kvm.{name}", cause, None, remedy))) from error

    return guarded


@functools.cache
def types_of(of: t.Any) -> dict[str, t.Any]:
    """The types of a function's parameters and of what it returns, or of a dataclass's fields, by their names."""
    return t.get_type_hints(of, include_extras=True)


class Reader:
    """Reads values into types.

    ``errors``: what is wrong with them. A value that is wrong becomes None.

    :param remedy: what to do about a value of another type
    """

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy
        self.errors: list[ValidationError] = []

    def read(self, kind: t.Any, value: t.Any, subject: str) -> t.Any:
        """A value as one of a type.

        :param subject: what errors call it
        """
        origin, arguments = t.get_origin(kind), t.get_args(kind)
        if origin is t.Annotated:
            try:
                return self.read(arguments[0], arguments[1](value), subject)
            except Wrong as error:
                return self.wrong(subject, error.cause, value, error.remedy)
        if origin in (t.Union, types.UnionType):
            return self.one_of(arguments, value, subject)
        if origin is t.Literal:
            return value if value in arguments else self.wrong(
                subject, f"it must be {' or '.join(arguments)}", value, "Choose one of them")
        if origin is tuple and isinstance(value, (list, tuple)):
            return tuple(self.read(arguments[0], each, f"{subject}[{place}]") for place, each in enumerate(value))
        if origin is Mapping and isinstance(value, Mapping):
            return {str(key): self.read(arguments[1], each, f"{subject}.{key}") for key, each in value.items()}
        if dataclasses.is_dataclass(kind) and isinstance(value, (Mapping, t.cast(type, kind))):
            return self.fields(kind, value, subject) if isinstance(value, Mapping) else value
        return self.single(kind, value, subject)

    def one_of(self, kinds: tuple[t.Any, ...], value: t.Any, subject: str) -> t.Any:
        """A value of a type or None, or of one of several types of single values."""
        if NULL in kinds and value is None:
            return None
        others = [kind for kind in kinds if kind is not NULL]
        if len(others) == 1:
            return self.read(others[0], value, subject)
        return value if isinstance(value, tuple(others)) else self.wrong(
            subject, "it must be a single value", value, self.remedy)

    def single(self, kind: t.Any, value: t.Any, subject: str) -> t.Any:
        """A single value, of which extra variables make texts."""
        plain = isinstance(kind, type) and not t.get_origin(kind)  # Python 3.10 takes tuple[str, ...] for a type, too
        if kind is object or (plain and kind is not int and isinstance(value, kind)):
            return value
        if kind is int and not isinstance(value, bool) and re.fullmatch("-?[0-9]{1,18}", str(value)):
            return int(value)
        if kind is bool and isinstance(value, (str, int)) and str(value).lower() in map(str, BOOLEANS):
            return boolean(value)
        words = WORDS.get(kind) or ("a list" if t.get_origin(kind) is tuple else "a dictionary")
        return self.wrong(subject, f"it must be {words}", "null" if value is None else value, self.remedy)

    def fields(self, kind: t.Any, values: Mapping[str, t.Any], subject: str) -> t.Any:
        """A dataclass of a dictionary."""
        fields = {field.metadata.get("key", field.name): field for field in dataclasses.fields(kind) if field.init}
        found = {}
        if issubclass(kind, Given):
            for key in sorted(set(map(str, values)) - set(fields)):
                self.wrong(self.name(subject, key), "there is no such key", values.get(key),
                           f"Its keys are {', '.join(fields)}")
        for key, field in fields.items():
            if values.get(key) is not None:
                found[field.name] = self.read(types_of(kind)[field.name], values[key], self.name(subject, key))
            elif field.default is field.default_factory is dataclasses.MISSING:
                self.wrong(self.name(subject, key), "it is missing", None, self.remedy)
        return None if self.errors else kind(**found)

    @staticmethod
    def name(subject: str, key: str) -> str:
        """What errors call a part of a dictionary."""
        return f"{subject}{key}" if subject.endswith("_") else f"{subject}.{key}"

    def wrong(self, subject: str, cause: str, value: object, remedy: str) -> None:
        """Note what is wrong."""
        self.errors.append(ValidationError(subject.rstrip("_"), cause, value, remedy))


def shown(value: t.Any) -> t.Any:
    """A value of a rule as one of YAML."""
    if isinstance(value, KvmError):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {field.metadata.get("key", field.name): getattr(value, field.name)
                 for field in dataclasses.fields(value)}
        return {key: shown(each) for key, each in found.items()
                if each is not None or not isinstance(value, Arguments)}
    if isinstance(value, Mapping):
        return {key: shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, (list, tuple, t.Iterator)) else value
