# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as trees of the files that a kernel shows of them.

A tree is a table: path → the text of a file, None for an empty folder, or a link. It is put together of smaller ones.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.conftest import CPUS, QUIET, RESOURCE

KERNEL = "6.12.43+deb13-amd64"
NOISY: dict[str, str] = {
    f"{CPUS}/isolated": "", f"{CPUS}/nohz_full": "(null)",
    **{f"{CPUS}/cpu{cpu}/cpufreq/scaling_governor": "powersave" for cpu in range(8)},
    **{f"{CPUS}/cpu{cpu}/cpuidle/state2/disable": "0" for cpu in range(8)},
    "/sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never", "/sys/kernel/mm/ksm/run": "1",
}
QEMU, CACHE = "/usr/bin/qemu-system-x86_64", "/var/cache/libvirt/qemu/capabilities/5a1e.xml"
POOLS, NODE_0 = "/sys/kernel/mm/hugepages", "/sys/devices/system/node/node0/hugepages"
BUS = "/sys/bus/pci/devices"


@dataclass(frozen=True)
class Link:
    """A link to another path of the host."""

    target: str


Tree = dict[str, t.Union[str, Link, None]]


@dataclass(frozen=True)
class Said:
    """What a check says: its status, the cause, and words of what it found and of the remedy."""

    status: str
    cause: str | None
    found: str
    remedy: str = ""


def fail(cause: str, found: str, remedy: str) -> Said:
    return Said("fail", cause, found, remedy)


def warn(cause: str, found: str, remedy: str) -> Said:
    return Said("warn", cause, found, remedy)


def unknown(found: str, remedy: str) -> Said:
    return Said("unknown", "host", found, remedy)


@dataclass(frozen=True)
class Case:
    """A host, the parameters of the module, and what it says; checks that are not named are ok.

    :param hidden: files and folders that cannot be read
    """

    tree: Tree
    said: dict[str, Said] = field(default_factory=dict)
    params: dict[str, t.Any] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


def build(fake: FakeHost, case: Case) -> None:
    """Write a host into its folder."""
    for path, content in case.tree.items():
        if isinstance(content, Link):
            fake.link(path, content.target)
        elif content is None:
            fake.folder(path)
        else:
            fake.write(path, content)
    for path in case.hidden:
        fake.hide(path)


def without(tree: Tree, *starts: str) -> Tree:
    """A tree without the paths that start so."""
    return {path: content for path, content in tree.items() if not path.startswith(starts)}


