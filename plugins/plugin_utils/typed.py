# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of all filters: module_utils/given.py reads values of YAML into the types that a rule takes, and shows what
the rule returns. Whatever YAML comes in, a filter works or ends with one AnsibleFilterError."""

from __future__ import annotations

import functools
import inspect
import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Reader, Refused, shown, types_of

Filter = t.Callable[..., t.Any]

# What Python says of a value that a filter did not expect
UNEXPECTED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error)


def doors(rules: dict[str, Filter], remedy: str = "", /, **variables: str) -> dict[str, Filter]:
    """The filters of some rules, by their names.

    :param remedy: what to do about values of other types, if not to read the documentation of the filter
    :param variables: by parameter of the rules, the user's variable that it comes from. A name that ends in ``_`` is
        what the keys of a dictionary begin with as variables
    """
    return {name: door(name, rule, remedy or f"Run ansible-doc -t filter nfv.kvm.{name} to see its input", variables)
            for name, rule in rules.items()}


def door(name: str, rule: Filter, remedy: str, variables: dict[str, str]) -> Filter:
    """One filter. Of a rule that only judges, what is not valid is in the list that it returns."""
    signature = inspect.signature(rule)

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
