#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module nfv.kvm.bios_check."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bios_check
short_description: Check whether a KVM host is ready for appliances with SR-IOV, and report the cause if it is not
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Checks the CPU, the firmware, the kernel and the NICs of a host. For each check, it reports the finding, the layer
    that causes it and the remedy, with the names that firmware vendors use for their settings.
  - Reads only files in C(/proc), C(/sys), C(/dev), C(/run), C(/lib/modules) and C(/var/cache/libvirt), and the features
    of NICs from the kernel. It starts no program and changes nothing. It also works without root. Values that it cannot
    read then are reported as V(unknown), never as V(ok).
extends_documentation_fragment:
  - nfv.kvm.attributes.reading
options:
  pfs:
    description:
      - The NICs that will provide the VFs, each by its netdev or its PCI address. Each of them must support VFs.
      - If it is omitted, all NICs of the host are checked as a group. At least one of them must support VFs. A fault
        that only some of them have is a V(warn).
    type: list
    elements: str
  require:
    description:
      - The checks to run. Other checks are neither run nor returned. If it is omitted, all checks that apply are run.
      - V(cpu_virtualisation) is hardware virtualisation of the CPU (Intel VT-x, AMD SVM, ARM EL2).
      - V(kvm) is a running C(kvm_intel) or C(kvm_amd), or the KVM of ARM, with C(/dev/kvm).
      - V(nested) is nested virtualization. It is a V(warn) if it is off, because only some appliances need it.
      - V(iommu_firmware) is an ACPI table from the firmware that describes an IOMMU. This is DMAR (Intel VT-d), IVRS
        (AMD-Vi), VIOT (virtio) or IORT (ARM SMMU).
      - V(iommu_kernel) is an IOMMU that the kernel uses, with IOMMU groups. A kernel argument alone is not sufficient.
      - V(interrupt_remapping) is interrupt remapping by the IOMMU. Without it, VFIO does not give VFs to guests, unless
        C(allow_unsafe_interrupts) of C(vfio_iommu_type1) is set. This is a V(warn).
      - V(nic_sriov) is SR-IOV of the NICs with at least one possible VF, and a driver. It also shows whether the NIC
        has queues for macvtap interfaces (VMDq), as C(l2-fwd-offload) of C(ethtool --show-features).
      - V(mmio) is address space for the registers of the VFs. Without it, the kernel cannot create VFs.
      - V(acs) is a separate IOMMU group for each VF, or, if no VF exists yet, for the PF. It is a V(fail) if VFs share
        a group with a device that the host uses, and a V(warn) if several VFs share a group.
      - V(nic_model) is NICs that O(release) of O(appliance) supports. It is a V(fail) if the release is too old, and a
        V(warn) for a NIC that is not listed. It is V(unknown) for NICs that are newer than the vendor's guide, such as
        Intel E810 and ConnectX-5. It is run if O(appliance) is given.
      - V(vm_fex) is PFs of a Cisco VIC, whose VFs support port profiles (VM-FEX, 802.1Qbh). It is a V(fail) for a NIC
        of another vendor, and a V(warn) for a driver, a VIC or a number of VFs that is known not to work. The file
        C(/etc/nfv.kvm/vm_fex.json) on the host replaces this knowledge, see M(nfv.kvm.vm_network). It is run only if it
        is listed.
      - V(vfio) is the driver C(vfio-pci), loaded or ready to be loaded.
      - V(lockdown) is a kernel that is not locked down. Otherwise, it is a V(warn), because unsigned PF drivers cannot
        be loaded.
      - V(hugepages) is memory in huge pages. It is a V(warn) if there is none.
      - V(numa) is memory on the NUMA node of each PF, and the same node for all listed PFs. Otherwise, it is a V(warn).
      - V(pcie_link) is a PCIe link at the full speed and width of each NIC. Otherwise, it is a V(warn).
      - V(pml_apicv) is KVM without the features of Intel CPUs that the vendor of O(appliance) advises against.
        Otherwise, it is a V(warn). It is run if the module knows O(appliance), or if it is listed.
      - V(machine_types) is a QEMU with one of the machine types of the profile of O(appliance), and shows the first of
        them. Otherwise, it is a V(warn). It is run as V(pml_apicv). The cache of libvirt shows what QEMU supports.
      - The other checks are recommendations for hosts on which appliances have dedicated CPUs. They are a V(warn) only
        on a host with isolated CPUs, or if they are listed here. On other hosts they are V(ok), with the finding.
      - V(isolated_cpus) is isolated CPUs on the NUMA node of each PF.
      - V(smt) is cores of which both threads are isolated, or neither is.
      - V(interrupts) is interrupts of the NICs of the host, and irqbalance, that do not use the isolated CPUs.
      - V(cpu_governor) is the governor C(performance) on these CPUs, or on all CPUs if none is isolated.
      - V(cpu_idle) is a wake-up time of at most 10 microseconds from all C-states of these CPUs.
      - V(node_hugepages) is huge pages on the NUMA node of each PF.
      - V(transparent_hugepages) is transparent huge pages set to C(never) or C(madvise).
      - V(ksm) is a kernel that does not merge equal pages.
    type: list
    elements: str
    choices:
      - cpu_virtualisation
      - kvm
      - nested
      - iommu_firmware
      - iommu_kernel
      - interrupt_remapping
      - nic_sriov
      - mmio
      - acs
      - nic_model
      - vm_fex
      - vfio
      - lockdown
      - hugepages
      - numa
      - pcie_link
      - pml_apicv
      - machine_types
      - isolated_cpus
      - smt
      - interrupts
      - cpu_governor
      - cpu_idle
      - node_hugepages
      - transparent_hugepages
      - ksm
  appliance:
    description:
      - The appliance that will use the VFs, for V(nic_model). The module knows V(vsrx) and V(vmx), and those of
        O(appliances). If it is omitted, NIC models are not checked.
    type: str
  release:
    description:
      - Release of the appliance as its vendor writes it, such as V(18.1R1) or V(15.1X49-D90).
    type: str
  appliances:
    description:
      - The NICs that the releases of appliances support, in addition to those that the module knows. An entry replaces
        all that the module knows of the appliance with this name.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the appliance, as in O(appliance).
        type: str
        required: true
      nics:
        description: The NICs that it supports.
        type: list
        elements: dict
        required: true
        suboptions:
          model:
            description: Name of the NIC in messages.
            type: str
            required: true
          ids:
            description: Its PCI IDs as C(lspci -nn) shows them, in lower case, such as V(8086:10fb).
            type: list
            elements: str
            required: true
          releases:
            description:
              - The first releases that support it, one for each train of releases, in ascending order. The last one
                also applies to all later trains. V([15.1X49-D90, 17.3R1]) includes 15.1X49-D100 and 18.1R1, but neither
                15.1X49-D80 nor 17.2R1.
              - If it is omitted, all releases support the NIC.
            type: list
            elements: str
            default: []
  fail_on:
    description:
      - Which findings let the task fail.
      - With V(fail), the task fails if a check is V(fail). With V(warn), it fails if a check is V(fail) or V(warn).
        With V(never), it only reports.
    type: str
    choices: [fail, warn, never]
    default: fail
