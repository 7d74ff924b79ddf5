# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that drive a VF themselves, each by a file of /dev that it has open."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_vfio
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Vf

# Where a device has its files of a class in sysfs, below itself, and where they are in /dev
CLASSES = {
    # A file of its own since Linux 6.6 (drivers/vfio/device_cdev.c); the folder since 6.1
    "vfio-dev": "/dev/vfio/devices/",
    # uio_pci_generic, and igb_uio of DPDK (drivers/uio/uio.c)
    "uio": "/dev/",
    # RDMA, and DPDK on mlx5, which leaves the VF with its driver and netdev (drivers/infiniband/core/uverbs_main.c)
    "infiniband_verbs": "/dev/infiniband/",
    # Managers of an InfiniBand subnet (drivers/infiniband/core/user_mad.c)
    "infiniband_mad": "/dev/infiniband/",
}
VDPA_DEVICES = "/sys/bus/vdpa/devices"
# How the kernel ends the path of a file that is open, and has no name any more
DELETED = " (deleted)"


def openers(host: Host, vfs: t.Iterable[Vf]) -> t.Iterator[Holder]:
    """The processes that have a file of some VFs open; of a VFIO group, they hold all of its VFs."""
    files: dict[str, list[int]] = {}
    for vf in vfs:
        for path in device_files(host, vf):
            files.setdefault(path, []).append(vf.index)
    if not files:
        return
    for pid in host.names("/proc"):
        held = {index for path in open_files(host, pid) for index in files.get(path, ())} if pid.isdigit() else ()
        if held:
            domain = domain_of(host, pid)
            name = f"domain {domain}" if domain is not None else host.read(f"/proc/{pid}/comm") or "?"
            yield from (Holder(index, f"process {pid} ({name})", "process", domain) for index in sorted(held))


def device_files(host: Host, vf: Vf) -> t.Iterator[str]:
    """The files of /dev that processes open to drive a VF."""
    if vf.pci_address is None:
        return
    folder = f"{pci.DEVICES}/{vf.pci_address}"
    for kind, place in CLASSES.items():
        yield from (f"{place}{name}" for name in host.names(f"{folder}/{kind}"))
    if vf.iommu_group is not None and (is_vfio(vf.driver) or host.exists(f"{folder}/vfio-dev")):
        # Without an IOMMU, VFIO makes the group itself (drivers/vfio/group.c, vfio_noiommu_group_alloc).
        yield from (f"/dev/vfio/{prefix}{vf.iommu_group}" for prefix in ("", "noiommu-"))
    for name in host.names(VDPA_DEVICES):
        if f"/{vf.pci_address}/" in (host.link(f"{VDPA_DEVICES}/{name}") or ""):
            yield from (f"/dev/{file}" for file in host.names(f"{VDPA_DEVICES}/{name}") if file.startswith("vhost-"))


def open_files(host: Host, pid: str) -> set[str]:
    """The paths of what a process has open."""
    links = (host.link(f"/proc/{pid}/fd/{descriptor}") for descriptor in host.names(f"/proc/{pid}/fd"))
    return {path.removesuffix(DELETED) for path in links if path is not None and path.startswith("/dev/")}


def domain_of(host: Host, pid: str) -> str | None:
    """The domain that a process runs, where it is a QEMU of libvirt (``-name guest=NAME``)."""
    arguments = (host.read(f"/proc/{pid}/cmdline") or "").split("\0")
    names = [value.split(",")[0] for flag, value in zip(arguments, arguments[1:]) if flag == "-name"]
    return names[0].removeprefix("guest=") if names else None
