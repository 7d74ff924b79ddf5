# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The QEMU that emulates a host of the lab."""

from __future__ import annotations

import base64
import shlex

from ansible_collections.nfv.kvm.plugins.module_utils.lab.topology import Host, Nic


def qemu_arguments(host: Host, image: str, accelerator: str) -> list[str]:
    """The arguments of the QEMU that emulates a host; it goes into the background.

    :param image: the folder with ``grub.lnx``
    :param accelerator: ``kvm`` or ``tcg``
    """
    folder = host.folder
    arguments = [
        "-name", host.name, "-machine", "q35,kernel-irqchip=split" if accelerator == "kvm" else "q35",
        "-accel", "kvm" if accelerator == "kvm" else "tcg,thread=multi,tb-size=1024",
        # With five levels of page tables, which the lab does not need, a nested guest takes a sixth longer to boot.
        "-cpu", "max,-la57" if host.nested else "max,-la57,-svm,-vmx",
        *cpus_and_memory(host), "-display", "none",
        "-kernel", f"{image}/grub.lnx", "-smbios", smbios(host.name, host.kernel_arguments),
        # Nothing on the disk is worth a flush: it is thrown away when the host ends.
        "-drive", f"file={folder}/disk.qcow2,if=none,id=disk,cache=unsafe", "-device", "virtio-blk-pci,drive=disk",
        "-netdev", f"user,id=mgmt,hostfwd=tcp:127.0.0.1:{host.port}-:22",
        "-device", "virtio-net-pci,netdev=mgmt,mac=52:54:00:00:00:01",
        "-serial", f"file:{folder}/console.log", "-qmp", f"unix:{host.monitor},server=on,wait=off",
        "-pidfile", f"{folder}/qemu.pid", "-daemonize",
    ]
    if host.iommu:
        arguments += ["-device", "intel-iommu,intremap=on,caching-mode=on"]
    if host.numa_nodes > 1:
        arguments += host_bridges(host.numa_nodes)
    for number, (nic, node) in enumerate(zip(host.nics, host.pf_numa_nodes)):
        bus = f",bus=node{node}" if host.numa_nodes > 1 else ""
        arguments += [*nic_backend(number, nic), "-device", f"pcie-root-port,id=port{number},slot={number + 1}{bus}",
                      "-device", f"{host.nic},bus=port{number},netdev=pf{number},mac={nic.mac}"]
    return arguments


def cpus_and_memory(host: Host) -> list[str]:
    """CPUs and memory, which the host's NUMA nodes share equally; each node is a socket of its own."""
    nodes, cores, memory = host.numa_nodes, host.cpus // host.numa_nodes, host.memory // host.numa_nodes
    if nodes == 1:
        return ["-smp", str(host.cpus), "-m", str(host.memory)]
    arguments = ["-smp", f"{host.cpus},sockets={nodes},cores={cores},threads=1", "-m", str(host.memory)]
    for node in range(nodes):
        first = node * cores
        arguments += ["-object", f"memory-backend-ram,id=memory{node},size={memory}M", "-numa",
                      f"node,nodeid={node},cpus={first}-{first + cores - 1},memdev=memory{node}"]
    return arguments


def host_bridges(nodes: int) -> list[str]:
    """A PCI host bridge for each NUMA node: a device belongs to the node of the bridge that it is behind.

    Each has an equal part of the 256 bus numbers. What is not behind one of them (management NIC, disk) has the first
    part and belongs to no node.
    """
    share = 256 // (nodes + 1)
    return [word for node in range(nodes)
            for word in ("-device", f"pxb-pcie,id=node{node},bus=pcie.0,bus_nr={share * (node + 1)},numa_node={node}")]


def smbios(name: str, kernel_arguments: str) -> str:
    """What the host gets from its firmware: the GRUB configuration that it is to have, and its first command line.

    systemd takes a file from a credential (systemd-tmpfiles(8), ``tmpfiles.extra``; systemd.system-credentials(7)). The
    last string is read by GRUB until update-grub has run.
    """
    # The emulated CPUs have one TSC. The kernel would sometimes find it unsynchronized and read the HPET instead, for
    # which a program needs up to ten times as long.
    always = f"console=ttyS0 mitigations=off tsc=reliable sysrq_always_enabled systemd.hostname={name}"
    defaults = f"""GRUB_TIMEOUT=0\\nGRUB_TERMINAL=console\\nGRUB_CMDLINE_LINUX={shlex.quote(always)}\\n""" \
               f"""GRUB_CMDLINE_LINUX_DEFAULT={shlex.quote(f'quiet {kernel_arguments}'.strip())}\\n"""
    file = f"f /etc/default/grub 0644 root root - {defaults}".replace("%", "%%")
    credential = base64.b64encode(file.encode()).decode()
    arguments = f"root=/dev/vda rw {always} quiet {kernel_arguments}".strip()
    values = (f"io.systemd.credential.binary:tmpfiles.extra={credential}", arguments)
    return ",".join(["type=11", *("value=" + value.replace(",", ",,") for value in values)])


def nic_backend(number: int, nic: Nic) -> list[str]:
    """A hub, so that there is a link, and on it a cable's end, which is up whether or not the other host runs.

    The hub's third port has nothing on it and takes every packet. Without it the packets for a NIC that is down would
    fill the cable, and the QEMU at its other end would try to send again without a pause.
    """
    hub = ["-netdev", f"hubport,id=pf{number},hubid={number}"]
    if nic.socket is None:
        return hub
    return [*hub,
            "-netdev", f"dgram,id=cable{number},local.type=unix,local.path={nic.socket},"
                       f"remote.type=unix,remote.path={nic.peer}",
            "-netdev", f"hubport,id=end{number},hubid={number},netdev=cable{number}",
            "-netdev", f"hubport,id=drain{number},hubid={number}"]
