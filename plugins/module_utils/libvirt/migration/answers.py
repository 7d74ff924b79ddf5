# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do when libvirt cannot reach the other host, or cannot move a domain there."""

from __future__ import annotations

import re

SSH = ("As root on this host, ssh to the other one has to work without a question: give root a key that is in the "
       "other's authorized_keys, and the other's host key in known_hosts (ssh-keyscan); ssh -o BatchMode=yes {login} "
       "true tells")
REACH = (
    (re.compile(r"Permission denied|Host key verification failed"), SSH),
    (re.compile(r"resolve|Name or service not known"),
     "Give the host in target by an address, or by a name that this host knows"),
    (re.compile(r"refused|timed out|No route|unreachable"),
     "See that the other host runs and lets this one in; if it is lost amid a move, see lost_host"),
    (re.compile(r"End of file while reading|Connection reset"), SSH),
)
# What libvirt says of a host that is not lost, or not asked at all. By its codes (virterror.h): no driver for the URI,
# an argument or a configuration that is wrong, and authentication that failed, was cancelled, is missing or is denied.
ASKED_WRONGLY = frozenset({5, 8, 67, 45, 79, 80, 88})
# By the words of ssh, of what ssh runs there, and of TLS: who denies or refuses something is alive.
NOT_LOST = re.compile(
    r"Permission denied|Host key verification failed|HOST IDENTIFICATION HAS CHANGED|authentication|"
    r"resolve|Name or service not known|command not found|cannot execute|"
    r"Connection refused|Failed to connect socket|unix connect failed|-sock\b|\bTLS\b|[Cc]ertificate")
MIGRATION = (
    (re.compile(r"unable to connect|Connection (refused|timed out)|No route|resolve|localhost"),
     "Memory and disks go to TCP ports 49152 to 49215 of {address}: let them through there, or give another address"),
    (re.compile(r"same host"),
     "Both hosts have one UUID: give each its own, host_uuid in libvirtd.conf or virtqemud.conf"),
    (re.compile(r"CPU|feature"),
     "The other host's CPU lacks what the guest runs with: give the domain a CPU model that both have (virsh "
     "hypervisor-cpu-baseline), or move it while it is off"),
    (re.compile(r"machine"), "The other host's QEMU is older: bring it to the release of this one"),
    (re.compile(r"block job"), "Wait for it to end (virsh blockjob), or end it"),
    (re.compile(r"memory|hugepage", re.IGNORECASE),
     "See that the other host has the memory, in pages of the same size"),
)


def remedy_of_reaching(answer: str, login: str) -> str:
    """The remedy when the other libvirt cannot be reached.

    :param login: user and host as ssh takes them
    """
    found = (remedy for pattern, remedy in REACH if pattern.search(answer))
    return next(found, "See systemctl status libvirtd (or virtqemud) on the other host").format(login=login)


def is_lost(answer: str, code: int) -> bool:
    """Whether the other host may be lost, by what libvirt says of it; False if it is alive, or was asked wrongly.

    :param code: of libvirt's error
    """
    return code not in ASKED_WRONGLY and NOT_LOST.search(answer) is None


def remedy_of_migration(answer: str, address: str) -> str:
    """The remedy for a migration that failed, whose domain has stayed."""
    found = (remedy for pattern, remedy in MIGRATION if pattern.search(answer))
    return next(found, "See the other host's log of the domain in /var/log/libvirt/qemu").format(address=address)
