# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of every filter: whatever YAML comes in, the filter works or ends with one AnsibleFilterError.

A filter says which shape its parameters have: a type; a range of numbers, which may be texts; a tuple of shapes, of
which the value has one; a list with the shape of its elements; or a dictionary with the shapes of its keys, of which
those that end in ``!`` must be there, and ``*`` stands for all.
"""

from __future__ import annotations

import functools
import inspect
import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError

Filter = t.Callable[..., t.Any]
Shape = t.Any

NULL = type(None)
NAMES: dict[type, str] = {
    NULL: "null", bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list",
    dict: "a dictionary"}
# A single value
SCALAR = (NULL, str, int, float, bool)
# What Python says of a value that a filter did not expect
UNEXPECTED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error)


def guarded(function: Filter, known_as: str = "", /, **shapes: Shape) -> Filter:
    """A filter that checks the shapes of its parameters first.

    :param known_as: the name of the filter, if it is not that of the function
    :param shapes: by parameter
    """
    called = f"nfv.kvm.{known_as or function.__name__}"
    remedy = f"Run ansible-doc -t filter {called} to see its input"

    @functools.wraps(function)
    def checked(*values: t.Any, **named: t.Any) -> t.Any:
        try:
            given = inspect.signature(function).bind(*values, **named)
            for parameter, shape in shapes.items():
                if parameter in given.arguments:
                    check(parameter, given.arguments[parameter], shape, remedy)
            return function(*values, **named)
        except KvmError as error:
            raise AnsibleFilterError(str(error)) from error
        except UNEXPECTED as error:
            cause = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise AnsibleFilterError(str(ValidationError(called, f"its input is not valid: {cause}", None,
                                                         remedy))) from error

    return checked


def check(subject: str, value: t.Any, shape: Shape, remedy: str) -> None:
    """:raises ValidationError: a value, or a part of it, has another shape; names it by its path."""
    shapes = shape if isinstance(shape, tuple) else (shape,)
    found = next((one for one in shapes if fits(value, one)), None)
    if found is None:
        names = dict.fromkeys(map(name_of, shapes))
        raise ValidationError(subject, f"it must be {' or '.join(names)}", "null" if value is None else value, remedy)
    if isinstance(found, list):
        for place, element in enumerate(value):
            check(f"{subject}[{place}]", element, found[0], remedy)
    for key, inner in found.items() if isinstance(found, dict) else ():
        name = key.rstrip("!")
        if key == "*":
            for each, held in value.items():
                check(f"{subject}.{each}", held, inner, remedy)
        elif name in value:
            check(f"{subject}.{name}", value[name], inner, remedy)
        elif key != name:
            raise ValidationError(f"{subject}.{name}", "it is missing", None, remedy)


def fits(value: t.Any, shape: Shape) -> bool:
    """Whether a value has a shape, as far as its own type says. A truth value is not a number, as it is in Python."""
    if isinstance(shape, range):
        text = "" if isinstance(value, bool) else str(value)
        return re.fullmatch("[0-9]{1,9}", text) is not None and int(text) in shape
    kind = shape if isinstance(shape, type) else type(shape)
    if kind is list:
        return isinstance(value, (list, tuple))
    return isinstance(value, kind) and not (isinstance(value, bool) and kind in (int, float))


def name_of(shape: Shape) -> str:
    """What a user calls a shape."""
    if isinstance(shape, range):
        return f"a number from {shape[0]} to {shape[-1]}"
    return NAMES[shape if isinstance(shape, type) else type(shape)]
