# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do when libvirt cannot reach the other host, or cannot move a domain there."""

from __future__ import annotations

import re

SSH = ("Set up ssh from root on this host to the other host without a password: add the key of root to authorized_keys "
       "there, and the host key to known_hosts here (ssh-keyscan); ssh -o BatchMode=yes {login} true checks it")
REACH = (
    (re.compile(r"Permission denied|Host key verification failed"), SSH),
    (re.compile(r"resolve|Name or service not known"),
     "Use an IP address in target, or a name that this host can resolve"),
    (re.compile(r"refused|timed out|No route|unreachable"),
     "Check that the other host runs and accepts connections from this one; if it was lost in a move, see lost_host"),
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
     "Open TCP ports 49152 to 49215 of {address} in the firewall for memory and disks, or set another address"),
    (re.compile(r"same host"),
     "Both hosts have the same UUID: set a different host_uuid in libvirtd.conf or virtqemud.conf on each"),
    (re.compile(r"CPU|feature"),
     "The CPU of the other host lacks features that the guest uses: set a CPU model that both hosts support (virsh "
     "hypervisor-cpu-baseline), or move the domain while it is shut down"),
    (re.compile(r"machine"), "QEMU on the other host is older: upgrade it to the release on this host"),
    (re.compile(r"block job"), "Wait until it finishes (virsh blockjob), or abort it"),
    (re.compile(r"memory|hugepage", re.IGNORECASE),
     "Check that the other host has enough free memory in pages of the same size"),
)


def remedy_of_reaching(answer: str, login: str) -> str:
    """The remedy when the other libvirt cannot be reached.

    :param login: user and host as ssh takes them
    """
    found = (remedy for pattern, remedy in REACH if pattern.search(answer))
    return next(found, "Run systemctl status libvirtd (or virtqemud) on the other host").format(login=login)


def is_lost(answer: str, code: int) -> bool:
    """Whether the other host may be lost, by what libvirt says of it; False if it is alive, or was asked wrongly.

    :param code: of libvirt's error
    """
    return code not in ASKED_WRONGLY and NOT_LOST.search(answer) is None


def remedy_of_migration(answer: str, address: str) -> str:
    """The remedy for a migration that failed, whose domain has stayed."""
    found = (remedy for pattern, remedy in MIGRATION if pattern.search(answer))
    return next(found, "Check the log of the domain in /var/log/libvirt/qemu on the other host").format(address=address)
