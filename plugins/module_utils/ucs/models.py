# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fabric interconnects have VM-FEX, by their model."""

from __future__ import annotations

import re

# The first two digits of the models' numbers: 61xx, 62xx, 63xx and the 6324 have VM-FEX, 64xx and later have not (Cisco
# UCS Manager VM-FEX for KVM, chapter "Introduction").
LAST_SERIES = 63
MODEL = re.compile(r"(?:UCS-FI-|UCS-|N10-S)?(?:M-)?(?P<series>\d\d)\d{2,3}(?!\d)")
X_DIRECT = re.compile(r"UCSX-")


def lacks_vm_fex(model: str) -> bool:
    """Whether a fabric interconnect is known to have neither VM-FEX nor port profiles.

    :param model: as UCS Manager reports it, such as UCS-FI-6454, or its number alone
    """
    found = MODEL.match(model)
    return X_DIRECT.match(model) is not None or (found is not None and int(found["series"]) > LAST_SERIES)
