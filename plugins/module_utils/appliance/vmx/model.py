# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vMX, put together from the variables of the role vmx and a vendor's files.

The fields are variables of the role, which its meta/argument_specs.yml explains. None is for what nobody has said.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import Names
from ansible_collections.nfv.kvm.plugins.module_utils.given import Options, Variables, number
from ansible_collections.nfv.kvm.plugins.module_utils.values import MTU, VLAN_IDS

if t.TYPE_CHECKING:
    from _typeshed import DataclassInstance

D = t.TypeVar("D", bound="DataclassInstance")


@dataclass(frozen=True)
class Images(Variables):
    """The images by their paths on the KVM host."""

    vcp: str | None = None
    hdd: str | None = None
    vfp: str | None = None
    vcp_metadata: str | None = None
    vfp_metadata: str | None = None


@dataclass(frozen=True)
class Plane(Variables):
    """The domain of the control plane (VCP) or of the forwarding plane (VFP): MiB, and what its first NIC has."""

    vcpus: int | None = None
    memory: int | None = None
    console_port: t.Annotated[int, number(1, 65535)] | None = None
    mac: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Wire(Variables):
    """What an interface is joined to: a bridge, or by a link a NIC of the host or another Junos device (``peer``)."""

    link: str | None = None
    mtu: t.Annotated[int, number(*MTU)] | None = None
    bridge: str | None = None
    host_dev: str | None = None
    peer: Options | None = None


@dataclass(frozen=True)
class Join(Wire):
    """What a vmx-junosdev.conf joins an interface of a vMX to."""

    vmx: str = ""
    interface: str = ""


@dataclass(frozen=True)
class Interface(Wire):
    """A data interface of the VFP: virtio, e1000, or sriov, the VF ``virtual_function`` of the PF ``nic``."""

    name: str | None = None
    type: str | None = None
    mac: str | None = None
    nic: str | None = None
    virtual_function: t.Annotated[int, number(0, 65535)] | None = None
    vlan: t.Annotated[int, number(*VLAN_IDS)] | None = None
    port_speed: t.Annotated[int, number(1, 10**6)] | None = None
    layer2: bool | None = None

    @property
    def is_vf(self) -> bool:
        """Whether the VFP itself drives a VF (SR-IOV)."""
        return self.type == "sriov"


