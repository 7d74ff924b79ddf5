#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_domain
short_description: Define, start, shut down or remove a libvirt domain
version_added: 0.1.0
description:
  - Defines a libvirt domain from its XML, and starts, shuts down or removes it.
  - Records in the domain's metadata, with each definition, the XML that was given and the definition that libvirt made
    from it (C(virsh dumpxml) shows the record as C(nfv-kvm:definition)). The record holds no secrets and no digests of
    secrets.
  - Changes nothing if neither the XML nor libvirt's definition has changed since then. Additions and rewrites by
    libvirt do not count. A change of the XML is applied, and what you remove from the XML is removed from the domain.
    Changes that were made outside this module are shown and reverted.
  - Compares a domain that has no record, such as one that was defined with another tool, by its meaning. The order of
    elements, white space, units and equivalent notations do not count, nor do known defaults and known additions by
    libvirt. Without another difference, nothing is written. A difference that only libvirt's rewriting causes is
    applied once and then recorded.
  - Warns once after each definition if libvirt dropped or changed a part of the XML. The warning names the element. It
    is not available in check mode.
  - Keeps the values that libvirt resolved in a new definition, unless the XML gives other values. These are the version
    of a machine type such as C(q35), the emulator, PCI controllers and guest PCI addresses, and the file of UEFI
    variables; with C(<os firmware='efi'>), also the firmware. It also keeps the metadata.
  - Does not change NICs. M(nfv.kvm.vm_interface) manages them, and a new definition keeps them.
  - Fails if the XML adds a PCI device of the host that is in use by another domain (such as the one from which this
    domain was cloned), by a process, or by the host. The host uses a VF that has an address or a route or that is in
    another network namespace, and a NIC that carries the host's own traffic.
  - Does not start or change a domain whose move to another host was interrupted; see M(nfv.kvm.vm_migration).
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  xml:
    description:
      - The XML of the domain, as U(https://libvirt.org/formatdomain.html) describes it, without C(<interface>)
        elements. Its C(<name>) must be O(name).
      - Required for a domain that does not exist yet. If it is omitted, the definition does not change.
      - You can use the output of C(virsh dumpxml --inactive --security-info) without its C(<interface>) elements.
      - The XML can contain passwords, so Ansible does not log it. Passwords, cookies, the kernel command line, QEMU
        arguments, and SMBIOS and fw_cfg entries do not appear in the diff, in RV(actions) or in messages. The diff and
        RV(actions) show only that such a part changes.
    type: str
  state:
    description:
      - V(defined) defines the domain, and does not start or shut it down.
      - V(running) starts the domain, resumes a paused one, or wakes up one that its guest has suspended to memory. A
        saved domain is restored with the hardware with which it was saved. A domain whose guest has crashed
        (C(on_crash) is C(preserve)) is refused, because resuming does not recover it; see O(restart).
      - V(shutdown) asks the guest to shut down. A paused, suspended or crashed guest cannot react, so this is refused;
        resume it first with V(running). A saved domain does not run, and stays saved.
      - V(absent) removes the definition, the metadata of snapshots, the UEFI variables, and the state of an emulated
        TPM, unless its XML has C(persistent_state='yes'). O(keep_firmware_state) keeps the last two. A running guest is
        asked to shut down first. A saved domain is refused unless you set O(restart=allowed), which discards its saved
        state. The disks are not removed.
    type: str
    choices: [defined, running, shutdown, absent]
    default: defined
  autostart:
    description: Whether libvirt starts the domain with the host. If it is omitted, this does not change.
    type: bool
  restart:
    description:
      - Whether the module can restart a running domain to apply a new definition.
      - With V(never), the domain keeps running, and the new definition takes effect at its next start.
        RV(needs_restart) is then true.
      - With V(allowed), the module asks the guest to shut down and starts the domain again, once and as its last step,
        but only if RV(needs_restart) would otherwise be true. If the guest does not shut down within O(timeout)
        seconds, the module fails. The guest keeps running, unless it shuts down later, and the new definition takes
        effect at its next start.
      - V(allowed) also discards the saved state of a domain if its definition now has other hardware, or with
        O(state=absent). It powers off a domain whose guest has crashed if the definition changes, or if O(state) is not
        V(defined).
    type: str
    choices: [never, allowed]
    default: never
  keep_firmware_state:
    description:
      - Whether O(state=absent) keeps the file of UEFI variables and the state of an emulated TPM, such as the keys with
        which the disks of the guest are encrypted. With V(false), both are removed. With another O(state), it has no
        effect.
      - A later definition uses UEFI variables that have the same path, and the TPM state if its XML has the same
        C(<uuid>).
      - To keep the TPM state, libvirt must be version 8.9 or later.
    version_added: 0.2.0
    type: bool
    default: false
  timeout:
    description:
      - Time in seconds, at least 1, that the guest has to shut down. If it takes longer, the module fails. The guest
        keeps running, but can still shut down later, because it was asked to.
    type: int
    default: 120
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.attributes
author:
  - nfv.kvm contributors (@nfv-kvm)
seealso:
  - module: nfv.kvm.vm_interface
"""

EXAMPLES = r"""
- name: Define an appliance, start it, and start it with the host
  nfv.kvm.vm_domain:
    name: edge1
    xml: "{{ lookup('ansible.builtin.template', 'edge1.xml.j2') }}"
    state: running
    autostart: true

- name: Apply a new definition with more memory at once
  nfv.kvm.vm_domain:
    name: edge1
    xml: "{{ lookup('ansible.builtin.template', 'edge1.xml.j2') }}"
    restart: allowed

- name: Remove a domain whose guest needs up to 5 minutes to shut down
  nfv.kvm.vm_domain:
    name: edge1
    state: absent
    timeout: 300

- name: Remove a domain, but keep the keys in its TPM for a later definition
  nfv.kvm.vm_domain:
    name: edge1
    state: absent
    keep_firmware_state: true

- name: Remove a domain even if it is saved
  nfv.kvm.vm_domain:
    name: edge1
    state: absent
    restart: allowed
"""

RETURN = r"""
state:
  description: >-
    State of the domain, one of V(running); V(paused); V(pmsuspended) if its guest has suspended it to memory;
    V(crashed) if its guest has crashed and its XML sets C(on_crash) to C(preserve); V(shutdown) if it does not run;
    V(saved) if it does not run and has a managed save image, which its next start restores; or V(absent).
  returned: success
  type: str
  sample: running
uuid:
  description: UUID of the domain. It is null if the domain is absent, or if it is not defined yet in check mode.
  returned: success
  type: str
  sample: c2be7f59-ef60-4e6c-b173-8f39ae8b1380
needs_restart:
  description: >-
    Whether the domain runs with a definition that differs from its persistent one, or would do so if it were restored
    from its saved state. Values that libvirt resolves at each start, such as ports and CPU features, do not count.
  returned: success
  type: bool
  sample: false
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["domain edge1: memory: 524288 → 1048576"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import domain_resource
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

SPEC = {
    "name": {"type": "str", "required": True},
    "xml": {"type": "str", "no_log": True},  # it may hold passwords
    "state": {"type": "str", "choices": ["defined", "running", "shutdown", "absent"], "default": "defined"},
    "autostart": {"type": "bool"},
    "restart": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "keep_firmware_state": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 120},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), domain_resource)


if __name__ == "__main__":
    main()
