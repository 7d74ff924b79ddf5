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
  - A running domain gets at once what libvirt can change while it runs, that is new NICs, removed NICs and the link
    state. All else waits for its next start, which the module never causes; it returns what waits.
  - What is missing or in use on the host is refused before anything is changed.
options:
  domain:
    description: Name of the domain.
    type: str
    required: true
  interfaces:
    description:
      - The NICs. Each is known by its O(interfaces[].name), else by its O(interfaces[].mac), else by its place in
        the list. An attribute that is not given stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - A label of letters, digits and C(/ . _ -), such as V(ge-0/0/0). libvirt keeps it as the user alias
            C(ua-ge-0_0_0).
        type: str
      mac:
        description:
          - The MAC. A new NIC without one gets one of C(52:54:00) that is made from the domain's UUID and the name,
            and keeps it.
        type: str
      type:
        description:
          - V(hostdev) hands an SR-IOV VF to the guest, V(bridge) connects to a Linux bridge, V(network) to a libvirt
            network. A new NIC needs it, with O(interfaces[].source).
          - A NIC that changes its type keeps all but its O(interfaces[].vlan), as far as the new type has it.
        type: str
        choices: [hostdev, bridge, network]
      source:
        description: What the NIC is connected to.
        type: dict
        suboptions:
          pf:
            description: With V(hostdev), the PF of the VF, by its network interface or PCI address.
            type: str
          vf:
            description: With O(interfaces[].source.pf), the number of the VF, from 0.
            type: int
          pci_address:
            description: With V(hostdev), the PCI address of the VF on the host, in place of PF and number.
            type: str
          bridge:
            description: With V(bridge), the Linux bridge.
            type: str
          network:
            description: With V(network), the libvirt network.
            type: str
          portgroup:
            description: With V(network), the port group of the network.
            type: str
      model:
        description:
          - The NIC model that the guest sees, such as V(virtio), V(e1000e) or V(vmxnet3). Not with V(hostdev).
          - A new NIC without one is V(virtio).
        type: str
      vlan:
        description: The VLANs, outside the guest. A VF takes one tag.
        type: dict
        suboptions:
          tags:
            description: VLAN numbers from 1 to 4094. An empty list removes the VLAN.
            type: list
            elements: int
            required: true
          trunk:
            description: Whether the guest sees the tags. It defaults to V(true) for more than one tag.
            type: bool
          native:
            description: The VLAN of a trunk whose packets the guest sees without a tag.
            type: int
      mtu:
        description: The MTU in bytes. Not with V(hostdev).
        type: int
      link_state:
        description: Whether the guest sees a link. Not with V(hostdev).
        type: str
        choices: [up, down]
      boot_order:
        description: The place of the NIC among the boot devices, from 1.
        type: int
      address:
        description:
          - The NIC's PCI address in the guest, such as V(0000:00:05.0). Without it, the next free one behind the
            other NICs is taken, or with O(state=exact) one in the order of the list.
        type: str
      managed:
        description:
          - With V(hostdev), whether libvirt binds the VF to vfio-pci when the domain starts, and back when it ends.
            A new NIC gets V(true).
        type: bool
  state:
    description:
      - V(present) makes these NICs so and leaves others alone.
      - V(absent) removes these NICs; only their name or MAC counts.
      - V(exact) makes these NICs and no others, with guest PCI addresses that ascend in the order of the list.
        Addresses that are in order already stay.
    type: str
    choices: [present, absent, exact]
    default: present
extends_documentation_fragment:
  - nfv.kvm.libvirt
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
      - {name: ge-0/0/0, type: hostdev, source: {pf: eno2, vf: 0}, vlan: {tags: [100]}}
      - {name: ge-0/0/1, type: hostdev, source: {pf: eno3, vf: 0}}

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
    name:
      description: The label as it was given, as the alias has it for a NIC that is not in the list, or null.
      type: str
      sample: ge-0/0/0
    mac:
      description: The MAC.
      type: str
      sample: 52:54:00:12:34:56
    type:
      description: The interface type.
      type: str
      sample: hostdev
    source:
      description: C(pci_address) of the VF on the host, C(bridge), or C(network) and C(portgroup).
      type: dict
      sample: {"pci_address": "0000:02:10.0"}
    model:
      description: The NIC model, null where libvirt has none.
      type: str
      sample: virtio
    pci_address:
      description: PCI address in the guest.
      type: str
      sample: "0000:00:04.0"
    changes:
      description:
        - Each attribute that this run changed. V(live) is in effect, V(config) is in the definition of a domain that
          does not run or does not notice, V(needs_restart) waits for the domain's next start.
      type: dict
      sample: {"vlan": "needs_restart"}
needs_restart:
  description: Whether the running domain has other NICs than its definition.
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

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import interface_resource

SOURCE = {
    "pf": {"type": "str"}, "vf": {"type": "int"}, "pci_address": {"type": "str"}, "bridge": {"type": "str"},
    "network": {"type": "str"}, "portgroup": {"type": "str"},
}
VLAN = {
    "tags": {"type": "list", "elements": "int", "required": True}, "trunk": {"type": "bool"},
    "native": {"type": "int"},
}
INTERFACE = {
    "name": {"type": "str"},
    "mac": {"type": "str"},
    "type": {"type": "str", "choices": ["hostdev", "bridge", "network"]},
    "source": {"type": "dict", "options": SOURCE},
    "model": {"type": "str"},
    "vlan": {"type": "dict", "options": VLAN},
    "mtu": {"type": "int"},
    "link_state": {"type": "str", "choices": ["up", "down"]},
    "boot_order": {"type": "int"},
    "address": {"type": "str"},
    "managed": {"type": "bool"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "domain": {"type": "str", "required": True},
            "interfaces": {"type": "list", "elements": "dict", "required": True, "options": INTERFACE},
            "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
            "uri": {"type": "str", "default": "qemu:///system"},
        },
        supports_check_mode=True,
    )
    engine.run(module, interface_resource)


if __name__ == "__main__":
    main()
