#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf_info
short_description: The SR-IOV NICs of a host, their virtual functions, and the domains that have them
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Returns all physical functions (PFs) of NICs that can have virtual functions (VFs), each VF with its settings
    and the libvirt domain that has it.
  - Changes nothing. Run it as root, since the VFs' settings and libvirt's domains are not for everybody.
  - libvirt is asked only where there are VFs, and where it is installed (C(/run/libvirt) or C(/etc/libvirt)).
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes.reading
options:
  pf:
    description:
      - Only this PF, by its network interface or its PCI address, such as V(eno2) or V(0000:83:00.1).
      - Without it, all PFs of the host are returned.
    type: str
seealso:
  - module: nfv.kvm.sriov_vf
  - module: nfv.kvm.vm_interface
"""

EXAMPLES = r"""
- name: What VFs does this host have?
  nfv.kvm.sriov_vf_info:
  register: host_nics

- name: Which VFs are free?
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.vfs | selectattr('used_by', 'none') | map(attribute='index') | list }}"
  loop: "{{ host_nics.pfs | selectattr('name') }}"
  loop_control:
    label: "{{ item.pci_address }}"

- name: Which domain has which VF of eno2?
  nfv.kvm.sriov_vf_info:
    pf: eno2
  register: eno2

- name: Say it
  ansible.builtin.debug:
    msg: >-
      VF {{ item.index }} ({{ item.pci_address }}): {{ item.used_by.domain }}
      {{ 'runs with it' if item.used_by.live else 'is defined with it' }}
  loop: "{{ eno2.pfs[0].vfs | selectattr('used_by') }}"
  loop_control:
    label: "{{ item.index }}"
"""

RETURN = r"""
pfs:
  description: The PFs by PCI address; with O(pf) only that one.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: >-
        Its network interface; null where the host has none for it, because it is bound to C(vfio-pci) or to no driver,
        or is in another network namespace. What only a network interface tells is null then, too.
      type: str
      sample: eno2
    pci_address: {description: Where it is., type: str, sample: "0000:83:00.1"}
    driver: {description: "Its driver, null for none.", type: str, sample: i40e}
    numvfs: {description: How many VFs it has., type: int, sample: 4}
    totalvfs: {description: How many VFs it can have., type: int, sample: 64}
    mtu: {description: Its MTU in bytes., type: int, sample: 1500}
    up: {description: Whether it is administratively up., type: bool, sample: true}
    link_up: {description: Whether it has a link., type: bool, sample: true}
    numa_node: {description: "Its NUMA node, null where the firmware names none.", type: int, sample: 1}
    vfs:
      description: Its VFs in order. A setting that the driver does not tell is null.
      type: list
      elements: dict
      contains:
        index: {description: Its number., type: int, sample: 0}
        pci_address: {description: Where it is., type: str, sample: "0000:83:0a.0"}
        netdev: {description: Its network interface in the host., type: str, sample: eno2v0}
        driver: {description: Its driver in the host., type: str, sample: vfio-pci}
        iommu_group: {description: Its IOMMU group until the next boot., type: int, sample: 57}
        numa_node: {description: "Its NUMA node, null where the firmware names none.", type: int, sample: 1}
        mac: {description: Its MAC., type: str, sample: "52:54:00:aa:00:01"}
        vlan: {description: "Its VLAN, 0 for none.", type: int, sample: 100}
        qos: {description: The priority of its tag., type: int, sample: 0}
        vlan_protocol: {description: The protocol of its tag., type: str, sample: 802.1Q}
        spoofchk: {description: Whether spoofed packets are dropped., type: bool, sample: false}
        trust: {description: Whether it is trusted., type: bool, sample: true}
        link_state: {description: The link it sees., type: str, sample: auto}
        min_tx_rate: {description: Mbit/s., type: int, sample: 0}
        max_tx_rate: {description: Mbit/s., type: int, sample: 0}
        query_rss: {description: Whether it may ask for the RSS configuration., type: bool}
        used_by:
          description:
            - The domain that has the VF as a PCI device, or a macvtap on its network interface; null for none.
            - Of several domains, a running one is told before those that are only defined.
          type: dict
          contains:
            domain: {description: Its name., type: str, sample: edge}
            mac:
              description: The MAC of its NIC; null for a VF that is no NIC to libvirt but a plain C(<hostdev>).
              type: str
              sample: "52:54:00:aa:00:01"
            live: {description: Whether it runs with the VF., type: bool, sample: true}
            persistent:
              description: >-
                Whether its definition has the VF, or the NIC on a libvirt network that gave it the VF.
              type: bool
              sample: true
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.inventory import examine

ARGUMENTS = {
    "pf": {"type": "str"},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.report(module_with(ARGUMENTS), examine)


if __name__ == "__main__":
    main()
