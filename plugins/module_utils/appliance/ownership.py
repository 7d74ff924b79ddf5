# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose a domain is that has the name of an appliance."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


def check_own(name: str, definition: Element | None, folder: str) -> None:
    """Refuse the domain of somebody else. An appliance is known by its disks, which are in its folder.

    :param definition: of the domain, None if there is none
    :raises InUse: none of its disks is there
    """
    if definition is None:
        return
    paths = [source.get("file") for source in definition.iterfind("devices/disk/source[@file]")]
    if not any(path.startswith(f"{folder}/") for path in paths):
        raise InUse("name", "this host has a domain of that name which is not this appliance: none of its disks is in "
                    f"{folder}", name, "Choose another name, or give the folder that the appliance's disks are in")
