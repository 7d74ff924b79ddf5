#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_interface
short_description: The NICs of a libvirt domain, in the order in which its guest counts them
version_added: 0.1.0
description:
  - Adds, changes, orders and removes the NICs of one domain. All of them go into its persistent definition in one step.
  - A running domain gets at once what libvirt can change while it runs, that is new NICs, removed NICs, VFs that are
    plugged anew, the link state, bandwidth, filter and Linux bridge. All else waits for its next start; the module
    returns what waits, and causes that start only with O(restart=allowed).
  - What is missing on the host, or in use there by another domain, a process or the host itself, is refused first.
    That includes a network without enough free devices (VFs, or netdevs for macvtaps of mode passthrough). libvirt
    chooses among them without looking at the host, so devices that the host uses cause a warning.
options:
  domain:
    description: Name of the domain.
    type: str
    required: true
  state:
    description:
      - V(present) makes these NICs so and leaves others alone. It gives no NIC another name.
      - V(absent) removes these NICs; only their name, MAC and address count.
      - V(exact) makes these NICs and no others, with guest PCI addresses that ascend in the order of the list.
        Addresses that are in order already stay.
    type: str
    choices: [present, absent, exact]
    default: present
  restart:
    description:
      - V(allowed) restarts the domain once at the end, only if something waits for that. Its guest is asked to shut
        down, never forced; only one that has crashed is. A saved domain is not started, but its saved state discarded.
    type: str
    choices: [never, allowed]
    default: never
  timeout: {type: int, default: 120, description: "Seconds that the guest may take to shut down."}
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
- name: The NICs of a router, in its own order
  nfv.kvm.vm_interface:
    domain: edge1
    state: exact
    interfaces:
      - {name: fxp0, type: bridge, source: {bridge: br-mgmt}, model: virtio}
      - {name: ge-0/0/0, type: hostdev, source: {pf: eno2, vf: 0}, vlan: {tags: [100]}, vf: {max_tx_rate: 1000}}
      - {name: ge-0/0/1, type: hostdev, source: {pf: eno3, vf: 0}, vf: {trust: true, spoofchk: false}}

- name: A macvtap, a trunk of Open vSwitch, and 802.1Qbg over a VLAN device
  nfv.kvm.vm_interface:
    domain: edge1
    interfaces:
      - {name: ge-0/0/2, type: direct, source: {dev: eno4, mode: bridge}}
      - {name: ge-0/0/3, type: bridge, source: {bridge: ovsbr0}, virtualport: {type: openvswitch},
         vlan: {tags: [10, 20], native: 20}}
      - {name: ge-0/0/4, type: direct, source: {dev: eno5.100, mode: vepa},
         virtualport: {type: 802.1Qbg, managerid: 11, typeid: 1193047, typeidversion: 2}}

- name: A VF with a virtio NIC that stands in for it during a migration
  nfv.kvm.vm_interface:
    domain: edge1
    restart: allowed
    interfaces:
      - {name: backup0, type: bridge, source: {bridge: br0}, teaming: {type: persistent}}
      - {name: vf0, type: network, source: {network: pool}, teaming: {type: transient, persistent: backup0}}

- name: Pull the cable of one
  nfv.kvm.vm_interface:
    domain: edge1
    interfaces:
      - {name: fxp0, link_state: down}

- name: Take one out, also of the running domain
  nfv.kvm.vm_interface:
    domain: edge1
    state: absent
    interfaces:
      - name: ge-0/0/1
"""

RETURN = r"""
interfaces:
  description: All NICs of the domain's persistent definition, in the order in which the guest counts them.
  returned: success
  type: list
  elements: dict
  contains:
    name: {type: str, sample: ge-0/0/0, description: "The label as given, else as the alias has it, or null."}
    mac: {type: str, sample: "52:54:00:12:34:56", description: "The MAC."}
    type: {type: str, sample: hostdev, description: "The interface type."}
    source:
      description: What it is connected to, by the keys of O(interfaces[].source), for a VF C(pci_address).
      type: dict
      sample: {"pci_address": "0000:02:10.0"}
    model: {type: str, sample: virtio, description: "The NIC model, null where libvirt has none."}
    pci_address: {type: str, sample: "0000:00:04.0", description: "PCI address in the guest."}
    changes:
      description:
        - Each attribute that this run changed. V(live) is in effect, V(config) is in the definition of a domain that
          does not run or does not notice, V(needs_restart) waits for the domain's next start without a saved state.
      type: dict
      sample: {"vlan": "needs_restart"}
needs_restart:
  description: Whether the running domain, or the saved state of a saved one, has other NICs than its definition.
  returned: success
  type: bool
  sample: false
actions:
  description: What was done, or would be done in check mode, in words.
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
