# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of hosts of all kinds, one that lies among them."""

from __future__ import annotations

import typing as t

Dict = dict[str, t.Any]


def check(name: str, status: str, found: str, cause: str | None = None, remedy: str = "") -> Dict:
    return {"name": name, "status": status, "found": found, "cause": cause, "remedy": remedy}


OUTCOME: Dict = {
    "ready": False, "error": "", "reboot": [],
    "checks": [
        check("cpu_virtualisation", "ok", "svm (AuthenticAMD)"),
        check("nested", "warn", "kvm_amd nested=0", "kernel",
              'Write "options kvm_amd nested=1" to /etc/modprobe.d/kvm.conf, and reload kvm_amd while no guest runs'),
        check("iommu_firmware", "unknown", "/sys/firmware/acpi/tables cannot be read", "host", "Run the check as root"),
        check("nic_sriov", "fail", "SR-IOV is there with 0 VFs on 0000:01:00.0 (enp1s0), 0000:02:00.0 (enp2s0)",
              "firmware", "Enable SR-IOV in the firmware setup (Dell: Integrated Devices, SR-IOV Global Enable)"),
    ],
}
# What vm_placement_info returns of a host
NODES: list[Dict] = [
    {"numa_node": 0, "memory": 65536,
     "cpus": [{"cpu": cpu, "siblings": [], "isolated": False, "governor": None, "nohz_full": False,
               "housekeeping": cpu < 2, "pinned_by": ["edge1"] if cpu in (2, 3, 6) else []} for cpu in range(8)],
     "hugepages": [{"size": "1G", "total": 16, "free": 8,
                    "used_by": [{"domain": "edge1", "pages": 8, "running": True}]},
                   {"size": "2M", "total": 0, "free": 0, "used_by": []}],
     "pfs": [{"name": "eno2", "pci_address": "0000:81:00.0", "numvfs": 4, "totalvfs": 64}]},
    {"numa_node": 1, "memory": 65536, "cpus": [], "hugepages": [], "pfs": []},
]
HOSTILE = "<script>alert('x')</script> & \"y\" \x1b[31m\u202e\n{{ 7 * 7 }}"
FLEET: Dict = {
    "kvm1": OUTCOME,
    "kvm2": {"ready": True, "checks": [check("kvm", "ok", "/dev/kvm")], "reboot": [], "error": "", "nodes": NODES},
    "kvm3": {},
    "kvm4": {"ready": False, "checks": [], "reboot": ["kernel arguments iommu=pt"], "error": ""},
    "kvm5": {"ready": False, "checks": [], "reboot": [], "error": "No package"},
}
