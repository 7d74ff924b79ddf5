# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a domain is that has the name of an appliance, and whose its folder."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.files import own_files
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# The disk that boots, in each format
FIRST = ("disk.qcow2", "disk.raw")


def check_own(name: str, definition: Element | None, folder: str) -> None:
    """Refuse the domain of somebody else. An appliance is known by its first disk, which is in its folder.

    :param definition: of the domain, None if there is none
    :raises InUse: it does not have that disk
    """
    if definition is None:
        return
    paths = [source.get("file") for source in definition.iterfind("devices/disk/source[@file]")]
    if not any(f"{folder}/{first}" in paths for first in FIRST):
        raise InUse("name", "this host has a domain of this name that is not this appliance, because it has no disk "
                    f"{folder}/{FIRST[0]}", name, "Choose another name, or set folder to the folder of the appliance's "
                    "disks")


def check_folder(host: Host, connection: Connection, name: str, folder: str) -> None:
    """Refuse a folder that a new appliance would share: it takes disks that are there for its own.

    :raises InUse: another domain has a file in it, or is based on one
    """
    there = [f"{folder}/{one}" for one in host.names(folder)]
    own = own_files(host, connection, name, xml.etree().Element("domain"), there) if there else ()
    for path in there:
        if path not in own:
            raise InUse("folder", f"another domain uses {path}", folder, "Set a different folder for each appliance")
