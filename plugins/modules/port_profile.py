#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: port_profile
short_description: A named profile of VLAN, bandwidth and switch parameters that NICs refer to
version_added: 0.1.0
description:
  - Adds, changes and removes a port group of a libvirt network, in its definition and, where the network is started,
    in what it runs with. The network and its NICs go on.
  - NICs take the profile over when they are plugged in. Those that run with something else are told in RV(consumers),
    and follow at their domain's next start, or at once with O(replug=allowed).
  - What is not given stays as it is. What the network's mode cannot carry is refused.
options:
  name:
    description: Name of the profile, as O(nfv.kvm.vm_interface#module:interfaces[].source.portgroup) names it.
    type: str
    required: true
  network:
    description: The libvirt network.
    type: str
    required: true
  default:
    description: Whether NICs of the network that name no port group have this one. A network has one default.
    type: bool
  bandwidth:
    description:
      - Limits of each NIC, on a network with a bridge. A direction that is not given stays as it is, one that is
        given is replaced as a whole.
    type: dict
    suboptions:
      inbound:
        description: Towards the guest.
        type: dict
        suboptions:
          average: &average {type: int, description: "Kilobytes a second. V(0) removes the limit."}
          peak: &peak {type: int, description: "Kilobytes a second that may be reached for a time."}
          burst: &burst {type: int, description: "Kibibytes that may go at the speed of the peak."}
          floor: {type: int, description: "libvirt has it for single NICs only, so that it is refused here."}
      outbound:
        description: From the guest.
        type: dict
        suboptions:
          average: *average
          peak: *peak
          burst: *burst
  trust_guest_rx_filters:
    description: Whether V(virtio) guests may have the host's side take their MACs. Not with V(hostdev).
    type: bool
  isolated:
    description: libvirt has it for single NICs and whole networks only, so that V(true) is refused here.
    type: bool
  state:
    description: V(absent) removes the profile, unless a NIC has it.
    type: str
    choices: [present, absent]
    default: present
  replug:
    description:
      - With V(allowed), NICs that run with something else than the profile are unplugged and plugged in again, where
        their domain's definition has them at the same place. The guest sees a NIC go and come.
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
- name: A trunk of Open vSwitch with a limit
  nfv.kvm.port_profile:
    network: fabric
    name: core
    vlan: {tags: [10, 20], native: 10}
    bandwidth:
      inbound: {average: 125000}
      outbound: {average: 125000, peak: 250000, burst: 1024}

- name: A profile that the adjacent bridge knows by 802.1Qbg
  nfv.kvm.port_profile:
    network: vepa
    name: gold
    virtualport: {type: 802.1Qbg, managerid: 11, typeid: 1193047, typeidversion: 2}

- name: Move a customer to another VLAN, at once
  nfv.kvm.port_profile:
    network: wan
    name: customer7
    vlan: {tags: [207]}
    replug: allowed
  register: customer7

- name: Remove one
  nfv.kvm.port_profile:
    network: wan
    name: customer6
    state: absent
"""

RETURN = r"""
consumers:
  description: The NICs that have the profile, by name or as the default of their network.
  returned: success
  type: list
  elements: dict
  contains:
    domain: {type: str, sample: edge1, description: "The domain."}
    name: {type: str, sample: ge-0_0_0, description: "The NIC's label as its alias has it, or null."}
    mac: {type: str, sample: "52:54:00:12:34:56", description: "Its MAC."}
    running: {type: bool, sample: true, description: "Whether its domain runs with it."}
    current:
      description: Whether it runs with what the profile says now; null where it does not run.
      type: bool
      sample: false
actions:
  description: What was done, or would be done in check mode, in words.
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
