#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: port_profile
short_description: Manage a port profile (port group) of a libvirt network
version_added: 0.1.0
description:
  - Creates, changes and removes a port group of a libvirt network. The port group sets the VLANs, the bandwidth and the
    switch parameters of the NICs that name it.
  - Changes the persistent definition of the network and, if the network is started, its live definition. The network
    and its NICs keep running.
  - Changes the NICs of running domains at once if libvirt can change all settings that differ while a domain runs.
    Other NICs get the new settings at the next start of their domain, or at once with O(replug=allowed). RV(consumers)
    reports for each NIC whether it runs with the current settings.
  - Does not change options that are omitted. Fails if the mode of the network does not support an option.
options:
  name:
    description: Name of the profile. NICs refer to it in O(nfv.kvm.vm_interface#module:interfaces[].source.portgroup).
    type: str
    required: true
  network:
    description: Name of the libvirt network, which must exist.
    type: str
    required: true
  default:
    description:
      - Whether this is the profile of NICs that name no port group. A network has at most one default profile.
      - If it is omitted, this does not change, and a new profile is not the default.
    type: bool
  bandwidth:
    description:
      - Bandwidth limits of each NIC. Requires a network that has a bridge.
      - A direction that is given is replaced as a whole. A direction that is omitted does not change.
    type: dict
    suboptions:
      inbound:
        description: Limits of the traffic to the guest.
        type: dict
        suboptions:
          average: &average {type: int, description: "Average rate in kilobytes per second. V(0) removes the limits."}
          peak: &peak {type: int, description: "Maximum rate during a burst, in kilobytes per second."}
          burst: &burst {type: int, description: "Kibibytes that can be sent at the peak rate."}
          floor: {type: int, description: "Refused. libvirt supports it for single NICs only."}
      outbound:
        description: Limits of the traffic from the guest.
        type: dict
        suboptions:
          average: *average
          peak: *peak
          burst: *burst
  trust_guest_rx_filters:
    description:
      - Whether the host accepts changes of the MAC addresses and receive filters that a guest makes on a V(virtio) NIC.
      - A network of mode V(hostdev) does not support it. If it is omitted, this does not change.
    type: bool
  isolated:
    description: V(true) is refused. libvirt supports it for single NICs and whole networks only.
    type: bool
  state:
    description: V(absent) removes the profile. It fails if a NIC uses the profile.
    type: str
    choices: [present, absent]
    default: present
  replug:
    description:
      - What to do with NICs of running domains that libvirt cannot change while they are plugged in.
      - V(never) leaves them as they are until their domain is started again.
      - V(allowed) unplugs them and plugs them in again, if the definition of their domain has them at the same PCI
        address. The guest loses the NIC for a short time.
    type: str
    choices: [never, allowed]
    default: never
extends_documentation_fragment:
  - nfv.kvm.port
  - nfv.kvm.libvirt
  - nfv.kvm.vm_fex
  - nfv.kvm.attributes
author: nfv.kvm contributors (@nfv-kvm)
seealso:
  - module: nfv.kvm.vm_network
  - module: nfv.kvm.vm_interface
"""

EXAMPLES = r"""
- name: Create a VLAN trunk on Open vSwitch with a bandwidth limit
  nfv.kvm.port_profile:
    network: fabric
    name: core
    vlan: {tags: [10, 20], native: 10}
    bandwidth:
      inbound: {average: 125000}
      outbound: {average: 125000, peak: 250000, burst: 1024}

- name: Create a profile for a switch that supports 802.1Qbg
  nfv.kvm.port_profile:
    network: vepa
    name: gold
    virtualport: {type: 802.1Qbg, managerid: 11, typeid: 1193047, typeidversion: 2}

- name: Move a customer to another VLAN at once
  nfv.kvm.port_profile:
    network: wan
    name: customer7
    vlan: {tags: [207]}
    replug: allowed
  register: customer7

- name: Remove a profile that no NIC uses
  nfv.kvm.port_profile:
    network: wan
    name: customer6
    state: absent
"""

RETURN = r"""
consumers:
  description: The NICs that use the profile, because they name it or because it is the default of their network.
  returned: success
  type: list
  elements: dict
  contains:
    domain: {type: str, sample: edge1, description: "Name of the domain."}
    name: {type: str, sample: ge-0_0_0, description: "Label of the NIC from its alias, or null."}
    mac: {type: str, sample: "52:54:00:12:34:56", description: "MAC address of the NIC."}
    running: {type: bool, sample: true, description: "Whether the running domain has the NIC."}
    current:
      description: Whether the NIC runs with the current settings of the profile, or null if it does not run.
      type: bool
      sample: false
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["port group customer7 of network wan: vlan 107 → 207"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.argument_spec import BANDWIDTH, VIRTUALPORT, VLAN
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.plan import profile_resource
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

SPEC = {
    "name": {"type": "str", "required": True},
    "network": {"type": "str", "required": True},
    "default": {"type": "bool"},
    "vlan": {"type": "dict", "options": VLAN},
    "virtualport": {"type": "dict", "options": VIRTUALPORT},
    "bandwidth": {"type": "dict", "options": BANDWIDTH},
    "trust_guest_rx_filters": {"type": "bool"},
    "isolated": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "replug": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), profile_resource)


if __name__ == "__main__":
    main()
