# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that both hosts reach: of the disks the user says so, of all others it is seen, for each by itself."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.storage import look


def on_both(host: Host, there: Connection, paths: t.Iterable[str]) -> frozenset[str]:
    """Those of these files that are the same one on both hosts: removed here, the other host would lack it."""
    found = look(there, {path for path in paths if host.exists(path)})
    return frozenset(path for path, place in found if place.shares(os.path.basename(path), host, path))


def check_shared(there: Connection, target: str, paths: t.Collection[str]) -> None:
    """See, before the guest is shut down, that the other host has what is said to be shared.

    :raises ValidationError: it lacks a file
    """
    missing = sorted(set(paths) - {path for path, _place in look(there, paths)})
    if missing:
        raise ValidationError(
            "shared_storage", f"{target} does not have {missing[0]}, which is a disk or the base image of a disk", True,
            f"Mount the storage on {target} at the same path, or set shared_storage: false")
