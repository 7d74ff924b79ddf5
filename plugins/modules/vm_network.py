#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_network
short_description: A libvirt network, such as a pool of VFs or a bridge of the host
version_added: 0.1.0
description:
  - Brings one libvirt network into the definition and the state that are given. Compared is what it means, not its
    XML. What is not given stays as it is, as do port groups, DHCP and all else that the module does not manage, unless
    the network becomes one of another mode.
  - A started network on which no domain has a NIC is restarted where it runs with another definition. One that is in
    use gets its new definition and runs on as it is; RV(needs_restart) says so. It is also in use if the bridge that
    libvirt made for it has other ports, such as a NIC of a domain with C(type=bridge).
  - What is missing on the host, or cannot be had with the mode, is refused before anything is changed. libvirt itself
    says much of that only when a domain starts, or not at all.
options:
  name:
    description: Name of the network.
    type: str
    required: true
  forward:
    description: What its NICs are connected to. Required for a network that does not exist yet.
    type: dict
    suboptions:
      mode:
        description:
          - V(bridge) connects to a bridge of the host, or with O(forward.devices) makes macvtaps that reach each
            other. V(private), V(vepa) and V(passthrough) make macvtaps of that mode.
          - V(hostdev) hands VFs to the guests.
          - V(nat), V(route), V(open) and V(isolated) have a bridge of libvirt's own; the host forwards with address
            translation, without it, without any rule of a firewall, or not at all.
        type: str
        required: true
        choices: [bridge, private, vepa, passthrough, hostdev, nat, route, open, isolated]
      pf:
        description:
          - With V(hostdev) or V(passthrough), the PF whose VFs are given, by its netdev or PCI address. libvirt takes
            the VFs that there are when the network starts.
        type: str
      devices:
        description:
          - With V(hostdev), the PCI addresses of VFs. With V(bridge), V(private), V(vepa) or V(passthrough), the
            netdevs on which macvtaps are made. With V(nat) or V(route), the one netdev that is forwarded to.
        type: list
        elements: str
      bridge:
        description:
          - With V(bridge), the bridge of the host, of Linux or with O(virtualport) of Open vSwitch.
          - With V(nat), V(route), V(open) and V(isolated), the name of the bridge that libvirt makes, by default one
            such as C(virbr0).
        type: str
      managed:
        description:
          - With V(hostdev), whether libvirt binds a VF to vfio-pci when it is given, and back when it returns. A new
            network has V(true).
        type: bool
  addresses:
    description:
      - With V(nat) and V(route), which need one, V(open) and V(isolated), the host's own addresses on the network,
        each with its prefix. An empty list takes them away.
    type: list
    elements: str
  mtu: {type: int, description: "The MTU in bytes, with V(nat), V(route), V(open) and V(isolated)."}
  state:
    description:
      - V(present) defines the network, and leaves it started or not as it is.
      - V(active) starts it, too. V(inactive) stops it, and V(absent) removes it as well.
      - A network on which a running domain has a NIC is not stopped, and one that a defined domain has a NIC on is
        not removed. The same holds for NICs on the bridge that libvirt makes for the network, and its other ports.
    type: str
    choices: [present, active, inactive, absent]
    default: present
  autostart:
    description: Whether libvirt starts the network with the host. Without it, this stays as it is.
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
- name: A pool of the VFs of a PF, in VLAN 100
  nfv.kvm.vm_network:
    name: wan
    forward: {mode: hostdev, pf: eno2}
    vlan: {tags: [100]}
    state: active
    autostart: true

- name: A bridge of Open vSwitch
  nfv.kvm.vm_network:
    name: fabric
    forward: {mode: bridge, bridge: ovsbr0}
    virtualport: {type: openvswitch}
    state: active
    autostart: true

- name: VM-FEX by macvtaps over VFs, which a live migration can move
  nfv.kvm.vm_network:
    name: fex
    forward: {mode: passthrough, pf: eno3}
    virtualport: {type: 802.1Qbh, profileid: finance}
    state: active
    autostart: true

- name: A network between guests, with an address for the host
  nfv.kvm.vm_network:
    name: internal
    forward: {mode: isolated}
    addresses: [192.0.2.1/24]
    mtu: 9000
    state: active

- name: Remove one
  nfv.kvm.vm_network:
    name: internal
    state: absent
"""

RETURN = r"""
state:
  description: V(active), V(inactive) or V(absent).
  returned: success
  type: str
  sample: active
uuid:
  description: UUID of the network; null when it is absent, or not defined yet in check mode.
  returned: success
  type: str
  sample: 1b4e28ba-2fa1-4ed2-883f-0016d3cca427
autostart:
  description: Whether it starts with the host.
  returned: success
  type: bool
  sample: true
bridge:
  description: The bridge that its NICs are on, null for none, or one that libvirt has not made up yet.
  returned: success
  type: str
  sample: virbr1
used_by:
  description: The running domains with NICs on it, or on the bridge that libvirt made for it.
  returned: success
  type: list
  elements: str
  sample: [edge1]
needs_restart:
  description: Whether it runs with something else than its definition, because it is in use.
  returned: success
  type: bool
  sample: false
actions:
  description: What was done, or would be done in check mode, in words.
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
