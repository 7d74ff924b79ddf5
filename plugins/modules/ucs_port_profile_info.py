#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ucs_port_profile_info
short_description: List the port profiles of Cisco UCS Manager, and the VM interfaces that use them
version_added: 0.2.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Returns the port profiles with their VLANs, clients and VM interfaces, the clusters, the service profiles with
    their dynamic vNIC policies, the models of the fabric interconnects, and the release of UCS Manager.
  - Changes nothing. It works on all fabric interconnects, and reports whether they support port profiles.
extends_documentation_fragment:
  - nfv.kvm.ucs
  - nfv.kvm.attributes.reading
options:
  name:
    description: Return this profile only. If it is omitted, all profiles are returned.
    type: str
seealso:
  - module: nfv.kvm.ucs_port_profile
  - module: nfv.kvm.ucs_dynamic_vnic_policy
"""

EXAMPLES = r"""
- name: Read all port profiles
  nfv.kvm.ucs_port_profile_info:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
  delegate_to: localhost
  register: ucs

- name: List the port profiles that no VM interface uses
  ansible.builtin.debug:
    msg: "{{ ucs.profiles | rejectattr('consumers') | map(attribute='name') | list }}"

- name: Show the service profile of each KVM host
  ansible.builtin.debug:
    msg: "{{ ucs.service_profiles | selectattr('uuid', 'eq', ansible_product_uuid | lower) }}"
"""

RETURN = r"""
profiles:
  description:
    - The port profiles in the order of their names. With O(name), only this one, or an empty list if it does not exist.
  returned: success
  type: list
  elements: dict
  sample:
    - name: finance
      descr: Finance department
      qos_policy: gold
      network_control_policy: ""
      pin_group: ""
      max_ports: 128
      host_network_io_performance: none
      vlans: [{name: finance, native: true}]
      clients: [{name: default, datacenter: ".*", folder: ".*", switch: "default$"}]
      consumers:
        - vm: edge1
          uuid: 09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f
          nic: "1"
          mac: "52:54:00:12:34:56"
          host: 5c0a7f3e-0001-0000-0000-000000000001
          service_profile: org-root/ls-kvm1
          server: sys/chassis-1/blade-1
          cluster: default
          status: online
          vifs: ["A/1234: up"]
clusters:
  description: The clusters. VMs on KVM hosts can use the cluster V(default) only.
  returned: success
  type: list
  elements: dict
  contains:
    name: {type: str, sample: default, description: "The name."}
    dn: {type: str, sample: sys/extvm-mgmt/virtual-switches/switch-default, description: "The DN."}
    manager: {type: str, sample: unmanaged, description: "What manages it, V(unmanaged) for KVM."}
    profiles: {type: list, elements: str, sample: [finance], description: "The port profiles of the cluster."}
    usable: {type: bool, sample: true, description: "Whether VMs on KVM hosts can use it."}
service_profiles:
  description: The service profiles, without templates.
  returned: success
  type: list
  elements: dict
  contains:
    dn: {type: str, sample: org-root/ls-kvm1, description: "The DN."}
    name: {type: str, sample: kvm1, description: "The name."}
    uuid:
      description: The UUID, which the firmware of the host reports to Ansible as C(ansible_product_uuid).
      type: str
      sample: 5c0a7f3e-0001-0000-0000-000000000001
    server: {type: str, sample: sys/chassis-1/blade-1, description: "The server, null if there is none."}
    associated: {type: bool, sample: true, description: "Whether it is associated with the server."}
    dynamic_vnic_policies: {type: list, elements: str, sample: [kvm], description: "The policies of it and its vNICs."}
interconnects:
  description: The fabric interconnects.
  returned: success
  type: list
  elements: dict
  contains:
    fabric: {type: str, sample: A, description: "V(A) or V(B)."}
    model: {type: str, sample: UCS-FI-6332-16UP, description: "The model."}
    serial: {type: str, sample: FDO12345678, description: "The serial number."}
    supported: {type: bool, sample: true, description: "Whether it supports port profiles."}
    reason:
      description: Why it does not support them, or null.
      type: str
      sample: UCS 6454 and later fabric interconnects support neither VM-FEX nor port profiles and distributed virtual
        switches
release:
  description: The release of UCS Manager.
  returned: success
  type: str
  sample: 4.0(4b)
"""

from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.argument_spec import CONNECTION
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.inventory import examine
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import report

SPEC = {**CONNECTION, "name": {"type": "str"}}


def main() -> None:
    report(module_with(SPEC), examine)


if __name__ == "__main__":
    main()
