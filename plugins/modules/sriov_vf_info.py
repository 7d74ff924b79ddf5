#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf_info
short_description: List the SR-IOV NICs of a host, their virtual functions, and the domains that use them
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Returns all NICs of the host that support SR-IOV (physical functions, PFs), and for each PF its virtual functions
    (VFs) with their settings and the libvirt domain that uses them.
  - Changes nothing. It needs root, because other users cannot read all settings of the VFs nor all libvirt domains.
  - Connects to libvirt only if the host has VFs and libvirt is installed (C(/run/libvirt) or C(/etc/libvirt) exists).
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes.reading
options:
  pf:
    description:
      - Return this PF only, by its netdev or its PCI address, such as V(eno2) or V(0000:83:00.1).
      - If it is omitted, all PFs of the host are returned.
    type: str
seealso:
  - module: nfv.kvm.sriov_vf
  - module: nfv.kvm.vm_interface
"""

EXAMPLES = r"""
- name: List the PFs and VFs of the host
  nfv.kvm.sriov_vf_info:
  register: host_nics

- name: Show the free VFs of each PF
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.vfs | selectattr('used_by', 'none') | map(attribute='index') | list }}"
  loop: "{{ host_nics.pfs | selectattr('name') }}"
  loop_control:
    label: "{{ item.pci_address }}"

- name: List the VFs of eno2
  nfv.kvm.sriov_vf_info:
    pf: eno2
  register: eno2

- name: Show which domain uses which VF of eno2
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
  description: The PFs in the order of their PCI addresses. With O(pf), only this one.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: >-
        Name of its netdev. It is null if the PF has no netdev on the host, because it is bound to C(vfio-pci) or to no
        driver, or because its netdev is in another network namespace. All values that only a netdev provides are then
        null as well.
      type: str
      sample: eno2
    pci_address: {description: PCI address., type: str, sample: "0000:83:00.1"}
    driver: {description: "Name of its driver, or null if none is bound.", type: str, sample: i40e}
    numvfs: {description: Number of VFs., type: int, sample: 4}
    totalvfs: {description: Maximum number of VFs., type: int, sample: 64}
    mtu: {description: MTU in bytes., type: int, sample: 1500}
    up: {description: Whether it is administratively up., type: bool, sample: true}
    link_up: {description: Whether it has a link., type: bool, sample: true}
    numa_node: {description: "NUMA node, or null if the firmware does not report one.", type: int, sample: 1}
    vfs:
      description: The VFs in the order of their index. A setting that the driver does not report is null.
      type: list
      elements: dict
      contains:
        index: {description: "Number of the VF, starting at 0.", type: int, sample: 0}
        pci_address: {description: PCI address., type: str, sample: "0000:83:0a.0"}
        netdev: {description: "Netdev on the host, or null if it has none.", type: str, sample: eno2v0}
        driver: {description: "Driver on the host, or null if none is bound.", type: str, sample: vfio-pci}
        iommu_group: {description: "IOMMU group, which can change at the next boot.", type: int, sample: 57}
        numa_node: {description: "NUMA node, or null if the firmware does not report one.", type: int, sample: 1}
        mac: {description: MAC address., type: str, sample: "52:54:00:aa:00:01"}
        vlan: {description: "VLAN, or 0 for none.", type: int, sample: 100}
        qos: {description: 802.1p priority of the VLAN tag., type: int, sample: 0}
        vlan_protocol: {description: Protocol of the VLAN tag., type: str, sample: 802.1Q}
        spoofchk: {description: Whether spoofed packets are dropped., type: bool, sample: false}
        trust: {description: Whether the VF is trusted., type: bool, sample: true}
        link_state: {description: Link state that the VF sees., type: str, sample: auto}
        min_tx_rate: {description: Guaranteed transmit rate in Mbit/s., type: int, sample: 0}
        max_tx_rate: {description: "Maximum transmit rate in Mbit/s, or 0 for no limit.", type: int, sample: 0}
        query_rss: {description: Whether the VF may query the RSS configuration., type: bool, sample: false}
        used_by:
          description:
            - The domain that uses the VF as a PCI device, or through a macvtap on the VF's netdev. It is null if no
              domain uses it.
            - If several domains have the VF, a running one is returned rather than one that is only defined.
          type: dict
          contains:
            domain: {description: Name of the domain., type: str, sample: edge}
            mac:
              description: MAC address of its NIC, or null if the VF is a plain C(<hostdev>) and not a NIC for libvirt.
              type: str
              sample: "52:54:00:aa:00:01"
            live: {description: Whether the running domain has the VF., type: bool, sample: true}
            persistent:
              description: >-
                Whether the definition of the domain has the VF, or has the NIC on a libvirt network that gave the VF.
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
