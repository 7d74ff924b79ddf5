#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_migration_info
short_description: What a libvirt domain needs of another host, and whether that host has it
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - On the host that has a domain, it returns RV(needs). On the host that the domain is to go to, given as O(needs), it
    fails if something of it is not there, and returns the VFs that the domain can have there.
  - That is the machine type, for each NIC what it is connected to (the PF with a free VF, the started network with the
    port group and, if it gives VFs, a free one, the bridge, the network interface below a macvtap), and room for files
    that are not there yet. A VF that another domain, a process or the host itself uses is not free.
  - A domain that is bound to CPUs and memory of one NUMA node (O(nfv.kvm.vm_appliance#module:placement)) also needs
    such CPUs and that memory of the node that its NICs are on there. It gets the same CPUs if it can have them.
  - It fails as well on the host that has the domain, when that has something that cannot go.
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
    description: Whether both hosts reach the same disks by the same paths, so that these need no room.
    type: bool
    default: false
  files:
    description: Further files of the domain that go along where they are there.
    type: list
    elements: path
    default: []
  needs:
    description:
      - RV(needs) of the host that has the domain.
      - Where the domain runs here already, nothing is looked at.
    type: dict
    suboptions:
      live: {type: bool, description: Whether it goes as it runs.}
      unfinished: {type: str, description: What the host calls itself to which an unfinished move was to lead.}
      interfaces: {type: list, elements: str, required: true, description: "Its NICs, as libvirt's XML."}
      machine:
        description: What QEMU has to offer.
        type: dict
        required: true
        suboptions:
          type: {type: str, description: Such as V(kvm).}
          arch: {type: str, description: Such as V(x86_64).}
          machine: {type: str, description: The machine type.}
          emulator: {type: str, description: The path of QEMU.}
      cpu: {type: str, description: "The CPU of its host, as libvirt's XML, where it runs with that as it is."}
      hugepages:
        description: What of its memory is in huge pages.
        type: dict
        suboptions:
          memory: {type: int, required: true, description: KiB.}
          page: {type: int, required: true, description: "KiB of a page, V(0) for the host's default."}
      placement:
        description: Where it runs, if it is bound to CPUs and memory of a NUMA node.
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
          vcpus: {type: int, required: true, description: Number of its vCPUs.}
          memory: {type: int, required: true, description: Its memory in KiB.}
      files:
        description: The files that it has to find.
        type: list
        elements: dict
        required: true
        suboptions:
          path: {type: path, required: true, description: Where it is.}
          size: {type: int, required: true, description: The bytes that it takes.}
          checksum: {type: str, description: "The SHA-256 of one that does not change."}
      vfs:
        description: The VFs that its NICs name, and what libvirt does not manage of them.
        type: list
        elements: dict
        required: true
        suboptions:
          mac: {type: str, required: true, description: The MAC of the NIC.}
          pf: {type: str, required: true, description: The network interface of the PF.}
          index: {type: int, required: true, description: The number of the VF.}
          dev: {type: str, description: "The network interface of the VF, where a macvtap is on top of it."}
          trust: {type: bool, description: Whether it is trusted.}
          spoofchk: {type: bool, description: Whether spoofed packets are dropped.}
          min_tx_rate: {type: int, description: Mbit/s.}
          max_tx_rate: {type: int, description: Mbit/s.}
seealso:
  - module: nfv.kvm.vm_migration
"""

EXAMPLES = r"""
- name: What does it need?
  nfv.kvm.vm_migration_info:
    name: edge
  register: edge

- name: Does kvm2 have it?
  nfv.kvm.vm_migration_info:
    name: edge
    needs: "{{ edge.needs }}"
  delegate_to: kvm2
  register: edge_on_kvm2

- name: Give its VFs there what they have here
  nfv.kvm.sriov_vf:
    pf: "{{ item.pf }}"
    vfs: "{{ item.vfs }}"
  loop: "{{ edge_on_kvm2.settings }}"
  delegate_to: kvm2

- name: Move it
  nfv.kvm.vm_migration:
    name: edge
    target: qemu+ssh://root@kvm2/system
    vfs: "{{ edge_on_kvm2.vfs }}"
    placement: "{{ edge_on_kvm2.placement or omit }}"
"""

RETURN = r"""
host:
  description: What the host calls itself.
  returned: success
  type: str
  sample: kvm1
state:
  description: >-
    The state of the domain as M(nfv.kvm.vm_domain) returns it, or V(held) when a migration has paused it.
  returned: success
  type: str
  sample: running
needs:
  description: What the domain needs, to be given as O(needs); null with O(needs), and for a domain that this host does
    not have, or has handed over.
  returned: success
  type: dict
  sample: {"live": true, "files": [], "vfs": [], "interfaces": [], "unfinished": null, "machine": {"machine": "pc"}}
pfs:
  description: With O(needs), the PFs of this host whose VFs the guest will have, be it through a network.
  returned: success
  type: list
  elements: str
  sample: [eno2]
vfs:
  description: With O(needs), this host's VFs for the NICs of type C(hostdev), as O(nfv.kvm.vm_migration#module:vfs).
  returned: success
  type: list
  elements: dict
  contains:
    mac: {type: str, sample: "52:54:00:12:34:56", description: The MAC of the NIC.}
    pci_address: {type: str, sample: "0000:02:10.0", description: The VF.}
placement:
  description: >-
    With O(needs), where the domain can run on this host, as O(nfv.kvm.vm_migration#module:placement). Null for one that
    is not bound to CPUs and memory of a NUMA node.
  returned: success
  type: dict
  sample: {"policy": "dedicated", "node": 1, "cpus": [2, 22], "empty": [], "emulator_cpus": [0, 20], "page": 1048576,
           "threads": "prefer", "memory_lock": null, "share_pages": null}
settings:
  description: With O(needs), what VFs had on the other host and are to have here, that libvirt does not manage.
  returned: success
  type: list
  elements: dict
  contains:
    pf: {type: str, sample: eno2, description: A PF.}
    vfs:
      description: Its VFs, as O(nfv.kvm.sriov_vf#module:vfs).
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
