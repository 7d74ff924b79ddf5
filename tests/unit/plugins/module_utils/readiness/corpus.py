# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus: hosts, and what bios_check must say of each."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.readiness.checks import CHECKS, OF_APPLIANCE, OF_CPUS, QUIET
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import CPUS, NOTHING, VF_BAR_0
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import QUIET as QUIET_TREE
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.trees import (
    BUS,
    Case,
    Link,
    Tree,
    cpu,
    fail,
    hugepages,
    iommu,
    kernel,
    kvm,
    nic,
    qemu,
    root_port,
    unknown,
    vfs,
    warn,
    without,
)

X710, X540, CONNECTX4, CONNECTX5, E810, IGB = (
    "8086:1572", "8086:1528", "15b3:1015", "15b3:1017", "8086:1592", "8086:10c9")
PF, PF2, PORT = "0000:01:00.0", "0000:01:00.1", "0000:00:1c.0"
PFS = ["eno1", "eno2"]
AT_PF = f"/sys/devices/pci0000:00/{PORT}/{PF}"

INTEL_CPU, AMD_CPU = cpu("GenuineIntel", "vmx"), cpu("AuthenticAMD", "svm")
PORTS = root_port(PORT, 5)
X710_PAIR: Tree = {**PORTS, **nic(PF, "eno1", "i40e", X710, 20), **nic(PF2, "eno2", "i40e", X710, 21)}
INTEL: Tree = {
    **INTEL_CPU, **kernel("intel_iommu=on iommu=pt"), **kvm("kvm_intel", "Y"), **iommu("DMAR", ["dmar0", "dmar1"]),
    **hugepages(16), **X710_PAIR,
}
AMD: Tree = {
    **AMD_CPU, **kernel("iommu=pt"), **kvm("kvm_amd", "1"), **iommu("IVRS", ["ivhd0", "ivhd1"]), **hugepages(64),
    **PORTS, **nic(PF, "enp1s0f0np0", "mlx5_core", CONNECTX5, 20),
}
ARM: Tree = {
    "/proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"
                     "CPU architecture: 8",
    **kernel(), "/dev/kvm": "", "/sys/class/misc/kvm": None, "/sys/module/kvm/parameters/halt_poll_ns": "500000",
    **iommu("IORT", ["smmu3.0x000027fffe000000"], chip="ITS-PCI-MSI"), **hugepages(16, size=32768), **PORTS,
    **nic(PF, "enp1s0", "mlx5_core", CONNECTX5, 20),
}
# What QEMU emulates with TCG: an AMD CPU, VT-d, and igb in PCIe 1.0 x1 slots.
IGB_LINK = {f"{which}_link_{what}": text for which in ("current", "max")
            for what, text in (("speed", "2.5 GT/s PCIe"), ("width", "1"))}
LAB: Tree = {
    **cpu("AuthenticAMD", "svm hypervisor"), **kernel("intel_iommu=on iommu=pt"), **kvm("kvm_amd", "1"),
    **iommu("DMAR", ["dmar0"]), **hugepages(0, size=2048), **PORTS,
    **nic(PF, "enp1s0", "igb", IGB, 20, totalvfs="7", **IGB_LINK),
}
NO_IOMMU = without(INTEL, "/sys/class/iommu", "/sys/kernel/iommu_groups", f"{AT_PF}/iommu_group",
                   f"/sys/devices/pci0000:00/{PORT}/{PF2}/iommu_group", f"/sys/devices/pci0000:00/{PORT}/iommu_group")
NO_IOMMU.update({"/sys/class/iommu": None, "/sys/kernel/iommu_groups": None,
                 **{f"/sys/kernel/irq/{number}/chip_name": "IO-APIC" for number in (0, 24)}})
NODE = "/sys/devices/system/node/node"
TWO_NODES: Tree = {**INTEL, **hugepages(16, folder=f"{NODE}1/hugepages"), f"{NODE}1/cpulist": "8-15",
                   "/sys/devices/system/node/has_memory": "0-1"}
# A VIC that Cisco does not list as one without VM-FEX, by a driver that was built apart.
VIC: Tree = {**INTEL, "/sys/module/enic/taint": "OE", **nic(
    PF, "eno1", "enic", "1137:0043", 20, subsystem_vendor="0x1137", subsystem_device="0x02dc")}
OVERRIDES = "/etc/nfv.kvm/vm_fex.json"
VM_FEX = {"require": [check for check in CHECKS if check not in (*OF_APPLIANCE, *QUIET)]}
VIC_NAMED = {**VM_FEX, "pfs": ["eno1"]}

DEPENDS_ON_IOMMU = {
    "interrupt_remapping": unknown("no IOMMU to remap", "iommu_kernel"),
    "acs": unknown("in no IOMMU group", "iommu_kernel"),
}
DEPENDS_ON_NIC = dict.fromkeys(("mmio", "acs", "pcie_link"), unknown("no PF that could have VFs", "nic_sriov"))

NO_NUMA = dict.fromkeys((*OF_CPUS, "node_hugepages"), unknown("cannot be read", "CONFIG_NUMA"))

