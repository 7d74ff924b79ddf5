# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What types of given values are made of: plugin_utils/typed.py reads values of YAML into them.

``Annotated[TYPE, function]`` is a type whose values are first put through the function. It returns what TYPE is made
of, or raises :class:`Wrong`.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError

Refused = t.Iterator[KvmError]
"""What a rule that only judges returns."""
Scalar = t.Union[str, int, float, bool, None]
"""A single value of YAML."""
State = t.Literal["present", "absent"]


class Given:
    """Base of dataclasses for what users give: they cannot have other keys than its fields."""


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
    def read(value: object) -> int:
        found = int(str(value)) if re.fullmatch("[0-9]{1,9}", str(value)) else -1
        if least <= found <= (found if most is None else most):
            return found
        raise Wrong(f"it must be a number, {least} or more" if most is None else
                    f"it must be a number from {least} to {most}", remark)

    return read
