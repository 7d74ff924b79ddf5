#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf
short_description: The SR-IOV virtual functions of one physical function
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Makes the virtual functions (VFs) of a physical function (PF) and gives each its MAC, VLAN, trust and limits.
  - VFs that are not named in O(vfs) keep what they have; a change of O(numvfs) keeps the settings of all that stay.
  - A run that is killed during a change of O(numvfs) is finished by the next task for this PF. VFs that were changed in
    between, such as by a guest that was started, keep what they have. If one is in use and was not changed, O(in_use)
    decides.
  - One process reads the PF with all of its VFs, one changes their settings.
extends_documentation_fragment:
  - nfv.kvm.pf
  - nfv.kvm.attributes
options:
  uri:
    description:
      - The libvirt whose domains may use the VFs. A host without libvirt is fine; one with it needs python3-libvirt
        and python3-lxml.
    type: str
    default: qemu:///system
seealso:
  - module: nfv.kvm.sriov_vf_info
  - module: nfv.kvm.vm_interface
  - module: nfv.kvm.bios_check
"""

EXAMPLES = r"""
- name: Four VFs on eno2, in place of echo 4 > /sys/class/net/eno2/device/sriov_numvfs
  nfv.kvm.sriov_vf:
    pf: eno2
    up: true
    numvfs: 4

- name: VF 0 for a firewall's inside, VFs 1 to 3 locked into VLAN 200
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

- name: Eight VFs for DPDK, there again after a reboot
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

- name: No VFs, unless a guest still uses one
  nfv.kvm.sriov_vf:
    pf: "0000:83:00.1"
    numvfs: 0
"""

RETURN = r"""
actions:
  description: The changes in words; the same in check mode.
  returned: always
  type: list
  elements: str
  sample: ["eno2: numvfs 0 → 4", "VF 0 of eno2: vlan 0 → 100"]
pf:
  description: The PF afterwards.
  returned: success
  type: dict
  contains:
    name: {description: Its network interface., type: str, sample: eno2}
    pci_address: {description: Where it is., type: str, sample: "0000:83:00.1"}
    driver: {description: Its driver., type: str, sample: i40e}
    numvfs: {description: How many VFs it has., type: int, sample: 4}
    totalvfs: {description: How many VFs it can have., type: int, sample: 64}
    mtu: {description: Its MTU in bytes., type: int, sample: 1500}
    up: {description: Whether it is administratively up., type: bool, sample: true}
    link_up: {description: Whether it has a link., type: bool, sample: true}
    numa_node: {description: "Its NUMA node, none where the firmware names none.", type: int, sample: 1}
vfs:
  description:
    - All VFs of the PF afterwards, in order.
    - In check mode, of a VF that is still to be made, only the index, PCI address and settings are known.
  returned: success
  type: list
  elements: dict
  contains:
    index: {description: Its number., type: int, sample: 0}
    pci_address: {description: Where it is., type: str, sample: "0000:83:0a.0"}
    netdev: {description: Its network interface in the host., type: str, sample: eno2v0}
    driver: {description: Its driver in the host., type: str, sample: iavf}
    iommu_group: {description: Its IOMMU group until the next boot., type: int, sample: 57}
    numa_node: {description: "Its NUMA node, none where the firmware names none.", type: int, sample: 1}
    used_by:
      description: The domain that has it, none where no domain has.
      type: dict
      contains:
        domain: {description: The name of the domain., type: str, sample: edge}
        mac: {description: The MAC of its NIC., type: str, sample: "52:54:00:aa:00:01"}
        live: {description: Whether the domain runs with it., type: bool, sample: true}
        persistent: {description: Whether the domain's definition has it., type: bool, sample: true}
    mac: {description: Its MAC., type: str, sample: "52:54:00:aa:00:01"}
    vlan: {description: "Its VLAN, 0 for none.", type: int, sample: 100}
    qos: {description: The priority of its tag., type: int, sample: 0}
    vlan_protocol: {description: The protocol of its tag., type: str, sample: 802.1Q}
    spoofchk: {description: Whether spoofed packets are dropped., type: bool, sample: false}
    trust: {description: Whether it is trusted., type: bool, sample: true}
    link_state: {description: The link it sees., type: str, sample: auto}
    min_tx_rate: {description: Mbit/s., type: int, sample: 0}
    max_tx_rate: {description: Mbit/s., type: int, sample: 0}
    query_rss: {description: "Whether it may ask for the RSS configuration, none if not known.", type: bool}
kept:
  description: The settings that are there again after a reboot, each with the file that sees to it.
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
