#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_migration
short_description: Move a libvirt domain to another host
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Runs on the host that the domain is to leave, and reaches the libvirt of the other one from there. The domain keeps
    its UUID, its name and the MACs of its NICs; afterwards one host has it, and the other nothing of it.
  - A domain that runs moves live, with its disks. It goes on all the time, but for the moment of the change.
  - VFs are no hindrance where they are C(transient) in a team (O(nfv.kvm.vm_interface#module:interfaces[].teaming)) and
    come from a libvirt network of the same name on both hosts.
  - A domain with other VFs, and one that is off, is copied while it is off, and then runs on the other host if it ran
    before.
  - It never runs on both hosts. What an interrupted move has left is told by a note in the metadata of the domain; when
    the module is run again it ends that move, and with source and target exchanged it takes it back. Until then, the
    domain starts with neither host.
  - A run whose controller was killed may well go on on the host to its end. A second one on the same host is refused
    until then.
  - A domain that both hosts have, but not from a move, is refused, and so is one with something that cannot go, such as
    snapshots. What the other host has to have is looked at by M(nfv.kvm.vm_migration_info).
  - The files of the domain's disks go along, and so do its UEFI variables, and media and kernels that the other host
    does not have; another file in such a place is refused. On the source, disks and UEFI variables are removed at the
    end, and media that are beside the disks in a folder of the domain's name. A file stays if another domain has it,
    by whatever name, if a disk of another domain is based on it, or if the other host reaches the same file.
  - A domain is refused, before its guest is shut down, if the other host has another domain with the same UUID.
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  target:
    description:
      - The URI of the other host's libvirt, such as V(qemu+ssh://root@kvm2/system).
      - For ssh, root of this host needs a key that the other host takes, and the other's host key. Nobody is
        asked a password.
    type: str
    required: true
  address:
    description:
      - The name or address of the other host to which memory and disks are sent in a live migration, by TCP to ports
        from 49152 on, without encryption. By default it is the host of O(target).
    type: str
  shared_storage:
    description:
      - Whether both hosts reach the same disks by the same paths, so that none is copied and none removed. The other
        host must have each of them, with the images that it is based on, else the domain is refused.
      - Of UEFI variables, media, kernels and O(files) the module finds out for each whether both hosts reach the same
        file, by its size and the time of its last change. What only this host reaches is copied as without this option.
    type: bool
    default: false
  files:
    description: Further files of this host that go along where they are there, and are removed at the end.
    type: list
    elements: path
    default: []
  vfs:
    description:
      - The VFs that the other host has for the NICs of the type C(hostdev). M(nfv.kvm.vm_migration_info) returns them
        there.
    type: list
    elements: dict
    default: []
    suboptions:
      mac: {type: str, required: true, description: The MAC of the NIC.}
      pci_address: {type: str, required: true, description: The PCI address of the VF on the other host.}
  placement:
    description:
      - The CPUs and the NUMA node that the domain has on the other host. M(nfv.kvm.vm_migration_info) returns them
        there.
      - Required if the domain is bound to CPUs and memory of one NUMA node here.
    type: dict
    suboptions:
      policy: {type: str, required: true, choices: [dedicated, shared], description: Whose the CPUs are.}
      node: {type: int, required: true, description: The NUMA node.}
      cpus: {type: list, elements: int, required: true, description: The CPUs of its vCPUs.}
      empty: {type: list, elements: int, default: [], description: The CPUs that stay empty for it.}
      emulator_cpus: {type: list, elements: int, default: [], description: The CPUs of QEMU's other threads.}
      page: {type: int, description: KiB of a huge page.}
      threads:
        description: What its vCPUs share of a core.
        type: str
        choices: [prefer, isolate, require]
        default: prefer
      memory_lock: {type: bool, description: Whether its memory is locked.}
      share_pages: {type: bool, description: Whether its pages can be merged.}
  timeout:
    description:
      - Seconds, at least 1, in which a guest must have shut down that cannot move live. Else it stays here. It was
        asked, though, and may still shut down later.
    type: int
    default: 120
  live_timeout:
    description:
      - Seconds, at least 1, that a live migration may take. A longer one is ended, and the domain goes on here.
    type: int
    default: 3600
  lost_host:
    description:
      - What the other host of an unfinished move calls itself, if that host is lost. The module's refusals name it.
      - The domain then stays on this host, and runs if it ran before the move. What it has written on the lost host
        since is lost. Nothing moves, and all other options but O(name), O(target) and O(uri) are ignored.
      - Make sure that the other host has no power and does not come back with the domain, for then it could run on
        both. This is refused if libvirt at O(target) answers and has the domain, or is on another host than
        O(lost_host). It is also refused if the answer is one of a host that is alive, such as a login that is denied
        or a connection that is refused.
    type: str
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes
seealso:
  - module: nfv.kvm.vm_migration_info
  - module: nfv.kvm.vm_interface
notes:
  - The libvirt of the other host needs its storage driver, through which files are copied.
  - A disk has to be a file of format raw or qcow2 without a backing file or an external data file, or one of the
    network, or shared.
"""

EXAMPLES = r"""
- name: Move a router to kvm2
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system

- name: The same, with its memory and disks over another network
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system
    address: 10.9.0.2

- name: Take a move back that was interrupted, on kvm2
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm1/system

- name: Keep it on kvm1 after kvm2 was lost amid the move, on kvm1
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system
    lost_host: kvm2

- name: One with a VF, for which kvm2 has another
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
    The state of the domain on the target, with O(lost_host) on this host, as M(nfv.kvm.vm_domain) returns it.
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
    How it went: V(live) as it ran, or V(cold) as a copy while it was off. Null when it was there already, and with
    O(lost_host).
  returned: success
  type: str
  sample: live
actions:
  description: What was done, or would be done in check mode, in words.
  returned: always
  type: list
  elements: str
  sample: ["domain edge: note that it moves to kvm2", "domain edge: move it live to kvm2"]
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
