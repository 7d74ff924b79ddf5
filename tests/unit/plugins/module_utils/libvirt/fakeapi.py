# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the calls of the libvirt in memory have in common: they are counted, and answer errors with libvirt's codes."""

from __future__ import annotations

import functools
import typing as t

VIR_ERR_XML_ERROR = 27
VIR_ERR_OPERATION_INVALID = 55


class FakeLibvirtError(Exception):
    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code

    def get_error_message(self) -> str:
        return str(self)

    def get_error_code(self) -> int:
        return self.code


Method = t.TypeVar("Method", bound=t.Callable[..., t.Any])


def api(method: Method) -> Method:
    """A call of libvirt's API: it is counted, and what was planned for it happens first."""

    @functools.wraps(method)
    def called(self: t.Any, *given: t.Any) -> t.Any:
        self.happen(method.__name__)
        return method(self, *given)

    return t.cast(Method, called)
