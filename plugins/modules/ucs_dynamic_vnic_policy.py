#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ucs_dynamic_vnic_policy
short_description: Manage a dynamic vNIC connection policy (the VFs of KVM hosts) in Cisco UCS Manager
version_added: 0.2.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Creates, changes and removes a dynamic vNIC connection policy. A vNIC of a service profile that has the policy is a
    PF of the KVM host, and offers each dynamic vNIC as a VF. RV(vfs) returns how many VFs it offers, and how many a
    host can use.
  - Options that are omitted are not changed. The module does not assign the policy to service profiles.
  - UCS 6454 and later fabric interconnects do not support VM-FEX. The module detects them by their model and fails.
options:
  name:
    description: Name of the policy, 1 to 16 characters of letters, digits and C(-.:_). It cannot be changed later.
    type: str
    required: true
  org:
    description: DN of the organization that has the policy, such as V(org-root/org-nfv). It must exist.
    type: str
    default: org-root
  descr:
    description: Description of the policy, up to 256 characters. An empty text removes it.
    type: str
  vnics:
    description:
      - Number of dynamic vNICs, from 0 to 116. A VIC adapter has at most 116 vNICs, static and dynamic ones together.
      - A policy that is created without it has 54. A host can use 22 to 32 VFs of a PF, depending on its kernel.
    type: int
  adapter_policy:
    description:
      - An Ethernet adapter policy of O(org) or an organization above it, such as V(Linux). An empty text selects UCS
        Manager's default.
    type: str
  protection:
    description:
      - Whether a dynamic vNIC changes to the other fabric when its own fails, and which fabric is preferred.
      - A policy that is created without it has V(protected).
    type: str
    choices: [none, protected, protected-pref-a, protected-pref-b]
  state:
    description: V(absent) removes the policy.
    type: str
    choices: [present, absent]
    default: present
  in_use:
    description:
      - With V(fail), the policy is not removed, and O(vnics), O(adapter_policy) and O(protection) are not changed,
        while service profiles, their vNICs or templates use it. UCS Manager would reconfigure their servers, and may
        reboot them.
      - With V(allow), the module removes or changes it anyway.
    type: str
    choices: [fail, allow]
    default: fail
extends_documentation_fragment:
  - nfv.kvm.ucs
  - nfv.kvm.attributes
seealso:
  - module: nfv.kvm.ucs_port_profile
  - module: nfv.kvm.ucs_port_profile_info
  - module: nfv.kvm.sriov_vf
"""

EXAMPLES = r"""
- name: Give each vNIC with this policy 16 VFs
  nfv.kvm.ucs_dynamic_vnic_policy:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
    name: kvm-16
    descr: VM-FEX on KVM
    vnics: 16
    adapter_policy: Linux
    protection: protected
  delegate_to: localhost

- name: Raise the number, although UCS Manager may reboot the servers that use the policy
  nfv.kvm.ucs_dynamic_vnic_policy:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
    name: kvm-16
    vnics: 22
    in_use: allow
  delegate_to: localhost

- name: Remove a policy that nothing uses
  nfv.kvm.ucs_dynamic_vnic_policy:
    hostname: ucs1.example.com
    password: "{{ ucs_password }}"
    name: kvm-old
    org: org-root/org-nfv
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
policy:
  description: The policy with all its properties, or null if it is absent.
  returned: success
  type: dict
  sample: {name: kvm-16, org: org-root, dn: org-root/dynamic-con-kvm-16, descr: VM-FEX on KVM, vnics: 16,
           adapter_policy: Linux, protection: protected}
vfs:
  description: The VFs of a PF whose vNIC has this policy.
  returned: success
  type: dict
  contains:
    offered: {type: int, sample: 54, description: "Number of VFs that the PF offers."}
    usable: {type: int, sample: 22, description: "Number of them that every host can use with port profiles."}
    usable_at_most: {type: int, sample: 32, description: "Maximum number of them that any host can use."}
consumers:
  description: The service profiles and templates that use the policy.
  returned: success
  type: list
  elements: dict
  contains:
    dn: {type: str, sample: org-root/ls-kvm1, description: "The DN."}
    kind:
      description: V(lsServer), V(lsServer template), V(vnicLanConnTempl) or V(vnicLanConnPolicy).
      type: str
      sample: lsServer
    vnics:
      description: Its vNICs that have the policy. The list is empty if it is the policy of the service profile itself.
      type: list
      elements: str
      sample: [eth0]
interconnects:
  description: The fabric interconnects, and whether they support VM-FEX.
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
  sample: ["dynamic vNIC policy kvm-16 of org-root: vnics 16 → 22"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.argument_spec import CONNECTION
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import run
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy.plan import policy_resource

SPEC = {
    **CONNECTION,
    "name": {"type": "str", "required": True},
    "org": {"type": "str", "default": "org-root"},
    "descr": {"type": "str"},
    "vnics": {"type": "int"},
    "adapter_policy": {"type": "str"},
    "protection": {"type": "str", "choices": ["none", "protected", "protected-pref-a", "protected-pref-b"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "in_use": {"type": "str", "choices": ["fail", "allow"], "default": "fail"},
}


def main() -> None:
    run(module_with(SPEC), policy_resource)


if __name__ == "__main__":
    main()
