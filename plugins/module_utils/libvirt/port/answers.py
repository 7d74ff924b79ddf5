# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do when libvirt could not associate a NIC with its port profile (802.1Qbg, 802.1Qbh)."""

from __future__ import annotations

import re

# PORT_VDP_RESPONSE_* and PORT_PROFILE_RESPONSE_* in include/uapi/linux/if_link.h
RESPONSES = {
    1: "the request has an invalid format",
    2: "it lacks resources",
    3: "it does not know the VSI type (managerid and typeid)",
    4: "it does not allow this VSI type here",
    5: "it does not allow this version of the VSI type",
    6: "its state differs from that of the host",
    0x102: "the port profile is invalid",
    0x103: "its port is in the wrong state",
    0x104: "it lacks resources",
    0x105: "there was an error, for example because the port profile does not exist or is not allowed for this host",
}

# virNetDevVPortProfileOpCommon and virNetDevVPortProfileGetLldpadPid in src/util/virnetdevvportprofile.c of libvirt
REFUSED = re.compile(r"error (\d+) during port-profile setlink")
REMEDIES = (
    (re.compile(r"port-profile setlink timed out"),
     "The switch did not answer in time. Check that it has the port profile and that the cable is in the correct port, "
     "and for 802.1Qbg also that lldpad exchanges EVB TLVs with it (lldptool -t -n -i INTERFACE -g ncb -V evb)"),
    (re.compile(r"sending of PortProfileRequest failed"),
     "For 802.1Qbg, check that lldpad exchanges EVB TLVs on this NIC, which tasks_from: evb of role "
     "nfv.kvm.virtual_switch sets up. If it does, run vdptool -t -i INTERFACE -V assoc while the switch answers, "
     "because lldpad 1.1 otherwise keeps refusing an instance whose association timed out. If the error remains, "
     "restart libvirtd some minutes later, because libvirt 11.3 misreads the number of its netlink socket as an error "
     "in half of its starts. For 802.1Qbh, check that the driver of the PF supports port profiles"),
    (re.compile(r"lldpad\.pid"),
     "802.1Qbg needs lldpad. Run tasks_from: evb of role nfv.kvm.virtual_switch to set it up"),
)


def remedy_of(answer: str) -> str:
    """The remedy for an error message of libvirt, empty where it is about something else."""
    refused = REFUSED.search(answer)
    if refused:
        number = int(refused.group(1))
        said = RESPONSES.get(number, f"response {number} of include/uapi/linux/if_link.h")
        return f"The switch refused the port profile: {said}. Choose a port profile that the switch has for this host"
    return next((remedy for pattern, remedy in REMEDIES if pattern.search(answer)), "")
