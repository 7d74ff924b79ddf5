# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the role lab: what the hosts of a lab are, and the QEMU arguments that make one."""

from __future__ import annotations

import base64
import shlex
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

DEFAULTS: dict[str, t.Any] = {
    "pfs": 2, "nic": "igb", "cpus": 1, "memory": 3072, "iommu": True, "nested": True,
    "kernel_arguments": "intel_iommu=on iommu=pt",
}
NICS = ("igb", "e1000e")
SUITES = ("bookworm", "trixie")
# struct sockaddr_un holds 108 bytes with the closing zero (unix(7)).
SOCKET_PATH_MAX = 107


def lab_topology(
    hosts: list[dict[str, t.Any]], count: int = 1, cables: list[list[str]] | None = None, folder: str = "",
    port_base: int = 2200, suite: str = "trixie",
) -> list[dict[str, t.Any]]:
    """The hosts of a lab with all their properties.

    :param hosts: the hosts as a user lists them; if empty, ``count`` hosts kvm1, kvm2 ... with the defaults
    :param cables: pairs of ends such as ``[kvm1/0, kvm2/0]``; None: one per PF between kvm1 and kvm2, kvm3 and kvm4 ...
    :param folder: the lab's folder; each host has one of its name in it
    :param port_base: the first host answers ssh on the next port
    :param suite: the Debian release of hosts without one of their own
    :returns: each host with ``name``, ``number`` (from 1), ``folder``, ``port``, ``nics`` [{``mac``, ``socket``,
        ``peer``}] (None without a cable), ``monitor`` (the socket of QEMU's QMP), ``suite`` and all of DEFAULTS
    :raises AnsibleFilterError: a host or cable that is not valid
    """
    # An odd host has cables to the next one even before that exists, so that it need not restart when that is added.
    listed = hosts or [{"name": f"kvm{number}"} for number in range(1, int(count) + int(count) % 2 + 1)]
    complete = []
    for number, host in enumerate(listed, 1):
        unknown = sorted(set(host) - set(DEFAULTS) - {"name", "suite"})
        if unknown:
            raise AnsibleFilterError(f"lab_hosts[{number - 1}]: unknown keys {', '.join(unknown)}")
        if not host.get("name"):
            raise AnsibleFilterError(f"lab_hosts[{number - 1}].name is missing")
        whole = {**DEFAULTS, "suite": suite, **host, "number": number, "port": port_base + number}
        for key, choices in (("nic", NICS), ("suite", SUITES)):
            if whole[key] not in choices:
                raise AnsibleFilterError(
                    f"lab_hosts[{number - 1}].{key} = {whole[key]!r}: it must be {' or '.join(choices)}")
        monitor = socket_path(f"{folder}/{whole['name']}/monitor.sock")
        complete.append({**whole, "folder": f"{folder}/{whole['name']}", "monitor": monitor})
    peers = cable_ends(complete, default_cables(complete) if cables is None else cables)
    for host in complete:
        host["nics"] = [
            {
                "mac": f"52:54:00:10:{host['number']:02x}:{pf:02x}",
                "socket": pf_socket(folder, (host["name"], pf)) if (host["name"], pf) in peers else None,
                "peer": pf_socket(folder, peers[host["name"], pf]) if (host["name"], pf) in peers else None,
            }
            for pf in range(int(host["pfs"]))
        ]
    return complete if hosts else complete[: int(count)]


def default_cables(hosts: list[dict[str, t.Any]]) -> list[list[str]]:
    """A cable per PF between the first two hosts, the next two, and so on."""
    return [
        [f"{left['name']}/{pf}", f"{right['name']}/{pf}"]
        for left, right in zip(hosts[::2], hosts[1::2])
        for pf in range(min(int(left["pfs"]), int(right["pfs"])))
    ]


def cable_ends(hosts: list[dict[str, t.Any]], cables: list[list[str]]) -> dict[tuple[str, int], tuple[str, int]]:
    """Which end each end is joined to.

    :raises AnsibleFilterError: a cable to a PF that is not there, or a second one in the same PF
    """
    free = {(host["name"], pf) for host in hosts for pf in range(int(host["pfs"]))}
    peers = {}
    for cable in cables:
        ends = [(name, int(pf)) for name, _slash, pf in (end.partition("/") for end in cable) if pf.isdigit()]
        if len(ends) != 2 or ends[0] == ends[1] or not set(ends) <= free:
            raise AnsibleFilterError(f"lab_cables: {cable}: it must join two free PFs, such as [kvm1/0, kvm2/0]")
        free -= set(ends)
        peers[ends[0]], peers[ends[1]] = ends[1], ends[0]
    return peers


