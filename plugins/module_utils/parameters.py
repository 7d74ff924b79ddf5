# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's own check of parameters accepts although no module can use it, or breaks on, refused for all modules.

Ansible takes ``true`` for an integer, does not look at the characters of a text, and ends with a Python error when an
option with suboptions is a number, or an integer is infinite.
"""

from __future__ import annotations

import math
import re
import typing as t

from ansible.module_utils import basic
from ansible.module_utils.common.validation import check_type_dict, check_type_list

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

Spec = dict[str, t.Any]

# What no XML 1.0 can carry (its production Char), halves of surrogate pairs among it, which have no UTF-8 either
UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def module_with(argument_spec: Spec, **rules: t.Any) -> basic.AnsibleModule:
    """The module with its parameters; it supports check mode. One with parameters that are refused here has ended.

    :param rules: further arguments of AnsibleModule
    """
    given = {name: value for name, value in (basic._load_params() or {}).items() if not name.startswith("_ansible_")}
    try:
        check_options(argument_spec, given)
    except ValidationError as error:
        refuse(argument_spec, given, error)
    return basic.AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **rules)


def refuse(argument_spec: Spec, given: Spec, error: ValidationError) -> None:
    """End a module whose parameters Ansible's own check must not see; secrets among them are not shown."""
    spec = {name: {"type": "raw", "no_log": bool(argument_spec.get(name, {}).get("no_log"))} for name in given}
    module = basic.AnsibleModule(argument_spec=spec, supports_check_mode=True, no_log=True)
    module.params = encodable({name: value for name, value in given.items() if not spec[name]["no_log"]})
    module.fail_json(msg=str(error), error=encodable(error.as_dict()))


def encodable(value: t.Any) -> t.Any:
    """A value whose texts have a UTF-8, since the controller refuses a whole result for one that has none."""
    if isinstance(value, dict):
        return {encodable(key): encodable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [encodable(one) for one in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def check_options(spec: Spec, given: Spec, place: str = "") -> None:
    """Check the options of a module, or the suboptions of one at ``place``.

    :raises ValidationError: names the option by its path, such as ``interfaces[0].vlan``
    """
    for name, value in given.items():
        check_characters(f"{place}, the name of an option" if place else "the name of an option", name)
        check_option(f"{place}.{name}" if place else name, value, spec.get(name, {}))


def check_option(subject: str, value: t.Any, option: Spec) -> None:
    """Check one option; what Ansible refuses well is left to it.

    :param option: its part of the argument spec, empty for one that is not there
    :raises ValidationError: it has another type than the option, or characters that nothing can carry
    """
    kind = "text" if value is None else option.get("type", "text")
    if option.get("no_log"):
        check_characters(subject, value, secret=True)
        check_names(subject, json_of(value) if kind == "dict" else value)
    elif kind == "int":
        check_integer(subject, value)
    elif kind == "dict":
        options = option.get("options", {})
        check_options(options, dictionary_of(subject, value, options), subject)
    elif isinstance(value, dict):
        check_options({}, value, subject)
    elif isinstance(value, list) or (kind == "list" and isinstance(value, (str, int, float))):
        element = {**option, "type": option.get("elements", "text")}
        for place, one in enumerate(check_type_list(value)):
            check_element(f"{subject}[{place}]", one, element)
    else:
        check_characters(subject, value)


def check_element(subject: str, value: t.Any, option: Spec) -> None:
    """Check an element of a list, which unlike an option cannot be left out by a null.

    :raises ValidationError: as check_option
    """
    if value is None and option["type"] == "dict":
        dictionary_of(subject, value, option.get("options", {}))
    check_option(subject, value, option)


def dictionary_of(subject: str, value: t.Any, options: Spec) -> Spec:
    """A dictionary, also as a text of JSON or ``key=value``, as Ansible reads it.

    :raises ValidationError: it is something else
    """
    try:
        found: Spec = check_type_dict(value)
    except TypeError as error:
        check_characters(subject, value)
        raise ValidationError(subject, "it must be a dictionary", value,
                              f"Give its options ({', '.join(options) or 'any'}), each with its value") from error
    return found


def check_integer(subject: str, value: t.Any) -> None:
    """Refuse what Ansible takes for an integer although it is not one, or breaks on.

    :raises ValidationError: it is a truth value, a list or a dictionary, or too large to calculate
    """
    check_characters(subject, value)
    try:
        usable = not isinstance(value, (bool, list, dict)) and math.isfinite(float(value))
    except OverflowError:
        usable = False
    except (TypeError, ValueError):  # Ansible refuses it by name
        return
    if not usable:
        too_long = isinstance(value, int) and not isinstance(value, bool)  # Python does not print one that is too long
        raise ValidationError(subject, "it must be an integer", None if too_long else value, "Write a whole number")


def json_of(value: t.Any) -> t.Any:
    """A dictionary that is given as a text, as Ansible reads it; any other value as it is, which Ansible refuses."""
    try:
        return check_type_dict(value) if isinstance(value, str) else value
    except TypeError:
        return value


def check_names(subject: str, value: t.Any) -> None:
    """Check the names in a secret: Ansible shows them, and only hides what they stand for.

    :raises ValidationError: one has a character that no result can carry
    """
    for name, inner in value.items() if isinstance(value, dict) else ():
        check_characters(f"{subject}, a name in it", name, secret=True)
        check_names(subject, inner)
    for inner in value if isinstance(value, list) else ():
        check_names(subject, inner)


def check_characters(subject: str, value: t.Any, secret: bool = False) -> None:
    """:raises ValidationError: a text has a character that no XML, path or argument of a program can carry."""
    found = UNUSABLE.search(value) if isinstance(value, str) else None
    if found is not None:
        raise ValidationError(subject, f"it has the character U+{ord(found[0]):04X}, which is not allowed in XML",
                              None if secret else value, "Remove the character")
