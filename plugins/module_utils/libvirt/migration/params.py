# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of a move: the other host, as its libvirt's URI names it, and its VFs."""

from __future__ import annotations

import typing as t
from urllib.parse import parse_qs, urlsplit

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, InUse, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, connect
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.answers import is_lost, remedy_of_reaching
from ansible_collections.nfv.kvm.plugins.module_utils.mac import unicast_mac
from ansible_collections.nfv.kvm.plugins.module_utils.pci import PCI_ADDRESS


def connect_target(uri: str) -> Connection:
    """Open the target's libvirt.

    :raises CommandFailed: it cannot be reached
    """
    place = urlsplit(uri)
    try:
        return connect(uri)
    except CommandFailed as error:
        error.remedy = remedy_of_reaching(str(error), place.netloc)
        raise


def connect_lost(uri: str) -> Connection | None:
    """Open the libvirt of a host that the user calls lost; None if it does not answer, as it has to be.

    :raises InUse: the host denies or refuses something, so it is not lost, or the URI is not right
    """
    try:
        return connect(uri)
    except CommandFailed as error:
        if is_lost(error.cause, t.cast(t.Any, error.__cause__).get_error_code()):
            return None
        raise InUse(
            "lost_host", f"this error does not prove that the host is lost: {error.subject} {error.cause}",
            remedy="Make sure that the host is powered off, and that target contains its name or its IP address",
        ) from error


def without_questions(uri: str) -> str:
    """The URI with which ssh asks nobody for a password.

    :raises ValidationError: it names no other host
    """
    try:
        place = urlsplit(uri)
        named = place.hostname if place.port != 0 else None  # that of an IPv6 address without brackets is not a number
    except ValueError:
        named = None
    if not named:
        raise ValidationError("target", "this URI does not contain a host",
                              uri, "Write a URI such as qemu+ssh://root@kvm2/system")
    if not place.scheme.endswith("+ssh") or "no_tty" in parse_qs(place.query):
        return uri
    return place._replace(query=f"{place.query}&no_tty=1".lstrip("&")).geturl()


def host_of(uri: str) -> str:
    """The host that a URI names."""
    return str(urlsplit(uri).hostname)


def given_vfs(given: list[dict[str, str]]) -> dict[str, str]:
    """PCI addresses of VFs by the MAC of the NIC.

    :raises ValidationError: one is not valid
    """
    found = {}
    for number, vf in enumerate(given):
        if not PCI_ADDRESS.fullmatch(vf["pci_address"]):
            raise ValidationError(f"vfs[{number}].pci_address", "this is not a PCI address", vf["pci_address"],
                                  "Write an address such as 0000:01:10.0")
        found[unicast_mac(f"vfs[{number}].mac", vf["mac"])] = vf["pci_address"].lower()
    return found
