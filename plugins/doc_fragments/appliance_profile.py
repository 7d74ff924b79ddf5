# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options ``profile`` and ``placement``, as appliance/argument_spec.py has them."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.appliance_profile``."""

    DOCUMENTATION = r"""
options:
  profile:
    description:
      - The kind of appliance. Required unless O(state=absent).
      - The role P(nfv.kvm.virtual_appliance#role) has profiles in its folder C(profiles/), such as C(vsrx.yml).
    type: dict
    suboptions:
      description: {type: str, description: "Description of the appliance for readers of the profile."}
      image:
        description:
          - Path of the image on the host. The first disk is a copy of it. Required unless O(state=absent).
          - The image must not be based on another file that the copy cannot find.
        type: str
      vcpus: {type: int, required: true, description: "Number of vCPUs."}
      memory: {type: int, required: true, description: "Memory in MiB."}
      machine:
        description:
          - Machine type, such as V(q35), V(pc) or V(pc-i440fx-6.2), or a list of machine types, newest first.
          - From a list, a new appliance gets the first machine type that the QEMU of the host has. If it has none, the
            module fails.
          - An appliance that is already defined keeps its machine type as long as the list has it, also after an
            update of QEMU.
        type: list
        elements: str
        required: true
      cpu:
        description:
          - The CPU that the guest sees. One of V(host-passthrough), V(host-model), V(maximum), or a CPU model of
            libvirt.
          - "If it depends on the vendor of the host's CPU, a dictionary such as
            V({intel: host-passthrough, amd: EPYC})."
        type: raw
        required: true
      cpu_features:
        description: Features that the CPU must have in addition, such as V([vmx]).
        type: list
        elements: str
      sockets:
        description: Number of CPU sockets, which share the vCPUs equally. If it is omitted, each vCPU is a socket.
        type: int
      hugepages:
        description:
          - Whether the memory is in huge pages of the host's default size, on any NUMA node. If it is omitted, it is
            not.
          - O(placement.hugepages) wins, if the appliance is placed.
        type: bool
      placement:
        description: Defaults of O(placement), which wins key by key.
        type: dict
        suboptions: &placement
          policy:
            description:
              - V(dedicated) gives each vCPU a CPU that no other domain has, and runs the other threads of QEMU on CPUs
                of the host.
              - V(shared) lets the vCPUs run on CPUs of one NUMA node that they share with other appliances of this
                policy. If the host has isolated CPUs, these are not among them, because the scheduler moves no threads
                there.
              - With V(none), the default, the host decides, and nothing of the placement is written into the domain.
            type: str
            choices: [none, shared, dedicated]
          numa_node:
            description:
              - The NUMA node that the CPUs and all memory are of. Its number, or V(auto).
              - V(auto), the default, takes the node that most NICs are on, by their PFs. Without NICs of a known node,
                it takes that of most PFs of O(pfs), and without these, a node that has no PFs and as many free CPUs as
                possible. The choice is kept as long as it is valid.
            type: str
          cpus:
            description:
              - The CPUs, as numbers or ranges such as V(2-5). With V(dedicated), one for each vCPU in this order.
              - If it is omitted, the module chooses them. It takes whole cores first, and only isolated CPUs if the
                host has any. If it has none, the core of CPU 0 is left to the host. The choice is kept as long as no
                other domain is pinned to one of these CPUs, and it is what the other options ask for.
            type: list
            elements: str
          emulator_cpus:
            description:
              - The CPUs of the other threads of QEMU, as O(placement.cpus).
              - If it is omitted, those of the host that are on the same NUMA node, or if there are none, any of the
                host. With V(shared), these threads then run where the vCPUs do.
            type: list
            elements: str
          hugepages:
            description:
              - The size of the huge pages that the memory is in. They must be free on the NUMA node; pages that a
                domain will take that is defined and does not run are not free. V(none) means none.
              - If it is omitted, O(profile.hugepages) decides.
            type: str
            choices: [2M, 1G, none]
          threads:
            description:
              - What the vCPUs share of a core, if the host has SMT (Hyper-Threading).
              - V(prefer), the default, fills all CPUs of a core first.
              - V(isolate) gives each vCPU a core, whose other CPUs stay empty and are not given to others.
              - V(require) gives the appliance whole cores, and refuses hosts without SMT.
            type: str
            choices: [prefer, isolate, require]
          memory_lock:
            description: Whether the host must not swap out the memory. If it is omitted, it may.
            type: bool
          share_pages:
            description:
              - Whether the host may merge memory pages of the same content with those of other guests (KSM). If it is
                omitted, it may.
            type: bool
      smbios:
        description:
          - "SMBIOS values that the firmware reports to the guest, by the blocks and entries of libvirt, such as
            V({system: {product: VM-VMX, family: lab}}). Some appliances need them to detect their type."
        type: dict
        suboptions:
          bios: {type: dict, description: "Entries such as C(vendor) and C(version)."}
          system: {type: dict, description: "Entries such as C(manufacturer), C(product) and C(serial)."}
          baseBoard: {type: dict, description: "Entries such as C(manufacturer) and C(product)."}
          chassis: {type: dict, description: "Entries such as C(manufacturer) and C(asset)."}
      disk:
        description: The first disk, from which the appliance boots. Its file is C(disk.qcow2) or C(disk.raw).
        type: dict
        required: true
        suboptions:
          bus: {type: str, required: true, choices: [virtio, ide, sata, scsi], description: "Bus of the disk."}
          format: &format
            description: Format of the image and of its copy. If it is omitted, V(qcow2).
            type: str
            choices: [qcow2, raw]
      disks:
        description: The other disks in their order.
        type: list
        elements: dict
        suboptions:
          name: {type: str, required: true, description: "Name of the disk and, without extension, of its file."}
          image: {type: str, required: true, description: "Path of its image on the host. The disk is a copy of it."}
          bus: &bus
            description: Bus of the disk.
            type: str
            required: true
            choices: [virtio, ide, sata, scsi, usb]
          format: *format
      nics:
        description: How the appliance names and numbers its NICs.
        type: dict
        required: true
        suboptions:
          management:
            description: Names of the first NICs, such as V([fxp0]). The list can be empty.
            type: list
            elements: str
            required: true
          data:
            description: Pattern of the names of all other NICs, such as V(ge-0/0/{n}).
            type: str
            required: true
          first: {type: int, required: true, description: "The number C({n}) of the first of them."}
          model: {type: str, required: true, description: "NIC model, unless O(interfaces[].model) is given."}
          models: {type: dict, description: "Other NIC models by the names of NICs, such as V({fxp0: e1000})."}
          maximum: {type: int, description: "Maximum number of NICs. If it is omitted, there is no limit."}
          hotplug:
            description: Whether NICs can be added and removed while the appliance runs. If it is omitted, they can.
            type: bool
      day0:
        description: The medium from which the appliance reads its day-0 configuration. See O(day0) for the files.
        type: dict
        suboptions:
          kind:
            description:
              - V(iso), the default, is a CD-ROM with the files. The host needs the package xorriso.
              - V(vmm) is a FAT disk with the files in C(vmm-config.tgz). The host needs the packages dosfstools and
                mtools.
            type: str
            choices: [iso, vmm]
          label: {type: str, description: "Volume label of the medium. If it is omitted, V(day0)."}
          bus: *bus
      console:
        description:
          - The serial console. If this is omitted, it is a pty, which C(virsh console) opens. Its output is always
            logged to C(/var/log/libvirt/qemu/NAME-console.log) on the host.
        type: dict
        suboptions:
          port: {type: int, required: true, description: "TCP port of a telnet console on 127.0.0.1 of the host."}
      ready:
        description: How the appliance reports that it is ready. If this is omitted, it is ready when it runs.
        type: dict
        suboptions:
          console:
            description: Text that it prints on its serial console when it is ready, such as V(login:).
            type: str
            required: true
          timeout: {type: int, required: true, description: "Seconds to wait for that text."}
  placement:
    description:
      - The CPUs, the NUMA node and the huge pages that the appliance has of its host. They are chosen before anything
        is changed. If it fits nowhere, the error lists who has what of the host.
      - A running appliance gets another placement when it is next started; see O(restart).
      - Keys that are omitted are taken from O(profile.placement).
    type: dict
    suboptions: *placement
"""
