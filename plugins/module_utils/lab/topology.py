# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a lab, and the cables between their PFs."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Given, Wrong, number

# struct sockaddr_un holds 108 bytes with the closing zero (unix(7)).
SOCKET_PATH_MAX = 107
# Each node's PFs have a range of PCI buses of their own; with more nodes, it would be too small for 32 PFs.
NUMA_NODES_MAX = 4

Suite = t.Literal["bookworm", "trixie"]
End = tuple[str, int]
"""An end of a cable: the name of a host, and the number of a PF."""


def not_empty(given: object) -> object:
    """:raises Wrong: it is an empty text"""
    if given == "":
        raise Wrong("it is empty", "Give the host a name")
    return given


@dataclass(frozen=True)
class Listed(Given):
    """A host as a user lists it."""

    name: t.Annotated[str, not_empty]
    suite: Suite | None = None
    pfs: t.Annotated[int, number(0, 32)] = 2
    nic: t.Literal["igb", "e1000e"] = "igb"
    cpus: t.Annotated[int, number(1, 255)] = 1
    memory: t.Annotated[int, number(1)] = 3072
    numa_nodes: t.Annotated[int, number(1, NUMA_NODES_MAX)] = 1
    pf_numa_nodes: tuple[int, ...] | None = None
    iommu: bool = True
    nested: bool = True
    kernel_arguments: str = "intel_iommu=on iommu=pt"


@dataclass(frozen=True)
class Nic:
    """The NIC of a PF.

    :param socket: where the frames for it arrive, None without a cable
    :param peer: where those that it sends go
    """

    mac: str
    socket: str | None = None
    peer: str | None = None


@dataclass(frozen=True)
class Host:
    """A host with all its properties.

    :param folder: what belongs to it
    :param port: where it answers ssh
    :param monitor: the socket of QEMU's QMP
    :param pf_numa_nodes: the node of each PF
    """

    name: str
    suite: str
    pfs: int
    nic: str
    cpus: int
    memory: int
    numa_nodes: int
    pf_numa_nodes: tuple[int, ...]
    iommu: bool
    nested: bool
    kernel_arguments: str
    number: int
    folder: str
    port: int
    monitor: str
    nics: tuple[Nic, ...]


def topology(
    hosts: tuple[Listed, ...], count: t.Annotated[int, number(0, 254)] = 1,
    cables: tuple[tuple[str, ...], ...] | None = None, folder: str = "",
    port_base: t.Annotated[int, number(0, 64999)] = 2200, suite: Suite = "trixie",
) -> tuple[Host, ...]:
    """The hosts of a lab.

    :param hosts: if empty, there are ``count`` hosts kvm1, kvm2 ... with the defaults
    :param cables: pairs of ends such as ``[kvm1/0, kvm2/0]``; None: one per PF between kvm1 and kvm2, kvm3 and kvm4 ...
    :param folder: the lab's folder; each host has one of its name in it
    :param port_base: the first host answers ssh on the next port
    :param suite: the Debian release of hosts without one of their own
    :raises ValidationError: a cable that is not valid, NUMA nodes that cannot be equal, a PF on a node that is not
        there, or a folder with too long a path
    """
    # An odd host has cables to the next one even before that exists, so that it need not restart when that is added.
    listed = hosts or tuple(Listed(f"kvm{place}") for place in range(1, count + count % 2 + 1))
    peers = cable_ends(listed, default_cables(listed) if cables is None else cables)
    complete = tuple(
        Host(**{**asdict(host), "suite": host.suite or suite, "pf_numa_nodes": nodes_of_pfs(place, host)},
             number=place, folder=f"{folder}/{host.name}", port=port_base + place,
             monitor=socket_path(f"{folder}/{host.name}/monitor.sock"),
             nics=tuple(nic(place, (host.name, pf), peers, folder) for pf in range(host.pfs)))
        for place, host in enumerate(listed, 1))
    return complete if hosts else complete[:count]


def nodes_of_pfs(place: int, host: Listed) -> tuple[int, ...]:
    """The NUMA node of each PF of a host; if the user gives none, its nodes get the PFs in turn.

    :param place: the number of the host
    :raises ValidationError: CPUs or memory that the nodes cannot share equally, or a PF without a node
    """
    subject = f"lab_hosts[{place - 1}]"
    for key, count in (("cpus", host.cpus), ("memory", host.memory)):
        if count % host.numa_nodes:
            raise ValidationError(f"{subject}.{key}", f"it must be a multiple of numa_nodes ({host.numa_nodes})", count,
                                  f"Set it to {count + -count % host.numa_nodes}")
    if host.pf_numa_nodes is None:
        return tuple(pf % host.numa_nodes for pf in range(host.pfs))
    if len(host.pf_numa_nodes) != host.pfs or not set(host.pf_numa_nodes) <= set(range(host.numa_nodes)):
        cause = f"it must be a list of {host.pfs} nodes, one for each PF, from 0 to {host.numa_nodes - 1}"
        raise ValidationError(f"{subject}.pf_numa_nodes", cause, list(host.pf_numa_nodes),
                              "Write it as in [0, 0, 1], or omit it")
    return host.pf_numa_nodes


def nic(place: int, end: End, peers: Mapping[End, End], folder: str) -> Nic:
    """The NIC of a PF.

    :param place: the number of its host
    :param peers: which end each end is joined to
    """
    mac = f"52:54:00:10:{place:02x}:{end[1]:02x}"
    return Nic(mac, pf_socket(folder, end), pf_socket(folder, peers[end])) if end in peers else Nic(mac)


def default_cables(hosts: tuple[Listed, ...]) -> tuple[tuple[str, ...], ...]:
    """A cable per PF between the first two hosts, the next two, and so on."""
    return tuple((f"{left.name}/{pf}", f"{right.name}/{pf}") for left, right in zip(hosts[::2], hosts[1::2])
                 for pf in range(min(left.pfs, right.pfs)))


def cable_ends(hosts: tuple[Listed, ...], cables: tuple[tuple[str, ...], ...]) -> dict[End, End]:
    """Which end each end is joined to.

    :raises ValidationError: a cable to a PF that is not there, or a second one in the same PF
    """
    free = {(host.name, pf) for host in hosts for pf in range(host.pfs)}
    peers: dict[End, End] = {}
    for place, cable in enumerate(cables):
        ends = [(name, int(pf)) for name, _slash, pf in (end.partition("/") for end in cable) if pf.isdecimal()]
        if len(ends) != 2 or ends[0] == ends[1] or not set(ends) <= free:
            raise ValidationError(f"lab_cables[{place}]", "it must join two free PFs", list(cable),
                                  "Write it as in [kvm1/0, kvm2/0]")
        free -= set(ends)
        peers[ends[0]], peers[ends[1]] = ends[1], ends[0]
    return peers


def pf_socket(folder: str, end: End) -> str:
    """Where the frames for one end of a cable arrive."""
    return socket_path(f"{folder}/{end[0]}/pf{end[1]}.sock")


def socket_path(path: str) -> str:
    """The path, if a socket can have it.

    :raises ValidationError: it is too long
    """
    if len(path.encode()) > SOCKET_PATH_MAX:
        raise ValidationError("lab_dir", f"{path} is longer than the {SOCKET_PATH_MAX} bytes of a socket's path", None,
                              "Set a shorter lab_dir")
    return path