notes:
  - C(virt-host-validate) of libvirt checks the same as V(cpu_virtualisation), V(kvm), V(iommu_firmware) and
    V(iommu_kernel), with these differences. It requires DMAR on CPUs with C(vmx) and IVRS on CPUs with C(svm). This
    module accepts either, for example on an emulated host that combines an AMD CPU with VT-d. It considers C(/dev/kvm)
    as proof of KVM, although udev creates it before KVM runs, and also requires permission to open it, which only the
    user that runs QEMU needs. On ARM, it does not check the CPU, and considers IORT as proof of an SMMU. It reports
    values that are hidden, as in a container, as missing.
  - Only C(virt-host-validate) checks cgroups, C(/dev/vhost-net), C(/dev/net/tun) and secure guests. All other checks
    exist only in this module.
seealso:
  - module: nfv.kvm.sriov_vf
"""

EXAMPLES = r"""
- name: Fail if the host is not ready
  nfv.kvm.bios_check:

- name: Fail if one of these NICs does not support VFs
  nfv.kvm.bios_check:
    pfs:
      - enp1s0
      - "0000:02:00.0"
    require:
      - iommu_firmware
      - iommu_kernel
      - nic_sriov

- name: Fail if vSRX 18.1R1 does not support these NICs
  nfv.kvm.bios_check:
    pfs: [enp1s0, enp2s0]
    appliance: vsrx
    release: 18.1R1

