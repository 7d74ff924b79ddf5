# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option ``profile``, as appliance/argument_spec.py has it: the keys of an appliance profile."""

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
      machine: {type: str, required: true, description: "Machine type, such as V(q35), V(pc) or V(pc-i440fx-6.2)."}
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
      hugepages: {type: bool, description: "Whether the memory is in huge pages. If it is omitted, it is not."}
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
"""
