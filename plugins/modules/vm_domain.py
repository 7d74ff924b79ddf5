#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_domain
short_description: Define, start, shut down or remove a libvirt domain
version_added: 0.1.0
description:
  - Brings one libvirt domain into the definition and the state that are given.
  - With each definition, the module records in the domain's metadata what the XML says and what libvirt made of it
    (C(virsh dumpxml) shows it as C(nfv-kvm:definition)). Where neither the XML nor libvirt's definition has changed
    since, there is nothing to do, whatever libvirt filled in or rewrote. What changed in the XML is applied, and what
    was removed from it is removed from the domain. What somebody else changed in the definition is shown and put right.
    The record holds no secrets and no digests of them.
  - A domain without a record, such as one that others defined, is compared by meaning. Order, white space, units and
    other ways to write the same do not count, nor do known defaults and what libvirt is known to fill in. Without
    another difference, nothing is written. A difference that only libvirt makes is one change, which is recorded.
  - What libvirt dropped or changed of the XML is a warning that names its place, once after each definition. It is not
    known in check mode.
  - What libvirt resolved stays in a new definition until the XML says otherwise, and is not compared. That is the
    version of a machine type such as C(q35), the emulator, PCI controllers and guest PCI addresses, and the file of
    UEFI variables; with C(<os firmware='efi'>), also the firmware. Metadata stays as well.
  - NICs are left alone. M(nfv.kvm.vm_interface) manages them, and a new definition keeps them.
  - A PCI device of the host that somebody has is refused when the XML brings it. That is another domain (such as the
    one that this one was cloned from), a process, or the host itself, which has an address or a route on a VF, moved
    it to another network namespace, or has its own traffic on a NIC.
  - A domain whose move to another host was interrupted is neither started nor changed; see M(nfv.kvm.vm_migration).
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  xml:
    description:
      - The domain's XML, as U(https://libvirt.org/formatdomain.html) describes it, without C(<interface>).
      - Its C(<name>) must be O(name). Required for a domain that does not exist yet.
      - The output of C(virsh dumpxml --inactive --security-info) can be given, without its C(<interface>) elements.
      - It may hold passwords, so Ansible does not log it. Passwords, cookies, the kernel's command line, arguments of
        QEMU, and entries of SMBIOS and fw_cfg do not appear in the diff, in RV(actions) or in messages. The
        diff and RV(actions) show only that such a part changes.
    type: str
  state:
    description:
      - V(defined) leaves a domain running or not as it is.
      - V(running) starts it, resumes a paused one, or wakes up one that its guest has suspended to memory. One that is
        saved is restored with the hardware that it was saved with. One whose guest has crashed (C(on_crash) is
        C(preserve)) is refused, because it would not recover if it were resumed; see O(restart).
      - V(shutdown) asks the guest to shut down. A paused, suspended or crashed guest cannot react, so this is refused;
        resume it first with V(running). A saved domain does not run, and stays saved.
      - V(absent) removes the definition, the metadata of snapshots, the UEFI variables, and the state of an emulated
        TPM, unless its XML has C(persistent_state='yes'). O(keep_firmware_state) keeps the last two. A running guest is
        asked to shut down first. A saved domain is refused unless O(restart=allowed), with which its saved state is
        discarded. Disks stay.
    type: str
    choices: [defined, running, shutdown, absent]
    default: defined
  autostart:
    description: Whether libvirt starts the domain with the host. Without it, this stays as it is.
    type: bool
  restart:
    description:
      - Whether a running domain may be restarted where its new definition waits for that.
      - With V(allowed), the guest is asked to shut down, once and after all else, and the domain is started again; but
        only if RV(needs_restart) were true without that. When the guest does not shut down in O(timeout) seconds, the
        module fails, the guest runs on, unless it shuts down later, and the new definition stays for its next start.
      - V(allowed) also discards the saved state of a domain that was saved with other hardware than its definition has,
        or that is to be absent, and cuts the power of one whose guest has crashed when it is to run with another
        definition, or O(state) asks for another state than V(defined).
    type: str
    choices: [never, allowed]
    default: never
  keep_firmware_state:
    description:
      - Whether O(state=absent) keeps the file of UEFI variables and the state of an emulated TPM, such as keys with
        which the guest's disks are encrypted. Without it, both are removed. With another O(state), it has no effect.
      - A later definition uses UEFI variables of the same path, and the TPM state if its XML has the same C(<uuid>).
      - libvirt can keep the TPM state since its version 8.9.
    type: bool
    default: false
  timeout:
    description:
      - Seconds, at least 1, in which a guest must have shut down. When it has not, the module fails. The guest runs on,
        but was asked, and may still shut down later.
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
- name: An appliance that runs and starts with the host
  nfv.kvm.vm_domain:
    name: edge1
    xml: "{{ lookup('ansible.builtin.template', 'edge1.xml.j2') }}"
    state: running
    autostart: true

- name: More memory, at once
  nfv.kvm.vm_domain:
    name: edge1
    xml: "{{ lookup('ansible.builtin.template', 'edge1.xml.j2') }}"
    restart: allowed

- name: Remove it
  nfv.kvm.vm_domain:
    name: edge1
    state: absent
    timeout: 300

- name: Remove it, and define it later with the keys in its TPM
  nfv.kvm.vm_domain:
    name: edge1
    state: absent
    keep_firmware_state: true

- name: Remove it, also if it is saved
  nfv.kvm.vm_domain:
    name: edge1
    state: absent
    restart: allowed
"""

RETURN = r"""
state:
  description: >-
    V(running); V(paused); V(pmsuspended) when its guest has suspended it to memory; V(crashed) when its guest has
    crashed and its XML asks to preserve that; V(shutdown) when it does not run; V(saved) when it does not run and has a
    managed save image, which its next start restores; or V(absent).
  returned: success
  type: str
  sample: running
uuid:
  description: UUID of the domain; null when it is absent, or not defined yet in check mode.
  returned: success
  type: str
  sample: c2be7f59-ef60-4e6c-b173-8f39ae8b1380
needs_restart:
  description: >-
    Whether the domain runs with another definition than its persistent one, or would do so when it is restored from its
    saved state. What libvirt resolves when it starts a domain, such as ports and CPU features, does not count.
  returned: success
  type: bool
  sample: false
actions:
  description: What was done, or would be done in check mode, in words.
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
