#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_placement_info
short_description: CPUs, huge pages and SR-IOV NICs of a host by NUMA node, and who has them
version_added: 0.2.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Returns for each NUMA node the CPUs with the domains that are pinned to them, the huge pages with the domains that
    use them or will use them when they start, and the physical functions (PFs) with SR-IOV.
  - With O(fits), it also returns where an appliance of a given size would run, as
    O(nfv.kvm.vm_appliance#module:placement) with C(policy=dedicated) chooses it, or why it does not fit.
  - Changes nothing. Run it as root, because libvirt does not show its domains to everybody.
  - libvirt is asked only if it is installed (C(/run/libvirt) or C(/etc/libvirt)) and may have domains.
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes.reading
options:
  fits:
    description: The size of an appliance. If it is omitted, RV(fits) is null.
    type: dict
    suboptions:
      vcpus: {type: int, required: true, description: Number of vCPUs.}
      memory: {type: int, required: true, description: Memory in MiB.}
      pfs:
        description:
          - The PFs of its NICs, one for each NIC, by network interface or PCI address. The node of most of them is
            chosen. If it is omitted, any node will do.
        type: list
        elements: str
        default: []
      hugepages:
        description: The huge pages that its memory is in. V(none) means none.
        type: str
        choices: [2M, 1G, none]
        default: none
      threads:
        description: What the vCPUs share of a core, as O(nfv.kvm.vm_appliance#module:placement.threads).
        type: str
        choices: [prefer, isolate, require]
        default: prefer
seealso:
  - module: nfv.kvm.vm_appliance
  - module: nfv.kvm.bios_check
"""

EXAMPLES = r"""
- name: Read which CPUs and huge pages the host has left
  nfv.kvm.vm_placement_info:
  register: host

- name: Show the CPUs that no domain has, by NUMA node
  ansible.builtin.debug:
    msg: "{{ item.cpus | rejectattr('pinned_by') | rejectattr('housekeeping') | map(attribute='cpu') | list }}"
  loop: "{{ host.nodes }}"
  loop_control:
    label: "NUMA node {{ item.numa_node }}"

- name: Find out whether a vSRX with VFs of eno2 and eno3 fits
  nfv.kvm.vm_placement_info:
    fits: {vcpus: 5, memory: 8192, pfs: [eno2, eno3], hugepages: 1G}
  register: vsrx

- name: Stop if it does not fit
  ansible.builtin.assert:
    that: vsrx.fits.fits
    fail_msg: "{{ vsrx.fits.reason }}"
"""

RETURN = r"""
nodes:
  description: The NUMA nodes of the host by number.
  returned: success
  type: list
  elements: dict
  contains:
    numa_node: {description: The number of the node., type: int, sample: 1}
    memory: {description: "Its memory in MiB, huge pages included.", type: int, sample: 65536}
    cpus:
      description: Its CPUs that are online.
      type: list
      elements: dict
      contains:
        cpu: {description: The number of the CPU., type: int, sample: 21}
        siblings: {description: The other CPUs of the same core., type: list, elements: int, sample: [1]}
        isolated:
          description: Whether the scheduler moves no thread to it (kernel argument C(isolcpus)).
          type: bool
          sample: true
        nohz_full: {description: Whether its tick stops while one thread runs., type: bool, sample: false}
        governor:
          description: The governor of its frequency, null without frequency scaling.
          type: str
          sample: performance
        housekeeping:
          description:
            - Whether it is left to the host. These are the CPUs that are not isolated or, if none is isolated, the core
              of CPU 0.
          type: bool
          sample: false
        pinned_by:
          description: The domains, running or only defined, whose vCPUs are pinned to it.
          type: list
          elements: str
          sample: [edge1]
    hugepages:
      description: Its huge pages by size.
      type: list
      elements: dict
      contains:
        size: {description: The size of a page., type: str, sample: 1G}
        total: {description: Number of pages., type: int, sample: 16}
        free: {description: Number of pages that nobody uses now., type: int, sample: 8}
        used_by:
          description: The domains whose memory is bound to this node and in pages of this size.
          type: list
          elements: dict
          contains:
            domain: {description: Name of the domain., type: str, sample: edge1}
            pages: {description: Number of its pages., type: int, sample: 8}
            running:
              description: Whether it runs. Otherwise its pages are still among the free ones.
              type: bool
              sample: true
    pfs:
      description: Its NICs with SR-IOV. M(nfv.kvm.sriov_vf_info) returns their VFs.
      type: list
      elements: dict
      contains: &pf
        name: {description: "The network interface of the PF, or its PCI address if it has none.", type: str,
               sample: eno2}
        pci_address: {description: PCI address of the PF., type: str, sample: "0000:83:00.1"}
        numvfs: {description: Number of its VFs., type: int, sample: 4}
        totalvfs: {description: Number of VFs that it can have., type: int, sample: 64}
other_pfs:
  description: The NICs with SR-IOV whose NUMA node the firmware does not name.
  returned: success
  type: list
  elements: dict
  contains: *pf
fits:
  description: Where an appliance of the size O(fits) would run; null without O(fits).
  returned: success
  type: dict
  contains:
    fits: {description: Whether it fits., type: bool, sample: true}
    numa_node: {description: "The NUMA node, null if it does not fit.", type: int, sample: 1}
    cpus:
      description: A CPU for each vCPU; empty if it does not fit.
      type: list
      elements: int
      sample: [2, 22, 3, 23, 4]
    reason:
      description: Why it does not fit, and who has what of the host; null if it fits.
      type: str
      sample: >-
        placement = 'dedicated': node 1 has free CPUs for 4 of 5 vCPUs. The host: node 0: free CPUs 2-9; node 1 (PFs
        eno2, eno3): free CPUs 12-15, edge1 has 10-11.
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.placement.inventory import examine

FITS = {
    "vcpus": {"type": "int", "required": True}, "memory": {"type": "int", "required": True},
    "pfs": {"type": "list", "elements": "str", "default": []},
    "hugepages": {"type": "str", "choices": ["2M", "1G", "none"], "default": "none"},
    "threads": {"type": "str", "choices": ["prefer", "isolate", "require"], "default": "prefer"},
}
SPEC = {"fits": {"type": "dict", "options": FITS}, "uri": {"type": "str", "default": "qemu:///system"}}


def main() -> None:
    engine.report(module_with(SPEC), examine)


if __name__ == "__main__":
    main()
