# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to a host's BIOS settings through its BMC, which is asked one resource after the other, since each has the
path of the next."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.redfish.faults import absent, refusal
from ansible_collections.nfv.kvm.plugins.module_utils.redfish.model import ROOT, Answer, Bmc, Known, Resource


def start(bmc: Bmc) -> Known:
    """Where the BMC is asked first, and nothing known yet."""
    uri = bmc.uri.rstrip("/")
    known = Known(uri, bmc.username, bmc.system)
    if "@" in uri:  # what is before it may be a password
        return failed(replace(known, uri=""), ValidationError(
            "kvm_host_bmc.uri", "it contains a user name", None,
            "Set kvm_host_bmc.username and kvm_host_bmc.password instead"))
    if not is_address(uri):
        return failed(known, ValidationError("kvm_host_bmc.uri", "it must be the address of a BMC and nothing else",
                                             bmc.uri, "Write an address such as https://192.0.2.10"))
    return known


def is_address(uri: str) -> bool:
    """Whether it is an HTTP address without anything more."""
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  # raises ValueError where it is not a number
    except ValueError:
        return False
    more = parts.path + parts.query + parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not more


def failed(state: Known, error: KvmError) -> Known:
    """There is no way on."""
    return replace(state, path="", fault=str(error))


def follow(state: Known, answer: Answer) -> Known:
    """What is known with one more answer, and where to ask next.

    :param answer: to the request for ``state.path``
    """
    readers = {"service": service, "systems": systems, "system": system, "bios": bios, "settings": settings}
    found = answer.json
    try:
        if answer.status != 200 or found is None or (state.path == ROOT and not found.version):
            raise refusal(state, answer)
        return readers[state.resource](state, replace(found, etag=answer.etag or found.etag))
    except KvmError as error:
        return failed(state, error)


def service(state: Known, found: Resource) -> Known:
    """Of the service itself, only the way to its systems counts."""
    return replace(state, resource="systems", path=found.systems or absent(f"BMC {state.uri}", "systems"))


def systems(state: Known, found: Resource) -> Known:
    """The system to be looked at: the only one, or the one whose Id was given."""
    paths = {path.rstrip("/").rpartition("/")[2]: path for path in found.members}
    wanted = state.system
    if wanted not in paths and (wanted or len(paths) != 1):
        cause = f"BMC {state.uri} has these systems: {', '.join(paths) or 'none'}"
        raise ValidationError("kvm_host_bmc.system", cause, wanted, "Set it to the Id of one of them" if paths else "")
    return replace(state, resource="system", path=paths[wanted or next(iter(paths))])


def system(state: Known, found: Resource) -> Known:
    """What the system is, and the way to its BIOS."""
    manufacturer, model, version = (text.strip() for text in (found.manufacturer, found.model, found.bios_version))
    words = [manufacturer, model, version and f"with BIOS {version}"]
    name = " ".join(filter(None, words)) or f"system {state.path}"
    return replace(state, name=name, manufacturer=manufacturer, resource="bios",
                   path=found.bios or absent(name, "BIOS settings"))


def bios(state: Known, found: Resource) -> Known:
    """The settings in effect, and the way to those that a reboot brings, which a BMC without such has not."""
    return replace(state, found=found.attributes or absent(state.name, "BIOS attributes"), pending={}, etag=None,
                   apply_times=found.settings.apply_times, resource="settings", path=found.settings.path)


def settings(state: Known, found: Resource) -> Known:
    """The settings that a reboot brings."""
    return replace(state, pending=found.attributes, etag=found.etag)
