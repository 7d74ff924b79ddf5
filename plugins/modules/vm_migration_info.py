#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_migration_info
short_description: Check whether another host has what a libvirt domain needs
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - On the host that has the domain (the source), returns what the domain needs in RV(needs), and fails if the domain
    has something that cannot be moved.
  - On the host to which the domain is to move (the target), checks O(needs). It fails if a part is missing, and returns
    the VFs that the domain can use there.
  - Checks the machine type, what each NIC is connected to, and the disk space for files that do not exist yet. For a
    NIC, this is the PF with a free VF, the started network with its port group and, if it gives VFs, a free one, the
    bridge, or the netdev below a macvtap. A VF that another domain, a process or the host itself uses is not free.
  - A domain that is bound to CPUs and memory of one NUMA node (O(nfv.kvm.vm_appliance#module:placement)) also needs
    such CPUs and memory on the NUMA node of its NICs on the target. It gets the same CPUs if they are free there.
  - Changes nothing.
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes.reading
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  shared_storage:
    description:
      - Whether both hosts have access to the same disks by the same paths. The disks then need no space on the target.
    type: bool
    default: false
  files:
    description: Paths of more files on the source to move with the domain. Files that do not exist are ignored.
    type: list
    elements: path
    default: []
  needs:
    description:
      - The value of RV(needs) from the source. If it is omitted, the module returns RV(needs) of this host.
      - If the domain already runs on this host, nothing is checked.
    type: dict
    suboptions:
      live: {type: bool, description: Whether the domain moves while it runs.}
      unfinished: {type: str, description: Host name of the target of an unfinished move.}
      interfaces: {type: list, elements: str, required: true, description: "The NICs of the domain, as libvirt's XML."}
      machine:
        description: What QEMU on the target must support.
        type: dict
        required: true
        suboptions:
          type: {type: str, description: "Virtualization type, such as V(kvm)."}
          arch: {type: str, description: "Architecture, such as V(x86_64)."}
          machine: {type: str, description: Machine type.}
          emulator: {type: str, description: Path of the QEMU program.}
      cpu:
        description: CPU of the source, as libvirt's XML, if the domain uses the CPU of its host unchanged.
        type: str
      hugepages:
        description: The memory of the domain that is in huge pages.
        type: dict
        suboptions:
          memory: {type: int, required: true, description: Size of this memory in KiB.}
          page: {type: int, required: true, description: "Size of a page in KiB, or V(0) for the default of the host."}
      placement:
        description: The CPUs and the NUMA node of the domain on the source, if it is bound to them.
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
          vcpus: {type: int, required: true, description: Number of the vCPUs.}
          memory: {type: int, required: true, description: Memory of the domain in KiB.}
      files:
        description: The files that the domain needs.
        type: list
        elements: dict
        required: true
        suboptions:
          path: {type: path, required: true, description: Path of the file.}
          size: {type: int, required: true, description: Disk space of the file in bytes.}
          checksum: {type: str, description: SHA-256 digest of a file that does not change.}
      vfs:
        description: The VFs that the NICs name, and their settings that libvirt does not manage.
        type: list
        elements: dict
        required: true
        suboptions:
          mac: {type: str, required: true, description: MAC address of the NIC.}
          pf: {type: str, required: true, description: Netdev of the PF.}
          index: {type: int, required: true, description: "Number of the VF, starting at 0."}
          dev: {type: str, description: Netdev of the VF if a macvtap is on top of it.}
          trust: {type: bool, description: Whether the VF is trusted.}
          spoofchk: {type: bool, description: Whether spoofed packets are dropped.}
          min_tx_rate: {type: int, description: Guaranteed transmit rate in Mbit/s.}
          max_tx_rate: {type: int, description: "Maximum transmit rate in Mbit/s, or V(0) for no limit."}
seealso:
  - module: nfv.kvm.vm_migration
"""

EXAMPLES = r"""
- name: List what the domain needs
  nfv.kvm.vm_migration_info:
    name: edge
  register: edge

- name: Check whether kvm2 has it
  nfv.kvm.vm_migration_info:
    name: edge
    needs: "{{ edge.needs }}"
  delegate_to: kvm2
  register: edge_on_kvm2

- name: Give the VFs on kvm2 the same settings
  nfv.kvm.sriov_vf:
    pf: "{{ item.pf }}"
    vfs: "{{ item.vfs }}"
  loop: "{{ edge_on_kvm2.settings }}"
  delegate_to: kvm2

- name: Move the domain to kvm2
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system
    vfs: "{{ edge_on_kvm2.vfs }}"
    placement: "{{ edge_on_kvm2.placement or omit }}"
"""

RETURN = r"""
host:
  description: Host name of this host.
  returned: success
  type: str
  sample: kvm1
state:
  description: >-
    State of the domain as in RV(nfv.kvm.vm_domain#module:state), or V(held) if a migration has paused it.
  returned: success
  type: str
  sample: running
needs:
  description: >-
    What the domain needs, as a value for O(needs) on the target. It is null if O(needs) is given, and if this host does
    not have the domain or has handed it over.
  returned: success
  type: dict
  sample: {"live": true, "files": [], "vfs": [], "interfaces": [], "unfinished": null, "machine": {"machine": "pc"}}
pfs:
  description: With O(needs), the PFs of this host whose VFs the guest will use, directly or through a network.
  returned: success
  type: list
  elements: str
  sample: [eno2]
vfs:
  description: >-
    With O(needs), the VFs of this host for the NICs of type C(hostdev), as in O(nfv.kvm.vm_migration#module:vfs).
  returned: success
  type: list
  elements: dict
  contains:
    mac: {type: str, sample: "52:54:00:12:34:56", description: MAC address of the NIC.}
    pci_address: {type: str, sample: "0000:02:10.0", description: PCI address of the VF.}
placement:
  description: >-
    With O(needs), the CPUs and the NUMA node that the domain can use on this host, for
    O(nfv.kvm.vm_migration#module:placement). Null if the domain is not bound to a NUMA node.
  returned: success
  type: dict
  sample: {"policy": "dedicated", "node": 1, "cpus": [2, 22], "empty": [], "emulator_cpus": [0, 20], "page": 1048576,
           "threads": "prefer", "memory_lock": null, "share_pages": null}
settings:
  description: With O(needs), the settings that the VFs need on this host and that libvirt does not manage.
  returned: success
  type: list
  elements: dict
  contains:
    pf: {type: str, sample: eno2, description: Netdev of the PF.}
    vfs:
      description: The VFs of this PF, as in O(nfv.kvm.sriov_vf#module:vfs).
      type: list
      elements: dict
      sample: [{"index": 0, "trust": true, "spoofchk": false}]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.needs import examine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration.placing import OPTIONS
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

MACHINE = {"type": {"type": "str"}, "arch": {"type": "str"}, "machine": {"type": "str"}, "emulator": {"type": "str"}}
HUGEPAGES = {"memory": {"type": "int", "required": True}, "page": {"type": "int", "required": True}}
FILE = {"path": {"type": "path", "required": True}, "size": {"type": "int", "required": True},
        "checksum": {"type": "str"}}
VF = {
    "mac": {"type": "str", "required": True}, "pf": {"type": "str", "required": True},
    "index": {"type": "int", "required": True}, "dev": {"type": "str"}, "trust": {"type": "bool"},
    "spoofchk": {"type": "bool"}, "min_tx_rate": {"type": "int"}, "max_tx_rate": {"type": "int"},
}
NEEDS = {
    "live": {"type": "bool"}, "unfinished": {"type": "str"},
    "interfaces": {"type": "list", "elements": "str", "required": True},
    "machine": {"type": "dict", "required": True, "options": MACHINE},
    "cpu": {"type": "str"},
    "hugepages": {"type": "dict", "options": HUGEPAGES},
    "placement": {"type": "dict", "options": {
        **OPTIONS, "vcpus": {"type": "int", "required": True}, "memory": {"type": "int", "required": True}}},
    "files": {"type": "list", "elements": "dict", "required": True, "options": FILE},
    "vfs": {"type": "list", "elements": "dict", "required": True, "options": VF},
}
SPEC = {
    "name": {"type": "str", "required": True},
    "shared_storage": {"type": "bool", "default": False},
    "files": {"type": "list", "elements": "path", "default": []},
    "needs": {"type": "dict", "options": NEEDS},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.report(module_with(SPEC), examine)


if __name__ == "__main__":
    main()
