# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a role's variables, which YAML leaves untyped, to frozen dataclasses, and back to what a role hands on."""

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
# No limit has more digits.
NUMBER = re.compile("-?[0-9]{1,12}")
LIST = re.compile(r"tuple\[(.+), \.\.\.\]")
MAPPING = re.compile(r"t\.Mapping\[str, (.+)\]")
WORDS = {"str": "a text", "int": "a whole number", "bool": "true or false"}
NOT_GIVEN: tuple[object, ...] = (None, "", {})
MISSING = dataclasses.MISSING


def one_of(*choices: str) -> Options:
    """The metadata of a field that has choices; those of a dictionary are for its keys."""
    return {"choices": choices}


def within(least: int, most: int | None = None) -> Options:
    """The metadata of a field that has a range."""
    return {"least": least, "most": most}


class Given:
    """A dictionary of a user: each value has the type that is asked for, or an error names it by its path.

    Null and an empty text are as good as left out.

    :param path: what is before a key, such as ``vsrx_`` or ``vsrx_interfaces[1].``
    :param remedy: what errors advise
    :param strict: whether texts such as "4" and "yes" are texts only; extra variables have no other numbers and truth
    """

    def __init__(self, values: object, path: str, remedy: str = "", strict: bool = False) -> None:
        if not isinstance(values, t.Mapping):
            raise ValidationError(path.rstrip(" ,.:_"), "it must be a dictionary", values, remedy)
        self.values: Options = {str(key): value for key, value in values.items()}
        self.path, self.remedy, self.strict = path, remedy, strict
        self.asked: dict[str, list[Given]] = {}

    def read(self, kind: type[D]) -> D:
        """A dataclass, which says all there is to say of the keys: names, types, defaults, ranges and choices.

        The type of a field is ``str``, ``int``, ``bool``, ``object``, ``Options``, a dataclass that its file knows,
        ``t.Mapping[str, X]``, ``tuple[X, ...]``, or ``X | None`` of these; ``Whole`` is the dictionary itself, ``Path``
        what messages call it. A field with ``repr=False`` is a secret.

        :raises ValidationError: a value is missing, of another type, out of its range or none of its choices
        """
        make: t.Callable[..., D] = kind
        own: dict[object, object] = {"Whole": self.values, "Path": self.path.rstrip(".")}
        found: dict[str, object] = {}
        for field in dataclasses.fields(kind):
            self.asked.setdefault(field.name, [])
            needed = field.default is MISSING and field.default_factory is MISSING
            if field.type in own:
                found[field.name] = own[field.type]
            elif needed or self.values.get(field.name) not in NOT_GIVEN:
                value = self.get(field.name, str(field.type), kind.__module__, not field.repr)
                self.check(field.name, value, **field.metadata)
                found[field.name] = value
        return make(**found)

    def text(self, key: str) -> str | None:
        """A text; a number counts as one."""
        return t.cast("str | None", self.get(key, "str | None"))

    def number(self, key: str) -> int | None:
        """A whole number."""
        return t.cast("int | None", self.get(key, "int | None"))

    def entry(self, key: str) -> Given:
        """A dictionary, an empty one if it was left out."""
        value = self.values.get(key)
        return self.inner(key, {} if value in NOT_GIVEN else value, f"{key}.")

    def entries(self, key: str) -> list[Given]:
        """The dictionaries of a list."""
        return [self.inner(key, value, f"{key}[{place}].") for place, value in enumerate(self.items(key))]

    def items(self, key: str) -> t.Sequence[object]:
        """The elements of a list."""
        self.asked.setdefault(key, [])
        value = self.values.get(key)
        if value in NOT_GIVEN:
            return ()
        if not isinstance(value, (list, tuple)):
            raise self.wrong(key, "it must be a list", value)
        return value

    def inner(self, key: str, values: object, path: str) -> Given:
        """A dictionary further in."""
        found = Given(values, f"{self.path}{path}", self.remedy, self.strict)
        self.asked.setdefault(key, []).append(found)
        return found

    def get(self, key: str, form: str, module: str = __name__, secret: bool = False) -> object:
        """A value of any type; ``module`` is where the names of dataclasses are."""
        self.asked.setdefault(key, [])
        value = self.values.get(key)
        if form.endswith(" | None"):
            return None if value in NOT_GIVEN else self.get(key, form[:-len(" | None")], module, secret)
        kind = getattr(sys.modules[module], form, None)
        if dataclasses.is_dataclass(kind):
            return self.entry(key).read(t.cast("type[DataclassInstance]", kind))
        if value in NOT_GIVEN:
            raise self.wrong(key, "it is missing")
        if inner := LIST.fullmatch(form):
            places = self.inner(key, {f"{key}[{place}]": one for place, one in enumerate(self.items(key))}, "")
            return tuple(places.get(place, inner[1], module) for place in places.values)
        if inner := MAPPING.fullmatch(form):
            entry = self.entry(key)
            entry.asked.update({name: [] for name in entry.values})
            given = [name for name, one in entry.values.items() if one not in NOT_GIVEN]
            return {name: entry.get(name, inner[1], module) for name in given}
        if form in WORDS:
            return self.simple(key, form, value, secret)
        return value if form == "object" else Given(value, f"{self.path}{key}.", self.remedy).values

    def simple(self, key: str, form: str, value: object, secret: bool) -> object:
        """A text, a number or a truth value."""
        if form == "str" and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        if form == "int" and isinstance(value, int if self.strict else (int, str)) and NUMBER.fullmatch(str(value)):
            return int(value)
        if form == "bool" and isinstance(value, bool if self.strict else (bool, int, str)):
            try:
                return bool(boolean(value))
            except TypeError:
                pass
        raise self.wrong(key, f"it must be {WORDS[form]}", None if secret else value)

    def check(
        self, key: str, value: object, least: int | None = None, most: int | None = None, choices: t.Sequence[str] = (),
    ) -> None:
        """:raises ValidationError: a value is out of its range or none of its choices."""
        for one in value if isinstance(value, t.Mapping) else (value,):
            if choices and one not in choices:
                raise self.wrong(key, f"it must be one of {', '.join(choices)}", one)
        if isinstance(value, int) and least is not None and not least <= value <= (value if most is None else most):
            end = "on" if most is None else f"to {most}"
            raise self.wrong(key, f"it must be a number from {least} {end}", value)

    def wrong(self, key: str, cause: str, value: object = None) -> ValidationError:
        """The error about one value."""
        return ValidationError(f"{self.path}{key}", cause, value, self.remedy)

    def unknown(self) -> t.Iterator[str]:
        """The paths of keys that nobody asked for, here and further in."""
        if self.values and not self.asked:
            yield self.path.rstrip(".")
            return
        yield from (f"{self.path}{key}" for key, value in self.values.items()
                    if key not in self.asked and value is not None)
        for inner in self.asked.values():
            yield from (path for given in inner for path in given.unknown())


def rendered(value: object) -> t.Any:
    """A value for a role: dataclasses become dictionaries without what is None, tuples become lists."""
    if dataclasses.is_dataclass(value):
        found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: rendered(one) for name, one in found.items() if one is not None}
    if isinstance(value, tuple):
        return [rendered(one) for one in value]
    return dict(value) if isinstance(value, t.Mapping) else value


def told(rules: t.Callable[[], t.Iterable[ValidationError]]) -> list[str]:
    """What is wrong, in words; if a variable cannot be read, that alone."""
    try:
        return [str(error) for error in rules()]
    except ValidationError as error:
        return [str(error)]
