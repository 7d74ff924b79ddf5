# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The features of a netdev, by a kernel that knows as many as Linux does, more than one block of them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import ethtool, pci
from ansible_collections.nfv.kvm.plugins.module_utils.ethtool import Feature, feature
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import nic
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost

NAMES = [f"feature-{number}" for number in range(40)]
OFFLOAD = "l2-fwd-offload"


class Kernel(Host):
    """A host whose kernel answers; ``bits``: available, requested, active and never changed of the last feature."""

    known = (*NAMES, OFFLOAD)
    bits = (1, 0, 0, 0)

    def ethtool(self, netdev: str, request: bytes) -> bytes:
        assert netdev == "enp1s0"
        command = struct.unpack_from("=I", request)[0]
        if command == ethtool.GSSET_INFO:
            return struct.pack("=IIQI", command, 0, 1 << ethtool.FEATURES, len(self.known))
        if command == ethtool.GSTRINGS:
            answer = request[:12] + b"".join(name.encode().ljust(ethtool.NAME, b"\0") for name in self.known)
        else:
            place = len(self.known) - 1
            block = struct.pack("=IIII", *(bit << place % 32 for bit in self.bits))
            answer = request[:8] + bytes(16) * (place // 32) + block
        assert len(answer) == len(request)
        return answer


@pytest.mark.parametrize(("bits", "found", "words"), [
    ((1, 0, 0, 0), Feature(active=False, fixed=False), ", VMDq (l2-fwd-offload) off, 2 queues"),
    ((1, 1, 1, 0), Feature(active=True, fixed=False), ", VMDq (l2-fwd-offload) on, 2 queues"),
    ((0, 0, 0, 0), Feature(active=False, fixed=True), ""),
    ((0, 0, 1, 1), Feature(active=True, fixed=True), ", VMDq (l2-fwd-offload) on, 2 queues"),
])
def test_vmdq(tmp_path: Path, bits: tuple[int, ...], found: Feature, words: str) -> None:
    fake = FakeHost(tmp_path)
    fake.nic("0000:01:00.0", "enp1s0", totalvfs=7)
    for queue in ("rx-0", "rx-1", "tx-0"):
        fake.folder(f"{pci.DEVICES}/0000:01:00.0/net/enp1s0/queues/{queue}")
    host = Kernel(str(tmp_path))
    host.bits = bits
    assert feature(host, "enp1s0", OFFLOAD) == found
    assert nic.capability(host, "0000:01:00.0").found == f"0000:01:00.0 (enp1s0): 7 VFs{words}"


def test_a_name_or_a_netdev_that_the_kernel_does_not_know(tmp_path: Path) -> None:
    assert feature(Kernel(str(tmp_path)), "enp1s0", "no-such-feature") is None
    assert feature(FakeHost(tmp_path).host, "enp1s0", OFFLOAD) is None


def test_this_kernel_knows_the_feature() -> None:
    assert feature(Host(), "lo", OFFLOAD) == Feature(active=False, fixed=True)
    assert feature(Host(), "no-such-netdev", OFFLOAD) is None
