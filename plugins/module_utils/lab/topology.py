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
    """

    name: str
    suite: str
    pfs: int
    nic: str
    cpus: int
    memory: int
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
    :raises ValidationError: a cable that is not valid, or a folder with too long a path
    """
    # An odd host has cables to the next one even before that exists, so that it need not restart when that is added.
    listed = hosts or tuple(Listed(f"kvm{place}") for place in range(1, count + count % 2 + 1))
    peers = cable_ends(listed, default_cables(listed) if cables is None else cables)
    complete = tuple(
        Host(**{**asdict(host), "suite": host.suite or suite}, number=place, folder=f"{folder}/{host.name}",
             port=port_base + place, monitor=socket_path(f"{folder}/{host.name}/monitor.sock"),
             nics=tuple(nic(place, (host.name, pf), peers, folder) for pf in range(host.pfs)))
        for place, host in enumerate(listed, 1))
    return complete if hosts else complete[:count]


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
