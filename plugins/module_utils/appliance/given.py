# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way from a role's variables, which YAML leaves untyped, to frozen dataclasses, and back to what a role hands on.

A dataclass says all there is to say of variables: their names, types, defaults, ranges and choices. The type of a field
is ``str``, ``int``, ``bool``, ``object``, a dataclass of the same file, ``t.Mapping[str, X]``, ``tuple[X, ...]``, or
``X | None`` of these; ``Whole`` is the dictionary itself and ``Path`` what messages call it. A field with ``repr=False``
is a secret.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

if t.TYPE_CHECKING:
    from _typeshed import DataclassInstance

Options = t.Mapping[str, object]
"""Parameters of a module or a role as their user gives them, passed on untouched."""
Whole = Options
Path = str
Refused = t.Iterator[ValidationError]
"""What is wrong with a deployment, one error for each."""
D = t.TypeVar("D", bound="DataclassInstance")
# More digits than any limit has
NUMBER = re.compile("-?[0-9]{1,12}")
FORMS = {"str": "a text", "int": "a whole number", "bool": "true or false"}
LIST = re.compile(r"tuple\[(.+), \.\.\.\]")
MAPPING = re.compile(r"t\.Mapping\[str, (.+)\]")
NOT_GIVEN: tuple[object, ...] = (None, "", {})


def one_of(*choices: str) -> Options:
    """The metadata of a field that has choices, which are those of its keys if it is a dictionary."""
    return {"choices": choices}


def within(least: int, most: int | None = None) -> Options:
    """The metadata of a field that has a range."""
    return {"least": least, "most": most}


class Reader:
    """Makes dataclasses of what a user gave. Null and an empty text are as good as left out.

    :param remedy: what errors advise
    :param strict: whether texts such as "4" and "yes" are texts only; extra variables have no other numbers and truth

    ``unknown``: the paths of keys that no field asks for
    """

    def __init__(self, remedy: str = "", strict: bool = False) -> None:
        self.remedy, self.strict = remedy, strict
        self.unknown: list[str] = []

    def read(self, kind: type[D], values: object, path: str) -> D:
        """A dataclass.

        :param path: what messages call the dictionary, or what is before its keys, such as ``vsrx_``
        :raises ValidationError: a value is missing, of another type, out of its range or none of its choices
        """
        given = self.dictionary(values, path)
        make: t.Callable[..., D] = kind
        found: dict[str, object] = {}
        for field in dataclasses.fields(kind):
            form, value, place = str(field.type), given.get(field.name), joined(path, field.name)
            if form in ("Whole", "Path"):
                found[field.name] = given if form == "Whole" else path
            elif value not in NOT_GIVEN or field.default is field.default_factory:
                found[field.name] = self.value(form, value, place, kind.__module__, not field.repr)
                self.check(found[field.name], place, **field.metadata)
        known = {field.name for field in dataclasses.fields(kind)}
        self.unknown += (joined(path, key) for key, value in given.items() if key not in known and value is not None)
        return make(**found)

    def value(self, form: str, value: object, path: str, module: str, secret: bool = False) -> object:
        """A value of any type; ``module`` is that of its dataclass."""
        if form.endswith(" | None"):
            found = form[:-len(" | None")]
            return None if value in NOT_GIVEN else self.value(found, value, path, module, secret)
        kind = getattr(sys.modules[module], form, None)
        if kind is not None:
            return self.read(kind, value or {}, path)
        if value in NOT_GIVEN:
            raise self.wrong(path, "it is missing")
        if inner := LIST.fullmatch(form):
            if not isinstance(value, (list, tuple)):
                raise self.wrong(path, "it must be a list", value)
            return tuple(self.value(inner[1], each, f"{path}[{place}]", module) for place, each in enumerate(value))
        if inner := MAPPING.fullmatch(form):
            return {key: self.value(inner[1], each, joined(path, key), module)
                    for key, each in self.dictionary(value, path).items() if each is not None}
        return value if form == "object" else self.simple(form, value, path, secret)

    def simple(self, form: str, value: object, path: str, secret: bool) -> object:
        """A text, a number or a truth value."""
        if form == "str" and (isinstance(value, str) or (isinstance(value, (int, float)) and value not in (True, False))):
            return str(value)
        if form == "int" and NUMBER.fullmatch(str(value)) and isinstance(value, int if self.strict else (int, str)):
            return int(value)
        if form == "bool" and isinstance(value, bool if self.strict else (bool, int, str)):
            try:
                return bool(boolean(value))
            except TypeError:
                pass
        raise self.wrong(path, f"it must be {FORMS[form]}", None if secret else value)

    def dictionary(self, values: object, path: str) -> Options:
        """:raises ValidationError: something else was given."""
        if not isinstance(values, t.Mapping):
            raise self.wrong(path.rstrip(" ,:_"), "it must be a dictionary", values)
        return {str(key): value for key, value in values.items()}

    def check(
        self, value: object, path: str, least: int | None = None, most: int | None = None, choices: t.Sequence[str] = (),
    ) -> None:
        """:raises ValidationError: a value is out of its range or none of its choices."""
        for one in value if isinstance(value, t.Mapping) else () if value is None else (value,):
            if choices and one not in choices:
                raise self.wrong(path, f"it must be one of {', '.join(choices)}", one)
        if isinstance(value, int) and least is not None and not least <= value <= (value if most is None else most):
            raise self.wrong(path, f"it must be a number from {least} " + ("on" if most is None else f"to {most}"), value)

    def wrong(self, path: str, cause: str, value: object = None) -> ValidationError:
        """The error about one value."""
        return ValidationError(path, cause, value, self.remedy)


def joined(path: str, key: str) -> str:
    """The path of a key."""
    return f"{path}{key}" if path.endswith(("_", " ")) else f"{path}.{key}"


def rendered(value: object) -> t.Any:
    """A value for a role: dataclasses become dictionaries without what is None, tuples become lists."""
    if dataclasses.is_dataclass(value):
        found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: rendered(one) for name, one in found.items() if one is not None}
    if isinstance(value, tuple):
        return [rendered(one) for one in value]
    return dict(value) if isinstance(value, t.Mapping) else value
