#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_network
short_description: Manage a libvirt network, such as a pool of VFs or a bridge of the host
version_added: 0.1.0
description:
  - Defines, starts, stops and removes a libvirt network. The module compares the meaning of the definition, not its
    XML.
  - Does not change options that are omitted, nor port groups, DHCP and other parts that it does not manage, unless the
    mode of the network changes.
  - Restarts a started network if its definition changed and no domain has a NIC on it. A network that is in use gets
    its new definition, but keeps running with the old one, and RV(needs_restart) is true. A network is also in use if
    the bridge that libvirt created for it has other ports, such as a NIC of a domain with C(type=bridge).
  - Fails before any change if a device is missing on the host, or if the mode does not support an option. libvirt
    reports many of these errors only when a domain starts, or not at all.
options:
  name:
    description: Name of the network.
    type: str
    required: true
  forward:
    description:
      - How the network connects its NICs. Required for a network that does not exist yet. If it is omitted, the
        connection does not change.
    type: dict
    suboptions:
      mode:
        description:
          - V(bridge) connects to a bridge of the host, or, with O(forward.devices), creates macvtaps that can reach
            each other. V(private), V(vepa) and V(passthrough) create macvtaps of that mode.
          - V(hostdev) gives VFs to the guests.
          - V(nat), V(route), V(open) and V(isolated) create a bridge of libvirt. With V(nat), the host forwards packets
            with address translation, with V(route) without address translation, and with V(open) without any firewall
            rule. With V(isolated), the host does not forward packets.
        type: str
        required: true
        choices: [bridge, private, vepa, passthrough, hostdev, nat, route, open, isolated]
      pf:
        description:
          - With V(hostdev) or V(passthrough), the PF whose VFs the guests get, by its netdev or PCI address. libvirt
            uses the VFs that exist when the network starts.
        type: str
      devices:
        description:
          - With V(hostdev), the PCI addresses of the VFs. With V(bridge), V(private), V(vepa) or V(passthrough), the
            netdevs on which macvtaps are created. With V(nat) or V(route), the only netdev to which packets are
            forwarded.
        type: list
        elements: str
      bridge:
        description:
          - With V(bridge), the bridge of the host, which is a Linux bridge, or, with O(virtualport), a bridge of Open
            vSwitch.
          - With V(nat), V(route), V(open) and V(isolated), the name of the bridge that libvirt creates. If it is
            omitted, libvirt selects a name such as C(virbr0).
        type: str
      managed:
        description:
          - With V(hostdev), whether libvirt binds a VF to vfio-pci when a guest gets it, and to its previous driver
            when the guest releases it.
          - If it is omitted, this does not change, and a new network has V(true).
        type: bool
  addresses:
    description:
      - With V(nat), V(route), V(open) and V(isolated), the addresses of the host on the network, each with its prefix
        length. V(nat) and V(route) require one. An empty list removes the addresses.
    type: list
    elements: str
  mtu: {type: int, description: "MTU in bytes, with V(nat), V(route), V(open) and V(isolated)."}
  state:
    description:
      - V(present) defines the network, and does not start or stop it.
      - V(active) defines and starts it. V(inactive) defines and stops it. V(absent) stops and removes it.
      - The module does not stop a network on which a running domain has a NIC, and does not remove a network on which a
        defined domain has a NIC. This includes NICs and other ports on the bridge that libvirt created for the network.
    type: str
    choices: [present, active, inactive, absent]
    default: present
  autostart:
    description: Whether libvirt starts the network with the host. If it is omitted, this does not change.
    type: bool
extends_documentation_fragment:
  - nfv.kvm.port
  - nfv.kvm.libvirt
  - nfv.kvm.vm_fex
  - nfv.kvm.attributes
author: nfv.kvm contributors (@nfv-kvm)
seealso:
  - module: nfv.kvm.port_profile
  - module: nfv.kvm.vm_interface
  - module: nfv.kvm.sriov_vf
"""

EXAMPLES = r"""
- name: Create a pool of the VFs of a PF in VLAN 100
  nfv.kvm.vm_network:
    name: wan
    forward: {mode: hostdev, pf: eno2}
    vlan: {tags: [100]}
    state: active
    autostart: true

- name: Connect a network to a bridge of Open vSwitch
  nfv.kvm.vm_network:
    name: fabric
    forward: {mode: bridge, bridge: ovsbr0}
    virtualport: {type: openvswitch}
    state: active
    autostart: true

- name: Create a VM-FEX network of macvtaps on VFs, which live migration supports
  nfv.kvm.vm_network:
    name: fex
    forward: {mode: passthrough, pf: eno3}
    virtualport: {type: 802.1Qbh, profileid: finance}
    state: active
    autostart: true

- name: Create an isolated network between guests, with an address for the host
  nfv.kvm.vm_network:
    name: internal
    forward: {mode: isolated}
    addresses: [192.0.2.1/24]
    mtu: 9000
    state: active

- name: Remove a network that no domain uses
  nfv.kvm.vm_network:
    name: internal
    state: absent
"""

RETURN = r"""
state:
  description: State of the network, one of V(active), V(inactive) or V(absent).
  returned: success
  type: str
  sample: active
uuid:
  description: UUID of the network. It is null if the network is absent, or if it is not defined yet in check mode.
  returned: success
  type: str
  sample: 1b4e28ba-2fa1-4ed2-883f-0016d3cca427
autostart:
  description: Whether libvirt starts the network with the host.
  returned: success
  type: bool
  sample: true
bridge:
  description: Bridge of the network. It is null if the network has none, or if libvirt has not selected a name yet.
  returned: success
  type: str
  sample: virbr1
used_by:
  description: The running domains with NICs on the network, or on the bridge that libvirt created for it.
  returned: success
  type: list
  elements: str
  sample: [edge1]
needs_restart:
  description: Whether the network runs with an older definition, because it is in use.
  returned: success
  type: bool
  sample: false
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["network wan: define, hostdev eno2", "network wan: start"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.plan import network_resource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.argument_spec import VIRTUALPORT, VLAN
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

FORWARD = {
    "mode": {"type": "str", "required": True, "choices": [
        "bridge", "private", "vepa", "passthrough", "hostdev", "nat", "route", "open", "isolated"]},
    "pf": {"type": "str"}, "devices": {"type": "list", "elements": "str"}, "bridge": {"type": "str"},
    "managed": {"type": "bool"},
}
SPEC = {
    "name": {"type": "str", "required": True},
    "forward": {"type": "dict", "options": FORWARD},
    "addresses": {"type": "list", "elements": "str"},
    "virtualport": {"type": "dict", "options": VIRTUALPORT},
    "vlan": {"type": "dict", "options": VLAN},
    "mtu": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "active", "inactive", "absent"], "default": "present"},
    "autostart": {"type": "bool"},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), network_resource)


if __name__ == "__main__":
    main()
