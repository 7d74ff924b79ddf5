# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the script of the role kvm_host prints of hosts, and what its filters make of that."""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.nfv.kvm.plugins.filter.kvm_host import FilterModule

FILTERS = FilterModule().filters()

Dict = dict[str, t.Any]

SMALL, LARGE = (f"/sys/kernel/mm/hugepages/hugepages-{size}kB/nr_hugepages" for size in (2048, 1048576))
NODE_POOL = "/sys/devices/system/node/node{}/hugepages/hugepages-{}kB/nr_hugepages"
OWN_GRUB = "/etc/default/grub.d/zz-nfv-kvm.cfg"
HEAD = "# Written by nfv.kvm's role kvm_host"
APPEND = 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT '


def units(*told: str) -> str:
    """What systemctl told of units, each as in ``libvirtd.service active enabled``."""
    blocks = []
    for each in told:
        name, active, enabled, *more = each.split()
        blocks.append("\n".join([f"Id={name}", "LoadState=loaded", f"ActiveState={active}", f"UnitFileState={enabled}",
                                 *more]))
    return "\n\n".join([*blocks, "Id=virtnetworkd.socket\nLoadState=not-found\nActiveState=inactive\nUnitFileState="])


GOOD: Dict = {
    "/proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet intel_iommu=on iommu=pt\n",
    "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt"\nGRUB_CMDLINE_LINUX=""\n',
    "cpu": "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx pdpe1gb\n",
    "memory": "MemTotal:       16000000 kB\nHugepagesize:       2048 kB\n",
    "tables": "APIC\nDMAR\nFACP\n",
    "modules": "kvm_intel loaded Y 0\nvfio_pci loaded - 0\n",
    "hugepages": f"{LARGE} 0\n{SMALL} 0\n",
    "mounts": "hugetlbfs /dev/hugepages hugetlbfs rw,nosuid,nodev,relatime,pagesize=2M 0 0\n",
    "grub": " quiet intel_iommu=on iommu=pt",
    "grub_entry": "\tlinux\t/vmlinuz root=/dev/vda1 ro  quiet intel_iommu=on iommu=pt\n",
    "grub_update": "/usr/sbin/update-grub\n",
    "grub_folder": "yes\n",
    "/etc/modules-load.d/nfv-kvm.conf": f"{HEAD}\nvfio_pci\n",
    "kernel": "6.12.43+deb13-amd64\n",
    "present_cpus": "0-7\n",
    "available_governors": "performance powersave\n",
    "governors": "powersave\n",
    "thp": "always [madvise] never\n",
    "ksm": "0 0\n",
    "node_hugepages": "".join(f"{NODE_POOL.format(node, size)} 0\n" for node in (0, 1) for size in (1048576, 2048)),
    "node_memory": "Node 0 MemTotal:        8000000 kB\nNode 1 MemTotal:        8000000 kB\n",
    "units": units("libvirtd.service inactive enabled", "libvirtd.socket active enabled"),
}
SETTINGS: Dict = {"iommu": True, "nested": True, "hugepages": [], "kernel_arguments": [], "boot_loader": "auto"}


def said(host: Dict) -> str:
    """What the script tells of a host; files have the mode 0640."""
    return "\n".join(f"{'640' if name.startswith('/') else '-'} {base64.b64encode(text.encode()).decode()} {name}"
                     for name, text in host.items() if text is not None)


def host(*without: str, **more: str) -> str:
    found = {**GOOD, **{name.replace("__", "/"): text for name, text in more.items()}}
    return said({name: text for name, text in found.items() if name not in without})


def boot(on: str, **settings: t.Any) -> Dict:
    found: Dict = FILTERS["kvm_host_boot"](on, {**SETTINGS, **settings})
    return found


def plan(on: str, **settings: t.Any) -> Dict:
    found: Dict = FILTERS["kvm_host_plan"](on, {**SETTINGS, **settings})
    return found


def refused(on: str, **settings: t.Any) -> list[str]:
    found: list[str] = FILTERS["kvm_host_refused"](on, {**SETTINGS, **settings})
    return found


def written(found: Dict) -> dict[str, str]:
    return {file["path"]: file["content"] for file in found["files"]}
