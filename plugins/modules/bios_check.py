#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module nfv.kvm.bios_check."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bios_check
short_description: Tell whether a KVM host is ready for appliances with SR-IOV, and which layer is at fault if not
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Looks at the CPU, the firmware, the kernel and the NICs of a host, and says for each check what it found,
    which layer is at fault and what to do about it, with the names that vendors of firmware use.
  - Reads only files below C(/proc), C(/sys), C(/dev), C(/run), C(/lib/modules) and C(/var/cache/libvirt), and asks the
    kernel for the features of NICs. It starts no program, changes nothing and runs without root; what the host then
    does not show is reported as V(unknown), never as V(ok).
extends_documentation_fragment:
  - nfv.kvm.attributes.reading
options:
  pfs:
    description:
      - The NICs that will carry the VFs, each by the name of its network interface or by its PCI address.
        Each of them must be able to have VFs.
      - Without it, the NICs of the host are looked at as one group, of which at least one must be able to have VFs;
        what else is wrong with some of them only is a V(warn).
    type: list
    elements: str
  require:
    description:
      - The checks to do; those that are not named are neither done nor returned. Without it, all that apply are done.
      - V(cpu_virtualisation) is hardware virtualisation of the CPU (Intel VT-x, AMD SVM, ARM EL2).
      - V(kvm) is a running C(kvm_intel) or C(kvm_amd), or the KVM of ARM, with C(/dev/kvm).
      - V(nested) is nested virtualisation; it is a V(warn) when off, since only some appliances need it.
      - V(iommu_firmware) is an ACPI table from the firmware that describes an IOMMU, be it DMAR (Intel VT-d),
        IVRS (AMD-Vi), VIOT (virtio) or IORT (ARM SMMU).
      - V(iommu_kernel) is an IOMMU that the kernel drives, with IOMMU groups. A kernel argument alone is no proof.
      - V(interrupt_remapping) is interrupts that the IOMMU remaps. Without it VFIO gives no VF to a guest,
        unless C(allow_unsafe_interrupts) of C(vfio_iommu_type1) is set, which makes it a V(warn).
      - V(nic_sriov) is SR-IOV of the NICs, with room for at least one VF, and a driver. It also shows whether the NIC
        has queues for macvtap interfaces (VMDq), as C(l2-fwd-offload) of C(ethtool --show-features).
      - V(mmio) is addresses for the registers of the VFs. Without them the kernel makes no VF.
      - V(acs) is an IOMMU group for each VF, or before there are any, for the PF. It is a V(fail) where VFs share it
        with a device that the host uses, and a V(warn) where they share it among themselves.
      - V(nic_model) is NICs that O(release) of O(appliance) knows. It is a V(fail) for a release that is too old,
        and a V(warn) for a NIC that is not listed. It is V(unknown) for NICs that are newer than what the vendor's
        guide lists, such as Intel E810 and ConnectX-5. It is done when O(appliance) is given.
      - V(vm_fex) is PFs of a Cisco VIC, whose VFs can have port profiles (VM-FEX, 802.1Qbh). It is a V(fail) for a NIC
        of another vendor, and a V(warn) for a driver, a VIC or a number of VFs that is known not to work. The host's
        file C(/etc/nfv.kvm/vm_fex.json) replaces what is known, see M(nfv.kvm.vm_network). It is done only when named.
      - V(vfio) is the driver C(vfio-pci), loaded or ready to be loaded.
      - V(lockdown) is a kernel that is not locked down; else it is a V(warn), as PF drivers from elsewhere do not load.
      - V(hugepages) is memory in hugepages; it is a V(warn) when there is none.
      - V(numa) is memory on the NUMA node of each PF, and one node for all PFs that are named; else it is a V(warn).
      - V(pcie_link) is a PCIe link at the full speed and width of each NIC; else it is a V(warn).
      - V(pml_apicv) is KVM without the features of Intel's CPUs that the vendor of O(appliance) advises against; else
        it is a V(warn). It is done when O(appliance) is one that the module knows, or when it is named.
      - V(machine_types) is a QEMU with the machine type of the profile of O(appliance). Else it is a V(warn), which
        names the newest other that will do. It is done as V(pml_apicv). The cache of libvirt shows what QEMU has.
      - The other checks are recommendations for hosts on which appliances have CPUs for themselves. They are a V(warn)
        only on a host that has isolated CPUs, or when they are named here. Elsewhere they are V(ok), with what was
        found.
      - V(isolated_cpus) is CPUs that the kernel has isolated, on the NUMA node of each PF.
      - V(smt) is cores of which both threads are isolated, or neither is.
      - V(interrupts) is interrupts of the host's NICs, and an irqbalance, that stay off the isolated CPUs.
      - V(cpu_governor) is the governor C(performance) on these CPUs, or on all if none is isolated.
      - V(cpu_idle) is no C-state from which such a CPU takes more than 10 microseconds to be back.
      - V(node_hugepages) is hugepages on the NUMA node of each PF.
      - V(transparent_hugepages) is transparent hugepages C(never) or for programs that ask (C(madvise)).
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
      - The appliance that will have the VFs. The module knows V(vsrx) and V(vmx), and those of O(appliances).
    type: str
  release:
    description:
      - The release of the appliance, as its vendor writes it, such as V(18.1R1) or V(15.1X49-D90).
    type: str
  appliances:
    description:
      - Which NICs the releases of appliances know, in addition to what the module knows. An entry takes the place of
        all that the module knows of the appliance of that name.
    type: list
    elements: dict
    suboptions:
      name:
        description: The appliance, as in O(appliance).
        type: str
        required: true
      nics:
        description: The NICs that it knows.
        type: list
        elements: dict
        required: true
        suboptions:
          model:
            description: What messages call the NIC.
            type: str
            required: true
          ids:
            description: Its PCI IDs as C(lspci -nn) shows them, in lower case, such as V(8086:10fb).
            type: list
            elements: str
            required: true
          releases:
            description:
              - The first releases that know it, one for each train of releases, in ascending order. The last one counts
                for all later trains as well, so that V([15.1X49-D90, 17.3R1]) has 15.1X49-D100 and 18.1R1, and neither
                15.1X49-D80 nor 17.2R1.
              - Without it, all releases know the NIC.
            type: list
            elements: str
            default: []
  fail_on:
    description:
      - Which findings fail the task.
      - V(fail) lets it fail when a check is V(fail); V(warn) when a check is V(fail) or V(warn);
        V(never) only reports.
    type: str
    choices: [fail, warn, never]
    default: fail
