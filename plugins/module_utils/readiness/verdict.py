# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one readiness check finds."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

STATUSES = ("fail", "warn", "unknown", "ok")
"""The worst first."""


@dataclass(frozen=True)
class Verdict:
    """The answer of one check."""

    status: str
    """One of :data:`STATUSES`; unknown: the host does not let it be seen."""
    found: str
    """What was seen on the host, in words."""
    cause: str | None = None
    """The layer at fault: firmware, kernel, driver, nic, appliance or host; None when the check is ok."""
    remedy: str = ""
    """What to do about it; empty when the check is ok."""

    @staticmethod
    def ok(found: str) -> Verdict:
        """The host is as it should be."""
        return Verdict("ok", found)

    @staticmethod
    def warn(found: str, cause: str, remedy: str) -> Verdict:
        """Some appliances need this, others do not."""
        return Verdict("warn", found, cause, remedy)

    @staticmethod
    def fail(found: str, cause: str, remedy: str) -> Verdict:
        """Appliances with SR-IOV NICs cannot run here as it is."""
        return Verdict("fail", found, cause, remedy)

    @staticmethod
    def unknown(found: str, remedy: str) -> Verdict:
        """The host did not show what is needed to tell, which is never taken for ok."""
        return Verdict("unknown", found, "host", remedy)


def worst(verdicts: t.Sequence[Verdict]) -> Verdict:
    """One verdict for several devices: that of the worst of them, with all that is to be said of its kind."""
    status = next(status for status in STATUSES if any(one.status == status for one in verdicts))
    alike = [one for one in verdicts if one.status == status]
    found, remedies = (list(dict.fromkeys(texts)) for texts in zip(*((one.found, one.remedy) for one in alike)))
    return Verdict(status, "; ".join(found), alike[0].cause, ". ".join(remedies))
