# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role vmx that say what is wanted, and what that asks of the host and of its two appliances.

Nothing is checked here: vmx_refused does that first.
"""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.filter.vmx import NUMBERS, Dict, number
from ansible_collections.nfv.kvm.plugins.module_utils.virtual_switch.notes import noted_ports, notes_of
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

# How large the two domains are where nothing is said (vCPUs, MiB). Of the performance mode's vCPUs, one each is for the
# host interface, the flow manager and vmxt, two are for an I/O thread, and two are workers.
SIZES: dict[str, dict[str, dict[str, int]]] = {
    "lite": {"vcp": {"vcpus": 1, "memory": 2048}, "vfp": {"vcpus": 3, "memory": 6144}},
    "performance": {"vcp": {"vcpus": 1, "memory": 4096}, "vfp": {"vcpus": 7, "memory": 12288}},
}
# How large they must be: of performance, one I/O thread and one worker.
LEAST: dict[str, dict[str, dict[str, int]]] = {
    "lite": {"vcp": {"vcpus": 1, "memory": 1024}, "vfp": {"vcpus": 3, "memory": 4096}},
    "performance": {"vcp": {"vcpus": 1, "memory": 1024}, "vfp": {"vcpus": 6, "memory": 4096}},
}
# From which release on a VFP has NICs that it keeps for itself behind the two first, and how many: github.com/vrnetlab/
# vrnetlab, issues 55, 195 and 253, where all releases after 14.1 that were tried are found to want one.
RESERVED = (((14, 1), 0), ((15, 1), 1))
# The images that lie beside those that a vmx.conf names.
METADATA = {"vcp_metadata": "metadata-usb-re.img", "vfp_metadata": "metadata-usb-fpc0.img"}
TRAIN = re.compile(r"(\d+)\.(\d+)")


def vmx_wanted(given: Dict, conf: Dict, joins: list[Dict]) -> Dict:
    """One vMX, from the role's variables and a vendor's files; what is given by variables comes first.

    :param given: the role's variables without their prefix; None or an empty text is for those that were not given
    :param conf: what vmx_conf made of a vmx.conf, or nothing
    :param joins: what vmx_junosdev made of a vmx-junosdev.conf, or nothing
    :returns: the same variables, with nothing left open but what must be given, ``beside`` (images that a vmx.conf
        does not name), ``strays`` (interfaces that only the joins know) and ``ignored``
    """
    said = {name: value for name, value in given.items() if value not in (None, "")}
    whole = {"id": None, "release": None, "external_bridge": "br-ext", **conf, **said}
    parts = {part: {**conf.get(part, {}), **numbered(said[part])} for part in ("images", "vcp", "vfp")}
    size = said.get("size") or size_of(parts["vfp"].get("vcpus"))
    whole |= {part: {**SIZES.get(size, SIZES["lite"]).get(part, {}), **values} for part, values in parts.items()}
    own = [join for join in joins if join["vmx"] == whole["id"]]
    interfaces = joined(merged(conf.get("interfaces", []), said["interfaces"]), own, whole["unjoined_bridge"])
    names = [interface.get("name") for interface in interfaces]
    if whole.get("reserved_vnics") is None:
        whole["reserved_vnics"] = reserved_vnics(whole["release"])
    folder = posixpath.dirname(conf.get("images", {}).get("vcp", ""))
    return {
        **whole,
        "size": size,
        "beside": {name: f"{folder}/{file}" for name, file in METADATA.items()} if folder else {},
        "management_bridged": boolean(whole["management_bridged"]),
        "interfaces": interfaces,
        "strays": [join["interface"] for join in own if join["interface"] not in names],
        "ignored": conf.get("ignored", []),
    }


def size_of(vcpus: object) -> str:
    """The size of a VFP of so many vCPUs."""
    return "performance" if isinstance(vcpus, int) and vcpus >= LEAST["performance"]["vfp"]["vcpus"] else "lite"


def merged(read: list[Dict], given: list[Dict]) -> list[Dict]:
    """Interfaces of a file, to which those given by variables add by their names, and then all others given."""
    names = [interface.get("name") for interface in read]
    more = {interface.get("name"): interface for interface in given if interface.get("name") in names}
    whole = [{**interface, **more.get(interface.get("name"), {})} for interface in read]
    return [numbered(interface) for interface in [*whole, *(each for each in given if each.get("name") not in names)]]


def joined(interfaces: list[Dict], joins: list[Dict], unjoined: str) -> list[Dict]:
    """Interfaces with what they are joined to. What is not a bridge of the host is joined by one of the link's name."""
    found = []
    for interface in interfaces:
        join = next((join for join in joins if join["interface"] == interface.get("name")), {})
        kept = {key: value for key, value in join.items() if key not in ("vmx", "interface")}
        whole = {"type": "virtio", **({} if "bridge" in interface else kept), **interface}
        if whole["type"] != "sriov":
            whole.setdefault("bridge", kept.get("link", unjoined))
        found.append(whole)
    return found


