#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_appliance
short_description: Deploy, change or remove a virtual appliance on a KVM host
version_added: 0.2.0
description:
  - Manages all parts of a virtual router or firewall (an appliance). These are its VFs, its disks, its day-0 medium,
    its libvirt domain, its NICs in the order in which the appliance numbers them, its power state, and its readiness.
  - O(profile) describes the kind of appliance, all other options describe the single appliance.
  - Check mode predicts every action, also on a host that does not have the VFs or the domain yet.
  - Whatever M(nfv.kvm.sriov_vf), M(nfv.kvm.vm_domain) and M(nfv.kvm.vm_interface) refuse is refused before anything
    is changed. The same applies to an image that is missing or has another format, and to a host that lacks disk space,
    memory, huge pages, the machine type or the CPU model, has no room for O(placement), or whose libvirt refuses the
    profile for another reason.
  - If a step fails, the module reverts the changes of this run. The message reports this, and lists the changes that it
    could not revert. An appliance that is not ready in time keeps running, and the next run waits for it again.
  - Identifies an appliance by its disks. A domain that has the name but no disk in O(folder) is refused.
options:
  name:
    description: Name of the appliance and of its domain. It must also be valid as the name of a folder.
    type: str
    required: true
  state:
    description:
      - V(running) deploys the appliance and starts it. A paused, suspended or saved appliance resumes.
      - V(defined) deploys it, but does not start it or shut it down.
      - V(shutdown) deploys it and asks its guest to shut down.
      - V(absent) asks its guest to shut down and removes the domain with its UEFI variables and TPM, its day-0 media
        and the log of its console. The settings of its VFs return to their defaults (no VLAN, spoof check on, trust
        off, link V(auto), no rates), and the PFs to their state before the appliance was deployed, also for the next
        reboot. VFs that others use are not removed. The images are never removed, and the disks only if you set
        O(remove_disks). Only O(name) is required, and O(folder) if it was set before.
      - A guest has 300 seconds to shut down.
    type: str
    choices: [running, shutdown, defined, absent]
    default: running
  day0:
    description:
      - The day-0 configuration. Each key is the path of a file on the medium, such as V(config/juniper.conf), and each
        value is the content of that file. O(profile.day0) describes the medium.
      - The guest gets another configuration when it is next started; see O(restart). If this is omitted, the appliance
        has no medium, and one that it had is removed.
      - It can contain passwords, so Ansible does not log it.
    type: dict
  bridges_pending:
    description:
      - Linux bridges that will exist when the appliance is deployed, and that do not need to exist yet.
      - Use it in check mode, in which earlier tasks only predict them.
    type: list
    elements: str
  folder:
    description:
      - Folder of the disks and the day-0 medium. If it is omitted, the folder O(name) in C(/var/lib/libvirt/images/).
    type: path
  autostart:
    description:
      - Whether the appliance starts with the host.
      - If it is omitted, it does, unless a NIC uses a VF of a PF that is not in O(pfs) or is not prepared again after a
        reboot.
    type: bool
  persistent:
    description:
      - Whether the host prepares the PFs again after a reboot, for PFs that do not set O(pfs[].persistent). V(true)
        requires systemd 251 or later on the host.
    type: bool
    default: true
  restart:
    description:
      - Whether the module can restart a running appliance for changes that take effect at its next start, such as
        memory, the day-0 medium, or NICs that cannot change while it runs.
      - With V(never), the appliance keeps running, and RV(needs_restart) is true.
      - With V(allowed), the module asks the guest to shut down and starts the appliance again, once. It discards a
        saved state if the change or O(state=absent) requires this, and powers off a crashed guest.
    type: str
    choices: [never, allowed]
    default: never
  disks:
    description:
      - What to do with a disk whose image has another path, size or time of the last change than before. RV(disks)
        reports this as C(image_changed).
      - V(keep) does not change the disk.
      - V(replace) copies the image again. All data that the guest has written to the disk is lost. The appliance must
        be shut down for this, so a running one also requires O(restart=allowed). The old disk is kept with the suffix
        C(.old) until the appliance has been ready once with the new one. If it is not ready in time, the old disk is
        restored.
      - Disks that this module did not create are never replaced, because their image is unknown.
    type: str
    choices: [keep, replace]
    default: keep
  remove_disks:
    description:
      - Whether O(state=absent) also removes the disks in O(folder). A disk is not removed if another domain uses it, or
        has a disk that is based on it. If you keep the disks, the next deployment to this O(folder) uses them again.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the appliance is ready after it was started. O(profile.ready) defines when it is ready. If
        it is not ready in time, the task fails.
    type: bool
    default: true