def pf_socket(folder: str, end: tuple[str, int]) -> str:
    """Where the frames for one end of a cable arrive."""
    return socket_path(f"{folder}/{end[0]}/pf{end[1]}.sock")


def socket_path(path: str) -> str:
    """The path, where a socket can have it.

    :raises AnsibleFilterError: it is too long
    """
    if len(path.encode()) > SOCKET_PATH_MAX:
        raise AnsibleFilterError(f"lab_dir: {path} is longer than the {SOCKET_PATH_MAX} bytes of a socket's path; "
                                 "set a shorter lab_dir")
    return path


def lab_qemu_arguments(host: dict[str, t.Any], image: str, accelerator: str) -> list[str]:
    """The arguments of the QEMU that emulates a host; it goes into the background.

    :param host: one of :func:`lab_topology`
    :param image: the folder with ``grub.lnx``
    :param accelerator: ``kvm`` or ``tcg``
    """
    folder = host["folder"]
    arguments = [
        "-name", host["name"], "-machine", "q35,kernel-irqchip=split" if accelerator == "kvm" else "q35",
        "-accel", "kvm" if accelerator == "kvm" else "tcg,thread=multi,tb-size=1024",
        # With five levels of page tables, which nobody needs here, a nested guest takes a sixth longer to boot.
        "-cpu", "max,-la57" if host["nested"] else "max,-la57,-svm,-vmx",
        "-smp", str(host["cpus"]), "-m", str(host["memory"]), "-display", "none",
        "-kernel", f"{image}/grub.lnx", "-smbios", smbios(host["name"], host["kernel_arguments"]),
        # Nothing on the disk is worth a flush: it is thrown away when the host ends.
        "-drive", f"file={folder}/disk.qcow2,if=none,id=disk,cache=unsafe", "-device", "virtio-blk-pci,drive=disk",
        "-netdev", f"user,id=mgmt,hostfwd=tcp:127.0.0.1:{host['port']}-:22",
        "-device", "virtio-net-pci,netdev=mgmt,mac=52:54:00:00:00:01",
        "-serial", f"file:{folder}/console.log", "-qmp", f"unix:{host['monitor']},server=on,wait=off",
        "-pidfile", f"{folder}/qemu.pid", "-daemonize",
    ]
    if host["iommu"]:
        arguments += ["-device", "intel-iommu,intremap=on,caching-mode=on"]
    for number, nic in enumerate(host["nics"]):
        arguments += [*nic_backend(number, nic), "-device", f"pcie-root-port,id=port{number},slot={number + 1}",
                      "-device", f"{host['nic']},bus=port{number},netdev=pf{number},mac={nic['mac']}"]
    return arguments


def smbios(name: str, kernel_arguments: str) -> str:
    """What the host is told by its firmware: the GRUB configuration that it is to have, and its first command line.

    systemd takes a file from a credential (systemd-tmpfiles(8), ``tmpfiles.extra``; systemd.system-credentials(7)). The
    last string is read by GRUB as long as nobody has run update-grub.
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


def nic_backend(number: int, nic: dict[str, t.Any]) -> list[str]:
    """A hub, so that there is a link, and on it a cable's end, which is up whether or not the other host runs.

    The hub's third port has nothing on it and takes every packet. Without it the packets for a NIC that is down would
    fill the cable, and the QEMU at its other end would try to send again without a pause.
    """
    hub = ["-netdev", f"hubport,id=pf{number},hubid={number}"]
    if nic["socket"] is None:
        return hub
    return [*hub,
            "-netdev", f"dgram,id=cable{number},local.type=unix,local.path={nic['socket']},"
                       f"remote.type=unix,remote.path={nic['peer']}",
            "-netdev", f"hubport,id=end{number},hubid={number},netdev=cable{number}",
            "-netdev", f"hubport,id=drain{number},hubid={number}"]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "lab_topology": door.guarded(
                lab_topology, hosts=[shapes.LAB_HOST], count=range(255), cables=(door.NULL, [[str]]), folder=str,
                port_base=range(65000), suite=str),
            "lab_qemu_arguments": door.guarded(lab_qemu_arguments, host=shapes.EMULATED, image=str, accelerator=str),
        }
