# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role kvm_host refuses on hosts of all kinds."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import LARGE, SMALL, Dict, host, refused

PAGES_2M: Dict = {"hugepages": [{"size": "2M", "count": 512}]}


def sysctl_host(line: str = "vm.nr_hugepages = 128", path: str = "/etc/sysctl.d/vm.conf", **more: str) -> str:
    return host(**{path: f"vm.swappiness = 1\n{line}\n", **more})


@pytest.mark.parametrize(("on", "settings", "told"), [
    (host(), {"kernel_arguments": "nosmt"},
     "kvm_host_kernel_arguments = 'nosmt': it must be a list of texts. On the command line, give it as JSON: "
     """-e '{"kvm_host_kernel_arguments": ["nosmt"]}'."""),
    (host(), {"kernel_arguments": ["quiet", 1]}, "it must be a list of texts"),
    (host(), {"hugepages": "size=1G count=1"}, "kvm_host_hugepages = 'size=1G count=1': it must be a list of dictio"),
    (host(), {"hugepages": ["size=1G count=1"]}, "it must be a list of dictionaries"),
    (host(), {"hugepages": [{"size": "1G", "count": 15}]}, "they would take 15360 MiB of this host's 15625 MiB"),
    (host(hugepages=f"{LARGE} 10\n{SMALL} 0\n"), {"hugepages": [{"size": "2M", "count": 2560}]},
     "they would take 5120 MiB of this host's 15625 MiB, beside 10240 MiB of huge pages of other sizes, and it needs "
     "1024 MiB for itself. Ask for fewer, or list the other sizes with a lower count."),
    (host(grub_entry="linux /vmlinuz hugepagesz=1G hugepages=0:6,1:4"), {"hugepages": [{"size": "2M", "count": 2560}]},
     "beside 10240 MiB of huge pages of other sizes"),
    (host("grub_update", **{"/proc/cmdline": "intel_iommu=on iommu=pt hugepagesz=1G hugepages=10"}),
     {"hugepages": [{"size": "2M", "count": 2560}]}, "beside 10240 MiB"),
    (sysctl_host(), PAGES_2M, "kvm_host_hugepages: /etc/sysctl.d/vm.conf sets vm.nr_hugepages = 128 at each boot, not "
     "512. Take that line out of /etc/sysctl.d/vm.conf, or ask for 128."),
    (sysctl_host("-vm/nr_hugepages=128"), PAGES_2M, "sets vm.nr_hugepages = 128"),
    (sysctl_host(path="/etc/sysctl.conf"), PAGES_2M, "/etc/sysctl.conf sets vm.nr_hugepages = 128"),
    (sysctl_host(**{"/etc/sysctl.d/a.conf": "vm.nr_hugepages=512\n"}), PAGES_2M, "/etc/sysctl.d/vm.conf sets"),
    (sysctl_host(), {"hugepages": [{"size": "1G", "count": 1}], "kernel_arguments": ["default_hugepagesz=1G"]},
     "sets vm.nr_hugepages = 128 at each boot, not 1."),
    (host(hugepages=f"{SMALL} 0\n"), {"hugepages": [{"size": "1G", "count": 1}]},
     "kvm_host_hugepages[0].size = '1G': this host has no huge pages of this size, but 2048 KiB. 1G needs"),
    (host(hugepages=""), {"hugepages": [{"size": "2M", "count": 1}]}, "of this size, but none"),
    (host(), {"hugepages": [{"size": "2M", "count": "-1"}]}, "hugepages[0].count = '-1': it must be a number"),
    (host(), {"hugepages": [{"size": "2M", "count": 1}] * 2}, "kvm_host_hugepages[1].size = '2M'"),
    (host(), {"kernel_arguments": ["a b"]}, "kvm_host_kernel_arguments[0] = 'a b': it must be one argument"),
    (host(), {"kernel_arguments": ["x=$(reboot)"]}, "it must be one argument"),
    (host(), {"kernel_arguments": [""]}, "it must be one argument"),
    (host(), {"kernel_arguments": ["--"]}, "it must be one argument"),
    (host(), {"kernel_arguments": ["quiet", "hugepages=4"]}, "arguments[1] = 'hugepages=4': huge pages"),
    (host(), {"kernel_arguments": ["intel_iommu=sm_on,off"]}, "off keeps VFs from guests"),
    (host("grub_update", **{"/proc/cmdline": "ro"}), {}, "to give the kernel intel_iommu=on iommu=pt. Give it these"),
    (host(), {"boot_loader": "grubby"}, "kvm_host_boot_loader = 'grubby': this host does not have it. It has grub"),
    (host(), {"hugepages": [{"size": "1G"}]}, "kvm_host_hugepages[0]: it must have either count or nodes. Give count"),
    (host(), {"hugepages": [{"size": "1G", "count": 1, "nodes": {0: 1}}]}, "it must have either count or nodes"),
    (host(), {"hugepages": [{"size": "1G", "nodes": {0: 1, 2: 1}}]},
     "kvm_host_hugepages[0].nodes: this host has no NUMA node 2. It has 0, 1; list numbers of these."),
    (host(kernel="5.15.0-91-generic"), {"hugepages": [{"size": "1G", "nodes": {0: 1}}]},
     "the kernel of this host, 5.15.0-91-generic, takes no counts by NUMA node at boot"),
    (host(), {"hugepages": [{"size": "1G", "nodes": {0: 1, 1: 8}}]},
     "they would take 8192 MiB of the 7812 MiB of NUMA node 1. Ask for fewer on that node."),
    (host(), {"isolated_cpus": "2-x"}, "kvm_host_isolated_cpus = '2-x': CPUs are numbers, and a range starts "
     "with the lower number."),
    (host(), {"isolated_cpus": [7, "5-4"]}, "CPUs are numbers"),
    (host(), {"isolated_cpus": ["6-9"]},
     "kvm_host_isolated_cpus = '6-9': this host has no CPU 8-9. Its CPUs are 0-7."),
    (host(), {"isolated_cpus": ["0-7"]}, "CPU 0 is the host's own"),
    (host(), {"isolated_cpus": "2,3", "kernel_arguments": ["quiet", "nohz_full=2-3"]},
     "kvm_host_kernel_arguments[1] = 'nohz_full=2-3': kvm_host_isolated_cpus sets it."),
    (host(**{"/etc/tuned/active_profile": "cpu-partitioning\n"}), {"isolated_cpus": "2-3"},
     "tuned's profile cpu-partitioning isolates CPUs by kernel arguments of its own, and each would undo what the "
     "other does. Run tuned-adm profile virtual-host, or"),
    (host(available_governors=""), {"cpu_governor": "performance"},
     "kvm_host_cpu_governor = 'performance': this host does not let Linux set the frequency"),
    (host(), {"cpu_governor": "ondemand"}, "has no such governor. It has performance, powersave."),
    (host(), {"transparent_hugepages": "off"},
     "kvm_host_transparent_hugepages = 'off': it must be one of always, madvise, never"),
    (host(cpu="flags : vmx\nvmx flags : vnmi apicv\n"), {"pml": True},
     "kvm_host_pml = True: the CPU of this host does not have it"),
    (host("grub_update"), {"boot_loader": "grub"}, "this host does not have it. Leave it at auto"),
])
def test_refused(on: str, settings: Dict, told: str) -> None:
    assert told in " ".join(refused(on, **settings))


