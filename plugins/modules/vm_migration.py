#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_migration
short_description: Move a libvirt domain to another host
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Moves a libvirt domain from the host on which the module runs (the source) to another host (the target). The module
    connects to the libvirt of the target from the source. The domain keeps its UUID, its name and the MAC addresses of
    its NICs. After the move, only the target has the domain.
  - Moves a running domain live, with its disks. The domain keeps running and pauses only for the switchover.
  - Can move a domain live that has VFs if the VFs are C(transient) in a team
    (O(nfv.kvm.vm_interface#module:interfaces[].teaming)) and come from a libvirt network that has the same name on both
    hosts.
  - Copies a domain with other VFs, or a domain that does not run, while it is shut down. If it ran before the move, the
    module starts it on the target.
  - Never lets the domain run on both hosts. An interrupted move records its progress in the metadata of the domain. If
    you run the module again, it completes the move. If you run it with source and target exchanged, it reverts the
    move. Until then, the domain cannot be started on either host.
  - A run can continue on the source to its end after its controller was killed. Until then, a second run on the same
    host is refused.
  - Fails if both hosts have the domain but not because of a move, if the domain has something that cannot be moved,
    such as snapshots, or, before its guest is shut down, if the target has another domain with the same UUID.
    M(nfv.kvm.vm_migration_info) checks whether the target has what the domain needs.
  - Copies the files of the disks, the UEFI variables, and the media and kernels that the target does not have. Fails if
    the target has another file at the same path. Finally removes the disks and the UEFI variables on the source, and
    media that are in the same folder as the disks if this folder has the name of the domain. A file is not removed if
    another domain uses it, by whatever path, if a disk of another domain is based on it, or if the target has access to
    the same file.
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  target:
    description:
      - The libvirt connection URI of the target, such as V(qemu+ssh://root@kvm2/system).
      - For ssh, root on the source needs a key that the target accepts, and must know the host key of the target. The
        module cannot enter passwords.
    type: str
    required: true
  address:
    description:
      - Name or IP address of the target to which a live migration sends memory and disks. It uses TCP ports from 49152
        upwards without encryption.
      - If it is omitted, the host of O(target) is used.
    type: str
  shared_storage:
    description:
      - Whether both hosts have access to the same disks by the same paths. Disks are then neither copied nor removed.
        The domain is refused if the target does not have each disk and the images on which it is based.
      - For UEFI variables, media, kernels and O(files), the module compares the size and the time of the last change of
        each file to detect whether both hosts have access to the same file. If not, the file is copied.
    type: bool
    default: false
  files:
    description:
      - Paths of more files on the source to move with the domain. Files that do not exist are ignored. The others are
        removed on the source at the end.
    type: list
    elements: path
    default: []
  vfs:
    description:
      - The VFs of the target for the NICs of type C(hostdev). Use RV(nfv.kvm.vm_migration_info#module:vfs) of the
        target.
    type: list
    elements: dict
    default: []
    suboptions:
      mac: {type: str, required: true, description: MAC address of the NIC.}
      pci_address: {type: str, required: true, description: PCI address of the VF on the target.}
  placement:
    description:
      - The CPUs and the NUMA node of the domain on the target. Use RV(nfv.kvm.vm_migration_info#module:placement) of
        the target.
      - Required if the domain is bound to CPUs and memory of one NUMA node on the source.
    type: dict
    suboptions:
      policy:
        description: Whether the CPUs are reserved for this domain, or shared with others.
        type: str
        required: true
        choices: [dedicated, shared]
      node: {type: int, required: true, description: Number of the NUMA node.}
      cpus: {type: list, elements: int, required: true, description: The CPUs of the vCPUs.}
      empty: {type: list, elements: int, default: [], description: CPUs of the same cores that stay idle.}
      emulator_cpus: {type: list, elements: int, default: [], description: The CPUs of the other threads of QEMU.}
      page: {type: int, description: Size of a huge page in KiB. It is omitted without huge pages.}
      threads:
        description: How the vCPUs use the threads of a core (SMT).
        type: str
        choices: [prefer, isolate, require]
        default: prefer
      memory_lock: {type: bool, description: Whether its memory is locked.}
      share_pages: {type: bool, description: Whether KSM can merge its pages.}
  timeout:
    description:
      - Time in seconds, at least 1, that a guest has to shut down if it cannot move live. If it takes longer, the
        domain stays on the source. It can still shut down later, because it was asked to.
    type: int
    default: 120
  live_timeout:
    description:
      - Maximum duration of a live migration in seconds, at least 1. A migration that takes longer is aborted, and the
        domain keeps running on the source.
    type: int
    default: 3600
  lost_host:
    description:
      - Host name of the other host of an unfinished move, if that host is permanently lost. Use the name that the
        module shows when it refuses the move.
      - The domain then stays on this host, and is started if it ran before the move. What it has written on the lost
        host since the move is lost. Nothing is moved, and all options except O(name), O(target) and O(uri) are ignored.
      - Make sure that the other host is powered off and does not come back with the domain, because the domain could
        then run on both hosts. The module refuses this if libvirt at O(target) answers and has the domain, or is on
        another host than O(lost_host). It also refuses it if the answer shows that the host is alive, such as a denied
        login or a refused connection.
    version_added: 0.2.0
    type: str
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes
seealso:
  - module: nfv.kvm.vm_migration_info
  - module: nfv.kvm.vm_interface
notes:
  - The module copies files through the storage driver of libvirt, which the target needs.
  - Each disk must be a file of format raw or qcow2 without a backing file and without an external data file, a network
    disk, or on shared storage.
"""

EXAMPLES = r"""
- name: Move a router to kvm2
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system

- name: Move a router to kvm2, and send its memory and disks over another network
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system
    address: 10.9.0.2

- name: Revert an interrupted move from kvm1 to kvm2 (run this on kvm2)
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm1/system

- name: Keep the domain on kvm1 after kvm2 was lost during the move (run this on kvm1)
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system
    lost_host: kvm2

- name: Move a firewall with a VF, and give it a VF of kvm2
  nfv.kvm.vm_migration:
    name: firewall
    target: qemu+ssh://root@kvm2/system
    timeout: 300
    vfs:
      - mac: 52:54:00:12:34:56
        pci_address: "0000:02:10.0"
"""

RETURN = r"""
state:
  description: >-
    State of the domain as in RV(nfv.kvm.vm_domain#module:state). With O(lost_host), the state on this host, otherwise
    the state on the target.
  returned: success
  type: str
  sample: running
uuid:
  description: UUID of the domain.
  returned: success
  type: str
  sample: c2be7f59-ef60-4e6c-b173-8f39ae8b1380
method:
  description: >-
    V(live) if the domain was moved while it ran, or V(cold) if it was copied while it was shut down. It is null if the
    domain already was on the target, and with O(lost_host).
  returned: success
  type: str
  sample: live
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["domain edge: record that it moves to kvm2", "domain edge: move it live to kvm2"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.placing import OPTIONS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.plan import migration_resource
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

VF = {"mac": {"type": "str", "required": True}, "pci_address": {"type": "str", "required": True}}
SPEC = {
    "name": {"type": "str", "required": True},
    "target": {"type": "str", "required": True},
    "address": {"type": "str"},
    "shared_storage": {"type": "bool", "default": False},
    "files": {"type": "list", "elements": "path", "default": []},
    "vfs": {"type": "list", "elements": "dict", "options": VF, "default": []},
    "placement": {"type": "dict", "options": OPTIONS},
    "timeout": {"type": "int", "default": 120},
    "live_timeout": {"type": "int", "default": 3600},
    "lost_host": {"type": "str"},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), migration_resource)


if __name__ == "__main__":
    main()
