# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the kernel itself (numbers from its include/uapi/linux/if_link.h): the link of an alternative name,
and the VFs of a link without their statistics, for hosts whose ip always asks for these (iproute2 before 6.5).

The kernel puts all VFs into one attribute, whose length has 16 bits: with statistics some 220 VFs fit, without 330
(linux net/core/rtnetlink.c, rtnl_fill_vf).
"""

from __future__ import annotations

import struct
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

RTM_NEWLINK, RTM_GETLINK, NLM_F_REQUEST = 16, 18, 1
IFLA_IFNAME, IFLA_VFINFO_LIST, IFLA_EXT_MASK, IFLA_ALT_IFNAME = 3, 22, 29, 53
RTEXT_FILTER_VF, RTEXT_FILTER_SKIP_STATS = 1, 8
MESSAGE = struct.Struct("=IHHII")
LINK = struct.Struct("=BxHiII")
LINK_STATES = ("auto", "enable", "disable")
VLAN_PROTOCOLS = {0x8100: "802.1Q", 0x88A8: "802.1ad"}
UNKNOWN = 0xFFFFFFFF
ALTERNATIVE_NAME_BYTES = 127  # ALTIFNAMSIZ - 1, include/uapi/linux/if.h


def netdev_of(host: Host, name: str) -> str | None:
    """The name of the link that has a name, also as an alternative one (Linux 5.5); None if no link has it."""
    wanted = name.encode(errors="replace")
    if not wanted or b"\0" in wanted or len(wanted) > ALTERNATIVE_NAME_BYTES:
        return None
    asked = struct.pack("=HH", 4 + len(wanted) + 1, IFLA_ALT_IFNAME) + wanted + bytes(4 - len(wanted) % 4)
    found = [data for kind, data in attributes(_link(host, LINK.pack(0, 0, 0, 0, 0) + asked)) if kind == IFLA_IFNAME]
    return found[0].rstrip(b"\0").decode(errors="replace") if found else None


def vf_infos(host: Host, ifindex: int) -> list[dict[str, t.Any]]:
    """The VFs of a link in the form of ip's ``vfinfo_list``; none if the kernel does not answer with a link."""
    mask = struct.pack("=HHI", 8, IFLA_EXT_MASK, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS)
    link = _link(host, LINK.pack(0, 0, ifindex, 0, 0) + mask)
    return [vf_info(dict(attributes(info))) for number, listed in attributes(link) if number == IFLA_VFINFO_LIST
            for info in (data for _number, data in attributes(listed))]


def _link(host: Host, body: bytes) -> bytes:
    """The attributes of the link that the kernel answers with; nothing where it answers with an error."""
    answer = host.rtnetlink(MESSAGE.pack(MESSAGE.size + len(body), RTM_GETLINK, NLM_F_REQUEST, 1, 0) + body)
    length, kind = struct.unpack_from("=IH", answer)
    return answer[MESSAGE.size + LINK.size:length] if kind == RTM_NEWLINK else b""


def attributes(data: bytes) -> t.Iterator[tuple[int, bytes]]:
    """Each (type, content) of a run of netlink attributes."""
    position = 0
    while position + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, position)
        if length < 4:
            return
        yield kind & 0x3FFF, data[position + 4:position + length]
        position += (length + 3) & ~3


def vf_info(found: dict[int, bytes]) -> dict[str, t.Any]:
    """One VF as ip shows it; what the driver does not tell is left out."""
    info: dict[str, t.Any] = {"vf": number(found[1], 0), "address": found[1][4:10].hex(":"), "vlan_list": [{}]}
    if 12 in found:  # since Linux 4.9 with the protocol
        vlan = next(data for _kind, data in attributes(found[12]))
        info["vlan_list"] = [{"vlan": number(vlan, 1), "qos": number(vlan, 2),
                              "protocol": VLAN_PROTOCOLS.get(int.from_bytes(vlan[12:14], "big"), "802.1Q")}]
    if 6 in found:
        info["rate"] = {"min_tx": number(found[6], 1), "max_tx": number(found[6], 2)}
    for kind, name in ((4, "spoofchk"), (7, "query_rss_en"), (9, "trust")):
        if kind in found and number(found[kind], 1) != UNKNOWN:
            info[name] = bool(number(found[kind], 1))
    if 5 in found and number(found[5], 1) < len(LINK_STATES):
        info["link_state"] = LINK_STATES[number(found[5], 1)]
    return info


def number(data: bytes, position: int) -> int:
    """The 32-bit number at a position, counted in numbers."""
    return int(struct.unpack_from("=I", data, 4 * position)[0])