@pytest.mark.parametrize(("on", "settings"), [
    (host("grub_update"), {}),
    (host(), {"hugepages": [{"size": "1G", "nodes": {0: 7, 1: 7}}]}),
    (host(), {"isolated_cpus": ["1-7"], "cpu_governor": "performance", "ksm": "", "pml": True, "apicv": True}),
    (host(cpu="flags : vmx\nvmx flags : vnmi pml apicv\n"), {"pml": True, "apicv": True}),
    (host(**{"/etc/tuned/active_profile": "virtual-host\n"}), {"isolated_cpus": "2-3"}),
    (host(**{"/etc/tuned/active_profile": "cpu-partitioning\n"}), {"ksm": False}),
    (host(), {"iommu": "false", "kernel_arguments": ["intel_iommu=off"]}),
    (host(), {"hugepages": [{"size": "1G", "count": 14}]}),
    (host(hugepages=f"{LARGE} 10\n{SMALL} 0\n"), {"hugepages": [{"size": "2M", "count": 2000}]}),
    (host(hugepages=f"{LARGE} 10\n{SMALL} 0\n"),
     {"hugepages": [{"size": "2M", "count": 2560}, {"size": "1G", "count": 0}]}),
    (sysctl_host(), {}),
    (sysctl_host(), {"hugepages": [{"size": "1G", "count": 1}]}),
    (sysctl_host(), {"hugepages": [{"size": "2M", "count": 128}]}),
    (sysctl_host("# vm.nr_hugepages = 128\nvm.nr_hugepages_mempolicy = 128\n"), PAGES_2M),
    (sysctl_host(**{"/etc/sysctl.d/z.conf": "vm.nr_hugepages=512\n"}), PAGES_2M),
    (sysctl_host("vm.nr_hugepages=512", **{"/usr/lib/sysctl.d/vm.conf": "vm.nr_hugepages = 128\n"}), PAGES_2M),
    (host(hugepages=f"{SMALL} 0\n"), {"hugepages": [{"size": "1G", "count": 0}]}),
    (host(), {"kernel_arguments": ["pci=realloc", "isolcpus=managed_irq,2-7", "console=ttyS0,115200n8"]}),
])
def test_not_refused(on: str, settings: Dict) -> None:
    assert refused(on, **settings) == []
