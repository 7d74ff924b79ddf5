#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf
short_description: Manage the SR-IOV virtual functions of a physical function
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Creates the virtual functions (VFs) of a physical function (PF), and sets the MAC address, VLAN, trust, rate limits
    and driver of each VF.
  - Does not change VFs that are not listed in O(vfs). A change of O(numvfs) keeps the settings of all VFs that remain.
  - If a run is killed during a change of O(numvfs), the next task for this PF completes it. That task does not change
    VFs that were changed in the meantime, for example because a guest was started with them. If a VF is in use and was
    not changed, O(in_use) decides whether the task continues.
  - Reads the PF and all of its VFs with one process, and changes their settings with another one.
extends_documentation_fragment:
  - nfv.kvm.pf
  - nfv.kvm.attributes
options:
  uri:
    description:
      - The libvirt connection URI. The module asks this libvirt which domains use the VFs.
      - If libvirt is installed on the host, the host also needs python3-libvirt and python3-lxml.
    type: str
    default: qemu:///system
seealso:
  - module: nfv.kvm.sriov_vf_info
  - module: nfv.kvm.vm_interface
  - module: nfv.kvm.bios_check
"""

EXAMPLES = r"""
- name: Create four VFs on eno2, instead of echo 4 > /sys/class/net/eno2/device/sriov_numvfs
  nfv.kvm.sriov_vf:
    pf: eno2
    up: true
    numvfs: 4

- name: Set up VF 0 for the inside of a firewall, and tag the packets of VFs 1 to 3 with VLAN 200
  nfv.kvm.sriov_vf:
    pf: eno2
    vfs:
      - index: 0
        mac: 52:54:00:aa:00:01
        vlan: 100
        trust: true
        spoofchk: false
      - index: 1-3
        vlan: 200
        max_tx_rate: 1000

- name: Create eight VFs for DPDK, also after each reboot
  nfv.kvm.sriov_vf:
    pf: eno2
    up: true
    numvfs: 8
    drivers_autoprobe: false
    vfs:
      - index: 0-7
        driver: vfio-pci
        trust: true
    persistent: true

- name: Remove all VFs, unless one is in use
  nfv.kvm.sriov_vf:
    pf: "0000:83:00.1"
    numvfs: 0
"""

RETURN = r"""
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["eno2: numvfs 0 → 4", "VF 0 of eno2: vlan 0 → 100"]
pf:
  description: The PF after the run.
  returned: success
  type: dict
  contains:
    name: {description: Name of its netdev., type: str, sample: eno2}
    pci_address: {description: PCI address., type: str, sample: "0000:83:00.1"}
    driver: {description: Name of its driver., type: str, sample: i40e}
    numvfs: {description: Number of VFs., type: int, sample: 4}
    totalvfs: {description: Maximum number of VFs., type: int, sample: 64}
    mtu: {description: MTU in bytes., type: int, sample: 1500}
    up: {description: Whether it is administratively up., type: bool, sample: true}
    link_up: {description: Whether it has a link., type: bool, sample: true}
    numa_node: {description: "NUMA node, or null if the firmware does not report one.", type: int, sample: 1}
vfs:
  description:
    - All VFs of the PF after the run, in the order of their index.
    - In check mode, a VF that does not exist yet has only its index, its PCI address and the settings from O(vfs).
  returned: success
  type: list
  elements: dict
  contains:
    index: {description: "Number of the VF, starting at 0.", type: int, sample: 0}
    pci_address: {description: PCI address., type: str, sample: "0000:83:0a.0"}
    netdev: {description: "Netdev on the host, or null if it has none.", type: str, sample: eno2v0}
    driver: {description: "Driver on the host, or null if none is bound.", type: str, sample: iavf}
    iommu_group: {description: "IOMMU group, which can change at the next boot.", type: int, sample: 57}
    numa_node: {description: "NUMA node, or null if the firmware does not report one.", type: int, sample: 1}
    used_by:
      description: The domain that uses the VF, or null if no domain uses it.
      type: dict
      contains:
        domain: {description: Name of the domain., type: str, sample: edge}
        mac: {description: MAC address of its NIC., type: str, sample: "52:54:00:aa:00:01"}
        live: {description: Whether the running domain has the VF., type: bool, sample: true}
        persistent: {description: Whether the definition of the domain has the VF., type: bool, sample: true}
    mac: {description: MAC address., type: str, sample: "52:54:00:aa:00:01"}
    vlan: {description: "VLAN, or 0 for none.", type: int, sample: 100}
    qos: {description: 802.1p priority of the VLAN tag., type: int, sample: 0}
    vlan_protocol: {description: Protocol of the VLAN tag., type: str, sample: 802.1Q}
    spoofchk: {description: Whether spoofed packets are dropped., type: bool, sample: false}
    trust: {description: Whether the VF is trusted., type: bool, sample: true}
    link_state: {description: Link state that the VF sees., type: str, sample: auto}
    min_tx_rate: {description: Guaranteed transmit rate in Mbit/s., type: int, sample: 0}
    max_tx_rate: {description: "Maximum transmit rate in Mbit/s, or 0 for no limit.", type: int, sample: 0}
    query_rss:
      description: Whether the VF may query the RSS configuration, or null if unknown.
      type: bool
      sample: false
kept:
  description: The settings that are applied again after a reboot, each with the file that configures it.
  returned: success
  type: dict
  sample: {numvfs: "/etc/systemd/network/10-nfv-kvm-0000:83:00.1.link",
           driver: "/etc/udev/rules.d/70-nfv-kvm-0000:83:00.1.rules"}
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.argument_spec import OPTIONS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import pf_resource

SPEC = {**OPTIONS, "uri": {"type": "str", "default": "qemu:///system"}}


def main() -> None:
    engine.run(module_with(SPEC), pf_resource)


if __name__ == "__main__":
    main()
