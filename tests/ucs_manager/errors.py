# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that UCS Manager answers.

Seen in public code and reports, with these codes and texts: 103, 105, 150 (a rule of one class), 551, 552, 555, the
code 572, and the parser's error of unknown attributes and classes. The other codes and texts are assumptions. The
names of these errors are in the metadata (VnicProfileSet, property fsmRmtInvErrCode), such as
``ERR-MO-illegal-containment``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One kind of error, with places for details in its text."""

    code: str
    text: str
    result: str = "unidentified-fail"


PARSE = Fault("ERR-xml-parse-error", "XML PARSING ERROR: {detail}", "594")
NOT_FOUND = Fault("102", "Cannot {action}; object {dn} does not exist.")
DUPLICATE = Fault("103", "Cannot create; object already exists.")
NOT_CREATABLE = Fault("105", "Cannot create non-creatable object of class:{kind} under {parent}")
NOT_CHANGEABLE = Fault("106", "Cannot {action} object {dn} of class:{kind}")
CONTAINMENT = Fault("107", "Illegal containment: class:{kind} under {parent}")
NAMING = Fault("108", "Naming rule violation: {detail}")
READ_ONLY = Fault("109", "Property {property} of class:{kind} is read-only")
IN_USE = Fault("110", "Cannot delete {dn}: it is in use by {user}")
ACCESS = Fault("111", "Access denied: class:{kind} is not for privileges {privileges}")
FILTER = Fault("112", "Illegal filter: {detail}")
RULE = Fault("150", "{detail}")
AUTHENTICATION = Fault("551", "Authentication failed")
AUTHORIZATION = Fault("552", "Authorization required", "service-unavailable")
NO_SESSION = Fault("555", "Session not found")
TOO_MANY_SESSIONS = Fault("572", "User reached maximum session limit")


class UcsmError(Exception):
    """A request that UCS Manager refuses."""

    def __init__(self, fault: Fault, **details: str):
        super().__init__(fault.text.format(**details))
        self.fault = fault

    def attributes(self) -> dict[str, str]:
        return {"errorCode": self.fault.code, "invocationResult": self.fault.result, "errorDescr": str(self)}