VSRX = {"appliance": "vsrx", "release": "18.1R1"}
VMX = {"appliance": "vmx", "release": "20.4R3"}
OF_MINE = {"appliance": "mine", "release": "1", "require": ["pml_apicv", "machine_types"]}
INTEL_KVM = "/sys/module/kvm_intel/parameters"
QUIET_HOST: Tree = {**INTEL, **QUIET_TREE}
NOISE = {
    "cpu_governor": warn("kernel", "powersave on CPUs", "kvm_host_cpu_governor: performance"),
    "cpu_idle": warn("kernel", "may sleep in C6 (133 µs)", "intel_idle.max_cstate=1"),
    "transparent_hugepages": warn("kernel", "always", "echo madvise >"),
    "ksm": warn("kernel", "on", "kvm_host_ksm: false"),
}


def irqbalance(banned: str) -> Tree:
    """An irqbalance that runs, with a variable of its environment."""
    variable = f"IRQBALANCE_BANNED_CPU{banned}\0" if banned else ""
    return {"/run/irqbalance/irqbalance77.sock": "", "/proc/77/comm": "irqbalance",
            "/proc/77/environ": f"PATH=/usr/bin\0{variable}LANG=C\0"}


CASES: dict[str, Case] = {
    # whole hosts
    "Intel server": Case({**INTEL, **vfs(PF, range(30, 46)), **vfs(PF2, [46, 47])}, params={"pfs": PFS}),
    "AMD server": Case(AMD, params={"pfs": ["enp1s0f0np0"]}),
    "AMD server without IVRS, with DMAR": Case(
        {**without(AMD, "/sys/firmware"), "/sys/firmware/acpi/tables/DMAR": ""}),
    "ARM server": Case(ARM, {"nested": warn("kernel", "kvm-arm.mode", "kvm-arm.mode=nested")}),
    "ARM server with nesting": Case({**ARM, "/proc/cmdline": "quiet kvm-arm.mode=nested"}),
    "ARM server without IORT": Case(
        {**without(ARM, "/sys/class/iommu", "/sys/kernel/iommu_groups", f"{AT_PF}/iommu_group", "/sys/firmware"),
         "/sys/firmware/acpi/tables/FACP": "", "/sys/class/iommu": None, "/proc/cmdline": "kvm-arm.mode=nested"},
        {"iommu_firmware": fail("firmware", "no ACPI IORT", "SMMU"),
         "iommu_kernel": fail("firmware", "as firmware offers none", "Enable the SMMU"), **DEPENDS_ON_IOMMU}),
    "ARM server without SMMU": Case(
        {**without(ARM, "/sys/class/iommu", "/sys/kernel/iommu_groups", f"{AT_PF}/iommu_group"),
         "/sys/class/iommu": None, "/proc/cmdline": "kvm-arm.mode=nested"},
        {"iommu_firmware": unknown("need not describe an SMMU", "iommu_kernel"),
         "iommu_kernel": fail("kernel", "drives no IOMMU", "grep -i smmu"), **DEPENDS_ON_IOMMU}),
    "ARM virtual machine with a device tree": Case(
        {**without(ARM, "/sys/firmware", "/sys/class/misc", "/sys/class/iommu", "/sys/kernel/iommu_groups",
                   f"{AT_PF}", f"{BUS}/{PF}", "/sys/class/net/enp1s0"), "/sys/firmware/devicetree/base/model": "QEMU"},
        {"cpu_virtualisation": unknown("by KVM only", "kvm"), "kvm": fail("firmware", "KVM did not start", "EL2"),
         "nested": warn("kernel", "kvm-arm.mode", "kvm-arm.mode=nested"),
         "iommu_firmware": unknown("tables cannot be read", "root"),
         "iommu_kernel": fail("kernel", "firmware may be at fault", "SMMU"),
         "interrupt_remapping": DEPENDS_ON_IOMMU["interrupt_remapping"],
         "nic_sriov": fail("nic", "none of 0 PCI NICs", "Use a NIC"), **DEPENDS_ON_NIC}),
    "laptop": Case(
        {**without(INTEL, AT_PF, BUS, "/sys/class/net/eno", "/sys/kernel/mm"),
         "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
         **nic("0000:00:1f.6", "enp0s31f6", "e1000e", "8086:15fb", 7, totalvfs=None),
         **nic("0000:02:00.0", "wlp2s0", "iwlwifi", "8086:51f0", 8, totalvfs=None, **{"class": "0x028000"})},
        {"nic_sriov": fail("nic", "none of 2 PCI NICs has SR-IOV", "SRIOV_EN=1"), **DEPENDS_ON_NIC,
         "hugepages": warn("kernel", "no hugepages", "hugepagesz=1G")}),
    "virtual machine without nesting": Case(
        {**cpu("GenuineIntel", "hypervisor"), **kernel(), "/sys/firmware/acpi/tables/FACP": "",
         "/sys/kernel/irq/0/chip_name": "IO-APIC", **hugepages(0, size=2048), "/sys/class/iommu": None,
         **nic("0000:03:00.0", "enp3s0", "virtio-pci", "1af4:1041", None, totalvfs=None)},
        {"cpu_virtualisation": fail("firmware", "neither vmx nor svm", "host-passthrough"),
         "kvm": fail("firmware", "cannot run", "host-passthrough"),
         "nested": unknown("neither kvm_intel nor kvm_amd", "kvm"),
         "iommu_firmware": fail("firmware", "neither an ACPI DMAR", "intel-iommu,intremap=on"),
         "iommu_kernel": fail("firmware", "as firmware offers none", "intel-iommu,intremap=on"),
         "interrupt_remapping": DEPENDS_ON_IOMMU["interrupt_remapping"],
         "nic_sriov": fail("nic", "none of 1 PCI NICs", "Use a NIC"), **DEPENDS_ON_NIC,
         "hugepages": warn("kernel", "no hugepages", "nr_hugepages")}),
    "emulated host of the lab": Case(
        LAB, {"hugepages": warn("kernel", "no hugepages", "vm.nr_hugepages")}, {"pfs": ["enp1s0"]}),
    "emulated host with VFs": Case(
        {**LAB, **vfs(PF, [21, 22, 23]), **hugepages(16, size=2048)}, params={"pfs": [PF]}),
    "virtual machine with an IOMMU that remaps nothing": Case(
        {**LAB, **hugepages(16, size=2048), **iommu("DMAR", ["dmar0"], chip="IO-APIC")},
        {"interrupt_remapping": fail("firmware", "not remapped", "intel-iommu,intremap=on")}),
    "virtual machine with virtio-iommu": Case(
        {**without(LAB, "/sys/firmware"), **hugepages(16, size=2048), "/sys/firmware/acpi/tables/VIOT": ""}),
    # what is not to be seen
    "container": Case(
        without(INTEL, "/dev/kvm", "/sys/class/net/eno", f"{AT_PF}/net", "/sys/firmware",
                "/sys/kernel/security", "/lib/modules"),
        {"kvm": fail("host", "there is no /dev/kvm", "into this container"),
         "iommu_firmware": unknown("tables cannot be read", "outside of any container"),
         "vfio": unknown("lists of modules", "Install the modules"),
         "lockdown": unknown("not mounted", "outside of any container")}),
    "container that hides all but the CPU": Case(
        without(INTEL, "/sys", "/dev", "/lib"), dict.fromkeys(
            ("nested", "kvm", "iommu_firmware", "iommu_kernel", "interrupt_remapping", "nic_sriov", "mmio", "acs",
             "vfio", "lockdown", "hugepages", "numa", "pcie_link", *QUIET), unknown("", ""))),
    "user without rights on a hardened host": Case(
        INTEL,
        {"iommu_firmware": unknown("tables cannot be read", "root"),
         "interrupt_remapping": unknown("/sys/kernel/irq cannot be read", "root"),
         "nested": unknown("nested cannot be read", "root"), "mmio": unknown("resource cannot be read", "root"),
         "pcie_link": unknown("cannot be read", "root"), "hugepages": unknown("cannot be read", "root"),
         "lockdown": unknown("lockdown cannot be read", "root")},
        hidden=("/sys/firmware/acpi/tables", "/sys/kernel/irq", "/sys/module/kvm_intel/parameters/nested",
                f"{AT_PF}/resource", f"{AT_PF}/max_link_speed", "/sys/kernel/security/lockdown",
                "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"), params={"pfs": ["eno1"]}),
    "kernel of before the interrupts were in sysfs": Case(
        without(INTEL, "/sys/kernel/irq"), {"interrupt_remapping": unknown("/sys/kernel/irq cannot be read", "root")}),
    # CPU and KVM
    "VT-x locked by firmware": Case(
        {**without(INTEL, "/sys/module/kvm", "/sys/class/misc", "/dev/kvm"), **cpu("GenuineIntel", "")},
        {"cpu_virtualisation": fail("firmware", "neither vmx nor svm", "Intel VT-x"),
         "kvm": fail("firmware", "cannot run", "Intel VT-x"), "nested": unknown("neither kvm_intel", "kvm")}),
    "VT-x locked by firmware, with a kernel that shows the flag": Case(
        without(INTEL, "/sys/class/misc"), {"kvm": fail("firmware", "did not start", "Intel VT-x")}),
    "SVM off in firmware": Case(
        {**without(AMD, "/sys/module/kvm", "/sys/class/misc"), **cpu("AuthenticAMD", "")},
        {"cpu_virtualisation": fail("firmware", "neither vmx nor svm", "SVM Mode"),
         "kvm": fail("firmware", "cannot run", "SVM Mode"), "nested": unknown("neither kvm_intel", "kvm")}),
    "KVM not loaded": Case(
        without(AMD, "/sys/module/kvm", "/sys/class/misc"),
        {"kvm": fail("kernel", "kvm_amd is not loaded", "modprobe kvm_amd"),
         "nested": unknown("neither kvm_intel", "kvm")}),
    "no nesting": Case(
        {**INTEL, **kvm("kvm_intel", "N")}, {"nested": warn("kernel", "nested=N", "options kvm_intel nested=1")}),
    # IOMMU and interrupts
    "VT-d off in firmware": Case(
        without(NO_IOMMU, "/sys/firmware/acpi/tables/DMAR"),
        {"iommu_firmware": fail("firmware", "neither an ACPI DMAR", "Intel VT-d"),
         "iommu_kernel": fail("firmware", "intel_iommu=on iommu=pt on its", "Intel VT-d"), **DEPENDS_ON_IOMMU}),
    "AMD-Vi off in firmware": Case(
        without({**NO_IOMMU, **AMD_CPU, **kernel("iommu=pt")}, "/sys/firmware/acpi/tables/DMAR"),
        {"iommu_firmware": fail("firmware", "nor an IVRS", "AMD-Vi"),
         "iommu_kernel": fail("firmware", "as firmware offers none", "AMD-Vi"), **DEPENDS_ON_IOMMU}),
    "IOMMU off in the kernel only": Case(
        {**NO_IOMMU, **kernel()},
        {"iommu_kernel": fail("kernel", "no IOMMU argument", "Add the kernel arguments intel_iommu=on"),
         **DEPENDS_ON_IOMMU}),
    "IOMMU switched off for an AMD kernel": Case(
        {**without({**NO_IOMMU, **AMD_CPU}, "/sys/firmware"), "/sys/firmware/acpi/tables/IVRS": "",
         **kernel("amd_iommu=off")},
        {"iommu_kernel": fail("kernel", "amd_iommu=off", "Replace the kernel argument amd_iommu=off"),
         **DEPENDS_ON_IOMMU}),
    "firmware opts out of interrupt remapping": Case(
        {**INTEL, **iommu("DMAR", ["dmar0"], chip="IO-APIC"), "/sys/class/iommu/dmar0/intel-iommu/ecap": "f020df"},
        {"interrupt_remapping": fail("firmware", "vfio gives no VF", "x2APIC Mode")}),
    "VT-d that cannot remap interrupts": Case(
        {**INTEL, **iommu("DMAR", ["dmar0"], chip="IO-APIC"), "/sys/class/iommu/dmar0/intel-iommu/ecap": "f020d7"},
        {"interrupt_remapping": fail("host", "vfio gives no VF", "allow_unsafe_interrupts")}),
    "interrupt remapping off in the kernel": Case(
        {**INTEL, **kernel("intel_iommu=on intremap=off"), **iommu("DMAR", ["dmar0"], chip="IO-APIC")},
        {"interrupt_remapping": fail("kernel", "vfio gives no VF", "Remove the kernel argument intremap=off")}),
    "unsafe interrupts are allowed": Case(
        {**INTEL, **iommu("DMAR", ["dmar0"], chip="IO-APIC"),
         "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts": "Y"},
        {"interrupt_remapping": warn("firmware", "can harm the host", "Interrupt Remapping")}),
    # NICs
    "NIC without SR-IOV": Case(
        {**without(INTEL, AT_PF), **nic(PF, "eno1", "tg3", "14e4:165f", 20, totalvfs=None)},
        {"nic_sriov": fail("nic", "(eno1): has no SR-IOV", "Use a NIC with SR-IOV"), **DEPENDS_ON_NIC},
        {"pfs": ["eno1"]}),
    "mlx5 with SR-IOV off in its own firmware": Case(
        {**without(INTEL, AT_PF), **nic(PF, "eno1", "mlx5_core", CONNECTX4, 20, totalvfs=None)},
        {"nic_sriov": fail("nic", "no sriov_totalvfs", "mlxconfig set SRIOV_EN=1"), **DEPENDS_ON_NIC}, {"pfs": [PF]}),
    "SR-IOV with 0 VFs": Case(
        {**INTEL, **nic(PF, "eno1", "i40e", X710, 20, totalvfs="0")},
        {"nic_sriov": fail("firmware", "SR-IOV is there with 0 VFs", "SR-IOV Global Enable"), **DEPENDS_ON_NIC},
        {"pfs": ["eno1"]}),
    "PF without a driver": Case(
        without(INTEL, f"{AT_PF}/driver", f"{AT_PF}/net", "/sys/class/net/eno1"),
        {"nic_sriov": fail("driver", "64 VFs, but no driver", "lspci -k"), **DEPENDS_ON_NIC}, {"pfs": [PF]}),
    "PF in the hands of vfio-pci": Case(
        {**without(INTEL, "/sys/class/net/eno1"), f"{AT_PF}/driver": Link("/sys/bus/pci/drivers/vfio-pci")},
        params={"pfs": [PF]}),
    "PF that is named wrongly, twice": Case(
        INTEL,
        {"nic_sriov": fail("host", "eno9: this host has no such network interface",
                           "Name a PF of this host: 0000:01:00.0 (eno1), 0000:01:00.1 (eno2)"), **DEPENDS_ON_NIC},
        {"pfs": ["eno9", "eno9"]}),
    "PF that is named by both of its names": Case(INTEL, params={"pfs": ["eno1", PF]}),
    "VF that is named as PF": Case(
        {**INTEL, **vfs(PF, [30])},
        {"nic_sriov": fail("host", "is a VF of 0000:01:00.0 (eno1)", "Name a PF"), **DEPENDS_ON_NIC},
        {"pfs": ["0000:01:10.0"]}),
    "several NICs, of which one is ready": Case(
        {**INTEL, **nic("0000:01:00.2", "eno3", "tg3", "14e4:165f", 22, totalvfs=None),
         **nic("0000:01:00.3", "eno4", "i40e", X710, 23, resource="\n".join([NOTHING] * 13), numa_node="-1"),
         **nic(PF2, "eno2", "i40e", X710, 21, totalvfs="0")},
        {"mmio": warn("firmware", "0000:01:00.3 (eno4): the BARs", "Above 4G Decoding")}),
    "several NICs that are named, of mixed state": Case(
        {**INTEL, **nic("0000:01:00.2", "eno3", "tg3", "14e4:165f", 22, totalvfs=None)},
        {"nic_sriov": fail("nic", "0000:01:00.2 (eno3): has no SR-IOV", "Use a NIC")}, {"pfs": ["eno1", "eno3"]}),
    # space, isolation, link
    "no MMIO space": Case(
        {**INTEL, f"{AT_PF}/resource": "\n".join([NOTHING] * 13)},
        {"mmio": fail("firmware", "(eno1): the BARs of its VFs have no MMIO space", "Memory Mapped I/O above 4GB")},
        {"pfs": PFS}),
    "MMIO space that is still to be given": Case(
        {**INTEL, f"{AT_PF}/resource": "\n".join(
            [*[NOTHING] * 7, VF_BAR_0, "0x0 0x000000000001bfff 0x000000002014220c", *[NOTHING] * 4])},
        {"mmio": fail("firmware", "no MMIO space", "pci=realloc")}, {"pfs": PFS}),
    "MMIO shortage of all NICs": Case(
        {**AMD, f"{AT_PF}/resource": "\n".join([NOTHING] * 13)},
        {"mmio": fail("firmware", "no MMIO space", "PCI Resource Padding")}),
    "PF in one IOMMU group with its port": Case(
        {**INTEL, **PORTS, **root_port(PORT, 20), **nic(PF, "eno1", "i40e", X710, 20)},
        {"acs": fail("firmware", "IOMMU group 20 with 0000:00:1c.0, and no guest", "Access Control Service")},
        {"pfs": ["eno1"]}),
    "PF in one IOMMU group with its VFs": Case(
        {**INTEL, **root_port(PORT, 20), **vfs(PF, [20, 20])},
        {"acs": fail("firmware", "also have 0000:01:00.0", "ACS")}, {"pfs": ["eno1"]}),
    "VFs in one IOMMU group": Case(
        {**INTEL, **vfs(PF, [30, 30, 31])},
        {"acs": warn("firmware", "each of which only one guest can have", "ACS")}, {"pfs": ["eno1"]}),
    "VFs in one IOMMU group with a device that a VFIO variant has": Case(
        {**INTEL, **nic(PF2, "eno2", "i40e-vfio-pci", X710, 30), **vfs(PF, [30])},
        {"acs": warn("firmware", "each of which only one guest can have", "ACS")}, {"pfs": ["eno1"]}),
    "PFs in one IOMMU group": Case(
        {**INTEL, **nic(PF2, "eno2", "i40e", X710, 20)},
        {"acs": warn("firmware", "with 0000:01:00.1, and its VFs may", "root port")}, {"pfs": ["eno1"]}),
    "card of eight lanes in a slot of four": Case(
        {**INTEL, **root_port(PORT, 5, width="4"), f"{AT_PF}/current_link_width": "4"},
        {"pcie_link": warn("host", "8 GT/s x4, while the NIC can do 8 GT/s x8 and its slot (0000:00:1c.0) 8 GT/s x4",
                           "bifurcation")}, {"pfs": PFS}),
    "link that trained too slowly": Case(
        {**INTEL, f"{AT_PF}/current_link_speed": "2.5 GT/s PCIe"},
        {"pcie_link": warn("host", "PCIe 2.5 GT/s x8, while the NIC can do 8 GT/s x8", "reseat it")}),
    "card of PCIe 4.0 in a server of 3.0": Case(
        {**INTEL, **nic(PF, "eno1", "ice", E810, 20, max_link_speed="16.0 GT/s PCIe")},
        {"pcie_link": warn("host", "16 GT/s x8 and its slot", "of its generation")}, {"pfs": ["eno1"]}),
    "NIC within the chipset": Case(
        {**INTEL, **nic(PF, "eno1", "ixgbe", "8086:15c4", 20, current_link_speed="Unknown", current_link_width="0",
                        max_link_speed="Unknown", max_link_width="255")}, params={"pfs": ["eno1"]}),
    "NIC that sleeps": Case(
        {**INTEL, f"{AT_PF}/current_link_speed": "Unknown", f"{AT_PF}/current_link_width": "63"},
        {"pcie_link": unknown("cannot be read", "awake")}, {"pfs": ["eno1"]}),
    # vfio and lockdown
    "no vfio": Case(
        {**INTEL, **kernel("intel_iommu=on", modules="")},
        {"vfio": fail("kernel", "has no vfio-pci", "linux-modules-extra")}),
    "lockdown of integrity with Secure Boot": Case(
        {**INTEL, "/sys/kernel/security/lockdown": "none [integrity] confidentiality"},
        {"lockdown": warn("firmware", "(integrity), as with Secure Boot", "mokutil --import")}),
    "lockdown of confidentiality by an argument": Case(
        {**INTEL, **kernel("intel_iommu=on lockdown=confidentiality"),
         "/sys/kernel/security/lockdown": "none integrity [confidentiality]"},
        {"lockdown": warn("kernel", "(confidentiality), by its command line", "signed")}),
    "kernel without lockdown": Case(
        {**without(INTEL, "/sys/kernel/security/lockdown"), "/sys/kernel/security/lsm": "capability,apparmor"}),
    # memory
    "no hugepages": Case(
        {**INTEL, **hugepages(0), **hugepages(0, size=2048)},
        {"hugepages": warn("kernel", "no hugepages", "hugepages=8")}),
    "hugepages of 64 KiB": Case({**without(ARM, "/sys/kernel/mm"), **hugepages(9, size=64)},
                                {"nested": warn("kernel", "kvm-arm.mode", "nested")}),
    "two nodes with memory": Case(TWO_NODES, params={"pfs": PFS}),
    "kernel without NUMA": Case(without(INTEL, "/sys/devices/system/node"), NO_NUMA),
    "NIC on a node without memory": Case(
        {**TWO_NODES, "/sys/devices/system/node/has_memory": "0", f"{AT_PF}/numa_node": "1"},
        {"numa": warn("host", "(eno1): its NUMA node 1 has no memory", "slots of that CPU")}, {"pfs": PFS}),
    "NIC whose node firmware does not tell": Case(
        {**TWO_NODES, f"{AT_PF}/numa_node": "-1"},
        {"numa": warn("firmware", "does not tell", "Node Interleaving")}, {"pfs": ["eno1"]}),
    "NICs on different nodes": Case(
        {**TWO_NODES, f"{AT_PF}/numa_node": "1"},
        {"numa": warn("host", "different NUMA nodes (0000:01:00.0 (eno1): NUMA node 1;", "numatune")}, {"pfs": PFS}),
    "NICs on different nodes, none of them named": Case({**TWO_NODES, f"{AT_PF}/numa_node": "1"}),
    "hugepages of another node than the NIC": Case(
        {**TWO_NODES, **hugepages(16, folder=f"{NODE}1/hugepages"), **hugepages(0, folder=f"{NODE}0/hugepages")},
        {"numa": warn("kernel", "NUMA node 0 has no hugepages", "of that node")}, {"pfs": ["eno1"]}),
    # appliances
    "X710 for a vSRX of its train": Case(INTEL, params={"appliance": "vsrx", "release": "15.1X49-D100"}),
    "X710 for a later vSRX": Case(INTEL, params={"appliance": "vsrx", "release": "17.3R1-S2"}),
    "X710 for an old vSRX": Case(
        INTEL,
        {"nic_model": fail("appliance", "15.1X49-D90 or 17.3R1 on, and this is 15.1X49-D80", "NIC of Intel 82599")},
        {"appliance": "vsrx", "release": "15.1X49-D80", "pfs": PFS}),
    "X540 for the oldest vSRX": Case(
        {**INTEL, **nic(PF, "eno1", "ixgbe", X540, 20)},
        params={"appliance": "vsrx", "release": "15.1X49-D10", "pfs": ["eno1"]}),
    "ConnectX-4 for a vSRX": Case(
        {**INTEL, **nic(PF, "eno1", "mlx5_core", CONNECTX4, 20)},
        params={"appliance": "vsrx", "release": "18.1R1", "pfs": ["eno1"]}),
    "ConnectX-4 for an old vSRX": Case(
        {**INTEL, **nic(PF, "eno1", "mlx5_core", CONNECTX4, 20)},
        {"nic_model": fail("appliance", "Mellanox ConnectX-3 or ConnectX-4 from 18.1R1 on", "Intel X710 or XL710")},
        {"appliance": "vsrx", "release": "17.4R2", "pfs": ["eno1"]}),
    "NIC that no vSRX is known to know": Case(
        {**LAB, **hugepages(8, size=2048)}, {"nic_model": warn("nic", "8086:10c9 is not among", "option appliances")},
        {"appliance": "vsrx", "release": "21.2R3-S1.7"}),
    "release that is none": Case(
        INTEL, {"nic_model": unknown("'latest' is not comparable", "such as 18.1R1")},
        {"appliance": "vsrx", "release": "latest"}),
    "X710 for vMX": Case(INTEL, params=VMX),
    "appliance of the user's": Case(
        {**INTEL, **nic(PF, "eno1", "ice", E810, 20)},
        params={"appliance": "my_router", "release": "7.4.1", "pfs": ["eno1"], "appliances": [
            {"name": "my_router", "nics": [{"model": "E810", "ids": [E810], "releases": ["7.2.5", "7.4.0"]}]}]}),
    "E810 for a vSRX": Case(
        {**INTEL, **nic(PF, "eno1", "ice", E810, 20)},
        {"nic_model": unknown("8086:1592 is Intel E810 or E830, and which releases of vsrx", "release notes")},
        {**VSRX, "pfs": ["eno1"]}),
    "ConnectX-5 for a vMX": Case(
        AMD, {"nic_model": unknown("15b3:1017 is NVIDIA ConnectX-5 or later", "option appliances")},
        VMX),
    "E810 for an appliance of the user's that knows another": Case(
        {**INTEL, **nic(PF, "eno1", "ice", E810, 20)}, {"nic_model": warn("nic", "is not among", "appliances")},
        {"appliance": "mine", "release": "1", "pfs": ["eno1"], "appliances": [
            {"name": "mine", "nics": [{"model": "X710", "ids": [X710], "releases": []}]}]}),
    # KVM and QEMU for an appliance
    "PML with a vSRX": Case(
        {**INTEL, f"{INTEL_KVM}/pml": "Y"},
        {"pml_apicv": warn("kernel", "pml=Y enable_apicv=Y; of pml, Juniper says", "kvm_host_pml: false")}, VSRX),
    "PML with a vMX": Case({**INTEL, f"{INTEL_KVM}/pml": "Y"}, params=VMX),
    "PML that cannot be read": Case(
        without(INTEL, f"{INTEL_KVM}/pml"), {"pml_apicv": unknown("cannot be read", "as root")}, VSRX),
    "PML of an appliance that is not known": Case(
        INTEL, {"pml_apicv": unknown("what mine needs is not known", "guide for KVM"),
                "machine_types": unknown("mine needs is not known", "guide for KVM")}, OF_MINE),
    "QEMU of RHEL 9 with a vSRX": Case(
        {**INTEL, **qemu("pc-i440fx-rhel7.6.0", "pc-q35-rhel9.2.0", "pc-q35-rhel9.6.0")}, params=VSRX),
    "QEMU of RHEL 10 with a vSRX": Case(
        {**INTEL, **qemu("pc-q35-rhel9.0.0", "pc-q35-rhel9.2.0", "pc-q35-rhel10.0.0")},
        {"machine_types": warn("appliance", "none of the machine types of the profile vsrx: pc-i440fx-6.2, "
                               "pc-i440fx-4.2, pc-i440fx-rhel7.6.0; it has pc-q35-rhel9.2.0, which has no IDE",
                               "{machine: pc-q35-rhel9.2.0, disk: {bus: virtio}, day0: {kind: iso, bus: sata,")}, VSRX),
    "QEMU that is too new for a vSRX": Case(
        {**INTEL, **qemu("pc-q35-11.0", "pc-i440fx-8.1", "pc-i440fx-noble")},
        {"machine_types": warn("host", "none of the machine types of the profile vsrx", "Install a QEMU")}, VSRX),
    "QEMU without KVM for a vSRX": Case({**INTEL, **qemu("pc-q35-6.2", "pc-i440fx-6.2", kind="qemu")}, params=VSRX),
    "QEMU with a vMX": Case({**INTEL, **qemu("pc-i440fx-11.0' alias='pc")}, params=VMX),
    "QEMU with q35 alone for a vMX": Case(
        {**INTEL, **qemu("pc-q35-rhel9.2.0' alias='q35")},
        {"machine_types": warn("host", "none of the machine types of the profile vmx", "Install a QEMU")}, VMX),
    "QEMU that libvirt has not looked at": Case(
        {**INTEL, **qemu("pc-i440fx-6.2", changed="1700000000")},
        {"machine_types": unknown("has not looked at the QEMU", "virsh domcapabilities")}, VSRX),
    # CPUs for appliances
    "CPUs for appliances": Case(QUIET_HOST, params={"pfs": PFS, "require": [*QUIET]}),
    "CPUs for appliances, without nohz_full": Case({**QUIET_HOST, f"{CPUS}/nohz_full": "(null)"}),
    "noise that nobody asked for": Case(INTEL),
    "noise that somebody asked for": Case(INTEL, {
        "isolated_cpus": warn("kernel", "no CPU is isolated", "kvm_host_isolated_cpus: [1-3, 5-7] for"),
        **NOISE}, {"require": [*QUIET]}),
    "noise beside CPUs for appliances": Case({**INTEL, f"{CPUS}/isolated": "2-3,6-7"}, NOISE),
    "one core that nobody can have": Case(
        {**INTEL, f"{CPUS}/online": "0,4"}, {"isolated_cpus": warn("kernel", "no CPU", "a host with more cores")},
        {"require": ["isolated_cpus"]}),
    "CPUs for appliances on another node": Case(
        {**QUIET_HOST, f"{NODE}1/cpulist": "2-3,6-7", f"{NODE}0/cpulist": "0-1,4-5",
         f"{NODE}1/hugepages/hugepages-2048kB/nr_hugepages": "0"},
        {"isolated_cpus": warn("kernel", "2-3,6-7 of NUMA node 1; eno1 is on NUMA node 0, which has none",
                               "isolcpus=managed_irq,domain,1,3,5,7 nohz_full=1,3,5,7 rcu_nocbs=1,3,5,7 "
                               "irqaffinity=0,2,4,6")}),
    "threads of a core on both sides": Case(
        {**QUIET_HOST, f"{CPUS}/isolated": "2-3,7", "/proc/irq/24/smp_affinity_list": "0"},
        {"smt": warn("kernel", "CPUs 2,6 share a core each", "kvm_host_isolated_cpus: [2-3, 6-7] for")}),
    "SMT off": Case({**QUIET_HOST, f"{CPUS}/smt/control": "off", f"{CPUS}/online": "0-3", f"{CPUS}/isolated": "2-3"}),
    "interrupts of a NIC on CPUs for appliances": Case(
        {**QUIET_HOST, f"{AT_PF}/msi_irqs/24": "msix", f"{AT_PF}/msi_irqs/25": "msix",
         "/proc/irq/25/smp_affinity_list": "0-7", "/proc/irq/25/effective_affinity_list": "6"},
        {"interrupts": warn("host", "on isolated CPUs: 25 of eno1",
                            "for irq in 25; do echo 0-1,4-5 > /proc/irq/$irq/")}),
    "interrupts of a NIC where they are to be": Case(
        {**QUIET_HOST, f"{AT_PF}/msi_irqs/25": "msix", "/proc/irq/25/smp_affinity_list": "0-7",
         "/proc/irq/25/effective_affinity_list": "5"}),
    "interrupts of a NIC that is down": Case(
        {**QUIET_HOST, f"{AT_PF}/msi_irqs/24": "msix", f"{AT_PF}/msi_irqs/25": "msix"}),
    "interrupts of a virtio NIC on CPUs for appliances": Case(
        {**QUIET_HOST, "/sys/class/net/eth0/device": Link("/sys/devices/pci0000:00/0000:00:03.0/virtio1"),
         "/sys/devices/pci0000:00/0000:00:03.0/virtio1": None,
         "/sys/devices/pci0000:00/0000:00:03.0/msi_irqs/33": "msix", "/proc/irq/33/smp_affinity_list": "0-7"},
        {"interrupts": warn("host", "on isolated CPUs: 33 of eth0", "for irq in 33;")}),
    "interrupts that are not to be seen": Case(
        {**QUIET_HOST, f"{AT_PF}/msi_irqs/25": "msix", "/proc/irq/25/node": "0"},
        {"interrupts": unknown("/proc/irq/25 of eno1 cannot be read", "as root")}),
    "irqbalance of its own mind": Case({**QUIET_HOST, **irqbalance("LIST=2-3")}, {
        "interrupts": warn("host", "irqbalance may use the isolated CPUs 6-7", "restart irqbalance")}),
    "irqbalance with a mask": Case({**QUIET_HOST, **irqbalance("S=0000,0000000c")}, {
        "interrupts": warn("host", "irqbalance may use the isolated CPUs 6-7", "restart irqbalance")}),
    "irqbalance that spares them": Case({**QUIET_HOST, **irqbalance("LIST=2-7")}),
    "irqbalance that spares them by a mask": Case({**QUIET_HOST, **irqbalance("S=cc")}),
    "irqbalance without a word": Case({**QUIET_HOST, **irqbalance("")}),
    "irqbalance that has ended": Case({**QUIET_HOST, **irqbalance("LIST=2"), "/proc/77/comm": "bash"}),
    "irqbalance of root": Case(
        without({**QUIET_HOST, **irqbalance("")}, "/proc/77/environ"),
        {"interrupts": unknown("/proc/77/environ", "as root")}),
    "frequency that firmware sets": Case(
        without(QUIET_HOST, *(f"{CPUS}/cpu{cpu}/cpufreq" for cpu in range(8))),
        {"cpu_governor": unknown("firmware may", "OS Control Mode")}),
    "frequency that a hypervisor sets": Case(
        {**without(QUIET_HOST, *(f"{CPUS}/cpu{cpu}/cpufreq" for cpu in range(8))),
         **cpu("GenuineIntel", "vmx hypervisor")}),
    "governors of CPUs that are not for appliances": Case(
        {**QUIET_HOST, f"{CPUS}/cpu0/cpufreq/scaling_governor": "powersave"}),
    "no C-states": Case({**QUIET_HOST, f"{CPUS}/cpuidle/current_driver": "none"}),
    "C-states that cannot be read": Case(
        without(QUIET_HOST, f"{CPUS}/cpuidle"), {"cpu_idle": unknown("cannot be read", "as root")}),
    "KSM that has stopped": Case(
        {**QUIET_HOST, "/sys/kernel/mm/ksm/pages_shared": "51"},
        {"ksm": warn("kernel", "stopped, with 51 pages merged", "echo 2 > /sys/kernel/mm/ksm/run")}),
    "kernel without KSM and transparent hugepages": Case(
        without(QUIET_HOST, "/sys/kernel/mm/ksm", "/sys/kernel/mm/transparent_hugepage")),
    "no hugepages for appliances": Case(
        {**QUIET_HOST, **hugepages(0)},
        {"hugepages": warn("kernel", "no hugepages", "hugepages=8"),
         "node_hugepages": warn("kernel", "NUMA node 0: none", "hugepagesz=1G hugepages=0:8")}),
    "hugepages for appliances on another node only": Case(
        {**QUIET_HOST, **hugepages(0), **hugepages(16, folder=f"{NODE}1/hugepages"),
         **hugepages(0, 2048, f"{NODE}1/hugepages")},
        {"hugepages": warn("kernel", "no hugepages", "hugepages=8"),
         "node_hugepages": warn("kernel", "NUMA node 0: none; NUMA node 1: 16 x 1 GiB",
                                "[{size: 1G, nodes: {0: 16, 1: 16}}] for the role nfv.kvm.kvm_host, or add the kernel "
                                "arguments hugepagesz=1G hugepages=0:16,1:16, and")}),
    # VM-FEX
    "VIC with 22 VFs": Case({**VIC, **vfs(PF, range(30, 52))}, params=VIC_NAMED),
    "VIC with 33 VFs": Case(
        {**VIC, **vfs(PF, range(30, 63))},
        {"vm_fex": warn("kernel", "PF eno1 has 33 VFs, of which hosts can use at most 32", "Give the PF fewer VFs")},
        VIC_NAMED),
    "VIC by Linux's own enic": Case(
        without(VIC, "/sys/module/enic"),
        {"vm_fex": warn("driver", "driver enic of PF eno1: it requires a profile name of 40", "own build")}, VIC_NAMED),
    "VIC 1340": Case(
        {**VIC, f"{AT_PF}/subsystem_device": "0x012c"},
        {"vm_fex": warn("nic", "belongs to a VIC 1340",
                        "Use another VIC. If port profiles work here, change")}, VIC_NAMED),
    "VIC on a UCS 6454": Case(
        {**VIC, OVERRIDES: '{"fabric_interconnect": "6454"}'},
        {"vm_fex": fail("host", "6454 supports neither VM-FEX", "UCS 6300 or earlier")}, VIC_NAMED),
    "host without a VIC": Case(
        INTEL, {"vm_fex": fail("nic", "PF eno1 has PCI vendor 8086", "a PF of a Cisco VIC. If port profiles work here, "
                               f"change adapter_vendors in {OVERRIDES}")}, VIC_NAMED),
    "host without a VIC, whose driver has port profiles": Case(
        {**INTEL, OVERRIDES: '{"adapter_vendors": []}'}, params=VIC_NAMED),
    "VIC beside another NIC": Case(VIC, {"vm_fex": warn("nic", "PF eno2 has PCI vendor", "Cisco VIC")}, VM_FEX),
    "VIC whose vendor is not to be seen": Case(
        without(VIC, f"{AT_PF}/vendor"), {"vm_fex": unknown("its PCI vendor cannot be read", "as root")}, VIC_NAMED),
}