extends_documentation_fragment:
  - nfv.kvm.appliance_profile
  - nfv.kvm.interfaces.appliance
  - nfv.kvm.pf.several
  - nfv.kvm.libvirt
  - nfv.kvm.vm_fex
  - nfv.kvm.attributes
author: nfv.kvm contributors (@nfv-kvm)
seealso:
  - module: nfv.kvm.bios_check
  - module: nfv.kvm.sriov_vf
  - module: nfv.kvm.vm_domain
  - module: nfv.kvm.vm_interface
  - module: nfv.kvm.vm_migration
  - module: nfv.kvm.vm_placement_info
"""

EXAMPLES = r"""
- name: Deploy a router with a management NIC and two VFs
  nfv.kvm.vm_appliance:
    name: edge1
    profile:
      image: /var/lib/libvirt/images/router.qcow2
      vcpus: 2
      memory: 2048
      machine: q35
      cpu: host-passthrough
      disk: {bus: virtio}
      nics: {management: [eth0], data: "eth{n}", first: 1, model: virtio}
      day0: {bus: sata, label: cidata}
      ready: {console: "login:", timeout: 300}
    pfs:
      - {pf: eno2, up: true, numvfs: 4}
      - {pf: eno3, up: true, numvfs: 4}
    interfaces:
      - {type: bridge, source: {bridge: br-mgmt}}
      - {type: hostdev, source: {pf: eno2, vf: 0}, vlan: {tags: [100]}}
      - {type: hostdev, source: {pf: eno3, vf: 0}, vlan: {tags: [200]}}
    day0:
      user-data: "{{ lookup('ansible.builtin.file', 'edge1.yml') }}"
      meta-data: ""

- name: Change the memory of a vSRX to 8 GiB, and restart it to apply the change
  nfv.kvm.vm_appliance:
    name: fw1
    profile:
      image: /var/lib/libvirt/images/vsrx.qcow2
      vcpus: 2
      memory: 8192
      machine: [pc-i440fx-6.2, pc-i440fx-4.2, pc-i440fx-rhel7.6.0]
      cpu: {intel: host-passthrough, amd: EPYC}
      disk: {bus: ide}
      nics: {management: [fxp0], data: "ge-0/0/{n}", first: 0, model: virtio, hotplug: false}
      ready: {console: "login:", timeout: 900}
    interfaces:
      - {type: bridge, source: {bridge: br-mgmt}}
      - {type: bridge, source: {bridge: br-inside}}
    restart: allowed

- name: Deploy a router with dedicated CPUs and 1 GiB pages of the NUMA node of its VFs
  nfv.kvm.vm_appliance:
    name: edge2
    profile: "{{ lookup('ansible.builtin.file', 'router.yml') | from_yaml }}"
    pfs:
      - {pf: eno2, up: true, numvfs: 4}
    interfaces:
      - {type: bridge, source: {bridge: br-mgmt}}
      - {type: hostdev, source: {pf: eno2, vf: 1}}
    placement:
      policy: dedicated
      hugepages: 1G

- name: Replace the disk of a vSRX by a copy of a new image, with the profile from a file
  nfv.kvm.vm_appliance:
    name: fw1
    profile: "{{ lookup('ansible.builtin.file', 'vsrx-24.yml') | from_yaml }}"
    interfaces:
      - {type: bridge, source: {bridge: br-mgmt}}
      - {type: bridge, source: {bridge: br-inside}}
    disks: replace
    restart: allowed

- name: Remove a router with its disks
  nfv.kvm.vm_appliance:
    name: edge1
    state: absent
    remove_disks: true
