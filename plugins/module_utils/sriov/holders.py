# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who would lose a VF: processes that hold it by VFIO, and what the host itself does with its netdev."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import iproute, pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_stub
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Vf


def holders(host: Host, pf: Pf) -> tuple[Holder, ...]:
    """Who uses a VF of the PF at this moment.

    A VF whose network driver shows no netdev has given it to another network namespace.
    """
    found = list(vfio_holders(host, pf))
    addresses = iproute.addresses(host)
    for vf in pf.vfs.values():
        if vf.netdev:
            uppers = [name[6:] for name in host.names(f"{pci.NETDEVS}/{vf.netdev}") if name.startswith("upper_")]
            found.extend(Holder(vf.index, upper) for upper in uppers)
            found.extend(Holder(vf.index, f"address {address}") for address in addresses.get(vf.netdev, []))
        elif vf.driver and not is_stub(vf.driver):
            found.append(Holder(vf.index, "another network namespace"))
    return tuple(found)


def vfio_holders(host: Host, pf: Pf) -> t.Iterator[Holder]:
    """The processes that have a VF open through VFIO."""
    files = {path: vf for vf in pf.vfs.values() if vf.driver and is_stub(vf.driver)
             for path in vfio_files(host, vf)}
    if files:
        for pid, path in open_vfio_files(host):
            if path in files:
                domain = domain_of(host, pid)
                name = host.read(f"/proc/{pid}/comm") or "?" if domain is None else f"domain {domain}"
                yield Holder(files[path].index, f"process {pid} ({name})", vfio=True, domain=domain)


def vfio_files(host: Host, vf: Vf) -> list[str]:
    """What a process opens to hold the VF: its group, or since Linux 6.6 its own file (drivers/vfio/device_cdev.c)."""
    devices = host.names(f"{pci.DEVICES}/{vf.pci_address}/vfio-dev")
    return [f"/dev/vfio/{vf.iommu_group}", *(f"/dev/vfio/devices/{name}" for name in devices)]


def open_vfio_files(host: Host) -> t.Iterator[tuple[str, str]]:
    """Each (process id, /dev/vfio path) that is open now."""
    for pid in host.names("/proc"):
        if pid.isdigit():
            for descriptor in host.names(f"/proc/{pid}/fd"):
                path = host.link(f"/proc/{pid}/fd/{descriptor}") or ""
                if path.startswith("/dev/vfio/"):
                    yield pid, path


def domain_of(host: Host, pid: str) -> str | None:
    """The domain that a process runs, where it is a QEMU of libvirt (``-name guest=NAME``)."""
    arguments = (host.read(f"/proc/{pid}/cmdline") or "").split("\0")
    names = [value.split(",")[0] for flag, value in zip(arguments, arguments[1:]) if flag == "-name"]
    return names[0].removeprefix("guest=") if names else None