def numbered(values: Dict) -> Dict:
    """The same with numbers as numbers; extra variables may have them as texts."""
    return {name: number(value) if name in NUMBERS else value for name, value in values.items()}


def reserved_vnics(release: str | None) -> int | None:
    """How many NICs the VFP of a release keeps for itself, None where that cannot be known."""
    train = TRAIN.match(str(release))
    known = [count for first, count in RESERVED if train and (int(train[1]), int(train[2])) >= first]
    return known[-1] if known else None


def host_of(host: Dict) -> Dict:
    """What the role's script told: ``pfs``, ``files``, ``pages`` (KiB of free huge pages of the default size by node)
    and ``own`` (KiB of those that the running VFP has)."""
    told: Dict = {"pfs": {}, "files": [], "pages": [], "own": 0}
    for line in host["said"].splitlines():
        kind, *values = line.split("\t")
        if kind == "pf":
            name, driver, numvfs, totalvfs = values
            told["pfs"][name] = {"driver": driver, "numvfs": int(numvfs), "totalvfs": int(totalvfs)}
        elif kind == "file":
            told["files"] += values
        elif kind == "own":
            told["own"] = int(values[0])
        else:
            told["pages"].append(int(values[0]) * int(values[1]))
    return told


def vmx_plan(wanted: Dict, host: Dict) -> Dict:
    """What is to be made.

    :param wanted: what vmx_wanted returned
    :param host: ``links`` (as iproute2 tells them), ``own`` (the notes in files of the role virtual_switch) and
        ``said`` (what the role's script told)
    :returns: ``bridges`` (virtual_switch_bridges), and ``vcp`` and ``vfp``, each with the variables ``name``,
        ``profile``, ``overrides`` and ``interfaces`` of the role virtual_appliance, the second with its ``pfs`` as well
    """
    internal, told = f"br-int-{wanted['id']}", host_of(host)
    switches = {link["ifname"] for link in host["links"] if link.get("linkinfo", {}).get("info_kind") == "openvswitch"}
    ends = [on_bridge(name, switches) for name in (wanted["external_bridge"], internal)]
    reserved = [{"type": "ethernet"}] * wanted["reserved_vnics"]
    data = [vfp_nic(interface, switches) for interface in wanted["interfaces"]]
    return {
        "bridges": bridges(wanted, internal, host),
        "vcp": {
            "name": f"vcp-{wanted['id']}",
            "profile": "vmx_vcp",
            "overrides": combined(vcp_overrides(wanted, told["files"]), wanted["overrides"]["vcp"]),
            "interfaces": [with_mac(ends[0], wanted["vcp"]), ends[1]],
        },
        "vfp": {
            "name": f"vfp-{wanted['id']}",
            "profile": "vmx_vfp",
            "overrides": combined(vfp_overrides(wanted, told["files"]), wanted["overrides"]["vfp"]),
            "interfaces": [with_mac(ends[0], wanted["vfp"]), ends[1], *reserved, *data],
            "pfs": pfs(wanted["interfaces"], told["pfs"]),
        },
    }


def bridges(wanted: Dict, internal: str, host: Dict) -> list[Dict]:
    """The bridges to make. An external one that somebody else has made is left alone, and keeps the ports of ours."""
    external, notes = wanted["external_bridge"], notes_of(host["own"])
    port = [wanted["management_interface"]] if wanted["management_bridged"] else sorted(noted_ports(external, notes))
    there = {link["ifname"] for link in host["links"]} - {note.bridge for note in notes}
    links: dict[str, Dict] = {}
    for interface in wanted["interfaces"]:
        if {"host_dev", "peer"} & set(interface):
            mtu = {"mtu": interface["mtu"]} if "mtu" in interface else {}
            ports = [interface["host_dev"]] if "host_dev" in interface else []
            links[interface["link"]] = {"name": interface["link"], "ports": ports, **mtu}
    made = [] if external in there else [{"name": external, "ports": port}]
    return [*made, {"name": internal}, *links.values()]