"""

RETURN = r"""
actions:
  description: >-
    The changes that were made, or that would be made in check mode. If the task failed, the changes that were not
    reverted.
  returned: always
  type: list
  elements: str
  sample: ["eno2: numvfs 0 → 4", "domain edge1: start"]
state:
  description: State of the domain, as in RV(nfv.kvm.vm_domain#module:state).
  returned: success
  type: str
  sample: running
uuid:
  description: UUID of the domain; null when it is absent.
  returned: success
  type: str
  sample: c2be7f59-ef60-4e6c-b173-8f39ae8b1380
interfaces:
  description: The NICs, as in RV(nfv.kvm.vm_interface#module:interfaces).
  returned: success
  type: list
  elements: dict
  sample: [{"name": "eth1", "mac": "52:54:00:12:34:56", "type": "hostdev", "source": {"pci_address": "0000:83:0a.0"},
            "model": null, "pci_address": "0000:00:04.0", "changes": {}}]
vfs:
  description: All VFs of all O(pfs), as in RV(nfv.kvm.sriov_vf#module:vfs), each with the name of its PF (C(pf)).
  returned: success
  type: list
  elements: dict
  sample: [{"pf": "eno2", "index": 0, "pci_address": "0000:83:0a.0", "netdev": null, "driver": "vfio-pci",
            "iommu_group": 57, "numa_node": 1, "mac": "52:54:00:12:34:56", "vlan": 100, "qos": 0,
            "vlan_protocol": "802.1Q", "spoofchk": true, "trust": false, "link_state": "auto", "min_tx_rate": 0,
            "max_tx_rate": 0, "query_rss": null,
            "used_by": {"domain": "edge1", "mac": "52:54:00:12:34:56", "live": true, "persistent": true}}]
disks:
  description: The disks in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Name of the disk., type: str, sample: disk}
    path: {description: Path of its file., type: str, sample: /var/lib/libvirt/images/edge1/disk.qcow2}
    made_from:
      description: The image from which this module copied the disk, or null if it did not create the disk.
      type: str
      sample: /var/lib/libvirt/images/router.qcow2
    image_changed: {description: Whether the image has changed since then., type: bool, sample: false}
placement:
  description: Where it runs; null without O(placement).
  returned: success
  type: dict
  contains:
    policy: {description: The policy., type: str, sample: dedicated}
    numa_node: {description: The NUMA node of its CPUs and memory., type: int, sample: 1}
    vcpus:
      description: With V(dedicated) the CPU of each vCPU, with V(shared) the CPUs on which all of them run.
      type: list
      elements: int
      sample: [2, 22]
    emulator_cpus:
      description: The CPUs of the other threads of QEMU; empty if these run where the vCPUs do.
      type: list
      elements: int
      sample: [0, 20]
    hugepages: {description: The size of its huge pages., type: str, sample: 1G}
    threads: {description: What its vCPUs share of a core., type: str, sample: prefer}
ready:
  description: Whether the appliance has been ready since it booted.
  returned: success
  type: bool
  sample: true
needs_restart:
  description: Whether changes take effect only at the next start of the appliance.
  returned: success
  type: bool
  sample: false
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.argument_spec import PLACEMENT, PROFILE
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.params import appliance_resource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.argument_spec import INTERFACE
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.argument_spec import OPTIONS

SPEC = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "shutdown", "defined", "absent"], "default": "running"},
    "profile": {"type": "dict", "options": PROFILE},
    "pfs": {"type": "list", "elements": "dict", "options": OPTIONS},
    "interfaces": {"type": "list", "elements": "dict", "options": INTERFACE},
    "placement": {"type": "dict", "options": PLACEMENT},
    "day0": {"type": "dict", "no_log": True},  # a configuration has passwords
    "bridges_pending": {"type": "list", "elements": "str"},
    "folder": {"type": "path"},
    "autostart": {"type": "bool"},
    "persistent": {"type": "bool", "default": True},
    "restart": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "disks": {"type": "str", "choices": ["keep", "replace"], "default": "keep"},
    "remove_disks": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), appliance_resource)


if __name__ == "__main__":
    main()
