# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replies that are too short for the VFs of a PF: read again without statistics, or refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, rtnetlink
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.read import settings_in

# What ip 6.15 told of the second of three VFs of an igb PF on Linux 6.12, and what the kernel told of all three in
# answer to our own request.
IP_TOLD = {
    "vf": 1, "link_type": "ether", "address": "3e:64:41:1a:31:57", "broadcast": "ff:ff:ff:ff:ff:ff",
    "vlan_list": [{"vlan": 7, "qos": 2}], "tx_rate": 50, "rate": {"max_tx": 50, "min_tx": 0}, "spoofchk": True,
    "link_state": "auto", "trust": False,
}
RECORDED = Path(__file__).parent / "recorded" / "igb-three-vfs.rtnetlink.hex"


def attribute(kind: int, data: bytes) -> bytes:
    """A netlink attribute; a nested one that is too long has the length that its 16 bits can hold."""
    return struct.pack("=HH", (len(data) + 4) & 0xFFFF, kind) + data + bytes(-len(data) % 4)


def vf(index: int) -> bytes:
    """One VF as rtnl_fill_vfinfo of Linux 6.12 writes it, without statistics."""
    def numbers(*values: int) -> bytes:
        return struct.pack(f"={len(values)}I", *values)

    vlan = numbers(index, index % 4095, 0) + (0x8100).to_bytes(2, "big") + bytes(2)
    return attribute(1, b"".join([
        attribute(1, numbers(index) + bytes.fromhex(f"525400{index:06x}") + bytes(26)), attribute(13, b"\xff" * 32),
        attribute(2, numbers(index, index % 4095, 0)), attribute(6, numbers(index, 0, index)),
        attribute(3, numbers(index, index)), attribute(4, numbers(index, index % 2)), attribute(5, numbers(index, 1)),
        attribute(7, numbers(index, 0xFFFFFFFF)), attribute(9, numbers(index, 1)), attribute(12, attribute(1, vlan)),
    ]))


class Kernel(Host):
    """A PF whose ip tells of ``told`` VFs, with ``numvfs`` in truth."""

    def __init__(self, told: int, numvfs: int) -> None:
        super().__init__("/nonexistent")
        self.told = [{**IP_TOLD, "vf": index} for index in range(told)]
        self.numvfs = numvfs
        self.requests: list[bytes] = []

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        return Completed(0, json.dumps([{"ifindex": 7, "vfinfo_list": self.told}]))

    def rtnetlink(self, request: bytes) -> bytes:
        self.requests.append(request)
        body = bytes(16) + attribute(3, b"enp1s0\0") + attribute(22, b"".join(map(vf, range(self.numvfs))))
        return struct.pack("=IHHII", len(body) + 16, 16, 0, 1, 0) + body


@pytest.mark.parametrize(("told", "numvfs"), [(36, 256), (0, 256), (127, 128), (33, 330)])
def test_a_short_reply_is_read_again(told: int, numvfs: int) -> None:
    kernel = Kernel(told, numvfs)
    settings = settings_in(iproute.show_link(kernel, "enp1s0", numvfs))
    assert list(settings) == list(range(numvfs))
    last = settings[numvfs - 1]
    assert (last.mac, last.vlan, last.max_tx_rate) == (f"52:54:00:00:{numvfs - 1 >> 8:02x}:{numvfs - 1 & 255:02x}",
                                                       numvfs - 1, numvfs - 1)
    assert (last.spoofchk, last.trust, last.link_state, last.query_rss) == (bool(numvfs - 1 & 1), True, "enable", None)
    ifindex, mask = struct.unpack_from("=i12xI", kernel.requests[0], 20)
    assert (ifindex, mask) == (7, 1 | 8), "VFs, without statistics"


def test_a_whole_reply_is_not(tmp_path: Path) -> None:
    kernel = Kernel(7, 7)
    assert len(iproute.show_link(kernel, "enp1s0", 7)["vfinfo_list"]) == 7
    assert kernel.requests == []


def test_what_no_reply_can_hold_is_an_error() -> None:
    # 400 VFs overflow the attribute's length even without statistics: the kernel's reply holds some of them.
    with pytest.raises(CommandFailed, match="of its 400 VFs"):
        iproute.show_link(Kernel(20, 400), "enp1s0", 400)


def test_the_kernel_and_ip_tell_the_same() -> None:
    class Recorded(Host):
        def rtnetlink(self, request: bytes) -> bytes:
            return bytes.fromhex(RECORDED.read_text(encoding="ascii"))

    infos = rtnetlink.vf_infos(Recorded("/nonexistent"), 2)
    assert [info["vf"] for info in infos] == [0, 1, 2]
    assert settings_in({"vfinfo_list": [infos[1]]}) == settings_in({"vfinfo_list": [IP_TOLD]})
