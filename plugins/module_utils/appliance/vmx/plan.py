# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vMX asks of its host: bridges, and two appliances. What is made is checked by refused.py first."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible.module_utils.common.dict_transformations import dict_merge

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.nics import Nic, nic_of, on_bridge
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.profile import Disk
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.host import AsRead, Host
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.model import Interface, Plane, Vmx, data_names
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx.refused import refused_id
from ansible_collections.nfv.kvm.plugins.module_utils.given import Arguments, Options, shown
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import VfSettings


@dataclass(frozen=True)
class Bridge(Arguments):
    """A bridge as the role virtual_switch takes it."""

    name: str
    ports: tuple[str, ...] | None = None
    mtu: int | None = None


@dataclass(frozen=True)
class Appliance(Arguments):
    """A domain, by variables of the role virtual_appliance: NICs as vm_interface takes them, PFs as sriov_vf."""

    name: str
    profile: str
    overrides: Options
    interfaces: tuple[Options, ...]
    pfs: tuple[Options, ...] | None = None


@dataclass(frozen=True)
class Plan:
    """All of it."""

    bridges: tuple[Bridge, ...]
    vcp: Appliance
    vfp: Appliance


def plan_of(vmx: Vmx, host: AsRead) -> Plan:
    """What is to be made."""
    external = str(vmx.external_bridge)
    reserved = [f"reserved{number}" for number in range(vmx.reserved_vnics or 0)]
    hdd = Disk("hdd", str(vmx.images.hdd), "ide")
    vcp = overrides(
        vmx.images.vcp, vmx.vcp, [hdd, *metadata(host, vmx.images.vcp_metadata, vmx.beside.vcp_metadata)],
        {"smbios": {"system": {"product": f"VM-vcp_{vmx.id}-161-re-0"}}})
    vfp = overrides(
        vmx.images.vfp, vmx.vfp, metadata(host, vmx.images.vfp_metadata, vmx.beside.vfp_metadata),
        {"nics": {"management": ["ext", "int", *reserved], "data": data_names(vmx).data}})
    ends = [on_host(external, host), on_host(internal_bridge(vmx), host)]
    data = [*(nic_of({"type": "ethernet"}, name) for name in reserved),
            *(data_nic(interface, host) for interface in vmx.interfaces)]
    return Plan(
        tuple(bridges(vmx, host, external)),
        Appliance(f"vcp-{vmx.id}", "vmx_vcp", dict_merge(vcp, vmx.overrides.get("vcp", {})), plugged(ends, vmx.vcp)),
        Appliance(f"vfp-{vmx.id}", "vmx_vfp", dict_merge(vfp, vmx.overrides.get("vfp", {})),
                  plugged([*ends, *data], vmx.vfp), tuple(pfs(vmx, host))))


@dataclass(frozen=True)
class Leaving:
    """What there is of a vMX on its host, but for the external bridge, which others may have, too."""

    domains: tuple[str, ...]
    bridges: tuple[Bridge, ...]


def leaving(vmx: Vmx) -> Leaving:
    """What is to be removed.

    :raises ValidationError: its ID is not valid
    """
    for error in refused_id(vmx):
        raise error
    return Leaving((f"vcp-{vmx.id}", f"vfp-{vmx.id}"), tuple(own_bridges(vmx)))


def bridges(vmx: Vmx, host: Host, external: str) -> t.Iterator[Bridge]:
    """The bridges to make. An external one that somebody else has made is left alone, and keeps the ports of ours."""
    if external not in host.kinds or external in host.made:
        ports = [vmx.management_interface or ""] if vmx.management_bridged else sorted(host.made.get(external, ()))
        yield Bridge(external, tuple(ports))
    yield from own_bridges(vmx)


def own_bridges(vmx: Vmx) -> t.Iterator[Bridge]:
    """The internal bridge, and those of links."""
    yield Bridge(internal_bridge(vmx))
    for name, each in {each.link: each for each in vmx.interfaces if each.host_dev or each.peer}.items():
        yield Bridge(str(name), (each.host_dev,) if each.host_dev else (), each.mtu)


def internal_bridge(vmx: Vmx) -> str:
    """The bridge between the two domains."""
    return f"br-int-{vmx.id}"


def overrides(image: str | None, plane: Plane, disks: t.Iterable[Disk], more: Options) -> Options:
    """What of a domain differs from its appliance profile."""
    console = {} if plane.console_port is None else {"console": {"port": plane.console_port}}
    return {"image": image, "vcpus": plane.vcpus, "memory": plane.memory, "disks": [shown(disk) for disk in disks],
            **console, **more}


def metadata(host: Host, given: str | None, beside: str | None) -> list[Disk]:
    """The disk with metadata, if there is one: it is given, or lies beside the other images."""
    image = given or (beside if beside in host.files else None)
    return [Disk("metadata", image, "usb", "raw")] if image else []


def on_host(bridge: str, host: Host) -> Nic:
    """A NIC on a bridge, which may be one of Open vSwitch."""
    return on_bridge(bridge, bridge, host.kinds.get(bridge) == "openvswitch")


def data_nic(interface: Interface, host: Host) -> Nic:
    """The NIC of a data interface."""
    if interface.is_vf:
        source = {"pf": interface.nic, "vf": interface.virtual_function}
        nic = nic_of({"type": "hostdev", "source": source, "mac": interface.mac}, str(interface.name))
        return nic if interface.vlan is None else nic.changed(vlan={"tags": [interface.vlan]})
    nic = on_host(str(interface.bridge), host).changed(mac=interface.mac, model=interface.type)
    return nic if interface.mtu is None else nic.changed(mtu=interface.mtu)


def plugged(nics: t.Sequence[Nic], plane: Plane) -> tuple[Options, ...]:
    """The NICs of a domain, of which the first one has the MAC of the domain, if one was given."""
    first = nics[0].changed(mac=plane.mac) if plane.mac else nics[0]
    return tuple(nic.options for nic in (first, *nics[1:]))


def pfs(vmx: Vmx, host: Host) -> t.Iterator[Options]:
    """The PFs with their VFs. A PF that has more VFs keeps them."""
    for name in dict.fromkeys(each.nic for each in vmx.interfaces if each.is_vf):
        vfs = {each.virtual_function or 0: each for each in vmx.interfaces if each.is_vf and each.nic == name}
        mtus = [each.mtu for each in vfs.values() if each.mtu is not None]
        yield {
            "pf": name, "up": True, "numvfs": max(host.pfs[name or ""].numvfs or 0, *(index + 1 for index in vfs)),
            "vfs": [{"index": index, **VfSettings(mac=each.mac, vlan=each.vlan, max_tx_rate=each.port_speed).given()}
                    for index, each in vfs.items()],
            **({"mtu": mtus[-1]} if mtus else {})}
