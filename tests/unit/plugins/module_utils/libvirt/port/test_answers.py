# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do when libvirt could not associate a NIC with its port profile."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.answers import remedy_of

# (what libvirt 11.3 says, words of the remedy)
ANSWERS = [
    ("error 261 during port-profile setlink on interface enp1s0 (3): Invalid argument", "the port profile does not"),
    ("error 3 during port-profile setlink on interface enp1s0 (3): Invalid argument", "it does not know the VSI type"),
    ("error 7 during port-profile setlink on interface enp1s0 (3): Invalid argument", "response 7 of include/"),
    ("internal error: port-profile setlink timed out", "The switch did not answer in time"),
    ("internal error: sending of PortProfileRequest failed.", "check that lldpad exchanges EVB TLVs on this NIC"),
    ("Error opening file /var/run/lldpad.pid: No such file or directory", "802.1Qbg needs lldpad"),
]


@pytest.mark.parametrize(("answer", "told"), ANSWERS)
def test_remedy(answer: str, told: str) -> None:
    assert told in remedy_of(answer)


def test_no_remedy_for_anything_else() -> None:
    assert not remedy_of("internal error: unable to execute QEMU command 'device_add': Bus 'pcie.0' is full")