- name: Fail if an appliance that the module does not know does not support these NICs
  nfv.kvm.bios_check:
    pfs: [enp1s0, enp2s0]
    appliance: my_router
    release: "7.4.1"
    appliances:
      - name: my_router
        nics:
          - model: Intel E810
            ids: ["8086:1592", "8086:1593"]
            releases: ["7.2.5", "7.4.0"]

- name: Check the host without failing
  nfv.kvm.bios_check:
    fail_on: never
  register: host_check

- name: Show the remedies, and the layers that they concern
  ansible.builtin.debug:
    msg: "{{ item.cause }}: {{ item.found }}. {{ item.remedy }}."
  loop: "{{ host_check.checks | rejectattr('status', 'eq', 'ok') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
msg:
  description:
    - The names of the checks by their status, in one line.
    - If the task fails, each failed check with its cause, its finding and the remedy.
  returned: always
  type: str
  sample: "warn: hugepages; unknown: iommu_firmware; ok: cpu_virtualisation, kvm, nested, iommu_kernel,
    interrupt_remapping, nic_sriov, mmio, acs, vfio, lockdown, numa, pcie_link"
ready:
  description: Whether no check is V(fail). It is also true if checks are V(warn) or V(unknown).
  returned: always
  type: bool
  sample: false
checks:
  description: The checks, in the order from the CPU to the performance of appliances. Also returned if the task fails.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the check, as in O(require).
      type: str
      sample: iommu_kernel
    status:
      description: Result, one of V(ok), V(warn), V(fail), or V(unknown) if the host does not show the required values.
      type: str
      sample: fail
    found:
      description: The finding on the host.
      type: str
      sample: the kernel drives no IOMMU (/sys/class/iommu has 0 entries, /sys/kernel/iommu_groups 0)
        with no IOMMU argument on its command line
    cause:
      description:
        - The layer that causes it, one of V(firmware), V(kernel), V(driver), V(nic), V(appliance) and V(host), or null
          if the check is V(ok).
      type: str
      sample: kernel
    remedy:
      description: The remedy, or an empty text if the check is V(ok).
      type: str
      sample: Add the kernel arguments intel_iommu=on iommu=pt in GRUB_CMDLINE_LINUX of /etc/default/grub followed by
        update-grub (Debian, Ubuntu), or with grubby --update-kernel=ALL (RHEL, Fedora), then reboot
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import checks

NIC = {
    "model": {"type": "str", "required": True},
    "ids": {"type": "list", "elements": "str", "required": True},
    "releases": {"type": "list", "elements": "str", "default": []},
}
APPLIANCE = {
    "name": {"type": "str", "required": True},
    "nics": {"type": "list", "elements": "dict", "required": True, "options": NIC},
}
ARGUMENTS = {
    "pfs": {"type": "list", "elements": "str"},
    "require": {"type": "list", "elements": "str", "choices": list(checks.CHECKS)},
    "appliance": {"type": "str"},
    "release": {"type": "str"},
    "appliances": {"type": "list", "elements": "dict", "options": APPLIANCE},
    "fail_on": {"type": "str", "choices": list(checks.FAILING), "default": "fail"},
}


def main() -> None:
    """Run the module."""
    module = module_with(ARGUMENTS, required_together=[["appliance", "release"]])
    engine.report(module, checks.examine)


if __name__ == "__main__":
    main()