notes:
  - C(virt-host-validate) of libvirt looks at the same as V(cpu_virtualisation), V(kvm), V(iommu_firmware) and
    V(iommu_kernel), and agrees with them but for these. On CPUs with C(vmx) it wants DMAR and on those with C(svm)
    IVRS; here either will do, as for an emulated host that pairs an AMD CPU with VT-d. It takes C(/dev/kvm) for KVM,
    which udev makes before KVM runs, and also wants to be allowed to open it, which matters for the user that runs QEMU
    only. On ARM it does not look at the CPU, and takes IORT for an SMMU. What is hidden, as in a container, is not
    there for it.
  - Only C(virt-host-validate) looks at cgroups, C(/dev/vhost-net), C(/dev/net/tun) and secure guests; the other checks
    are of this module only.
seealso:
  - module: nfv.kvm.sriov_vf
"""

EXAMPLES = r"""
- name: Stop here unless the host is ready
  nfv.kvm.bios_check:

- name: Stop here unless both of these NICs can have VFs
  nfv.kvm.bios_check:
    pfs:
      - enp1s0
      - "0000:02:00.0"
    require:
      - iommu_firmware
      - iommu_kernel
      - nic_sriov

- name: Stop here unless these NICs suit vSRX 18.1R1
  nfv.kvm.bios_check:
    pfs: [enp1s0, enp2s0]
    appliance: vsrx
    release: 18.1R1

- name: The same for an appliance that the module does not know
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

- name: Look at the host without stopping
  nfv.kvm.bios_check:
    fail_on: never
  register: host_check

- name: Say what is left to do, and for whom
  ansible.builtin.debug:
    msg: "{{ item.cause }}: {{ item.found }}. {{ item.remedy }}."
  loop: "{{ host_check.checks | rejectattr('status', 'eq', 'ok') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
msg:
  description:
    - The names of the checks by status, in one line.
    - When the task fails, every failing check with its cause, what it found and the remedy.
  returned: always
  type: str
  sample: "warn: hugepages; unknown: iommu_firmware; ok: cpu_virtualisation, kvm, nested, iommu_kernel,
    interrupt_remapping, nic_sriov, mmio, acs, vfio, lockdown, numa, pcie_link"
ready:
  description: Whether no check is V(fail). Checks that are V(warn) or V(unknown) leave it true.
  returned: always
  type: bool
  sample: false
checks:
  description: The checks, from the CPU up to what makes appliances fast. Also returned when the task fails.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the check, as in O(require).
      type: str
      sample: iommu_kernel
    status:
      description: V(ok), V(warn), V(fail), or V(unknown) where the host does not show what is needed to tell.
      type: str
      sample: fail
    found:
      description: What was seen on the host.
      type: str
      sample: the kernel drives no IOMMU (/sys/class/iommu has 0 entries, /sys/kernel/iommu_groups 0)
        with no IOMMU argument on its command line
    cause:
      description:
        - The layer at fault, one of V(firmware), V(kernel), V(driver), V(nic), V(appliance) and V(host); null when ok.
      type: str
      sample: kernel
    remedy:
      description: What to do about it; empty when ok.
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
