#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ucs_port_profile
short_description: Manage a port profile in Cisco UCS Manager, for VM-FEX on KVM hosts
version_added: 0.2.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Creates, changes and removes a port profile in UCS Manager. VMs on KVM hosts name it in the C(profileid) of a
    virtualport of type V(802.1Qbh), see M(nfv.kvm.vm_interface), M(nfv.kvm.vm_network) and M(nfv.kvm.port_profile).
  - UCS Manager applies a change at once to every VM interface that uses the profile. No host reboots. RV(consumers) and
    the diff list these VM interfaces.
  - Options that are omitted are not changed. VLANs and policies that UCS Manager does not have are refused before any
    change.
  - UCS 6454 and later fabric interconnects do not support port profiles. The module detects them by their model and
    fails.
options:
  name:
    description: Name of the profile, 1 to 31 characters of letters, digits and C(-.:_). It cannot be changed later.
    type: str
    required: true
  descr:
    description: Description of the profile, up to 256 characters. An empty text removes it.
    type: str
  qos_policy:
    description: Name of a QoS policy of the root organization. An empty text removes the policy from the profile.
    type: str
  network_control_policy:
    description:
      - Name of a network control policy of the root organization. An empty text selects the default of UCS Manager.
    type: str
  pin_group:
    description:
      - Name of a LAN pin group, which pins the VM interfaces to an uplink. An empty text removes the pin group from the
        profile.
    type: str
  max_ports:
    description:
      - Maximum number of VM interfaces that can use the profile, from 1 to 4096. A profile that is created without it
        has 64.
    type: int
  host_network_io_performance:
    description:
      - V(high-perf-reqd) lets VMs on VMware hosts bypass the hypervisor (VMDirectPath). KVM hosts do not need it.
      - A profile that is created without it has V(none).
    type: str
    choices: [none, high-perf-reqd]
  vlans:
    description:
      - The VLANs by their names in UCS Manager. If it is given, VLANs that are not listed are removed from the profile.
      - If it is omitted, the VLANs stay as they are. A profile that is created without it has none.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the VLAN, which must exist. The name is case-sensitive.
        type: str
        required: true
      native:
        description: Whether the guest sees this VLAN without a tag. At most one VLAN can be native.
        type: bool
        default: false
  clients:
    description:
      - The clusters that can use the profile. If it is given, clients that are not listed are removed.
      - If it is omitted, the clients stay as they are. A profile that is created without it has one client for the
        cluster V(default), the only one that VMs on KVM hosts can use.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the client, 1 to 16 characters of letters, digits and C(-.:_).
        type: str
        required: true
      datacenter:
        description: Regular expression for the data center of the cluster.
        type: str
        default: ".*"
      folder:
        description: Regular expression for the folder of the cluster.
        type: str
        default: ".*"
      switch:
        description: Regular expression for the name of the cluster (distributed virtual switch).
        type: str
        default: "default$"
  state:
    description: V(absent) removes the profile with its VLANs and clients.
    type: str
    choices: [present, absent]
    default: present
  in_use:
    description:
      - With V(fail), the module does not remove a profile that VM interfaces use, nor the client that allows their
        cluster to use it.
      - With V(allow), it removes them, and the VM interfaces lose their connection. UCS Manager may refuse this while a
        VM interface is online.
      - UCS Manager may report only the first 16 characters of a profile's name for a VM interface. If these are the
        same for several profiles, the VM interface counts for each of them.
    type: str
    choices: [fail, allow]
    default: fail
extends_documentation_fragment:
  - nfv.kvm.ucs
  - nfv.kvm.attributes
seealso:
  - module: nfv.kvm.ucs_port_profile_info
  - module: nfv.kvm.ucs_dynamic_vnic_policy
  - module: nfv.kvm.vm_interface
"""

EXAMPLES = r"""
- name: Create a port profile for VMs on KVM hosts
  nfv.kvm.ucs_port_profile:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
    name: finance
    descr: Finance department
    qos_policy: gold
    max_ports: 128
    vlans:
      - {name: finance, native: true}
      - {name: backup}
  delegate_to: localhost

- name: Move all VM interfaces of the profile to another VLAN at once
  nfv.kvm.ucs_port_profile:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
    name: finance
    vlans:
      - {name: finance-new, native: true}
  delegate_to: localhost
  register: finance

- name: Show which VM interfaces that has changed
  ansible.builtin.debug:
    var: finance.consumers

- name: Remove a port profile, unless a VM interface uses it
  nfv.kvm.ucs_port_profile:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
    name: finance-old
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
profile:
  description: The profile with all its properties, or null if it is absent.
  returned: success
  type: dict
  sample: {name: finance, descr: Finance department, qos_policy: gold, network_control_policy: "", pin_group: "",
           max_ports: 128, host_network_io_performance: none,
           vlans: [{name: backup, native: false}, {name: finance, native: true}],
           clients: [{name: default, datacenter: ".*", folder: ".*", switch: "default$"}]}
consumers:
  description: The VM interfaces that use the profile, as UCS Manager reports them.
  returned: success
  type: list
  elements: dict
  contains:
    vm: {type: str, sample: edge1, description: "The VM's name, or its UUID if UCS Manager does not know the name."}
    uuid: {type: str, sample: 09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f, description: "The VM's UUID."}
    nic: {type: str, sample: "1", description: "The NIC's name in UCS Manager."}
    mac: {type: str, sample: "52:54:00:12:34:56", description: "Its MAC address."}
    host: {type: str, sample: 5c0a7f3e-0001-0000-0000-000000000001, description: "The UUID of the KVM host."}
    service_profile: {type: str, sample: org-root/ls-kvm1, description: "The service profile of the KVM host."}
    server: {type: str, sample: sys/chassis-1/blade-1, description: "The server of the KVM host."}
    cluster: {type: str, sample: default, description: "The cluster of the VM."}
    status: {type: str, sample: online, description: "V(online), V(offline) or V(unknown)."}
    vifs: {type: list, elements: str, sample: ["A/1234: up"], description: "Fabric, number and link of its interfaces."}
interconnects:
  description: The fabric interconnects, and whether they support port profiles.
  returned: success
  type: list
  elements: dict
  sample: [{fabric: A, model: UCS-FI-6332-16UP, serial: FDO12345678, supported: true, reason: null}]
release:
  description: The release of UCS Manager.
  returned: success
  type: str
  sample: 4.0(4b)
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["port profile finance: vlans backup, finance (native) → finance-new (native)"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.argument_spec import CONNECTION
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import run
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.plan import profile_resource

VLAN = {"name": {"type": "str", "required": True}, "native": {"type": "bool", "default": False}}
CLIENT = {
    "name": {"type": "str", "required": True},
    "datacenter": {"type": "str", "default": ".*"},
    "folder": {"type": "str", "default": ".*"},
    "switch": {"type": "str", "default": "default$"},
}
SPEC = {
    **CONNECTION,
    "name": {"type": "str", "required": True},
    "descr": {"type": "str"},
    "qos_policy": {"type": "str"},
    "network_control_policy": {"type": "str"},
    "pin_group": {"type": "str"},
    "max_ports": {"type": "int"},
    "host_network_io_performance": {"type": "str", "choices": ["none", "high-perf-reqd"]},
    "vlans": {"type": "list", "elements": "dict", "options": VLAN},
    "clients": {"type": "list", "elements": "dict", "options": CLIENT},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "in_use": {"type": "str", "choices": ["fail", "allow"], "default": "fail"},
}


def main() -> None:
    run(module_with(SPEC), profile_resource)


if __name__ == "__main__":
    main()
