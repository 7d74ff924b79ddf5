# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a domain's XML nobody is to read: it counts in a comparison, and is never shown."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

HIDDEN = "(hidden)"
# By the paths of flat.py. The first two are what libvirt itself shows with VIR_DOMAIN_XML_SECURE only; the others are
# free text, in which passwords, tokens and keys are handed to QEMU or to the guest.
SECRET = re.compile("|".join((
    r".*@passwd",
    r".*/cookies/cookie(:\d+)?",
    r"devices/.*/source/@query",  # of an HTTP disk, such as the signature of its URL
    r"qemu:commandline/.*",
    r"os/(cmdline|initarg|initenv).*",
    r"sysinfo(:\d+)?/(?!@type$).*",  # SMBIOS and fw_cfg
)))
# A shorter value, such as on or 1, may be part of any message.
SHORTEST = 4
# A password within such a text, as in -object secret,id=s,data=PASSWORD
WITHIN = re.compile(rf"=([^\s,=]{{{SHORTEST},}})")


def is_secret(path: str) -> bool:
    """Whether the value at a path must not be shown."""
    return SECRET.fullmatch(path) is not None


def hidden(value: str | None) -> str | None:
    """That there is a secret, or none, without the secret."""
    return None if value is None else HIDDEN


def without_secrets(message: str, domains: t.Iterable[str]) -> str:
    """A message of libvirt, which may quote QEMU's arguments, without what must not be shown.

    :param domains: the XML of domains that it may be about
    """
    values = {value for text in set(domains) for value in _values(xml.parse(text))}
    for value in sorted(values, key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", HIDDEN, message, flags=re.IGNORECASE)
    return message


def _values(domain: Element) -> t.Iterator[str]:
    for path, value in flatten(domain).items():
        if is_secret(path) and len(value) >= SHORTEST:
            yield value
            yield from WITHIN.findall(value)