def cpu(vendor: str, flags: str) -> Tree:
    return {"/proc/cpuinfo": f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: fpu sse2 {flags}"}


def kernel(cmdline: str = "quiet", modules: str = "kernel/drivers/vfio/pci/vfio-pci.ko.xz:") -> Tree:
    """A kernel with its modules, which is not locked down, and one NUMA node; no CPU is for appliances alone."""
    return {
        "/proc/cmdline": f"BOOT_IMAGE=/boot/vmlinuz-{KERNEL} root=/dev/sda2 ro {cmdline}",
        "/proc/sys/kernel/osrelease": KERNEL,
        f"/lib/modules/{KERNEL}/modules.dep": f"kernel/fs/nfs/nfs.ko.xz:\n{modules}",
        f"/lib/modules/{KERNEL}/modules.builtin": "kernel/fs/ext4/ext4.ko",
        "/sys/kernel/security/lockdown": "[none] integrity confidentiality",
        **QUIET, **NOISY,
        "/sys/devices/system/node/node0/cpulist": "0-7",
        "/sys/devices/system/node/has_memory": "0",
        "/sys/class/net/lo": None,
        "/sys/module/kernel/parameters/panic": "0",
        "/sys/bus/pci/devices": None,
    }


def hugepages(total: int, size: int = 1048576, folder: str = POOLS) -> Tree:
    """A pool, of the host and as a whole of NUMA node 0, or of a folder; ``size`` in KiB."""
    folders = [folder, NODE_0] if folder == POOLS else [folder]
    return {f"{each}/hugepages-{size}kB/{name}_hugepages": str(total) for each in folders for name in ("nr", "free")}


def kvm(module: str, nested: str) -> Tree:
    """KVM, of Intel without PML, and a QEMU."""
    options = {"pml": "N", "enable_apicv": "Y"} if module == "kvm_intel" else {}
    return {"/dev/kvm": "", "/sys/class/misc/kvm": None,
            **{f"/sys/module/{module}/parameters/{name}": text for name, text in {"nested": nested, **options}.items()},
            **qemu("pc-i440fx-10.0", "pc-q35-10.0", "pc-i440fx-6.2")}


def qemu(*machines: str, kind: str = "kvm", changed: str = "9999999999") -> Tree:
    """A QEMU with machine types, as libvirt's cache has it."""
    lines = [f"  <machine type='{kind}' name='{machine}' hotplugCpus='yes' maxCpus='255'/>" for machine in machines]
    return {QEMU: "", CACHE: "\n".join([
        "<qemuCaps>", f"  <emulator>{QEMU}</emulator>", f"  <qemuctime>{changed}</qemuctime>", "  <arch>x86_64</arch>",
        *lines, "</qemuCaps>"])}


def iommu(table: str, units: t.Sequence[str], chip: str = "IR-IO-APIC") -> Tree:
    """An IOMMU from the firmware to the interrupts."""
    return {
        "/sys/firmware/acpi/tables/FACP": "", f"/sys/firmware/acpi/tables/{table}": "",
        **{f"/sys/class/iommu/{unit}": None for unit in units},
        "/sys/kernel/iommu_groups/0/devices/0000:00:00.0": None,
        "/sys/kernel/irq/0/chip_name": chip,
        "/sys/kernel/irq/24/chip_name": chip.replace("IO-APIC", "PCI-MSI-0000:00:1c.0"),
    }


def device(address: str, group: int | None, port: str = "", **attributes: str) -> Tree:
    """A PCI device behind a port; the bus has links to devices, as in sysfs."""
    place = "/".join(filter(None, ("/sys/devices/pci0000:00", port, address)))
    tree: Tree = {f"{BUS}/{address}": Link(place), **{f"{place}/{name}": text for name, text in attributes.items()}}
    if group is not None:
        tree[f"{place}/iommu_group"] = Link(f"/sys/kernel/iommu_groups/{group}")
        tree[f"/sys/kernel/iommu_groups/{group}/devices/{address}"] = None
    return tree


def root_port(address: str, group: int | None, speed: str = "8.0 GT/s PCIe", width: str = "16") -> Tree:
    driver = {f"/sys/devices/pci0000:00/{address}/driver": Link("/sys/bus/pci/drivers/pcieport")}
    return {**device(address, group, **{"class": "0x060400"}, max_link_speed=speed, max_link_width=width), **driver}


def nic(address: str, name: str, driver: str, pci_id: str, group: int | None, totalvfs: str | None = "64",
        port: str = "0000:00:1c.0", **other: str) -> Tree:
    """A NIC of PCIe 3.0 x8 on NUMA node 0, with SR-IOV unless ``totalvfs`` is None, and without VFs."""
    vendor, model = pci_id.split(":")
    sriov = {} if totalvfs is None else {"sriov_totalvfs": totalvfs, "sriov_numvfs": "0", "resource": RESOURCE}
    attributes = {
        "class": "0x020000", "vendor": f"0x{vendor}", "device": f"0x{model}", "numa_node": "0",
        "current_link_speed": "8.0 GT/s PCIe", "current_link_width": "8", "max_link_speed": "8.0 GT/s PCIe",
        "max_link_width": "8", **sriov, **other,
    }
    place = f"/sys/devices/pci0000:00/{port}/{address}"
    return {
        **device(address, group, port, **attributes), f"{place}/driver": Link(f"/sys/bus/pci/drivers/{driver}"),
        f"{place}/net/{name}/device": Link(place), f"/sys/class/net/{name}": Link(f"{place}/net/{name}"),
    }


def vfs(pf: str, groups: t.Sequence[int], port: str = "0000:00:1c.0") -> Tree:
    """VFs of a PF, each in the hands of iavf and in the IOMMU group that is given for it."""
    place = f"/sys/devices/pci0000:00/{port}"
    tree: Tree = {f"{place}/{pf}/sriov_numvfs": str(len(groups))}
    for index, group in enumerate(groups):
        address = f"{pf[:-4]}{0x10 + index // 8:02x}.{index % 8}"
        tree.update(device(address, group, port, **{"class": "0x020000"}))
        tree[f"{place}/{address}/driver"] = Link("/sys/bus/pci/drivers/iavf")
        tree[f"{place}/{address}/physfn"] = Link(f"{place}/{pf}")
        tree[f"{place}/{pf}/virtfn{index}"] = Link(f"{place}/{address}")
    return tree
