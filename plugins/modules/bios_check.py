#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module nfv.kvm.bios_check."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bios_check
short_description: Tell whether a KVM host is ready for appliances with SR-IOV, and which layer is at fault if not
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Looks at the CPU, the firmware, the kernel and the NICs of a host, and says for each check what it found,
    which layer is at fault and what to do about it.
  - Reads only files below C(/proc), C(/sys), C(/dev) and C(/lib/modules). It starts no program, changes nothing
    and runs without root; what the host then does not show is reported as V(unknown), never as V(ok).
attributes:
  check_mode:
    description: Can run in check mode and return the same as without it.
    support: full
  diff_mode:
    description: Shows what has changed in diff mode.
    support: none
    details: The module changes nothing.
  idempotent:
    description: A second run returns the same as long as nobody changes the host.
    support: full
options:
  pfs:
    description:
      - The NICs that will carry the VFs, each by the name of its network interface or by its PCI address.
        Each of them must be able to have VFs.
      - Without it, the NICs of the host are looked at as one group, of which at least one must be able to have VFs.
    type: list
    elements: str
  require:
    description:
      - The checks to do; those that are not named are neither done nor returned. Without it, all are done.
      - V(cpu_virtualisation) is hardware virtualisation of the CPU (Intel VT-x, AMD SVM).
      - V(kvm) is a running C(kvm_intel) or C(kvm_amd) with C(/dev/kvm).
      - V(nested) is nested virtualisation; it is a V(warn) when off, since only some appliances need it.
      - V(iommu_firmware) is an ACPI DMAR (Intel VT-d) or IVRS (AMD-Vi) table from the firmware.
      - V(iommu_kernel) is an IOMMU that the kernel drives, with IOMMU groups. A kernel argument alone is no proof.
      - V(nic_sriov) is SR-IOV of the NICs, with room for at least one VF.
      - V(vfio) is the driver C(vfio-pci), loaded or ready to be loaded.
    type: list
    elements: str
    choices: [cpu_virtualisation, kvm, nested, iommu_firmware, iommu_kernel, nic_sriov, vfio]
  fail_on:
    description:
      - Which findings fail the task.
      - V(fail) lets it fail when a check is V(fail); V(warn) when a check is V(fail) or V(warn);
        V(never) only reports.
    type: str
    choices: [fail, warn, never]
    default: fail
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
  sample: "unknown: iommu_firmware; ok: cpu_virtualisation, kvm, nested, iommu_kernel, nic_sriov, vfio"
ready:
  description: Whether no check is V(fail). Checks that are V(warn) or V(unknown) leave it true.
  returned: always
  type: bool
  sample: false
checks:
  description: The checks, from the CPU up to the drivers. Also returned when the task fails.
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
      description: The layer at fault, one of V(firmware), V(kernel), V(driver), V(nic) and V(host); null when ok.
      type: str
      sample: kernel
    remedy:
      description: What to do about it; empty when ok.
      type: str
      sample: Add the kernel arguments intel_iommu=on iommu=pt in GRUB_CMDLINE_LINUX of /etc/default/grub followed by
        update-grub (Debian, Ubuntu), or with grubby --update-kernel=ALL (RHEL, Fedora), then reboot
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.readiness import checks

ARGUMENTS = {
    "pfs": {"type": "list", "elements": "str"},
    "require": {"type": "list", "elements": "str", "choices": list(checks.CHECKS)},
    "fail_on": {"type": "str", "choices": list(checks.FAILING), "default": "fail"},
}


def main() -> None:
    """Run the module."""
    engine.report(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), checks.examine)


if __name__ == "__main__":
    main()
