# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules for what a run changes: what is there already does not stand in the way of a change of something else."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError

Thing = t.TypeVar("Thing")


def check_changed(rule: t.Callable[[Thing], None], after: Thing, before: Thing | None) -> None:
    """Apply a rule to what something will be, unless it says the same of what it is.

    :param before: it now, None for a new one
    :raises ValidationError: the rule does
    :raises NotSupported: the rule does
    """
    try:
        rule(after)
    except (NotSupported, ValidationError) as error:
        if before is None or _answer(rule, before) != str(error):
            raise


def _answer(rule: t.Callable[[Thing], None], thing: Thing) -> str:
    try:
        rule(thing)
    except (NotSupported, ValidationError) as error:
        return str(error)
    return ""