def vfp_nic(interface: Dict, switches: set[str]) -> Dict:
    """A data NIC, as vm_interface takes it."""
    if interface["type"] == "sriov":
        vlan = {"vlan": {"tags": [interface["vlan"]]}} if "vlan" in interface else {}
        source = {"pf": interface["nic"], "vf": interface["virtual_function"]}
        return {"type": "hostdev", "source": source, "mac": interface["mac"], **vlan}
    nic = {**on_bridge(interface["bridge"], switches), "mac": interface["mac"], "model": interface["type"]}
    return {**nic, "mtu": interface["mtu"]} if "mtu" in interface else nic


def on_bridge(name: str, switches: set[str]) -> Dict:
    """A NIC on a bridge, which may be one of Open vSwitch."""
    port = {"virtualport": {"type": "openvswitch"}} if name in switches else {}
    return {"type": "bridge", "source": {"bridge": name}, **port}


def with_mac(nic: Dict, plane: Dict) -> Dict:
    """A NIC with the MAC of its domain, if one was given."""
    return {**nic, "mac": plane["mac"]} if "mac" in plane else nic


def vcp_overrides(wanted: Dict, files: list[str]) -> Dict:
    """What of the control plane differs from its profile."""
    hdd = {"name": "hdd", "image": wanted["images"]["hdd"], "bus": "ide", "format": "qcow2"}
    product = f"VM-vcp_{wanted['id']}-161-re-0"
    return {**overrides(wanted, "vcp", [hdd], files), "smbios": {"system": {"product": product}}}


def vfp_overrides(wanted: Dict, files: list[str]) -> Dict:
    """What of the forwarding plane differs from its profile."""
    kind = wanted["interfaces"][0]["name"].partition("-")[0]
    reserved = [f"reserved{number}" for number in range(wanted["reserved_vnics"])]
    nics = {"management": ["ext", "int", *reserved], "data": f"{kind}-0/0/{{n}}"}
    return {**overrides(wanted, "vfp", [], files), "nics": nics}


def overrides(wanted: Dict, part: str, disks: list[Dict], files: list[str]) -> Dict:
    """What differs in both: image, sizes, console, and the disk with metadata where there is one."""
    images, plane, name = wanted["images"], wanted[part], f"{part}_metadata"
    metadata = images.get(name) or next((path for path in files if path == wanted["beside"].get(name)), None)
    if metadata:
        disks = [*disks, {"name": "metadata", "image": metadata, "bus": "usb", "format": "raw"}]
    console = {"console": {"port": plane["console_port"]}} if "console_port" in plane else {}
    return {"image": images[part], "vcpus": plane["vcpus"], "memory": plane["memory"], "disks": disks, **console}


def combined(first: Dict, second: Dict) -> Dict:
    """A dictionary with another on top, and so within it."""
    both = {key: combined(first[key], value) if isinstance(value, dict) and isinstance(first.get(key), dict) else value
            for key, value in second.items()}
    return {**first, **both}


def pfs(interfaces: list[Dict], known: Dict) -> list[Dict]:
    """The PFs with their VFs, as sriov_vf takes them. A PF that has more VFs keeps them."""
    found: dict[str, Dict] = {}
    for interface in interfaces:
        if interface["type"] != "sriov":
            continue
        nic, index = interface["nic"], interface["virtual_function"]
        pf = found.setdefault(nic, {"pf": nic, "up": True, "numvfs": known[nic]["numvfs"], "vfs": []})
        pf["numvfs"] = max(pf["numvfs"], index + 1)
        if "mtu" in interface:
            pf["mtu"] = interface["mtu"]
        names = {"vlan": "vlan", "max_tx_rate": "port_speed"}
        settings = {name: interface[key] for name, key in names.items() if key in interface}
        pf["vfs"].append({"index": index, "mac": interface["mac"], **settings})
    return list(found.values())


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        wanted = door.guarded(vmx_wanted, given=shapes.VMX_GIVEN, conf=shapes.VMX_CONF, joins=[shapes.VMX_JOIN])
        return {"vmx_wanted": wanted, "vmx_plan": door.guarded(vmx_plan, wanted=shapes.VMX, host=shapes.VMX_HOST)}