@dataclass(frozen=True)
class Conf(Variables):
    """What a vmx.conf can say; ``ignored`` is what is written there and not understood."""

    id: str | None = None
    release: str | None = None
    management_interface: str | None = None
    external_bridge: str | None = None
    images: Images = Images()
    vcp: Plane = Plane()
    vfp: Plane = Plane()
    interfaces: tuple[Interface, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vmx(Conf):
    """The whole vMX.

    :param overrides: of the profiles of ``vcp`` and ``vfp``
    :param placement: of the forwarding plane, as vm_appliance takes it
    :param beside: where images that a vmx.conf does not name can be
    :param strays: interfaces of which only a vmx-junosdev.conf knows
    """

    size: str | None = None
    management_bridged: bool = False
    unjoined_bridge: str = "virbr0"
    reserved_vnics: t.Annotated[int, number(0, 8)] | None = None
    modified_drivers: tuple[str, ...] = ()
    overrides: t.Mapping[str, Options] = field(default_factory=dict)
    placement: Options = field(default_factory=dict)
    beside: Images = Images()
    strays: tuple[str, ...] = ()


# How large the two domains are if nothing is said. Of the performance mode's vCPUs, one each is for the host interface,
# the flow manager and vmxt, two are for an I/O thread, and two are workers.
SIZES = {"lite": {"vcp": Plane(1, 2048), "vfp": Plane(3, 6144)},
         "performance": {"vcp": Plane(1, 4096), "vfp": Plane(7, 12288)}}
# How large they must be: of performance, one I/O thread and one worker.
LEAST = {"lite": {"vcp": (1, 1024), "vfp": (3, 4096)}, "performance": {"vcp": (1, 1024), "vfp": (6, 4096)}}
# From which release on a VFP has NICs that it keeps for itself behind the two first, and how many: github.com/vrnetlab/
# vrnetlab, issues 55, 195 and 253, where all releases after 14.1 that were tried are found to want one.
RESERVED = (((14, 1), 0), ((15, 1), 1))
TRAIN = re.compile(r"(\d{1,9})\.(\d{1,9})")


def wanted(given: Vmx, conf: Conf, joins: tuple[Join, ...]) -> Vmx:
    """The whole vMX. Variables come first, and add to the interfaces of a vmx.conf by their names.

    :param given: the role's variables without their prefix
    :param conf: what was read of a vmx.conf
    :param joins: what was read of a vmx-junosdev.conf
    """
    whole = over(over(Vmx(external_bridge="br-ext"), conf), given)
    vcp, vfp = over(conf.vcp, given.vcp), over(conf.vfp, given.vfp)
    enough = (vfp.vcpus or 0) >= LEAST["performance"]["vfp"][0]
    size = given.size or ("performance" if enough else "lite")
    sizes = SIZES.get(size, SIZES["lite"])
    own = [join for join in joins if join.vmx == whole.id]
    interfaces = [joined(each, own, given.unjoined_bridge) for each in merged(conf.interfaces, given.interfaces)]
    names = {interface.name for interface in interfaces}
    folder = posixpath.dirname(conf.images.vcp or "")
    # The images that lie beside those that a vmx.conf names
    beside = Images(vcp_metadata=f"{folder}/metadata-usb-re.img", vfp_metadata=f"{folder}/metadata-usb-fpc0.img")
    return dataclasses.replace(
        whole, size=size, images=over(conf.images, given.images), interfaces=tuple(interfaces), ignored=conf.ignored,
        vcp=over(sizes["vcp"], vcp), vfp=over(sizes["vfp"], vfp), beside=beside if folder else Images(),
        reserved_vnics=reserved_vnics(whole.release) if given.reserved_vnics is None else given.reserved_vnics,
        strays=tuple(join.interface for join in own if join.interface not in names))


def over(lower: D, upper: DataclassInstance) -> D:
    """What ``upper`` says, and what ``lower`` says if that says nothing."""
    said = {each.name: getattr(upper, each.name) for each in dataclasses.fields(upper) if hasattr(lower, each.name)}
    return dataclasses.replace(lower, **{name: value for name, value in said.items() if value is not None})


def merged(read: t.Sequence[Interface], given: t.Sequence[Interface]) -> list[Interface]:
    """Interfaces of a file, to which those given by variables add by their names, and then all others given."""
    more, names = {each.name: each for each in given}, {each.name for each in read}
    return [*(over(each, more.get(each.name, Interface())) for each in read),
            *(each for each in given if each.name not in names)]


def joined(interface: Interface, joins: t.Sequence[Join], unjoined: str) -> Interface:
    """An interface with what it is joined to. What is not a bridge of the host is joined by one of the link's name."""
    join = next((join for join in joins if join.interface == interface.name), Wire())
    whole = over(over(Interface(type="virtio"), Wire() if interface.bridge else join), interface)
    return whole if whole.is_vf else dataclasses.replace(whole, bridge=whole.bridge or join.link or unjoined)


def reserved_vnics(release: str | None) -> int | None:
    """How many NICs the VFP of a release keeps for itself, None if that cannot be known."""
    train = TRAIN.match(release or "")
    known = [count for first, count in RESERVED if train and (int(train[1]), int(train[2])) >= first]
    return known[-1] if known else None


def data_names(vmx: Vmx) -> Names:
    """How Junos names the data interfaces: as the first one is named."""
    kind = str(vmx.interfaces[0].name).partition("-")[0] if vmx.interfaces else "ge"
    return Names((), f"{kind}-0/0/{{n}}", 0, None)
