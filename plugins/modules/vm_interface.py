#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_interface
short_description: Manage the NICs of a libvirt domain, in the order in which its guest numbers them
version_added: 0.1.0
description:
  - Adds, changes, orders and removes the NICs of a domain. All changes are written to its persistent definition in one
    step.
  - Applies to a running domain at once what libvirt can change while it runs. It can add and remove NICs, unplug VFs
    and plug them in again, and change the link state, the bandwidth, the filter and the Linux bridge. Other changes
    take effect at the next start of the domain. The module returns which ones these are, and restarts the domain only
    with O(restart=allowed).
  - Fails before any change if a device is missing on the host, or is in use by another domain, a process or the host
    itself. This includes a network that does not have enough free devices (VFs, or netdevs for macvtaps of mode
    passthrough). libvirt selects one of these devices without checking whether the host uses it, so the module warns
    about devices that the host uses.
options:
  domain:
    description: Name of the domain.
    type: str
    required: true
  state:
    description:
      - V(present) adds or changes the listed NICs. It does not change other NICs, and does not rename a NIC.
      - V(absent) removes the listed NICs. It uses only their name, MAC address and guest PCI address.
      - V(exact) adds or changes the listed NICs and removes all others. The guest PCI addresses ascend in the order of
        the list. Addresses that are already in this order do not change.
    type: str
    choices: [present, absent, exact]
    default: present
  restart:
    description:
      - Whether the module can restart the domain to apply changes that libvirt cannot make while it runs.
      - With V(never), these changes take effect at the next start of the domain. RV(needs_restart) is then true.
      - With V(allowed), the module restarts the domain once at the end, if a change requires it. It asks the guest to
        shut down, and never powers it off unless the guest has crashed. A saved domain is not started, but its saved
        state is discarded.
    type: str
    choices: [never, allowed]
    default: never
  timeout: {type: int, default: 120, description: "Time in seconds that the guest has to shut down for O(restart)."}
extends_documentation_fragment:
  - nfv.kvm.interfaces
  - nfv.kvm.libvirt
  - nfv.kvm.vm_fex
  - nfv.kvm.attributes
author: nfv.kvm contributors (@nfv-kvm)
seealso:
  - module: nfv.kvm.vm_domain
  - module: nfv.kvm.sriov_vf
"""

EXAMPLES = r"""
- name: Configure the NICs of a router, and remove all others
  nfv.kvm.vm_interface:
    domain: edge1
    state: exact
    interfaces:
      - {name: fxp0, type: bridge, source: {bridge: br-mgmt}, model: virtio}
      - {name: ge-0/0/0, type: hostdev, source: {pf: eno2, vf: 0}, vlan: {tags: [100]}, vf: {max_tx_rate: 1000}}
      - {name: ge-0/0/1, type: hostdev, source: {pf: eno3, vf: 0}, vf: {trust: true, spoofchk: false}}

- name: Add a macvtap, a VLAN trunk on Open vSwitch, and an 802.1Qbg port on a VLAN device
  nfv.kvm.vm_interface:
    domain: edge1
    interfaces:
      - {name: ge-0/0/2, type: direct, source: {dev: eno4, mode: bridge}}
      - {name: ge-0/0/3, type: bridge, source: {bridge: ovsbr0}, virtualport: {type: openvswitch},
         vlan: {tags: [10, 20], native: 20}}
      - {name: ge-0/0/4, type: direct, source: {dev: eno5.100, mode: vepa},
         virtualport: {type: 802.1Qbg, managerid: 11, typeid: 1193047, typeidversion: 2}}

- name: Add a VF, and a virtio NIC that replaces it during a migration
  nfv.kvm.vm_interface:
    domain: edge1
    restart: allowed
    interfaces:
      - {name: backup0, type: bridge, source: {bridge: br0}, teaming: {type: persistent}}
      - {name: vf0, type: network, source: {network: pool}, teaming: {type: transient, persistent: backup0}}

- name: Set the link of a NIC down
  nfv.kvm.vm_interface:
    domain: edge1
    interfaces:
      - {name: fxp0, link_state: down}

- name: Remove a NIC, also from the running domain
  nfv.kvm.vm_interface:
    domain: edge1
    state: absent
    interfaces:
      - name: ge-0/0/1
"""

RETURN = r"""
interfaces:
  description: All NICs of the persistent definition, in the order in which the guest numbers them.
  returned: success
  type: list
  elements: dict
  contains:
    name: {type: str, sample: ge-0/0/0, description: "The label from O(interfaces[].name) or from the alias, or null."}
    mac: {type: str, sample: "52:54:00:12:34:56", description: "The MAC address."}
    type: {type: str, sample: hostdev, description: "The interface type."}
    source:
      description: What the NIC is connected to, with the keys of O(interfaces[].source). For a VF, C(pci_address).
      type: dict
      sample: {"pci_address": "0000:02:10.0"}
    model: {type: str, sample: virtio, description: "The NIC model, or null if libvirt has none."}
    pci_address: {type: str, sample: "0000:00:04.0", description: "PCI address in the guest."}
    changes:
      description:
        - The attributes that this run changed. V(live) is in effect now. V(config) is in the definition, and the domain
          does not run or is not affected. V(needs_restart) takes effect at the next start without a saved state.
      type: dict
      sample: {"vlan": "needs_restart"}
needs_restart:
  description: Whether the NICs of the running domain, or of its saved state, differ from its persistent definition.
  returned: success
  type: bool
  sample: false
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["NIC fxp0 of edge1: link_state up → down live"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.argument_spec import INTERFACE
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import interface_resource
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

SPEC = {
    "domain": {"type": "str", "required": True},
    "interfaces": {"type": "list", "elements": "dict", "required": True, "options": INTERFACE},
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
    "restart": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "timeout": {"type": "int", "default": 120},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), interface_resource)


if __name__ == "__main__":
    main()
